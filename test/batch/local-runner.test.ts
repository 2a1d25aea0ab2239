import { describe, expect, it } from 'vitest';
import { commitJob, type JobDefinition, planJob, planSplits } from '../../src/batch/index.ts';
import { LocalRunner } from '../../src/batch/local-runner.ts';
import { runTaskBy } from '../../src/batch/run-job-task.ts';
import { SplitInputs } from '../../src/batch/split-inputs.ts';
import { createStore, deleteStore, openStore } from '../../src/index.ts';

const COPY: JobDefinition = { map: (key, value, emit) => emit(key, value) };

describe('a runner that outlives a job', () => {
  it.each([
    ['another input', 'memory:monday', 'memory:tuesday'],
    ['an input that is written again', 'memory:day', 'memory:day'],
  ])('takes the plan of the next one of the same name: %s', async (_, ...inputs) => {
    const runner = new LocalRunner(COPY, new SplitInputs());
    for (const [day, input] of inputs.entries()) {
      await createStore(input, { replace: true }).put(`day ${day}`, day).close();
      await planJob('memory:words', { job: 'daily', tasks: 1, splits: await planSplits(input) });
      await runTaskBy(runner, COPY, { output: 'memory:words', job: 'daily', task: 'map:0' });
      await commitJob('memory:words', { job: 'daily' });
      await using store = await openStore('memory:words');
      expect(await store.get(`day ${day}`)).toBe(day);
      await deleteStore('memory:words');
    }
    await runner.close();
  });
});
