import { describe, expect, it } from 'vitest';
import { createStore, openStore } from '../../../src/node/index.ts';
import { directoryPerTest } from '../../support/directory-per-test.ts';
import { cairn, must } from '../../support/run-cairn.ts';

const at = directoryPerTest();

async function task(
  number: number,
  stdin: string,
  ...more: string[]
): Promise<Awaited<ReturnType<typeof cairn>>> {
  return cairn(['job', 'task', at('out'), '--job', 'j', '--task', String(number), ...more], { stdin });
}

async function planned(...more: string[]): Promise<void> {
  await must(['job', 'plan', at('out'), '--job', 'j', ...more]);
}

describe('cairn job', () => {
  it('makes one store of what tasks write, by hand', async () => {
    const { out } = await must(['job', 'plan', at('out'), '--job', 'j', '--tasks', '2']);
    expect(out).toBe('j\n');
    await must(['job', 'plan', at('out'), '--job', 'j', '--tasks', '2']);
    expect(await task(1, 'c\t3\nd\t4\n')).toMatchObject({
      code: 0,
      err: expect.stringMatching(/^task 1 wrote 2 entries, /),
    });
    const commit = ['job', 'commit', at('out'), '--job', 'j'];
    expect(await cairn(commit)).toMatchObject({
      code: 5,
      err: expect.stringContaining('task 0 of the job j'),
    });
    const { out: json } = await task(0, 'a\t1\n', '--json');
    expect(JSON.parse(json)).toMatchObject({ task: 0, won: true, record: { entries: 1 } });
    expect(await task(0, 'z\t9\n')).toMatchObject({
      code: 0,
      err: expect.stringContaining('had ended before'),
    });
    const status = await must(['job', 'status', at('out')]);
    expect(status.out).toMatch(
      /^job +state +maps ended +tasks ended +entries +bytes +counters\nj +open +0 +2 of 2 +3 +\d/,
    );
    expect(await must(commit)).toMatchObject({ err: expect.stringMatching(/^wrote 3 entries, /) });
    expect(JSON.parse((await must([...commit, '--json'])).out)).toMatchObject({ count: 3, firstKey: 'a' });
    const { out: line } = await must(['job', 'status', at('out'), '--json']);
    expect(JSON.parse(line)).toMatchObject({
      job: 'j',
      state: 'committed',
      tasks: 2,
      committed: 2,
      entries: 3,
    });
    expect((await must(['scan', at('out')])).out).toBe('a\t1\nc\t3\nd\t4\n');
    expect(await task(0, 'a\t1\n')).toMatchObject({ code: 2, err: expect.stringContaining('is committed') });
    const abort = await cairn(['job', 'abort', at('out'), '--job', 'j']);
    expect(abort).toMatchObject({ code: 2, err: expect.stringContaining('is committed') });
  });

  it('reads the entries of a task as import does, in the encodings of the plan', async () => {
    await planned('--tasks', '3', '--key-encoding', 'number', '--value-encoding', 'json', '--sort');
    expect(
      (await task(0, 'id,name,n\n2,b,5\n1,a,6\n', '--format', 'csv', '--key', 'id', '--numbers', 'n')).code,
    ).toBe(0);
    expect((await task(1, '{"key":9,"value":{"x":1}}\n', '--format', 'jsonl')).code).toBe(0);
    const refused = await task(2, 'x\t1\n');
    expect(refused).toMatchObject({ code: 2, err: expect.stringContaining('standard input, line 1') });
    expect((await task(2, 'nothing\n12\t[1]\n', '--skip-lines', '^n')).code).toBe(0);
    await must(['job', 'commit', at('out'), '--job', 'j']);
    const store = await openStore<number, unknown>(at('out'));
    expect(store.info).toMatchObject({ keyEncoding: 'number', valueEncoding: 'json' });
    expect(await store.getMany([1, 2, 9, 12])).toEqual([
      { name: 'a', n: 6 },
      { name: 'b', n: 5 },
      { x: 1 },
      [1],
    ]);
  });

  it('says where keys are out of order, and writes nothing', async () => {
    await planned('--tasks', '1');
    const outcome = await task(0, 'b\t1\na\t2\n');
    expect(outcome).toMatchObject({
      code: 2,
      err: expect.stringMatching(/line 2: the key "a" does not come after.*--sort/),
    });
    expect((await task(0, 'b\t1\na\t2\n', '--sort')).code).toBe(0);
    await must(['job', 'commit', at('out'), '--job', 'j']);
  });

  it('has a task for each split of the input', async () => {
    await createStore(at('in')).put('a', 1).put('b', 2).put('c', 3).close();
    const { out } = await must(['job', 'plan', at('out'), '-i', at('in'), '-n', '3', '--json']);
    const plan = JSON.parse(out) as {
      readonly tasks: number;
      readonly splits: object[];
      readonly job: string;
    };
    expect([plan.tasks, plan.splits.length]).toEqual([3, 3]);
    expect(plan.job).toMatch(/^[0-9a-f]{16}$/);
  });

  it('ends a job, after which the output is free', async () => {
    await planned('--tasks', '1');
    await task(0, 'a\t1\n');
    await must(['job', 'abort', at('out'), '--job', 'j']);
    await must(['job', 'abort', at('out'), '--job', 'j']);
    expect((await must(['job', 'status', at('out')])).out).toMatch(/^j +aborted +0 +0 of 1/m);
    expect(await task(0, 'a\t1\n')).toMatchObject({ code: 2, err: expect.stringContaining('is aborted') });
    expect((await cairn(['get', at('out'), 'a'])).code).toBe(5);
    await must(['import', at('out')], { stdin: 'a\t1\n' });
  });

  it('refuses equal keys of two tasks, and goes on when one is corrected elsewhere', async () => {
    await planned('--tasks', '2');
    await task(0, 'a\t1\n');
    await task(1, 'a\t2\n');
    const commit = await cairn(['job', 'commit', at('out'), '--job', 'j']);
    expect(commit).toMatchObject({
      code: 2,
      err: expect.stringMatching(/the key "a" was written by task 0 and by task 1/),
    });
    expect((await must(['job', 'status', at('out')])).out).toMatch(/^j +open +0 +2 of 2/m);
  });

  it('merges what tasks have written, if the plan says so', async () => {
    await planned('--tasks', '2', '--on-overlap', 'merge');
    await task(0, 'a\t1\nc\t3\n');
    await task(1, 'b\t2\nd\t4\n');
    await must(['job', 'commit', at('out'), '--job', 'j']);
    expect((await must(['scan', at('out'), '--keys'])).out).toBe('a\nb\nc\nd\n');
  });

  it.each([
    [['job', 'plan', 'OUT'], /say how many tasks write the store with --tasks/],
    [['job', 'plan', 'OUT', '--tasks', '0'], /tasks must be an integer from 1/],
    [['job', 'plan', 'OUT', '--tasks', '2', '--job', 'a/b'], /job must be 1 to 64 characters/],
    [['job', 'plan', 'OUT', '--tasks', '2', '--splits', '3'], /--splits belongs to --input/],
    [['job', 'task', 'OUT', '--task', '0'], /--job is missing/],
    [['job', 'task', 'OUT', '--job', 'j'], /--task is missing/],
    [['job', 'task', 'OUT', '--job', 'j', '--task', '-1'], /Write a whole number/],
    [['job', 'commit', 'OUT'], /--job is missing: name the job with --job; cairn job status <output> lists/],
    [['job', 'abort', 'OUT'], /--job is missing/],
  ])('refuses %j', async (argv, message) => {
    const outcome = await cairn(argv.map((word) => (word === 'OUT' ? at('out') : word)));
    expect(outcome).toMatchObject({ code: 2, out: '', err: expect.stringMatching(message) });
  });

  it.each([
    ['task', '--job', 'j', '--task', '0'],
    ['commit', '--job', 'j'],
    ['abort', '--job', 'j'],
    ['status', '--job', 'j'],
    ['status'],
  ])('%s: exit code 5 without such a job', async (name, ...words) => {
    const outcome = await cairn(['job', name, at('out'), ...words]);
    expect(outcome).toMatchObject({ code: 5, err: expect.stringMatching(/there is no job/) });
  });

  it('refuses a task that the job does not have, and a plan that differs', async () => {
    await planned('--tasks', '2');
    expect(await task(2, 'a\t1\n')).toMatchObject({
      code: 2,
      err: expect.stringContaining('from 0 to 1, not 2'),
    });
    const again = await cairn(['job', 'plan', at('out'), '--job', 'j', '--tasks', '3']);
    expect(again).toMatchObject({ code: 2, err: expect.stringContaining('has another plan') });
    await createStore(at('there')).put('a', 1).close();
    const taken = await cairn(['job', 'plan', at('there'), '--tasks', '1']);
    expect(taken.code).toBe(2);
  });
});
