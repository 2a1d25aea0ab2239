import type { ServerResponse } from 'node:http';
import type { Answer } from '../server/answer.ts';

/** Writes an answer as fast as the client takes it. Resolves when it is written, or when the client has left. */
export async function writeAnswer(
  { status, headers, body, release }: Answer,
  response: ServerResponse,
): Promise<void> {
  if (body === null || typeof body === 'string' || body instanceof Uint8Array) {
    const isHead = response.req.method === 'HEAD';
    const length = body === null ? 0 : Buffer.byteLength(body);
    // Of a HEAD it is not known how long the body would be.
    const hasLength = !isHead && status !== 204 && status !== 304 && !('content-length' in headers);
    response.writeHead(status, hasLength ? { ...headers, 'content-length': length } : headers);
    if (body === null || isHead) response.end();
    else response.end(body);
    return;
  }
  response.writeHead(status, headers);
  try {
    for await (const chunk of body) {
      if (response.destroyed) return;
      if (!response.write(chunk)) await drained(response);
      if (response.destroyed) return;
    }
    response.end();
  } catch {
    // The headers are out: only a connection that breaks says that this is not all.
    response.destroy();
  } finally {
    await release?.();
  }
}

async function drained(response: ServerResponse): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
    if (response.destroyed) done();
  });
}
