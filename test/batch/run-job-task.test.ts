import { describe, expect, it } from 'vitest';
import { abortJob, type JobDefinition, planLaunch, type TaskName } from '../../src/batch/index.ts';
import { runJobTask } from '../../src/node/batch.ts';
import { createStore, openStore } from '../../src/node/index.ts';
import { directoryPerTest, fileWriter } from '../support/directory-per-test.ts';

const at = directoryPerTest();
const write = fileWriter(at);

const JOB = `export default {
  splits: 2,
  map: (key, value, emit) => emit(key, value),
  REDUCE
};`;

/** Plans a job over a store of two keys. */
async function planned(reduce = ''): Promise<string> {
  const module = write('job.mjs', JOB.replace('REDUCE', reduce));
  await createStore(at('in')).put('a', 1).put('b', 2).close();
  await planLaunch(module, { input: at('in'), output: at('out'), job: 'j' });
  return module;
}

const named = (task: string): { output: string; job: string; task: TaskName } => ({
  output: at('out'),
  job: 'j',
  task: task as TaskName,
});

describe('runJobTask', () => {
  it('runs a task, once, and commits', async () => {
    const module = await planned();
    await expect(runJobTask(module, named('commit'))).rejects.toMatchObject({ code: 'INCOMPLETE' });
    expect(await runJobTask(module, named('map:1'))).toMatchObject({
      stage: 'map',
      task: 1,
      ran: true,
      record: { entries: 1 },
    });
    expect(await runJobTask(module, named('map:1'))).toMatchObject({ ran: false, record: { entries: 1 } });
    expect(await runJobTask(module, named('map:0'))).toMatchObject({ ran: true });
    for (let i = 0; i < 2; i++)
      expect(await runJobTask(module, named('commit'))).toMatchObject({
        stage: 'commit',
        info: { count: 2 },
      });
    expect(await runJobTask(module, named('map:0'))).toMatchObject({ ran: false });
    expect((await openStore(at('out'))).info.count).toBe(2);
  });

  it('waits for no stage: a reduce task says that the maps have not ended', async () => {
    const module = await planned('reduce: (key, values, emit) => emit(key, values[0]),');
    await runJobTask(module, named('map:0'));
    await expect(runJobTask(module, named('reduce:0'))).rejects.toMatchObject({
      code: 'INCOMPLETE',
      message: expect.stringContaining('map task 1 has not ended'),
    });
    await runJobTask(module, named('map:1'));
    expect(await runJobTask(module, named('reduce:1'))).toMatchObject({ stage: 'reduce', ran: true });
  });

  it('attempts a task as often as it is told', async () => {
    await planned();
    const attempts: number[] = [];
    const job: JobDefinition = {
      map(_key, _value, _emit, { attempt }) {
        attempts.push(attempt);
        throw new Error('no');
      },
    };
    await expect(runJobTask(job, { ...named('map:0'), retries: 2, attempt: 4 })).rejects.toMatchObject({
      argument: 'map',
    });
    expect(attempts).toEqual([4, 5]);
    await expect(runJobTask(job, { ...named('map:0'), attempt: 0 })).rejects.toMatchObject({
      argument: 'attempt',
    });
  });

  it('refuses tasks that there are not, and jobs that are over', async () => {
    const module = await planned();
    for (const [task, message] of [
      ['map:2', /has the map tasks 0 to 1: there is no map:2/],
      ['reduce:0', /has no reduce tasks/],
      ['map', /a task is map:0, reduce:0 or commit/],
      ['map:-1', /a task is map:0/],
      ['map:0;ls', /a task is map:0/],
    ] as const)
      await expect(runJobTask(module, named(task))).rejects.toMatchObject({
        argument: 'task',
        message: expect.stringMatching(message),
      });
    await expect(runJobTask(module, { ...named('map:0'), job: 'k' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await abortJob(at('out'), { job: 'j' });
    await expect(runJobTask(module, named('map:0'))).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(runJobTask(module, named('commit'))).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('ends with its signal', async () => {
    const module = await planned();
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(runJobTask(module, { ...named('map:0'), signal })).rejects.toThrow('enough');
  });
});
