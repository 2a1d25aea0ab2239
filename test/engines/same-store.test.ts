import { type ChildProcess, spawn } from 'node:child_process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CAIRN, cairnProcess, idOf, lines, wordCount, workplace } from './job-modules.ts';
import { type Redis, startRedis } from './redis.ts';
import { type Slurm, startSlurm } from './slurm.ts';

const { at, module } = workplace();

let slurm: Slurm;
let redis: Redis;
const workers: ChildProcess[] = [];

beforeAll(async () => {
  slurm = await startSlurm();
  redis = await startRedis();
});

afterAll(async () => {
  for (const worker of workers) worker.kill('SIGKILL');
  await redis?.stop();
  await slurm?.stop();
});

/** A job without `reduce`, in which the order of the input is that of the output. */
const UPPER_CASE = `export default {
  splits: 5,
  map: (key, line, emit) => emit(key, line.toUpperCase()),
};`;

it.each([
  ['a job with reduce', wordCount()],
  ['a job without', UPPER_CASE],
])('%s makes the same store with 1, 2 and 3 workers, on Slurm and on BullMQ', async (_, text) => {
  const file = module(text);
  await lines(at('in'));
  const [node, ...words] = [...CAIRN, 'run', file, '--engine', 'bullmq', '--worker', '--redis', redis.url];
  for (let i = 0; i < 2; i++) workers.push(spawn(node, words, { stdio: 'ignore' }));
  const ways: Readonly<Record<string, readonly string[]>> = {
    one: ['-w', '1'],
    two: ['-w', '2'],
    three: ['-w', '3'],
    slurm: ['--engine', 'slurm', '--logs', at('logs')],
    bullmq: ['--engine', 'bullmq', '--redis', redis.url],
  };
  const ids: string[] = [];
  for (const [name, way] of Object.entries(ways)) {
    const { code, err } = await cairnProcess('run', file, '-i', at('in'), '-o', at(name), '-q', ...way);
    expect([name, code, err]).toEqual([name, 0, '']);
    ids.push(await idOf(at(name)));
  }
  expect(new Set(ids).size).toBe(1);
});
