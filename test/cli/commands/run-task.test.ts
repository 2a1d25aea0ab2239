import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createStore } from '../../../src/node/index.ts';
import { directoryPerTest, fileWriter } from '../../support/directory-per-test.ts';
import { cairn, must, type Outcome } from '../../support/run-cairn.ts';

const at = directoryPerTest();
const write = fileWriter(at);

const COUNT = `export default {
  splits: 2,
  tasks: 1,
  map(key, value, emit, { arguments: words }) {
    if (words.fail === key) throw new Error('bad');
    emit(key + (words.suffix ?? ''), value);
  },
  reduce: (key, [value], emit) => emit(key, value),
};`;

/** Plans a job by the template that needs no image. */
async function planned(): Promise<void> {
  await createStore(at('in')).put('a', 1).put('b', 2).close();
  write('job.mjs', COUNT);
  await must(['job', 'template', 'aws-batch', at('job.mjs'), '-i', at('in'), '-o', at('out'), '-j', 'j']);
}

function run(task: string, ...more: string[]): Promise<Outcome> {
  return cairn(['run', at('job.mjs'), '-o', at('out'), '-j', 'j', '--task', task, ...more]);
}

describe('cairn run --task', () => {
  it('runs one task of a job, and the commit at the end', async () => {
    await planned();
    expect(await run('map:0')).toMatchObject({
      code: 0,
      err: expect.stringMatching(/^map task 0 wrote 1 entry, /),
    });
    expect(await run('reduce:0')).toMatchObject({
      code: 5,
      err: expect.stringContaining('map task 1 has not ended'),
    });
    const { out } = await run('map:1', '--json', '-q', '-a', 'suffix=!');
    expect(JSON.parse(out)).toMatchObject({ event: 'task', stage: 'map', task: 1, ran: true });
    expect(await run('map:1')).toMatchObject({ code: 0, err: expect.stringContaining('had ended before') });
    expect(await run('commit')).toMatchObject({ code: 5, err: expect.stringContaining('task 0') });
    expect((await run('reduce:0')).code).toBe(0);
    expect(await run('commit')).toMatchObject({ code: 0, err: expect.stringMatching(/^wrote 2 entries/) });
    const { out: store } = await run('commit', '--json', '-q');
    expect(JSON.parse(store)).toMatchObject({ event: 'store', count: 2, uri: at('out') });
    expect((await must(['scan', at('out'), '--keys'])).out).toBe('a\nb!\n');
    // What only the tasks have read is gone.
    expect(readdirSync(at('out/data'))).toHaveLength(1);
  });

  it('prints its failure for the engine, too', async () => {
    await planned();
    const { code, out, err } = await run('map:0', '--json', '-a', 'fail=a', '--retries', '1');
    expect([code, err]).toEqual([2, expect.stringMatching(/^cairn: map failed at the key "a" .*: bad\n$/)]);
    expect(JSON.parse(out)).toEqual({
      event: 'failure',
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/^map failed at the key "a"/),
      argument: 'map',
    });
  });

  it.each([
    [['map:2'], 2, /has the map tasks 0 to 1: there is no map:2/],
    [['3'], 2, /a task is map:0, reduce:0 or commit/],
    [['map:0', '-j', 'k'], 5, /there is no job k/],
    [['map:0', '--engine', 'slurm'], 2, /--engine is for whole jobs: leave it out with --task/],
    [['map:0', '-i', 'x'], 2, /--input is for whole jobs/],
    [['map:0', '--resume'], 2, /--resume is for whole jobs/],
  ] as const)('refuses %j', async ([task, ...more], code, message) => {
    await planned();
    expect(await run(task, ...more)).toMatchObject({ code, err: expect.stringMatching(message) });
  });

  it('needs the output and the job', async () => {
    await planned();
    const words = ['run', at('job.mjs'), '--task', 'commit'];
    expect(await cairn([...words, '-j', 'j'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('--output is missing'),
    });
    expect(await cairn([...words, '-o', at('out')])).toMatchObject({
      code: 2,
      err: expect.stringContaining('--job is missing'),
    });
  });
});

describe('cairn run with options of engines', () => {
  it.each([
    [['--sbatch=--mem=1G'], /--sbatch belongs to --engine slurm/],
    [['--dry-run'], /--dry-run belongs to --engine slurm/],
    [['--logs', 'x', '--engine', 'bullmq'], /--logs belongs to --engine slurm/],
    [['--worker'], /--worker belongs to --engine bullmq/],
    [['--redis', 'redis://x', '--engine', 'slurm'], /--redis belongs to --engine bullmq/],
    [['--engine', 'bullmq', '--lock', '5s'], /--lock belongs to --worker/],
    [['--engine', 'bullmq', '--redis', 'localhost'], /redis must be a URL such as redis:/],
    [['--engine', 'hadoop'], /Allowed choices are local, slurm, bullmq/],
  ])('refuses %j', async (more, message) => {
    await createStore(at('in')).put('a', 1).close();
    const argv = ['run', write('job.mjs', COUNT), '-i', at('in'), '-o', at('out'), ...more];
    expect(await cairn(argv)).toMatchObject({ code: 2, out: '', err: expect.stringMatching(message) });
  });
});
