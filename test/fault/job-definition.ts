import { defineJob, type JobDefinition } from '../../src/batch/index.ts';

/** The input of the job that is killed. */
export const LINES: readonly [string, string][] = Array.from({ length: 90 }, (_, i) => [
  `line${String(i).padStart(3, '0')}`,
  `word${i % 7} word${i % 31} ${'x'.repeat(20)}${i % 11}`,
]);

/** Counts words by three map tasks and three that reduce. */
export const JOB: JobDefinition<string, string, string, number> = defineJob({
  splits: 3,
  tasks: 3,
  map(_, line, emit) {
    for (const word of line.split(' ')) emit(word, 1);
  },
  reduce: (word, counts, emit) => emit(word, counts.length),
});
