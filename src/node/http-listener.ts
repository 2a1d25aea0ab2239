import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener, RequestError } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { CairnError, invalidArgument } from '../errors.ts';
import type { AnswerRequest, Listener } from '../server/platform.ts';
import type { ServerSettings } from '../server/server-options.ts';
import { writeAnswer } from './write-answer.ts';

/** How often connections are looked at whose clients are slow, in milliseconds, at most. */
const CHECK_MS = 1000;

/** So many connections may be open for each request that may be answered at the same time. */
const CONNECTIONS_PER_REQUEST = 4;

/**
 * Listens on a port. Clients that are slow to send or to take bytes are cut.
 *
 * @throws {CairnError} (as a rejection) `IO` if the port is taken or needs privileges, `INVALID_ARGUMENT` for an address that
 *   this machine does not have.
 */
export async function listenOn(
  answer: AnswerRequest,
  { host, port }: { readonly host: string; readonly port: number },
  settings: ServerSettings,
): Promise<Listener> {
  const { headerBytes, headerTimeoutMs, bodyTimeoutMs, idleTimeoutMs, maxRequests } = settings;
  const address = host.replace(/^\[(.*)\]$/, '$1');
  const handle = getRequestListener(
    async (request, { outgoing }) => {
      await writeAnswer(await answer(request), outgoing as http.ServerResponse);
      return RESPONSE_ALREADY_SENT;
    },
    {
      overrideGlobalObjects: false,
      errorHandler: (error) => new Response(null, { status: error instanceof RequestError ? 400 : 500 }),
    },
  );
  const answering = new Set<http.ServerResponse>();
  let isClosing = false;
  const server = http.createServer(
    {
      maxHeaderSize: headerBytes,
      headersTimeout: headerTimeoutMs,
      requestTimeout: headerTimeoutMs + bodyTimeoutMs,
      connectionsCheckingInterval: Math.min(CHECK_MS, headerTimeoutMs),
      keepAliveTimeout: idleTimeoutMs,
    },
    (request, response) => {
      answering.add(response);
      if (isClosing) response.setHeader('connection', 'close');
      response.once('close', () => {
        answering.delete(response);
        if (isClosing) server.closeIdleConnections();
      });
      void handle(request, response);
    },
  );
  // Also a client that takes no byte of its answer is idle.
  server.setTimeout(idleTimeoutMs);
  server.maxConnections = CONNECTIONS_PER_REQUEST * maxRequests;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(listenError(error, host, port)));
    server.listen(port, address, () => resolve());
  });
  const { port: chosen } = server.address() as AddressInfo;
  const shown = address.includes(':') ? `[${address}]` : address;
  return {
    address: { url: `http://${shown}:${chosen}`, host, port: chosen },
    close(timeoutMs) {
      isClosing = true;
      for (const response of answering) if (!response.headersSent) response.setHeader('connection', 'close');
      return new Promise<void>((resolve) => {
        const timer = setTimeout(() => server.closeAllConnections(), timeoutMs);
        server.close(() => {
          clearTimeout(timer);
          resolve();
        });
        server.closeIdleConnections();
      });
    },
  };
}

function listenError(error: Error, host: string, port: number): CairnError {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return invalidArgument('host', `${host} is no address of this machine: ${error.message}`, error);
  const why =
    code === 'EADDRINUSE'
      ? `the port ${port} of ${host} is taken: choose another one, or 0 for any that is free`
      : `the server can't listen on ${host}, port ${port}: ${error.message}`;
  return new CairnError('IO', why, { operation: 'listen', transient: code === 'EADDRINUSE', cause: error });
}
