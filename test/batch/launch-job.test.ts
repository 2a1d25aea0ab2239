import { describe, expect, it } from 'vitest';
import {
  defineJob,
  type JobEngine,
  type JobLaunch,
  jobStatus,
  openTask,
  planLaunch,
  type TaskName,
  taskCommand,
} from '../../src/batch/index.ts';
import { runJob, runJobTask } from '../../src/node/batch.ts';
import { createStore, openStore } from '../../src/node/index.ts';
import { directoryPerTest, fileWriter } from '../support/directory-per-test.ts';

const at = directoryPerTest();
const write = fileWriter(at);

const COUNT = `export default {
  splits: 3,
  tasks: 2,
  options: { keyEncoding: 'utf8', valueEncoding: 'msgpack' },
  map(key, value, emit, { arguments: { fail }, counters, attempt }) {
    if (key === fail) throw new Error('no ' + key + ' in attempt ' + attempt);
    counters.add('mapped');
    emit(value, key);
  },
  reduce: (value, keys, emit) => emit(value, keys.join('')),
};`;

async function input(): Promise<string> {
  const writer = await createStore(at('in'), { valueEncoding: 'utf8' });
  for (const key of 'abcdefghi') await writer.put(key, 'xyz'[key.charCodeAt(0) % 3]);
  await writer.close();
  return at('in');
}

/** The options that a command line is parsed to. */
function parsed([run, module, ...words]: readonly string[]): Parameters<typeof runJobTask> {
  expect(run).toBe('run');
  const options: Record<string, string> = {};
  for (let i = 0; i < words.length; i += 2) options[words[i].slice(2)] = words[i + 1];
  const { output, job, task, arg, retries } = options;
  const [name, value] = (arg ?? '=').split('=');
  return [
    module,
    {
      output,
      job,
      task: task as TaskName,
      retries: retries === undefined ? undefined : Number(retries),
      arguments: name === '' ? {} : { [name]: value },
    },
  ];
}

/** An engine that runs each command line so often, in the wrong order within a stage. */
function engineOf(times = 1): JobEngine & { readonly launches: JobLaunch[] } {
  const launches: JobLaunch[] = [];
  return {
    name: 'test',
    launches,
    async run(launch) {
      launches.push(launch);
      for (const { stage, tasks } of launch.stages) {
        for (const task of [...tasks].reverse()) {
          const words = taskCommand(launch, `${stage}:${task}`);
          await Promise.all(Array.from({ length: times }, () => runJobTask(...parsed(words))));
        }
        await launch.look();
      }
    },
  };
}

describe('an engine', () => {
  it('is given the stages of a job, and its command lines make the store', async () => {
    const module = write('count.mjs', COUNT);
    const plain = await runJob(module, { input: await input(), output: at('plain'), workers: 1 });
    const engine = engineOf(3);
    const progress: string[] = [];
    const events: unknown[] = [];
    const { info, counters } = await runJob(module, {
      input: at('in'),
      output: at('out'),
      job: 'j',
      engine,
      workers: 7,
      onProgress: ({ stage, done, total, share }) =>
        progress.push(`${stage} ${done}/${total} ${share.toFixed(2)}`),
      onEvent: (event) => events.push(event),
    });
    expect([info.id, counters]).toEqual([plain.info.id, { mapped: 9 }]);
    const [launch] = engine.launches;
    expect(launch).toMatchObject({
      job: 'j',
      output: at('out'),
      retries: 3,
      maxSkips: 0,
      workers: 7,
      stages: [
        { stage: 'map', total: 3, tasks: [0, 1, 2] },
        { stage: 'reduce', total: 2, tasks: [0, 1] },
      ],
    });
    expect(launch.module).toMatch(/^file:\/\/.*count\.mjs$/);
    expect(progress[0]).toBe('map 0/3 0.00');
    expect(progress).toEqual(expect.arrayContaining(['map 3/3 1.00', 'reduce 0/2 0.00', 'reduce 2/2 1.00']));
    expect(events).toHaveLength(5);
  });

  it('is given what is left of a job that it goes on with', async () => {
    const module = write('count.mjs', COUNT);
    const half: JobEngine = {
      name: 'half',
      async run(launch) {
        await runJobTask(...parsed(taskCommand(launch, 'map:1')));
        throw Object.assign(new Error('gone'), { code: 'IO' });
      },
    };
    const given = { input: await input(), output: at('out') };
    await expect(runJob(module, { ...given, engine: half })).rejects.toThrow('gone');
    // The error was not one of the library's: the job is aborted, and nothing is left to resume.
    const engine = engineOf();
    await runJob(module, { ...given, engine, resume: true });
    expect(engine.launches[0].stages[0].tasks).toEqual([0, 1, 2]);
  });

  it('need not be able to wait: the commit says what is missing', async () => {
    const module = write('count.mjs', COUNT);
    const idle: JobEngine = { name: 'idle', run: async () => undefined };
    await expect(
      runJob(module, { input: await input(), output: at('out'), engine: idle }),
    ).rejects.toMatchObject({ code: 'INCOMPLETE', message: expect.stringContaining('task 0') });
  });

  it('ends the job with the error of a task', async () => {
    const module = write('count.mjs', COUNT);
    await expect(
      runJob(module, {
        input: await input(),
        output: at('out'),
        job: 'j',
        engine: engineOf(),
        arguments: { fail: 'e' },
      }),
    ).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/"e".*no e in attempt 3$/),
    });
    expect(await jobStatus(at('out'), { job: 'j' })).toMatchObject({ state: 'aborted' });
  });

  it.each([
    ['an output in memory', { output: 'memory:engine-out' }, 'UNSUPPORTED'],
    ['no engine', { engine: 'slurm' }, 'INVALID_ARGUMENT'],
  ])('is refused with %s, before anything is written', async (_, options, code) => {
    const module = write('count.mjs', COUNT);
    const given = { input: await input(), output: at('out'), engine: engineOf(), ...options };
    await expect(runJob(module, given as object)).rejects.toMatchObject({ code });
    await expect(openStore(at('out'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('is refused for a definition, which other processes do not have', async () => {
    const job = defineJob({ map: (key, value, emit) => emit(key, value) });
    await expect(
      runJob(job, { input: await input(), output: at('out'), engine: engineOf() }),
    ).rejects.toMatchObject({ argument: 'engine' });
  });
});

describe('planLaunch', () => {
  it('plans a job, and runs nothing', async () => {
    const module = write('count.mjs', COUNT);
    const launch = await planLaunch(module, { input: await input(), output: at('out'), job: 'j' });
    expect(launch.stages.map(({ total }) => total)).toEqual([3, 2]);
    expect(await jobStatus(at('out'), { job: 'j' })).toMatchObject({ state: 'open', committed: 0 });
    expect(await launch.look()).toMatchObject({ decision: undefined });
    await (await openTask(at('out'), { job: 'j', task: 1 })).commit();
    expect((await launch.look()).ended.reduce).toEqual(new Set([1]));
  });

  it('writes nothing as a dry run', async () => {
    const module = write('count.mjs', COUNT);
    const launch = await planLaunch(module, { input: await input(), output: at('out'), dryRun: true });
    expect(launch.stages.map(({ total }) => total)).toEqual([3, 2]);
    await expect(openStore(at('out'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await planLaunch(module, { input: at('in'), output: at('out'), job: 'j' });
    await (await openTask(at('out'), { job: 'j', task: 0 })).commit();
    const resumed = await planLaunch(module, { output: at('out'), resume: true, dryRun: true });
    expect(resumed).toMatchObject({ job: 'j', stages: [{ tasks: [0, 1, 2] }, { tasks: [1] }] });
  });

  it.each([{}, 7, undefined])('refuses the module %j', async (module) => {
    await expect(planLaunch(module as string, { output: at('out') })).rejects.toMatchObject({
      argument: 'job',
    });
  });
});
