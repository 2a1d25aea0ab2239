import { afterEach } from 'vitest';
import {
  type CairnServer,
  createServer,
  type ListenAddress,
  type ServerOptions,
} from '../../src/node/server.ts';

/** Servers of one test, which end with it. */
export interface ServedRoots {
  /** Makes a server that does not listen. */
  make(options: ServerOptions): CairnServer;
  /** Makes a server that listens on a port of loopback. */
  listen(options: ServerOptions): Promise<ListenAddress & { readonly server: CairnServer }>;
}

/** Makes servers, and closes them after each test. */
export function servedRoots(): ServedRoots {
  const servers: CairnServer[] = [];
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });
  const make = (options: ServerOptions): CairnServer => {
    const server = createServer(options);
    servers.push(server);
    return server;
  };
  return {
    make,
    async listen(options) {
      const server = make({ closeTimeoutMs: 200, ...options });
      return { ...(await server.listen({ port: 0 })), server };
    },
  };
}

/** A request as a client on this machine sends it. */
export function ask(path: string, init: RequestInit = {}): Request {
  const headers = new Headers(init.headers);
  if (!headers.has('host')) headers.set('host', 'localhost:8080');
  return new Request(`http://localhost:8080${path}`, { ...init, headers });
}
