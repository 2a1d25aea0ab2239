import { dirname } from 'node:path';
import { HttpServer } from './http-server.ts';
import { must } from './run-cairn.ts';

/** The lines of which {@link serveStore} imports its store. */
export const SERVED_LINES: string = Array.from(
  { length: 500 },
  (_, i) => `k${String(i).padStart(4, '0')}\tvalue ${i}\n`,
).join('');

/** Imports a store of several partitions as `s`, and serves its directory. The caller closes the server. */
export async function serveStore(at: (name: string) => string): Promise<{ server: HttpServer; url: string }> {
  await must(['import', at('s'), '-q', '--partition-bytes', '4k', '--block-bytes', '1k'], {
    stdin: SERVED_LINES,
  });
  const server = await HttpServer.start(dirname(at('s')));
  return { server, url: `${server.origin}/s` };
}
