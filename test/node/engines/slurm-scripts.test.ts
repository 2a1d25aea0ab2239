import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type ScriptOptions, slurmScripts } from '../../../src/node/engines/slurm-scripts.ts';
import { directoryPerTest } from '../../support/directory-per-test.ts';
import { jobLaunch } from '../../support/job-launch.ts';

const at = directoryPerTest();

const OPTIONS: ScriptOptions = {
  command: ['/usr/bin/node', '/opt/cairn/main.cjs'],
  directory: '/shared/cairn-nightly',
  workingDirectory: '/home/me',
  sbatch: ['--partition=long'],
  maxArraySize: 1001,
};

describe('the scripts for Slurm', () => {
  it('are the golden ones', () => {
    const scripts = slurmScripts(jobLaunch(), OPTIONS);
    expect(scripts.map(({ name, after }) => [name, after])).toEqual([
      ['map.sh', []],
      ['reduce.sh', ['map.sh']],
      ['commit.sh', ['reduce.sh']],
    ]);
    const text = scripts.map(({ text }) => text).join('\n');
    expect(text).toBe(readFileSync('fixtures/engines/slurm.txt', 'utf8'));
  });

  it('are several for a stage that is too large for one array', () => {
    const tasks = [0, 1, 2, 9, 10, 11, 19, 25];
    const launch = jobLaunch({ workers: undefined, stages: [{ stage: 'reduce', total: 30, tasks }] });
    const scripts = slurmScripts(launch, { ...OPTIONS, maxArraySize: 10 });
    expect(scripts.map(({ name }) => name)).toEqual([
      'reduce-0.sh',
      'reduce-10.sh',
      'reduce-20.sh',
      'commit.sh',
    ]);
    expect(scripts.at(-1)?.after).toEqual(['reduce-0.sh', 'reduce-10.sh', 'reduce-20.sh']);
    const arrays = scripts.map(({ text }) => /^#SBATCH (--array=.*)$/m.exec(text)?.[1]);
    expect(arrays).toEqual(['--array=0-2,9', '--array=0-1,9', '--array=5', undefined]);
    expect(scripts[1].text).toContain('SLURM_ARRAY_TASK_ID + 10))');
    expect(scripts[1].text).toContain('/reduce-10+%a.log');
  });

  it('are the commit alone when all tasks have ended', () => {
    expect(slurmScripts(jobLaunch({ stages: [] }), OPTIONS).map(({ name }) => name)).toEqual(['commit.sh']);
  });

  /** Runs the script of a stage with a command that notes its words and ends with a code. */
  function runScript(
    code: number,
    env: Readonly<Record<string, string>>,
  ): { readonly out: string; readonly status: number | null } {
    writeFileSync(at('cairn'), `#!/bin/sh\nfor word in "$@"; do printf '[%s]' "$word"; done\nexit ${code}\n`);
    writeFileSync(at('scontrol'), '#!/bin/sh\necho "scontrol $*"\n');
    const [{ text }] = slurmScripts(jobLaunch(), { ...OPTIONS, command: [at('cairn')] });
    writeFileSync(at('map.sh'), text);
    for (const name of ['cairn', 'scontrol', 'map.sh']) chmodSync(at(name), 0o755);
    const { stdout, status } = spawnSync(at('map.sh'), {
      encoding: 'utf8',
      env: { PATH: `${at('')}:${process.env.PATH}`, SLURM_JOB_ID: '77', SLURM_ARRAY_TASK_ID: '5', ...env },
    });
    return { out: stdout, status };
  }

  it('run the task of their index, with arguments as they were given', () => {
    expect(runScript(0, {})).toEqual({
      status: 0,
      out: "[run][file:///jobs/count.mjs][--output][s3://bucket/words][--job][nightly][--arg][least=2 o'clock][--retries][3][--task][map:5][--json]",
    });
  });

  it.each([
    [0, '', false],
    [2, '', false],
    [143, '', false],
    [4, '', true],
    [137, '1', true],
    [137, '2', false],
  ])('have themselves requeued after the exit code %i, %j times: %j', (code, restarts, requeues) => {
    const { out, status } = runScript(code, restarts === '' ? {} : { SLURM_RESTART_COUNT: restarts });
    expect(status).toBe(code);
    expect(out.includes('scontrol requeue 77')).toBe(requeues);
  });
});
