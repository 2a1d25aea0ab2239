import { expect, it } from 'vitest';
import { openCollection, type Transaction } from '../../../src/collection/index.ts';
import '../../../src/node/register.ts';

it('a generation of several parts of a change is another one than the first of them', async () => {
  const uri = `memory:${crypto.randomUUID()}`;
  await using collection = await openCollection(uri, { valueEncoding: 'binary', autoCompact: false });
  const value = new Uint8Array(2 ** 20);
  const key = (i: number): string => `k${String(i).padStart(3, '0')}`;
  const iterators: AsyncIterator<unknown>[] = [];
  await collection.commit(async (tx: Transaction<string, Uint8Array>) => {
    for (let i = 0; i < 140; i++) {
      await tx.set(key(i), value);
      if (i !== 80) continue;
      // Reading that never ends keeps the first part open.
      const iterator = tx.entries()[Symbol.asyncIterator]();
      await iterator.next();
      iterators.push(iterator);
    }
  });
  expect(collection.info.generations[0].files.length).toBeGreaterThan(1);
  expect(await collection.count()).toBe(140);
  for (let i = 0; i < 140; i++) expect(collection.hasSync(key(i)), key(i)).toBe(true);
});
