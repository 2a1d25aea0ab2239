import { beforeEach, describe, expect, it } from 'vitest';
import { abortJob, commitJob, jobStatus, openTask, planJob, type TaskWriter } from '../../src/batch/index.ts';
import { JobDirectory } from '../../src/batch/job-directory.ts';
import { createStore, deleteStore, openStore, sweepStores } from '../../src/node/index.ts';
import { allOf } from '../support/all-of.ts';
import { directoryPerTest } from '../support/directory-per-test.ts';

const directory = directoryPerTest();
let number = 0;
const places = {
  'a directory': () => directory(`out-${number++}`),
  memory: () => `memory:jobs-${number++}`,
};

describe.each(Object.entries(places))('a job in %s', (_, place) => {
  let output: string;
  const job = 'j';

  beforeEach(() => {
    output = place();
  });

  async function begun(task: number, ...keys: string[]): Promise<TaskWriter> {
    const writer = await openTask(output, { job, task });
    for (const key of keys) await writer.put(key, task);
    return writer;
  }

  async function run(task: number, ...keys: string[]): Promise<boolean> {
    return (await (await begun(task, ...keys)).commit()).won;
  }

  async function entries(): Promise<unknown[]> {
    const store = await openStore(output);
    const found = await allOf(store.entries());
    await store.close();
    return found;
  }

  const orphans = (): Promise<unknown[]> => sweepStores(output, { olderThanMs: 0, dryRun: true });

  it('is not openable before its commit, and complete then, once (case 63)', async () => {
    await planJob(output, { job, tasks: 2 });
    expect(await run(1, 'c', 'd')).toBe(true);
    await expect(openStore(output)).rejects.toMatchObject({ code: 'INCOMPLETE' });
    await expect(commitJob(output, { job })).rejects.toMatchObject({
      code: 'INCOMPLETE',
      message: expect.stringContaining('task 0 '),
    });
    expect(await run(0, 'a', 'b')).toBe(true);
    await expect(openStore(output)).rejects.toMatchObject({ code: 'INCOMPLETE' });
    const info = await commitJob(output, { job });
    expect(info.count).toBe(4);
    expect(await entries()).toEqual([
      ['a', 0],
      ['b', 0],
      ['c', 1],
      ['d', 1],
    ]);
    expect(await commitJob(output, { job })).toEqual(info);
    expect(await jobStatus(output, { job })).toMatchObject({
      state: 'committed',
      tasks: 2,
      committed: 2,
      entries: 4,
    });
  });

  it('has the id that one writer would have given it', async () => {
    await planJob(output, { job, tasks: 2 });
    await run(0, 'a');
    await run(1, 'b');
    const plain = await createStore(place()).put('a', 0).put('b', 1).close();
    expect((await commitJob(output, { job })).id).toBe(plain.id);
  });

  it('refuses an output that exists (case 61)', async () => {
    await createStore(output).put('old', 1).close();
    await expect(planJob(output, { job, tasks: 1 })).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    expect(await entries()).toEqual([['old', 1]]);
  });

  it('has the same plan when it is planned again, and refuses another', async () => {
    const plan = await planJob(output, { job, tasks: 2 });
    expect(await planJob(output, { job, tasks: 2 })).toEqual(plan);
    await expect(planJob(output, { job, tasks: 3 })).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(openTask(output, { job, task: 2 })).rejects.toMatchObject({ argument: 'task' });
    await expect(openTask(output, { job: 'none', task: 0 })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('stores the bytes of a view, and no more (case 62)', async () => {
    await planJob(output, { job, tasks: 1, keyEncoding: 'binary', valueEncoding: 'binary' });
    const writer = await openTask<Uint8Array, Uint8Array>(output, { job, task: 0 });
    const buffer = Uint8Array.of(1, 2, 3, 4);
    await writer.put(buffer.subarray(1, 2), buffer.subarray(2, 3));
    buffer.fill(9);
    await writer.commit();
    await commitJob(output, { job });
    expect(await entries()).toEqual([[Uint8Array.of(2), Uint8Array.of(3)]]);
  });

  it('takes attempts that write nothing, and those that are never committed (cases 64 and 65)', async () => {
    await planJob(output, { job, tasks: 2 });
    expect(await run(0)).toBe(true);
    await begun(1, 'lost');
    expect(await run(1, 'a')).toBe(true);
    await commitJob(output, { job });
    expect(await entries()).toEqual([['a', 1]]);
  });

  it('takes one of several attempts, whichever ends first (case 66)', async () => {
    await planJob(output, { job, tasks: 1 });
    const writers = await Promise.all(Array.from({ length: 8 }, () => begun(0, 'a', 'b')));
    const aborted = await begun(0, 'a');
    await aborted.abort();
    const results = await Promise.all(writers.map((writer) => writer.commit()));
    expect(results.filter(({ won }) => won)).toHaveLength(1);
    expect(new Set(results.map(({ record }) => record.attempt)).size).toBe(1);
    expect(await run(0, 'a', 'b')).toBe(false);
    await commitJob(output, { job });
    expect(await entries()).toHaveLength(2);
    expect((await orphans()).map((file) => (file as { uri: string }).uri)).not.toContainEqual(
      expect.stringContaining('.cairn'),
    );
  });

  it('leaves nothing visible when a task fails, and aborts twice (case 67)', async () => {
    await planJob(output, { job, tasks: 1 });
    const writer = await begun(0, 'b');
    expect(() => writer.put('a', 1)).toThrow(expect.objectContaining({ code: 'KEY_ORDER' }));
    await writer.abort();
    await abortJob(output, { job });
    await abortJob(output, { job });
    await expect(openStore(output)).rejects.toMatchObject({ code: 'INCOMPLETE' });
    await expect(openTask(output, { job, task: 0 })).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('commits a task once (case 68)', async () => {
    await planJob(output, { job, tasks: 1 });
    const writer = await begun(0, 'a');
    expect(await writer.commit()).toBe(await writer.commit());
    expect(await run(0, 'a')).toBe(false);
    await Promise.all([commitJob(output, { job }), commitJob(output, { job }), commitJob(output, { job })]);
    expect(await entries()).toEqual([['a', 0]]);
  });

  it('is aborted after its tasks have ended, and another job or writer takes the path (case 69)', async () => {
    await planJob(output, { job, tasks: 1 });
    await run(0, 'a');
    const late = await begun(0, 'a');
    await abortJob(output, { job });
    await expect(late.commit()).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(commitJob(output, { job })).rejects.toMatchObject({ code: 'CONFLICT' });
    expect((await orphans()).map((file) => (file as { uri: string }).uri)).not.toContainEqual(
      expect.stringContaining('.cairn'),
    );
    await createStore(output).put('new', 1).close();
    expect(await entries()).toEqual([['new', 1]]);
    await deleteStore(output);
    await expect(openStore(output)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('is not aborted after its commit', async () => {
    await planJob(output, { job, tasks: 1 });
    await run(0, 'a');
    await commitJob(output, { job });
    await expect(abortJob(output, { job })).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(openTask(output, { job, task: 0 })).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await entries()).toEqual([['a', 0]]);
  });

  it('has one end when commits and aborts race', async () => {
    for (let round = 0; round < 8; round++) {
      output = place();
      await planJob(output, { job, tasks: 2 });
      await run(0, 'a');
      await run(1, 'b');
      const [commit, abort] = await Promise.allSettled([
        commitJob(output, { job }),
        abortJob(output, { job }),
        run(1, 'b').catch(() => false),
      ]);
      expect([commit.status, abort.status].sort()).toEqual(['fulfilled', 'rejected']);
      if (commit.status === 'fulfilled') expect(await entries()).toHaveLength(2);
      else await expect(openStore(output)).rejects.toMatchObject({ code: 'INCOMPLETE' });
    }
  });

  it('refuses overlapping tasks, and equal keys of two', async () => {
    await planJob(output, { job, tasks: 2 });
    await run(0, 'a', 'c');
    await run(1, 'b', 'd');
    await expect(commitJob(output, { job })).rejects.toMatchObject({
      code: 'KEY_ORDER',
      message: expect.stringMatching(/task 0 .*"c".*task 1 .*"b"/),
    });
    output = place();
    await planJob(output, { job, tasks: 2 });
    await run(0, 'a', 'c');
    await run(1, 'c', 'd');
    await expect(commitJob(output, { job })).rejects.toMatchObject({ code: 'DUPLICATE_KEY' });
    await expect(openStore(output)).rejects.toMatchObject({ code: 'INCOMPLETE' });
  });

  it('merges tasks whose keys overlap if the plan says so: hash-partitioned ones, say (case 70)', async () => {
    const tasks = 3;
    await planJob(output, { job, tasks, onOverlap: 'merge', partitionBytes: 1024 });
    const keys = Array.from({ length: 300 }, (_, i) => `k${String(i).padStart(3, '0')}`);
    for (let task = 0; task < tasks; task++)
      await run(task, ...keys.filter((_, i) => (i * 7) % tasks === task));
    const infos = await Promise.all([commitJob(output, { job }), commitJob(output, { job })]);
    const plain = createStore(place());
    for (const [i, key] of keys.entries()) plain.put(key, (i * 7) % tasks);
    expect(infos.map(({ id }) => id)).toEqual(Array(2).fill((await plain.close()).id));
    const store = await openStore<string, number>(output);
    for (const [i, key] of keys.entries()) expect(await store.get(key)).toBe((i * 7) % tasks);
    expect((await allOf(store.keys())).join()).toBe(keys.join());
    await store.close();
    expect(await commitJob(output, { job })).toEqual(infos[0]);
    await sweepStores(output, { olderThanMs: 0 });
    expect(await entries()).toHaveLength(keys.length);
  });

  it('keeps partitions that overlap none, and refuses equal keys or takes one', async () => {
    const options = { job, tasks: 3, onOverlap: 'merge' } as const;
    const write = async (): Promise<void> => {
      await run(0, 'a', 'c');
      await run(1, 'x');
      await run(2, 'b', 'c');
    };
    await planJob(output, options);
    await write();
    await expect(commitJob(output, { job })).rejects.toMatchObject({
      code: 'DUPLICATE_KEY',
      message: expect.stringContaining('written by two tasks'),
    });
    await expect(openStore(output)).rejects.toMatchObject({ code: 'INCOMPLETE' });
    for (const [onDuplicate, c] of [
      ['first', 0],
      ['last', 2],
    ] as const) {
      output = place();
      await planJob(output, { ...options, onDuplicate });
      await write();
      await commitJob(output, { job });
      expect(await entries()).toEqual([
        ['a', 0],
        ['b', 2],
        ['c', c],
        ['x', 1],
      ]);
    }
  });

  it('notes what the engine calls an attempt, and goes by nothing of it', async () => {
    await planJob(output, { job, tasks: 1 });
    const writers = await Promise.all(
      ['attempt_1_m_0', 7].map((attempt) => openTask(output, { job, task: 0, attempt })),
    );
    const [first, second] = [await writers[1].commit(), await writers[0].commit()];
    expect([first.won, second.won]).toEqual([true, false]);
    expect(second.record).toEqual(first.record);
    expect(first.record.engineAttempt).toBe(7);
    for (const attempt of [1.5, {}, 'x'.repeat(257)]) {
      const opening = openTask(output, { job, task: 0, attempt: attempt as number });
      await expect(opening).rejects.toMatchObject({ argument: 'attempt' });
    }
  });

  it('loses to a writer that was first', async () => {
    await planJob(output, { job, tasks: 1 });
    await run(0, 'a');
    await createStore(output).put('other', 1).close();
    await expect(commitJob(output, { job })).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    expect(await entries()).toEqual([['other', 1]]);
  });

  it('is left alone by sweep until it is over or old', async () => {
    await planJob(output, { job, tasks: 1 });
    await run(0, 'a');
    expect(await sweepStores(output)).toEqual([]);
    expect((await sweepStores(output, { olderThanMs: 0, dryRun: true })).length).toBe(3);
    expect(await jobStatus(output, { job })).toMatchObject({ state: 'open', committed: 1 });
    await commitJob(output, { job });
    expect((await sweepStores(output, { olderThanMs: 0 })).length).toBeGreaterThan(2);
    expect(await entries()).toEqual([['a', 0]]);
    await expect(jobStatus(output, { job })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('is aborted by sweep when it is old, and its late tasks are refused', async () => {
    await planJob(output, { job, tasks: 2 });
    await run(0, 'a');
    const late = await begun(1, 'b');
    expect((await sweepStores(output, { olderThanMs: 0 })).length).toBeGreaterThan(2);
    await expect(late.commit()).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(commitJob(output, { job })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await sweepStores(output, { olderThanMs: 0 })).toHaveLength(1);
    await createStore(output).put('other', 1).close();
    expect(await entries()).toEqual([['other', 1]]);
  });

  it('is not aborted by sweep once it is committed, although its store is missing', async () => {
    await planJob(output, { job, tasks: 1 });
    await run(0, 'a');
    const directory = await JobDirectory.at(output, job);
    const record = await directory.record('task', 0);
    await directory.decide({ decision: 'commit', partitions: record?.partitions ?? [] });
    expect(await sweepStores(output, { olderThanMs: 0 })).toEqual([]);
    await commitJob(output, { job });
    expect(await entries()).toEqual([['a', 0]]);
  });
});
