import { existsSync, mkdirSync, readdirSync, renameSync, symlinkSync } from 'node:fs';
import { expect, it } from 'vitest';
import { abortJob, jobStatus, openTask, planJob } from '../../src/batch/index.ts';
import { sweepStores } from '../../src/node/index.ts';
import { directoryPerTest } from '../support/directory-per-test.ts';

const at = directoryPerTest();

async function openJob(): Promise<string> {
  const output = at('out');
  await planJob(output, { job: 'j', tasks: 2 });
  const task = await openTask(output, { job: 'j', task: 0 });
  await task.put('a', 1);
  await task.commit();
  return output;
}

it('a sweep aborts a job that no one has gone on with, and only says so beforehand', async () => {
  const output = await openJob();
  const planned = await sweepStores(output, { olderThanMs: 0, dryRun: true });
  expect(planned.length).toBeGreaterThan(0);
  expect((await jobStatus(output, { job: 'j' })).state).toBe('open');
  expect(await sweepStores(output, { olderThanMs: 60_000 })).toEqual([]);
  const removed = await sweepStores(output, { olderThanMs: 0 });
  expect(removed.map(({ uri }) => uri).sort()).toEqual(planned.map(({ uri }) => uri).sort());
  // The decision stays: it is what refuses the tasks that still run.
  expect(readdirSync(at('out/_jobs/j'))).toEqual(['decision.json']);
});

it('a sweep leaves a job whose files lie behind a link', async () => {
  const output = await openJob();
  await abortJob(output, { job: 'j' });
  mkdirSync(at('elsewhere'));
  renameSync(at('out/_jobs/j'), at('elsewhere/j'));
  symlinkSync(at('elsewhere/j'), at('out/_jobs/j'));
  await sweepStores(output, { olderThanMs: 0 });
  expect(existsSync(at('elsewhere/j/plan.json'))).toBe(true);
});
