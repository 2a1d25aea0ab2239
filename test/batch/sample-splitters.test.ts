import { describe, expect, it } from 'vitest';
import { rangePartitioner, sampleSplitters } from '../../src/batch/index.ts';
import { createStore, openStore } from '../../src/index.ts';

let number = 0;

/** A store of so many keys, which lie unevenly in the space of keys. */
async function store(count: number, prefix = ''): Promise<string> {
  const uri = `memory:sampled-${number++}`;
  const keys = Array.from({ length: count }, (_, i) => `${prefix}${((i * 7919) % count) ** 2}`).sort();
  const writer = await createStore(uri, { valueEncoding: 'utf8', blockBytes: 1024 });
  for (const key of keys) await writer.put(key, '');
  await writer.close();
  return uri;
}

/** How many keys of the stores each task gets. */
async function loads(sources: readonly string[], tasks: number, seed?: number): Promise<number[]> {
  const { taskOf } = rangePartitioner<string>(await sampleSplitters(sources, { tasks, seed }));
  const counts = Array.from({ length: tasks }, () => 0);
  for (const uri of sources) {
    const reader = await openStore<string, string>(uri);
    for (const [key] of reader.entriesSync()) counts[taskOf(key)]++;
    await reader.close();
  }
  return counts;
}

describe('sampleSplitters', () => {
  it.each([0, 1, 2])(
    'divides keys so that the heaviest of 8 tasks has at most 1.2 times the mean (seed %i)',
    async (seed) => {
      const sources = [await store(20_000), await store(5000, 'x'), await store(300, '4')];
      const counts = await loads(sources, 8, seed);
      const total = counts.reduce((sum, count) => sum + count, 0);
      expect(total).toBe(25_300);
      expect(Math.max(...counts)).toBeLessThanOrEqual((1.2 * total) / 8);
      expect(Math.min(...counts)).toBeGreaterThanOrEqual((0.8 * total) / 8);
    },
  );

  it('returns the same for the same seed, and other splitters for another', async () => {
    const source = await store(9000);
    const once = await sampleSplitters(source, { tasks: 4, seed: 7 });
    expect(await sampleSplitters([source], { tasks: 4, seed: 7 })).toEqual(once);
    expect(JSON.parse(JSON.stringify(once))).toEqual(once);
    expect(await sampleSplitters(source, { tasks: 4, seed: 8 })).not.toEqual(once);
    expect(once.keys).toHaveLength(3);
  });

  it('returns fewer splitters where there are few keys, and none for one task', async () => {
    expect((await sampleSplitters(await store(3), { tasks: 100 })).keys.length).toBeLessThanOrEqual(3);
    expect((await sampleSplitters(await store(0), { tasks: 5 })).keys).toEqual([]);
    expect(await sampleSplitters(await store(9), { tasks: 1 })).toEqual({ keyEncoding: 'utf8', keys: [] });
  });

  it('refuses what has no common order, no tasks or no stores', async () => {
    const other = 'memory:sampled-numbers';
    await createStore(other, { keyEncoding: 'number' }).put(1, 1).close();
    await expect(sampleSplitters([await store(2), other], { tasks: 2 })).rejects.toMatchObject({
      argument: 'sources',
      message: expect.stringMatching(/are utf8, and those of .* number/),
    });
    await expect(sampleSplitters([], { tasks: 2 })).rejects.toMatchObject({ argument: 'sources' });
    await expect(sampleSplitters(other, { tasks: 0 })).rejects.toMatchObject({ argument: 'tasks' });
    await expect(sampleSplitters('memory:no-such', { tasks: 2 })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});
