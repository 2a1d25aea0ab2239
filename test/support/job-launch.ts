import type { JobLaunch } from '../../src/batch/job-engine.ts';

/** A job that an engine is to run, with tasks that are all left. */
export function jobLaunch(changes: Partial<JobLaunch> = {}): JobLaunch {
  const stage = (name: 'map' | 'reduce', total: number): JobLaunch['stages'][number] => ({
    stage: name,
    total,
    tasks: Array.from({ length: total }, (_, task) => task),
  });
  return {
    module: 'file:///jobs/count.mjs',
    output: 's3://bucket/words',
    job: 'nightly',
    stages: [stage('map', 8), stage('reduce', 3)],
    arguments: { least: "2 o'clock" },
    retries: 3,
    maxSkips: 0,
    memoryBytes: undefined,
    workers: 4,
    signal: new AbortController().signal,
    look: async () => ({ ended: {}, decision: undefined }),
    ...changes,
  };
}
