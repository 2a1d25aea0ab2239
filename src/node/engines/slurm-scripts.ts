import { basename } from 'node:path';
import type { JobLaunch, StageName } from '../../batch/job-engine.ts';
import { taskLine } from './task-line.ts';

/** A batch script of a job. */
export interface SlurmScript {
  /** Its file, such as `map.sh`. */
  readonly name: string;
  readonly stage: StageName | 'commit';
  /** The task of index 0. */
  readonly firstTask: number;
  readonly text: string;
  /** The names of the scripts whose tasks must all have succeeded. */
  readonly after: readonly string[];
}

/** What scripts say besides the job. */
export interface ScriptOptions {
  /** The words that run `cairn`. */
  readonly command: readonly string[];
  /** The directory of the logs. */
  readonly directory: string;
  /** The working directory of the tasks, by which relative paths are found. */
  readonly workingDirectory: string;
  /** Options of sbatch for every script, such as `--partition=long`. */
  readonly sbatch: readonly string[];
  /** One more than the greatest index of an array. */
  readonly maxArraySize: number;
}

/** Exit codes of a task that say nothing of the job: a failing disk or network, and the signals of crashes and of kill -9. */
const NODE_CODES = [4, 134, 135, 136, 137, 139].join(' | ');

/** Returns the scripts that run a job: the arrays of its stages, in chunks if they are too large for one, and the commit. */
export function slurmScripts(launch: JobLaunch, options: ScriptOptions): SlurmScript[] {
  const scripts: SlurmScript[] = [];
  let after: readonly string[] = [];
  for (const { stage, tasks } of launch.stages) {
    const chunks = chunksOf(tasks, options.maxArraySize);
    const made = chunks.map(({ firstTask, indices }): SlurmScript => {
      const name = chunks.length === 1 ? `${stage}.sh` : `${stage}-${firstTask}.sh`;
      const log = firstTask === 0 ? `${stage}-%a.log` : `${stage}-${firstTask}+%a.log`;
      const atOnce = launch.workers === undefined ? '' : `%${launch.workers}`;
      const text = script(launch, options, {
        stage,
        log,
        lines: [`--array=${rangesOf(indices)}${atOnce}`],
        about: `The ${stage} tasks of the job ${launch.job}, which makes ${launch.output}.`,
        task: `${stage}:$((SLURM_ARRAY_TASK_ID + ${firstTask}))`,
      });
      return { name, stage, firstTask, text, after };
    });
    scripts.push(...made);
    after = made.map(({ name }) => name);
  }
  const text = script(launch, options, {
    stage: 'commit',
    log: 'commit.log',
    lines: [],
    about: `Makes ${launch.output} of what the tasks of the job ${launch.job} have written.`,
    task: 'commit',
  });
  return [...scripts, { name: 'commit.sh', stage: 'commit', firstTask: 0, text, after }];
}

/** The log of a task. */
export function logOf({ stage, firstTask }: SlurmScript, index: number | undefined): string {
  if (stage === 'commit') return 'commit.log';
  return firstTask === 0 ? `${stage}-${index}.log` : `${stage}-${firstTask}+${index}.log`;
}

interface ScriptParts {
  readonly stage: string;
  readonly log: string;
  readonly lines: readonly string[];
  readonly about: string;
  /** In the words of the shell. */
  readonly task: string;
}

function script(launch: JobLaunch, options: ScriptOptions, parts: ScriptParts): string {
  const { command, directory, workingDirectory, sbatch } = options;
  const lines = [
    `--job-name=${jobName(launch.module)}.${parts.stage}`,
    ...parts.lines,
    `--chdir=${workingDirectory}`,
    `--output=${directory}/${parts.log}`,
    '--open-mode=append',
    '--requeue',
    ...sbatch,
  ];
  return `#!/bin/sh
${lines.map((line) => `#SBATCH ${line}\n`).join('')}
# ${parts.about}
# A task may run twice, at once or late: the storage decides which attempt counts.
${taskLine(launch, parts.task, command)}
code=$?

# These say nothing of the job: a disk or network failed, or the process was killed. Another node may do better.
case "$code" in
  ${NODE_CODES})
    if [ "\${SLURM_RESTART_COUNT:-0}" -lt ${launch.retries - 1} ]; then
      echo "ended with exit code $code, to be run again"
      scontrol requeue "$SLURM_JOB_ID"
    fi
    ;;
esac
exit "$code"
`;
}

/** The name of a job's module, as names of batch jobs can have it. */
export function jobName(module: string): string {
  const file = basename(new URL(module).pathname).replace(/\.[^.]*$/, '');
  return `cairn-${file.replace(/[^A-Za-z0-9_-]+/g, '_')}`;
}

interface Chunk {
  readonly firstTask: number;
  readonly indices: readonly number[];
}

/** Divides tasks among arrays: an index is the number of the task, less that of the chunk's first one. */
function chunksOf(tasks: readonly number[], maxArraySize: number): Chunk[] {
  const chunks = new Map<number, number[]>();
  for (const task of tasks) {
    const firstTask = task - (task % maxArraySize);
    const indices = chunks.get(firstTask) ?? [];
    chunks.set(firstTask, indices);
    indices.push(task - firstTask);
  }
  return [...chunks].map(([firstTask, indices]) => ({ firstTask, indices }));
}

/** Ascending numbers as Slurm writes them: 0-3,7. */
function rangesOf(numbers: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const number of numbers) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] + 1 === number) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(',');
}
