import { openKv } from '../stores/open-namespaces.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import type { KvPurgeArgs } from '../usage/namespaces.ts';

/** Purges a namespace, and prints how much was removed. */
export async function runKvPurge(args: KvPurgeArgs, io: Io): Promise<number> {
  await using namespaces = await openKv(args, io);
  const { keyPattern, before, keepVersions } = args;
  const expiredOnly = args.all === true ? false : undefined;
  const { size } = await namespaces
    .namespace(args.namespace)
    .purge({ expiredOnly, keyPattern, before, keepVersions });
  const output = new Output(io.stdout, { optional: true });
  await output.write(`${size}\n`);
  await output.finish();
  await namespaces.settled();
  return EXIT.ok;
}
