import { openToWrite, reportCommit } from '../stores/write-collection.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import type { UnsetArgs } from '../usage/collections.ts';
import { formatCount } from '../words/quantity.ts';

/** Deletes keys of a collection, and says which of them it did not have. */
export async function runUnset(args: UnsetArgs, io: Io): Promise<number> {
  const signal = io.interrupts();
  const { collection, keys } = await openToWrite(args.collection, { ...args, create: false, signal });
  await using _ = collection;
  const parsed = args.keys.map((key) => keys.parse(key));
  let missing: readonly string[] = [];
  const commit = await collection.commit(
    async (tx) => {
      const there = await Promise.all(parsed.map((key) => tx.has(key)));
      missing = args.keys.filter((_, i) => !there[i]);
      for (const [i, key] of parsed.entries()) if (there[i]) await tx.delete(key);
    },
    { signal },
  );
  for (const key of missing) io.stderr.write(`cairn: ${args.collection} has no key ${JSON.stringify(key)}\n`);
  const deleted = formatCount(commit.deletes, 'key', 'keys');
  await reportCommit(collection, commit, {
    summary: commit.deletes === 0 ? 'deleted no key' : `deleted ${deleted} in version ${commit.version}`,
    ...args,
    io,
    signal,
  });
  return missing.length === 0 ? EXIT.ok : EXIT.absent;
}
