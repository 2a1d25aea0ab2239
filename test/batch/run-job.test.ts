import { describe, expect, it } from 'vitest';
import { defineJob, type JobDefinition, runJob } from '../../src/batch/index.ts';
import { createStore, openStore, sweepStores } from '../../src/index.ts';
import { allOf } from '../support/all-of.ts';

let number = 0;
const place = (): string => `memory:run-${number++}`;

/** A store of numbered lines, each of some words out of few. */
async function lines(count: number): Promise<string> {
  const uri = place();
  const writer = await createStore(uri, {
    keyEncoding: 'number',
    valueEncoding: 'utf8',
    partitionBytes: 8192,
  });
  for (let i = 0; i < count; i++) await writer.put(i, `word${i % 7} word${i % 31} w\u0000rd${i % 3} skewed`);
  await writer.close();
  return uri;
}

const nothing = (): void => undefined;

const sum = (
  word: string,
  counts: readonly number[],
  emit: (word: string, count: number) => unknown,
): void => {
  emit(
    word,
    counts.reduce((total, count) => total + count, 0),
  );
};

const wordCount: JobDefinition<number, string, string, number> = {
  options: { keyEncoding: 'utf8', valueEncoding: 'msgpack' },
  map(_, line, emit) {
    for (const word of line.split(' ')) emit(word, 1);
  },
  reduce: sum,
};

async function entriesOf(uri: string): Promise<[unknown, unknown][]> {
  const store = await openStore<unknown, unknown>(uri);
  const found = await allOf(store.entries());
  await store.close();
  return found;
}

describe('runJob', () => {
  it('clones a store to one with the same id, whatever the splits (case 60)', async () => {
    const input = await lines(1000);
    const { id } = (await openStore(input)).info;
    for (const splits of [undefined, 1, 2, 13]) {
      const clone = defineJob({ splits, map: (key, value, emit) => emit(key, value) });
      expect((await runJob(clone, { input, output: place(), workers: 3 })).info.id).toBe(id);
    }
    const empty = await lines(0);
    const clone = defineJob({ map: (key, value, emit) => emit(key, value) });
    expect((await runJob(clone, { input: empty, output: place() })).info.count).toBe(0);
  });

  it('counts words to one ordered store, whatever the tasks, splits and workers', async () => {
    const input = await lines(2000);
    const expected = new Map<string, number>();
    for (const [, line] of await entriesOf(input)) {
      for (const word of (line as string).split(' ')) expected.set(word, (expected.get(word) ?? 0) + 1);
    }
    const sorted = [...expected].sort(([a], [b]) => (a < b ? -1 : 1));
    const ids = new Set<string>();
    for (const [tasks, splits, workers, combine] of [
      [1, 1, 1, undefined],
      [3, 5, 2, sum],
      [8, 2, 3, undefined],
      [100, 3, 4, sum],
    ] as const) {
      const output = place();
      const { info } = await runJob({ ...wordCount, tasks, splits, combine }, { input, output, workers });
      ids.add(info.id);
      expect(await entriesOf(output)).toEqual(sorted);
      const left = await sweepStores(output, { olderThanMs: 0, dryRun: true });
      expect(left.filter(({ uri }) => uri.endsWith('.cairn'))).toEqual([]);
    }
    expect(ids.size).toBe(1);
  });

  it('keeps the order of the input among the values of a key', async () => {
    const input = await lines(200);
    const output = place();
    await runJob<number, string, string, number, string, string>(
      {
        ...wordCount,
        splits: 5,
        map: (key, _, emit) => emit('all', key),
        reduce: (key, values, emit) => emit(key, values.join()),
      },
      { input, output },
    );
    expect(await entriesOf(output)).toEqual([['all', [...Array(200).keys()].join()]]);
  });

  it('ends with nothing visible when map fails, and says where', async () => {
    const input = await lines(100);
    const output = place();
    const cause = new Error('no such line');
    let attempts = 0;
    const job: typeof wordCount = {
      ...wordCount,
      map(key, _, emit) {
        if (key === 42) {
          attempts++;
          throw cause;
        }
        emit('a', 1);
      },
    };
    await expect(runJob(job, { input, output })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(
        /^map failed at the key 42 of split \d+ of memory:run-\d+: no such line$/,
      ),
      cause,
    });
    expect(attempts).toBe(3);
    await expect(openStore(output)).rejects.toMatchObject({ code: 'INCOMPLETE' });
    const { info, counters } = await runJob(job, { input, output, maxSkips: 1 });
    expect(info.count).toBe(1);
    expect(counters).toEqual({ skipped: 1 });
  });

  it('attempts a task again that failed once, and counts what counts', async () => {
    const input = await lines(100);
    let failed = false;
    const { info, counters } = await runJob(
      {
        ...wordCount,
        splits: 3,
        map(key, _, emit, context) {
          context.counters.add('lines');
          if (key === 99 && !failed) {
            failed = true;
            throw new Error('once');
          }
          emit('a', 1);
        },
      },
      { input, output: place() },
    );
    expect(info.count).toBe(1);
    expect(counters).toEqual({ lines: 100 });
  });

  it('goes on with the tasks that are left after its signal', async () => {
    const input = await lines(400);
    const output = place();
    const end = new AbortController();
    let calls = 0;
    const job: typeof wordCount = {
      ...wordCount,
      splits: 4,
      map(key, line, emit, context) {
        calls++;
        return wordCount.map(key, line, emit, context);
      },
    };
    const stopped = runJob(job, {
      input,
      output,
      signal: end.signal,
      onProgress: ({ done }) => {
        if (done === 2) end.abort(new Error('enough'));
      },
    });
    await expect(stopped).rejects.toMatchObject({ message: 'enough' });
    calls = 0;
    const { info } = await runJob(job, { output, resume: true });
    expect(calls).toBe(200);
    expect(info.id).toBe((await runJob(job, { input, output: place() })).info.id);
  });

  it('refuses keys out of order in a job without reduce, unless it sorts', async () => {
    const input = await lines(10);
    const job: JobDefinition<number, string, number, string> = {
      splits: 1,
      map: (key, value, emit) => emit(100 - key, value),
    };
    await expect(runJob(job, { input, output: place() })).rejects.toMatchObject({ code: 'KEY_ORDER' });
    const { info } = await runJob({ ...job, options: { sort: true } }, { input, output: place() });
    expect(info.count).toBe(10);
  });

  it.each([
    [{ map: undefined }, 'map'],
    [{ map: nothing, combine: nothing }, 'combine'],
    [{ map: nothing, tasks: 0 }, 'tasks'],
    [{ map: nothing, maps: 1 }, 'maps'],
  ])('refuses the definition %j', (definition, argument) => {
    expect(() => defineJob(definition as unknown as JobDefinition)).toThrow(
      expect.objectContaining({ argument }),
    );
  });
});
