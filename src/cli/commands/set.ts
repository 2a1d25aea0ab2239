import { openToWrite, reportCommit } from '../stores/write-collection.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import type { SetArgs } from '../usage/collections.ts';
import { parseValue } from '../words/parse-value.ts';

/** Sets a key of a collection, which is made if it is not there. */
export async function runSet(args: SetArgs, io: Io): Promise<number> {
  const signal = io.interrupts();
  const { collection, keys, encodings } = await openToWrite(args.collection, {
    ...args,
    create: true,
    signal,
  });
  await using _ = collection;
  const change = { set: [keys.parse(args.key), parseValue(args.value, encodings)] } as const;
  const commit = await collection.commit([change], { signal });
  await reportCommit(collection, commit, {
    summary: `set ${JSON.stringify(args.key)} in version ${commit.version}`,
    ...args,
    io,
    signal,
  });
  return EXIT.ok;
}
