import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jobStatus, planLaunch, runJobTask } from '../../src/node/batch.ts';
import { openStore, sweepStores } from '../../src/node/index.ts';
import { type ProcessOutcome, started } from '../support/built-command.ts';
import { cairnProcess, idOf, lines, plainId, until, wordCount, workplace } from './job-modules.ts';
import { type Slurm, startSlurm } from './slurm.ts';

const { at, module } = workplace();

let slurm: Slurm;
beforeAll(async () => {
  // Small, so that a few tasks are several arrays.
  slurm = await startSlurm({ maxArraySize: 5 });
});
afterAll(() => slurm?.stop());

/** Runs a job by Slurm. */
function run(file: string, ...words: string[]): Promise<ProcessOutcome> {
  return cairnProcess(...argv(file, words));
}

function argv(file: string, words: readonly string[]): string[] {
  const where = ['-i', at('in'), '-o', at('out'), '--logs', at('logs'), '-a', `dir=${at('')}`];
  return ['run', file, '--engine', 'slurm', ...where, '--json', ...words];
}

/** Runs a job by Slurm, and calls back with the process when a file is there, and so many map tasks have ended. */
function runUntil(
  file: string,
  name: string,
  then: (child: ChildProcess) => unknown,
  mapped = 0,
): Promise<ProcessOutcome> {
  const isTime = (): boolean => existsSync(at(name)) && mapRecords() >= mapped;
  return started(argv(file, []), (child) => {
    void until(`there is ${name}`, isTime).then(() => then(child));
  });
}

function mapRecords(): number {
  const [job] = readdirSync(at('out/_jobs'));
  return readdirSync(at(`out/_jobs/${job}`)).filter((name) => /^map-\d+\.json$/.test(name)).length;
}

/** The jobs of the tests that Slurm has not ended. */
function queued(): string {
  return slurm.run('squeue', '--noheader', '--format=%i %j %T').trim();
}

async function expectNothing(): Promise<void> {
  await expect(openStore(at('out'))).rejects.toMatchObject({ code: 'INCOMPLETE' });
  await until('the queue is empty', () => queued() === '');
}

describe('cairn run --engine slurm', () => {
  it('makes the store that a local run makes, in arrays that Slurm takes', async () => {
    const file = module(wordCount().replace('splits: 4', 'splits: 12'));
    const id = await plainId(file, await lines(at('in')), at('plain'));
    const dry = await run(file, '--dry-run');
    expect([dry.code, existsSync(at('out')), existsSync(at('logs'))]).toEqual([0, false, false]);
    for (const name of ['map-0.sh', 'map-5.sh', 'map-10.sh', 'reduce.sh', 'commit.sh'])
      expect(dry.out).toContain(`### ${name}`);
    const { code, err, out } = await run(file);
    expect([code, err]).toEqual([0, expect.stringMatching(/^wrote 432 entries, .*lines: 400\n$/)]);
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as object)
        .at(-1),
    ).toMatchObject({ event: 'store', id });
    expect(await idOf(at('out'))).toBe(id);
    expect(readdirSync(at('logs'))).toEqual(
      expect.arrayContaining([
        'map-0.sh',
        'map-3.log',
        'map-5+4.log',
        'map-10+1.log',
        'reduce-2.log',
        'commit.log',
      ]),
    );
    const left = await sweepStores(at('out'), { olderThanMs: 0, dryRun: true });
    expect(left.filter(({ uri }) => uri.endsWith('.cairn'))).toEqual([]);
    // Whoever submits the commit again finds it done, and each of many at once.
    const [job] = readdirSync(at('out/_jobs'));
    const commit = ['run', file, '-o', at('out'), '-j', job, '--task', 'commit'];
    expect(
      (await Promise.all([1, 2, 3].map(() => cairnProcess(...commit)))).map(({ code: each }) => each),
    ).toEqual([0, 0, 0]);
    expect(await idOf(at('out'))).toBe(id);
  });

  it('runs a task again whose process is killed', async () => {
    const file = module(
      wordCount(`if (key === 7 && !fs.existsSync(dir + '/killed')) {
        fs.writeFileSync(dir + '/killed', '');
        process.kill(process.pid, 'SIGKILL');
      }`),
    );
    await lines(at('in'));
    const { code, err } = await run(file);
    expect([code, err]).toEqual([0, expect.stringContaining('wrote 432 entries')]);
    expect(readFileSync(at('logs/map-0.log'), 'utf8')).toContain('ended with exit code 137, to be run again');
    expect(await idOf(at('out'))).toBe(await plainId(module(wordCount()), at('in'), at('plain')));
  });

  it('takes one of two attempts, when a node is lost whose task lives on', async () => {
    mkdirSync(at('begun'));
    const file = module(
      wordCount(`if (key === 0) {
        fs.writeFileSync(dir + '/begun/' + process.pid, process.env.SLURMD_NODENAME);
        while (!fs.existsSync(dir + '/go')) await sleep(50);
      }`),
    );
    await lines(at('in'));
    const names = (): string[] => readdirSync(at('begun'));
    const running = run(file);
    await until('the task has begun', () => names().length === 1);
    const [original] = names();
    await until('its node is known', () => readFileSync(at(`begun/${original}`), 'utf8') !== '');
    const lost = readFileSync(at(`begun/${original}`), 'utf8');
    const node = slurm.nodes.find(({ name }) => name === lost);
    if (node === undefined) throw new Error(`no node is called ${lost}`);
    node.daemon.kill('SIGKILL');
    await until('the task runs elsewhere', () => names().length === 2);
    expect(existsSync(`/proc/${original}`)).toBe(true);
    writeFileSync(at('go'), '');
    const { code, err } = await running;
    expect([code, err]).toEqual([0, expect.stringContaining('lines: 400\n')]);
    await until('the original has ended', () => !existsSync(`/proc/${original}`));
    expect(await idOf(at('out'))).toBe(await plainId(module(wordCount()), at('in'), at('plain')));
    const left = await sweepStores(at('out'), { olderThanMs: 0, dryRun: true });
    expect(left.filter(({ uri }) => uri.endsWith('.cairn'))).toEqual([]);
    slurm.restart(node);
    await until(
      'both nodes are there',
      () => slurm.run('sinfo', '--noheader', '--format=%D %T').trim() === '2 idle',
    );
  });

  it('reports what a task has failed with, and ends the others', async () => {
    const file = module(wordCount(`if (key === 42) throw new Error('no such line');`));
    await lines(at('in'));
    const { code, err } = await run(file);
    expect([code, err]).toEqual([
      2,
      expect.stringMatching(/^cairn: map failed at the key 42 of split 0 of .*: no such line\n$/),
    ]);
    await expectNothing();
    expect(await cairnProcess('job', 'status', at('out'))).toMatchObject({
      out: expect.stringContaining('aborted'),
    });
  });

  it('leaves a job to resume when it is interrupted', async () => {
    const file = module(
      wordCount(`if (key === 399) {
        fs.writeFileSync(dir + '/begun', '');
        while (!fs.existsSync(dir + '/go')) await sleep(50);
      }`),
    );
    await lines(at('in'));
    const { code } = await runUntil(file, 'begun', (child) => child.kill('SIGINT'), 3);
    expect(code).toBe(130);
    await expectNothing();
    writeFileSync(at('go'), '');
    const { code: resumed, err } = await run(file, '--resume');
    expect([resumed, err]).toEqual([0, expect.stringContaining('wrote 432 entries')]);
    // The tasks that had ended were not submitted again.
    expect(readFileSync(at('logs/map.sh'), 'utf8')).toContain('--array=3\n');
  });

  it('ends when the job is aborted meanwhile', async () => {
    const file = module(
      wordCount(`if (key === 0) {
        fs.writeFileSync(dir + '/begun', '');
        while (fs.existsSync(dir)) await sleep(50);
      }`),
    );
    await lines(at('in'));
    const { code, err } = await runUntil(file, 'begun', async () => {
      await cairnProcess('job', 'abort', at('out'), '--job', readdirSync(at('out/_jobs'))[0]);
    });
    expect([code, err]).toEqual([2, expect.stringContaining('is aborted')]);
    await expectNothing();
  });

  it('is committed or aborted, when both are tried at once', async () => {
    const file = module(wordCount());
    await lines(at('in'));
    const id = await plainId(file, at('in'), at('plain'));
    for (let round = 0; round < 3; round++) {
      const output = at(`out-${round}`);
      const { stages, job } = await planLaunch(file, { input: at('in'), output });
      for (const { stage, tasks } of stages) {
        for (const task of tasks) await runJobTask(file, { output, job, task: `${stage}:${task}` });
      }
      // Only the commit is left.
      const [commit, abort] = await Promise.all([
        cairnProcess(
          'run',
          file,
          '-o',
          output,
          '--resume',
          '--engine',
          'slurm',
          '--logs',
          at(`logs-${round}`),
        ),
        new Promise((resolve) => setTimeout(resolve, 400 * round)).then(() =>
          cairnProcess('job', 'abort', output, '--job', job),
        ),
      ]);
      expect([0, 2]).toContain(abort.code);
      expect(commit.code).toBe(abort.code === 0 ? 2 : 0);
      if (commit.code === 0) expect(await idOf(output)).toBe(id);
      else await expect(openStore(output)).rejects.toMatchObject({ code: 'INCOMPLETE' });
    }
  });

  it('needs no one who watches', async () => {
    const file = module(wordCount(`if (key === 0) fs.writeFileSync(dir + '/begun', '');`));
    await lines(at('in'));
    await runUntil(file, 'begun', (child) => child.kill('SIGKILL'));
    const [job] = readdirSync(at('out/_jobs'));
    await until(
      'the job is committed',
      async () => (await jobStatus(at('out'), { job })).state === 'committed',
    );
    await until('the store is there', () => existsSync(at('out/MANIFEST.json')));
    expect((await openStore(at('out'))).info.count).toBe(432);
  });

  it.each([
    [['--sbatch=--partition=nowhere'], 2, /^cairn: sbatch refuses map\.sh: .*partition/],
    [['--sbatch', 'partition'], 2, /must have options such as --partition=long/],
    [['-o', 'memory:out'], 2, /an engine runs tasks in other processes/],
    [['--redis', 'redis://127.0.0.1'], 2, /--redis belongs to --engine bullmq/],
  ])('refuses %j', async (words, code, message) => {
    await lines(at('in'));
    expect(await run(module(wordCount()), ...words)).toMatchObject({
      code,
      err: expect.stringMatching(message),
    });
  });
});
