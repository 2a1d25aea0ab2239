import { openStore } from '../../src/node/index.ts';

/** All entries of a store, in order. */
export async function entriesOf(uri: string): Promise<[unknown, unknown][]> {
  await using reader = await openStore<unknown, unknown>(uri);
  const entries: [unknown, unknown][] = [];
  for await (const entry of reader.entries()) entries.push(entry);
  return entries;
}
