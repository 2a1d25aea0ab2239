import { invalidArgument } from '../../errors.ts';
import { createServer } from '../../node/server.ts';
import { whenAborted } from '../../when-aborted.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import type { ServeArgs } from '../usage/serve.ts';

/** Serves a root until the user or the system ends the command, and then ends what was begun. */
export async function runServe(args: ServeArgs, io: Io): Promise<number> {
  const { root = '.', port, host, readOnly, insecure, allowHost, quiet = false, json = false } = args;
  const print = (line: object): void => {
    io.stdout.write(`${JSON.stringify(line)}\n`);
  };
  const server = createServer({
    root,
    readOnly,
    token: tokenOf(args.token, io.env.CAIRN_TOKEN),
    allowedHosts: allowHost,
    onRequest: args.accessLog === true ? print : undefined,
  });
  const signal = io.interrupts();
  try {
    const { url } = await server.listen({ port, host, insecure });
    if (json) print({ url, root });
    if (!quiet) io.stderr.write(`cairn: serving ${root} at ${url}\n`);
    if (!signal.aborted) await new Promise<void>((resolve) => whenAborted(signal, resolve));
    if (!quiet) io.stderr.write('cairn: stopping: requests that were begun are answered\n');
  } finally {
    await server.close();
  }
  return EXIT.ok;
}

function tokenOf(flag: string | undefined, variable: string | undefined): string | undefined {
  const token = flag ?? variable;
  if (token !== '') return token;
  throw invalidArgument('token', 'the token is empty: write one, or leave --token and CAIRN_TOKEN out');
}
