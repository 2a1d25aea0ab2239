import { describe, expect, it } from 'vitest';
import { planSplits, readSplit, runJob } from '../../src/node/batch.ts';
import { openCollection } from '../../src/node/collection.ts';
import { createStore, openStore } from '../../src/node/index.ts';
import { allOf } from '../support/all-of.ts';
import { directoryPerTest } from '../support/directory-per-test.ts';

const at = directoryPerTest();

/** A collection with a generation of numbers, and later changes. */
async function numbers(count: number): Promise<string> {
  const uri = at('collection');
  await using collection = await openCollection<number, string>(uri, {
    keyEncoding: 'number',
    valueEncoding: 'utf8',
  });
  await collection.apply(
    Array.from({ length: count }, (_, i) => ({ set: [i, `v${i}`] as [number, string] })),
  );
  await collection.apply([{ set: [3, 'changed'] }, { delete: 5 }]);
  return uri;
}

describe('collections as the input of a job', () => {
  it('are divided into ranges of their keys, which have every entry once', async () => {
    const input = await numbers(500);
    for (const splits of [1, 3, 7]) {
      const plan = await planSplits(input, { splits });
      expect(plan).toHaveLength(splits);
      const found: unknown[] = [];
      for (const split of JSON.parse(JSON.stringify(plan))) {
        const reader = await readSplit(split);
        const part = await allOf(reader.entries());
        expect(part.length).toBeLessThan((500 / splits) * 1.2);
        found.push(...part);
        expect(reader.progress).toBeGreaterThan(0.9);
        await reader.close();
      }
      expect(found).toHaveLength(499);
      expect(found.slice(2, 6)).toEqual([
        [2, 'v2'],
        [3, 'changed'],
        [4, 'v4'],
        [6, 'v6'],
      ]);
    }
  });

  it('are read at the version at which they were planned', async () => {
    const input = await numbers(20);
    const splits = await planSplits(input, { splits: 2 });
    await using collection = await openCollection<number, string>(input);
    await collection.set(7, 'later');
    const { info } = await runJob(
      { map: (key, value, emit) => emit(key, value) },
      { input: splits, output: at('out') },
    );
    expect(info).toMatchObject({ count: 19, keyEncoding: 'number', valueEncoding: 'utf8' });
    const store = await openStore<number, string>(at('out'));
    expect(await store.get(7)).toBe('v7');
    await store.close();
  });

  it('may be empty, and are refused if another one is there', async () => {
    const uri = at('empty');
    await (await openCollection(uri)).close();
    const job = {
      map: (key: unknown, value: unknown, emit: (key: unknown, value: unknown) => void) => emit(key, value),
    };
    expect((await runJob(job, { input: uri, output: at('out') })).info.count).toBe(0);
    const [split] = await planSplits(await numbers(3));
    await expect(readSplit({ ...split, uri })).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(readSplit({ ...split, at: 99 } as never)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('are told from what is neither', async () => {
    await createStore(at('other/store')).close();
    await expect(planSplits(at('other'))).rejects.toMatchObject({ code: 'NOT_A_STORE' });
  });
});
