import { expect, it } from 'vitest';
import { verifyStore } from '../../../src/index.ts';
import type { VerifyProblem } from '../../../src/partition/check/verify-problem.ts';
import { registerVerifyThreads } from '../../../src/store/verify/verify-threads.ts';
import { OddStorage } from '../../support/odd-storage.ts';
import { fillSized } from '../../support/stores.ts';

it('what threads have checked is not checked again, and reported in the order of the partitions', async () => {
  const storage = new OddStorage().register();
  const info = await fillSized('odd:s', 'three partitions');
  const read: string[] = [];
  storage.onRead = (path) => void (path.endsWith('.cairn') && read.push(path));
  const problemOf = (file: string, offset: number): VerifyProblem => {
    return { file, section: 'block 0', offset, code: 'CORRUPTION', message: 'as a thread found' };
  };
  const progress: number[] = [];
  const [a, b, c] = info.partitions.map(({ name }) => `odd:s/data/${name}`);
  // Threads end when they end.
  registerVerifyThreads(async ({ partitions, locateBits, problem, advance }) => {
    expect(partitions.map(({ source }) => source.name)).toEqual([a, b, c]);
    expect(locateBits).toBe(false);
    for (const [i, file, offset] of [
      [2, c, 1],
      [0, a, 1],
      [2, c, 2],
    ] as const)
      problem(i, problemOf(file, offset));
    for (const { record } of partitions) advance(record.bytes, 1, record.count);
    return true;
  });
  const options = { locateBits: false, onProgress: ({ done }: { done: number }) => progress.push(done) };
  const report = await verifyStore('odd:s', options);
  expect(report).toEqual({
    ok: false,
    checked: { files: 3, blocks: 3, bytes: info.bytes, entries: info.count },
    problems: [problemOf(a, 1), problemOf(c, 1), problemOf(c, 2)],
  });
  expect(progress.at(-1)).toBe(info.bytes);
  expect(read).toEqual([]);
  // Where they say that they did nothing, the one thread there is checks all of it.
  registerVerifyThreads(async () => false);
  expect(await verifyStore('odd:s')).toMatchObject({ ok: true, checked: { entries: info.count } });
  expect(new Set(read).size).toBe(3);
});
