import { openToWrite, reportCommit } from '../stores/write-collection.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import type { RevertArgs } from '../usage/collections.ts';

/** Makes the contents of an earlier version of a collection the newest ones again. */
export async function runRevert(args: RevertArgs, io: Io): Promise<number> {
  const signal = io.interrupts();
  const { collection } = await openToWrite(args.collection, { create: false, signal });
  await using _ = collection;
  const commit = await collection.revertTo(args.version);
  await reportCommit(collection, commit, {
    summary: `version ${commit.version} has the contents of version ${args.version}`,
    ...args,
    io,
    signal,
  });
  return EXIT.ok;
}
