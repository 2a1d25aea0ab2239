import { expect, test } from 'vitest';
import { createStore, openStore } from '../../src/node/index.ts';
import { collect } from '../support/stores.ts';

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

test('neither do values and keys of scans, and each can be seen as numbers of four bytes', async () => {
  const uri = 'memory:transferred-scans';
  const numbers = (i: number): Uint8Array => new Uint8Array(Float32Array.of(i, i / 2, i / 3).buffer);
  await using writer = createStore(uri, { keyEncoding: 'binary', valueEncoding: 'binary' });
  for (let i = 0; i < 200; i++) writer.put(Uint8Array.of(1, i), numbers(i));
  await writer.close();
  await using reader = await openStore<Uint8Array, Uint8Array>(uri);
  const scans = [
    [...reader.entriesSync()],
    await collect(reader.entries()),
    (await collect(reader.batches())).flat(),
    [...reader.entriesSync({ reverse: true })].reverse(),
  ];
  for (const entries of scans) {
    entries.forEach(([key, value], i) => {
      expect(new Float32Array(value.buffer, value.byteOffset, value.length / 4)[1]).toBe(i / 2);
      for (const one of [key, value]) {
        try {
          structuredClone(one, { transfer: [one.buffer as ArrayBuffer] });
        } catch (error) {
          expect((error as Error).name).toBe('DataCloneError');
        }
      }
    });
    expect(entries.map(([key, value]) => [...key, ...value])).toEqual(
      entries.map((_, i) => [1, i, ...numbers(i)]),
    );
  }
});
