import { describe, expect, it } from 'vitest';
import {
  defineJob,
  type JobDefinition,
  type JobEvent,
  type RunJobOptions,
  runJob,
} from '../../src/batch/index.ts';
import { createStore, deleteStore, openStore, sweepStores } from '../../src/index.ts';
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

  it('merges runs by and by if there are too many to be open at once, in the order of the input', async () => {
    const input = await lines(60);
    const output = place();
    await runJob<number, string, string, number, string, string>(
      {
        ...wordCount,
        splits: 60,
        // Four runs at once, so that sixty are merged in three rounds.
        memoryBytes: 1 << 20,
        map(key, _, emit) {
          emit('all', key);
          emit(`k${key % 7}`, key);
        },
        reduce: (key, values, emit) => emit(key, values.join()),
      },
      { input, output, workers: 3 },
    );
    const keys = [...Array(60).keys()];
    const expected = [['all', keys.join()]];
    for (let i = 0; i < 7; i++) expected.push([`k${i}`, keys.filter((key) => key % 7 === i).join()]);
    expect(await entriesOf(output)).toEqual(expected);
    const left = await sweepStores(output, { olderThanMs: 0, dryRun: true });
    expect(left.filter(({ uri }) => uri.endsWith('.cairn'))).toEqual([]);
  });

  it('divides keys so that the heaviest of 8 tasks has at most 1.2 times the mean', async () => {
    const input = await lines(4000);
    const job: JobDefinition<number, string, number, number> = {
      splits: 5,
      tasks: 8,
      options: { keyEncoding: 'number', valueEncoding: 'msgpack' },
      map(key, _, emit) {
        emit((key * key) % 104_729, 1);
        emit(key / 7, 1);
      },
      reduce: (key, [value], emit) => emit(key, value),
    };
    const { info } = await runJob(job, { input, output: place() });
    expect(info.partitions).toHaveLength(8);
    const heaviest = Math.max(...info.partitions.map(({ count }) => count));
    expect(heaviest).toBeLessThan((info.count / 8) * 1.2);
  });

  it('refuses a key with more values than the memory holds by its name, unless they can be combined', async () => {
    const input = await lines(500);
    const all: typeof wordCount = {
      ...wordCount,
      splits: 3,
      memoryBytes: 1 << 20,
      map(_, __, emit) {
        for (let i = 0; i < 100; i++) emit('all', 1);
        emit('few', 1);
      },
    };
    const output = place();
    await expect(runJob(all, { input, output })).rejects.toMatchObject({
      code: 'TOO_LARGE',
      limit: 1 << 19,
      message: expect.stringMatching(/^\d+ values of the key "all" in task \d take more than 524288 bytes/),
    });
    await expect(openStore(output)).rejects.toMatchObject({ code: 'INCOMPLETE' });
    const combined = place();
    // Values that nothing has combined before: what a map task keeps for it is little.
    await runJob({ ...all, combine: sum }, { input, output: combined });
    expect(await entriesOf(combined)).toEqual([
      ['all', 50_000],
      ['few', 500],
    ]);
    const keep: typeof wordCount.reduce = (word, counts, emit) => {
      for (const count of counts) emit(word, count);
    };
    const kept = runJob({ ...all, combine: keep }, { input, output: place() });
    await expect(kept).rejects.toThrow(/Let combine make fewer of them/);
  });

  it('emits nothing of an entry that is skipped', async () => {
    const input = await lines(20);
    const output = place();
    const job: JobDefinition<number, string, string, number> = {
      ...wordCount,
      map(key, _, emit) {
        emit(`before ${key}`, 1);
        if (key % 10 === 3) throw new Error('poison');
      },
    };
    const { info, counters } = await runJob(job, { input, output, maxSkips: 2 });
    expect([info.count, counters]).toEqual([18, { skipped: 2 }]);
    await expect(runJob({ ...job, splits: 1 }, { input, output: place(), maxSkips: 1 })).rejects.toThrow(
      /at the key 13 of split 0/,
    );
  });

  it('is CONFLICT if the input was written again before the job is gone on with', async () => {
    const input = await lines(40);
    const output = place();
    const end = new AbortController();
    const job = { ...wordCount, splits: 2 };
    const stopped = runJob(job, {
      input,
      output,
      signal: end.signal,
      onEvent: () => end.abort(new Error('enough')),
    });
    await expect(stopped).rejects.toThrow('enough');
    await deleteStore(input);
    await createStore(input, { keyEncoding: 'number', valueEncoding: 'utf8' }).put(1, 'other').close();
    await expect(runJob(job, { output, resume: true })).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('was written again after it was split'),
    });
    await expect(openStore(output)).rejects.toMatchObject({ code: 'INCOMPLETE' });
  });

  it('reports attempts that fail, tasks that end, and the share of each stage', async () => {
    const input = await lines(90);
    const events: JobEvent[] = [];
    const shares: number[] = [];
    let failed = false;
    await runJob(
      {
        ...wordCount,
        splits: 3,
        tasks: 1,
        map(key, _, emit) {
          if (key === 40 && !failed) {
            failed = true;
            throw new Error('once');
          }
          emit('a', 1);
        },
      },
      {
        input,
        output: place(),
        onEvent: (event) => events.push(event),
        onProgress: ({ stage, share }) => stage === 'map' && shares.push(share),
      },
    );
    const brief = events.map(({ event, stage, task }) => `${event} ${stage} ${task}`);
    expect(brief).toEqual(['task map 0', 'retry map 1', 'task map 1', 'task map 2', 'task reduce 0']);
    expect(events[1]).toMatchObject({ attempt: 1, error: { message: expect.stringContaining('once') } });
    expect(events[3]).toMatchObject({ done: 3, total: 3, entries: 90 });
    expect(shares.at(-1)).toBe(1);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
  });

  it('counts by any names, and refuses what is no count', async () => {
    const input = await lines(3);
    const { counters } = await runJob(
      {
        map(_, __, _emit, { counters }) {
          counters.add('constructor');
          counters.add('b', 2);
          for (const [name, count] of [
            ['', 1],
            [1, 1],
            ['a', 0.5],
            ['a', '1'],
          ] as [string, number][])
            expect(() => counters.add(name, count)).toThrow(
              expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
            );
        },
      },
      { input, output: place() },
    );
    expect(counters).toEqual({ constructor: 3, b: 6 });
  });

  it.each([
    [{ workers: 0 }, 'workers'],
    [{ arguments: { a: 1 } }, 'arguments'],
    [{ arguments: null }, 'arguments'],
    [{ onEvent: 1 }, 'onEvent'],
    [{ memoryBytes: 1 }, 'memoryBytes'],
    [{ engines: 1 }, 'engines'],
    [{ output: undefined }, 'output'],
    [{ input: undefined }, 'input'],
  ])('refuses the options %j', async (options, argument) => {
    const given = { input: await lines(1), output: place(), ...options } as RunJobOptions;
    await expect(runJob(wordCount, given)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', argument });
  });

  it('refuses keys out of order in a job without reduce, unless it sorts', async () => {
    const input = await lines(10);
    const job: JobDefinition<number, string, number, string> = {
      splits: 1,
      map: (key, value, emit) => emit(100 - key, value),
    };
    await expect(runJob(job, { input, output: place() })).rejects.toMatchObject({
      code: 'KEY_ORDER',
      message: expect.stringMatching(
        /at the key 1 of split 0 .*: emit keys in ascending order, or set options\.sort$/,
      ),
    });
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
