import { openKv } from '../stores/open-namespaces.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import type { KvDeleteArgs } from '../usage/namespaces.ts';

/** Deletes keys of a namespace, and prints of each whether it was there. */
export async function runKvDelete(args: KvDeleteArgs, io: Io): Promise<number> {
  await using namespaces = await openKv(args, io);
  const deleted = new Set(await namespaces.namespace(args.namespace).deleteMany(args.keys));
  const output = new Output(io.stdout, { optional: true });
  for (const key of args.keys) await output.write(`${deleted.has(key)}\n`);
  await output.finish();
  await namespaces.settled();
  const missing = args.keys.filter((key) => !deleted.has(key));
  if (args.errorOnMissing !== true || missing.length === 0) return EXIT.ok;
  for (const key of missing)
    io.stderr.write(`cairn: No value found for key '${key}' in namespace '${args.namespace}'\n`);
  return EXIT.absent;
}
