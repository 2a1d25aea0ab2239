import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { awsBatchTemplate } from '../../../src/node/engines/aws-batch-template.ts';
import { directoryPerTest } from '../../support/directory-per-test.ts';
import { jobLaunch } from '../../support/job-launch.ts';

const at = directoryPerTest();

/** What a script submits, by a command that answers with the names of jobs as their ids. */
function submissions(script: string): string[][] {
  writeFileSync(
    at('aws'),
    `#!/bin/sh\nprintf '%s\\037' "$@" >> ${at('log')}; printf '\\036' >> ${at('log')}\necho "id-$4"\n`,
  );
  writeFileSync(at('submit.sh'), script);
  for (const name of ['aws', 'submit.sh']) chmodSync(at(name), 0o755);
  const { stderr, status } = spawnSync(at('submit.sh'), ['queue', 'definition'], {
    encoding: 'utf8',
    env: { PATH: `${at('')}:${process.env.PATH}` },
  });
  expect([stderr, status]).toEqual(['', 0]);
  return readFileSync(at('log'), 'utf8')
    .split('\u001e')
    .slice(0, -1)
    .map((line) => line.split('\u001f').slice(0, -1));
}

/** The word after an option. */
function optionOf(words: readonly string[], option: string): string | undefined {
  const index = words.indexOf(option);
  return index < 0 ? undefined : words[index + 1];
}

describe('the template for AWS Batch', () => {
  it('is the golden one', () => {
    const text = awsBatchTemplate(jobLaunch({ module: '/jobs/count.mjs' }));
    expect(text).toBe(readFileSync('fixtures/engines/aws-batch.sh', 'utf8'));
  });

  it('submits arrays that depend on each other', () => {
    const submitted = submissions(awsBatchTemplate(jobLaunch()));
    expect(submitted.map((words) => optionOf(words, '--array-properties'))).toEqual([
      'size=8',
      'size=3',
      undefined,
    ]);
    expect(submitted.map((words) => optionOf(words, '--depends-on'))).toEqual([
      undefined,
      'jobId=id-cairn-nightly-map',
      'jobId=id-cairn-nightly-reduce',
    ]);
    const overrides = JSON.parse(optionOf(submitted[0], '--container-overrides') as string) as {
      readonly command: string[];
    };
    expect(overrides.command.slice(0, 2)).toEqual(['sh', '-c']);
    expect(overrides.command[2]).toContain('"map:$((AWS_BATCH_JOB_ARRAY_INDEX + 0))"');
    expect(optionOf(submitted[2], '--container-overrides')).toContain('commit');
  });

  it('has no array of one, and several for more than 10,000 tasks', () => {
    const stages = [
      { stage: 'map', total: 20_001, tasks: [] },
      { stage: 'reduce', total: 1, tasks: [] },
    ] as const;
    const submitted = submissions(awsBatchTemplate(jobLaunch({ stages })));
    expect(submitted.map((words) => optionOf(words, '--array-properties'))).toEqual([
      'size=10000',
      'size=10000',
      undefined,
      undefined,
      undefined,
    ]);
    expect(optionOf(submitted[2], '--container-overrides')).toContain('map:20000');
    expect(submitted[3].filter((word) => word.startsWith('jobId='))).toHaveLength(3);
    expect(optionOf(submitted[3], '--container-overrides')).toContain('reduce:0');
  });
});
