import { expect, test } from 'vitest';
import { createStore, openStore } from '../../src/node/index.ts';

test('a value whose buffer is transferred takes no other value away', async () => {
  const uri = 'memory:transferred-values';
  const values = [100, 5000, 5001].map((length, i) => new Uint8Array(length).fill(i + 1));
  await using writer = createStore(uri, { valueEncoding: 'binary' });
  values.forEach((value, i) => void writer.put(`${i}`, value));
  await writer.close();
  await using reader = await openStore(uri, { valueEncoding: 'binary' });
  const got = values.map((_, i) => reader.getSync(`${i}`) as Uint8Array<ArrayBuffer>);
  for (const value of got) {
    try {
      structuredClone(value, { transfer: [value.buffer] });
    } catch (error) {
      // Later lines of Node refuse it; before, it is copied.
      expect((error as Error).name).toBe('DataCloneError');
    }
  }
  expect(got).toEqual(values);
});

test('a value with memory of its own can be transferred', async () => {
  const uri = 'memory:transferred-large-value';
  await createStore(uri, { valueEncoding: 'binary' }).put('a', new Uint8Array(40_000).fill(7)).close();
  await using reader = await openStore(uri, { valueEncoding: 'binary' });
  const value = reader.getSync('a') as Uint8Array<ArrayBuffer>;
  const moved = structuredClone(value, { transfer: [value.buffer] });
  expect(value).toHaveLength(0);
  expect(moved).toEqual(new Uint8Array(40_000).fill(7));
});
