import { openKv } from '../stores/open-namespaces.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { printNames } from '../terminal/print-names.ts';
import type { KvNamespacesArgs } from '../usage/namespaces.ts';

/** Prints the names of the namespaces. */
export async function runKvNamespaces(args: KvNamespacesArgs, io: Io): Promise<number> {
  await using namespaces = await openKv(args, io, { readOnly: true });
  await printNames(await namespaces.list({ prefix: args.prefix }), args.json === true, io);
  return EXIT.ok;
}
