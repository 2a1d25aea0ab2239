import { describe, expect, it } from 'vitest';
import { planSplits, readSplit } from '../../src/batch/index.ts';
import { createStore, deleteStore } from '../../src/index.ts';
import { allOf } from '../support/all-of.ts';

let number = 0;

async function storeOf(count: number, partitionBytes?: number, from = 0): Promise<string> {
  const uri = `memory:splits-${number++}`;
  const writer = await createStore(uri, { keyEncoding: 'number', partitionBytes });
  for (let key = from; key < from + count; key++) await writer.put(key, `value ${key}`);
  await writer.close();
  return uri;
}

async function keysOf(splits: Awaited<ReturnType<typeof planSplits>>): Promise<unknown[]> {
  const keys: unknown[] = [];
  for (const split of splits) {
    const reader = await readSplit(split);
    await reader.forEach((key) => {
      keys.push(key);
    });
    await reader.close();
  }
  return keys;
}

describe('planSplits', () => {
  it('splits by partition, in the order of the stores (case 58)', async () => {
    const stores = [await storeOf(900, 4096), await storeOf(0), await storeOf(10, undefined, 2000)];
    const splits = await planSplits(stores);
    expect(splits.filter(({ uri }) => uri === stores[0]).length).toBeGreaterThan(3);
    expect(splits.filter(({ uri }) => uri === stores[1])).toEqual([]);
    expect(await keysOf(JSON.parse(JSON.stringify(splits)))).toEqual([
      ...Array(900).keys(),
      ...Array.from({ length: 10 }, (_, i) => 2000 + i),
    ]);
  });

  it('refuses a store that is missing or incomplete (case 58)', async () => {
    await expect(planSplits('memory:no-such-store')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const uri = `memory:splits-${number++}`;
    const writer = await createStore(uri);
    await expect(planSplits(uri)).rejects.toMatchObject({ code: 'INCOMPLETE' });
    await writer.cancel();
  });

  it.each([1, 2, 3, 7, 100])('makes %i splits whose sizes differ by one entry at most', async (wanted) => {
    const uri = await storeOf(1000, 8192);
    const splits = await planSplits(uri, { splits: wanted });
    const sizes = splits.map(({ count }) => count);
    expect(splits).toHaveLength(wanted);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    expect(await keysOf(splits)).toEqual([...Array(1000).keys()]);
  });

  it('gives stores shares by their entries, and each at least one split', async () => {
    const stores = [await storeOf(900), await storeOf(1), await storeOf(99)];
    const splits = await planSplits(stores, { splits: 10 });
    const counts = stores.map((store) => splits.filter(({ uri }) => uri === store).length);
    expect(counts).toEqual([9, 1, 1]);
    expect(await planSplits(await storeOf(3), { splits: 8 })).toHaveLength(3);
  });

  it('splits by bytes', async () => {
    const uri = await storeOf(1000);
    expect((await planSplits(uri, { bytes: 4096 })).length).toBeGreaterThan(3);
    await expect(planSplits(uri, { bytes: 1, splits: 1 })).rejects.toMatchObject({ argument: 'bytes' });
    await expect(planSplits(uri, { splits: 0 })).rejects.toMatchObject({ argument: 'splits' });
  });
});

describe('readSplit', () => {
  it('reports the progress from 0 to 1, and 1 of nothing (case 59)', async () => {
    const uri = await storeOf(4);
    const [split] = await planSplits(uri);
    const reader = await readSplit(split);
    const seen = [reader.progress];
    for await (const _ of reader.entries()) seen.push(reader.progress);
    expect(seen).toEqual([0, 0.25, 0.5, 0.75, 1]);
    const empty = await readSplit({ ...split, count: 0 });
    expect(empty.progress).toBe(1);
    expect(await allOf(empty.batches())).toEqual([]);
    expect((await allOf(reader.batches(3))).map(({ length }) => length)).toEqual([3, 1]);
    await Promise.all([reader.close(), empty.close()]);
  });

  it('refuses a store that is gone, and one that was written again', async () => {
    const uri = await storeOf(4);
    const [split] = await planSplits(uri);
    await deleteStore(uri);
    await expect(readSplit(split)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await createStore(uri).put('another', 1).close();
    await expect(readSplit(split)).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(readSplit({} as typeof split)).rejects.toMatchObject({ argument: 'split' });
  });
});
