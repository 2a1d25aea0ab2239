import { openKv } from '../stores/open-namespaces.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { printNames } from '../terminal/print-names.ts';
import type { KvKeysArgs } from '../usage/namespaces.ts';

/** Prints the keys of a namespace. */
export async function runKvKeys(args: KvKeysArgs, io: Io): Promise<number> {
  await using namespaces = await openKv(args, io, { readOnly: true });
  const { prefix } = args;
  await printNames(await namespaces.namespace(args.namespace).keys({ prefix }), args.json === true, io);
  return EXIT.ok;
}
