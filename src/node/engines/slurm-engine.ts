import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { engineError, type JobEngine, type JobLaunch } from '../../batch/job-engine.ts';
import { checkOptions } from '../../check-options.ts';
import { CairnError, invalidArgument } from '../../errors.ts';
import { fileError } from '../file-error.ts';
import { cairnCommand } from './cairn-command.ts';
import { checkPoll } from './check-poll.ts';
import { runCommand } from './run-command.ts';
import { logOf, type ScriptOptions, type SlurmScript, slurmScripts } from './slurm-scripts.ts';
import { failureIn } from './task-failure.ts';

/** How jobs are run by Slurm. */
export interface SlurmOptions {
  /** Options of sbatch for every script, such as `['--partition=long', '--mem=2G']`. */
  readonly sbatch?: readonly string[] | undefined;
  /**
   * The directory of scripts and logs, which all nodes must share; default: `cairn-` and the name of the job, in the working
   * directory.
   */
  readonly directory?: string | undefined;
  /** The words that run `cairn` on the nodes; default: this Node and the command of this package. */
  readonly command?: readonly string[] | undefined;
  /** Milliseconds between two looks at the queue; default: 1000. */
  readonly pollMs?: number | undefined;
}

const KNOWN = ['sbatch', 'directory', 'command', 'pollMs'] as const;

/** How often in a row the queue may not answer. */
const MAX_SILENCES = 30;

/** The largest array of an installation that does not say it. */
const DEFAULT_ARRAY_SIZE = 1001;

/** States in which Slurm has given a job up. */
const FAILED_STATES: readonly string[] = [
  'BOOT_FAIL',
  'CANCELLED',
  'DEADLINE',
  'FAILED',
  'NODE_FAIL',
  'OUT_OF_MEMORY',
  'TIMEOUT',
];

/**
 * Runs the tasks of a job as arrays of Slurm: of the map tasks, then of the reduce tasks, then the commit, which need no one who
 * watches. `sbatch`, `squeue`, `scancel` and `scontrol` must be there, and the store, the job's module, this package and the
 * directory of the logs must be found on all nodes under the same paths.
 *
 * @throws {CairnError} `INVALID_ARGUMENT`. Running rejects with `UNSUPPORTED` without Slurm's commands, `INVALID_ARGUMENT` if sbatch
 *   refuses an option, `IO` if Slurm does not answer or ends a task, and with what a task has failed with.
 */
export function slurmEngine(options: SlurmOptions = {}): JobEngine {
  const given = checkSlurm(options);
  return { name: 'slurm', run: (launch) => new SlurmRun(launch, given).run() };
}

/**
 * Returns the scripts that would be submitted, as text.
 *
 * @throws {CairnError} (as a rejection) `INVALID_ARGUMENT`.
 */
export async function slurmDryRun(launch: JobLaunch, options: SlurmOptions = {}): Promise<string> {
  const given = checkSlurm(options);
  const scripts = slurmScripts(launch, {
    ...scriptOptions(launch, given),
    maxArraySize: await maxArraySize().catch(() => DEFAULT_ARRAY_SIZE),
  });
  return scripts
    .map((script) => {
      const after = script.after.map((name) => `$${variableOf(name)}`).join(':');
      const words = ['sbatch', '--parsable', ...dependency(after), script.name].join(' ');
      return `### ${script.name}, submitted by: ${variableOf(script.name)}=$(${words})\n${script.text}`;
    })
    .join('\n');
}

function checkSlurm(options: SlurmOptions): SlurmOptions {
  const given = checkOptions(options, KNOWN);
  for (const name of ['sbatch', 'command'] as const) {
    const words: unknown = given[name];
    const isList =
      Array.isArray(words) && words.every((word) => typeof word === 'string' && !/[\n\r]/.test(word));
    if (words !== undefined && !(isList && (name === 'sbatch' || words.length > 0)))
      throw invalidArgument(name, `${name} must be an array of words`);
  }
  const wrong = given.sbatch?.find((word) => !word.startsWith('-'));
  if (wrong !== undefined)
    throw invalidArgument('sbatch', `sbatch must have options such as --partition=long, not ${wrong}`);
  const { pollMs, directory } = given;
  checkPoll(pollMs);
  if (directory !== undefined && (typeof directory !== 'string' || directory === ''))
    throw invalidArgument('directory', 'directory must be a path');
  return given;
}

function scriptOptions(
  launch: JobLaunch,
  { sbatch = [], directory, command }: SlurmOptions,
): Omit<ScriptOptions, 'maxArraySize'> {
  return {
    sbatch,
    command: command ?? cairnCommand(),
    directory: resolve(directory ?? `cairn-${launch.job}`),
    workingDirectory: process.cwd(),
  };
}

function variableOf(name: string): string {
  return name.replace(/\.sh$/, '').replaceAll('-', '_');
}

function dependency(after: string): string[] {
  return after === '' ? [] : [`--dependency=afterok:${after}`, '--kill-on-invalid-dep=yes'];
}

/** A script that has been submitted. */
interface Submitted {
  readonly script: SlurmScript;
  readonly id: string;
}

/** One launch of a job. */
class SlurmRun {
  readonly #launch: JobLaunch;
  readonly #options: SlurmOptions;
  readonly #directory: string;
  readonly #submitted: Submitted[] = [];

  constructor(launch: JobLaunch, options: SlurmOptions) {
    this.#launch = launch;
    this.#options = options;
    this.#directory = scriptOptions(launch, options).directory;
  }

  async run(): Promise<void> {
    try {
      await this.#submit();
      await this.#follow();
    } catch (error) {
      const { signal } = this.#launch;
      await this.#cancel();
      signal.throwIfAborted();
      throw error;
    }
  }

  async #submit(): Promise<void> {
    const options = scriptOptions(this.#launch, this.#options);
    const scripts = slurmScripts(this.#launch, { ...options, maxArraySize: await maxArraySize() });
    try {
      await mkdir(this.#directory, { recursive: true });
    } catch (error) {
      throw fileError(error, 'mkdir', this.#directory);
    }
    for (const script of scripts) {
      this.#launch.signal.throwIfAborted();
      const file = join(this.#directory, script.name);
      try {
        await writeFile(file, script.text, { mode: 0o755 });
      } catch (error) {
        throw fileError(error, 'write', file);
      }
      const ids = this.#submitted
        .filter(({ script: { name } }) => script.after.includes(name))
        .map(({ id }) => id);
      const words = ['--parsable', ...dependency(ids.join(':')), file];
      const { code, out, err } = await runCommand(['sbatch', ...words], 'Slurm');
      // With several clusters, the name of one follows.
      const id = /^(\d+)(?:;|$)/m.exec(out)?.[1];
      if (code !== 0 || id === undefined) throw submissionError(script.name, err.trim() || out.trim());
      this.#submitted.push({ script, id });
    }
  }

  /** Waits until the job is committed, or a task has failed. */
  async #follow(): Promise<void> {
    const { signal, look, job, output } = this.#launch;
    const { pollMs = 1000 } = this.#options;
    let silences = 0;
    for (;;) {
      // Asked for first: what has left the queue by then shows in the storage.
      const queue = await this.#queue();
      const { decision } = await look();
      if (decision === 'commit') return;
      if (decision === 'abort') throw new CairnError('CONFLICT', `the job ${job} at ${output} is aborted`);
      if (queue === undefined) silences++;
      else {
        silences = 0;
        const ended = queue.filter(({ state }) => FAILED_STATES.includes(state));
        // Those that wait for a task that has failed are cancelled, and have nothing to say.
        const failed = ended.find(({ state }) => state !== 'CANCELLED') ?? ended[0];
        if (failed !== undefined) throw await this.#failure(failed);
        if (queue.every(({ state }) => state === 'COMPLETED')) throw this.#vanished();
      }
      if (silences >= MAX_SILENCES) {
        const message = `Slurm has not answered ${MAX_SILENCES} times; see squeue. Resume the job`;
        throw engineError('squeue', message);
      }
      await wait(pollMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }

  /** The tasks that Slurm knows of, with those that have ended lately; undefined if it does not answer. */
  async #queue(): Promise<readonly QueuedTask[] | undefined> {
    const ids = this.#submitted.map(({ id }) => id).join(',');
    const { code, out, err } = await runCommand(
      ['squeue', '--noheader', '--array', '--states=all', `--jobs=${ids}`, '--format=%F|%K|%T|%r'],
      'Slurm',
    );
    if (code !== 0) return /invalid job id/i.test(err) ? [] : undefined;
    return out
      .split('\n')
      .filter((line) => line.includes('|'))
      .map((line) => {
        const [id, index, state, reason] = line.split('|').map((cell) => cell.trim());
        return { id, index: /^\d+$/.test(index) ? Number(index) : undefined, state, reason };
      });
  }

  /** The error of a task that Slurm has given up, by what its log says. */
  async #failure({ id, index, state, reason }: QueuedTask): Promise<Error> {
    const { script } = this.#submitted.find((one) => one.id === id) as Submitted;
    const log = join(this.#directory, logOf(script, index));
    const text = await readFile(log, 'utf8').catch(() => '');
    const failure = failureIn(text);
    if (state === 'FAILED' && failure !== undefined) return failure;
    const task =
      script.stage === 'commit' ? 'the commit' : `${script.stage} task ${script.firstTask + (index ?? 0)}`;
    const why = reason === 'None' || reason === '' ? '' : ` (${reason})`;
    return engineError(
      'slurm',
      `Slurm has ended ${task} of the job ${this.#launch.job}: ${state}${why}; its log is ${log}. Resume the job`,
    );
  }

  #vanished(): CairnError {
    const { job, output } = this.#launch;
    const message = `all jobs of Slurm for the job ${job} at ${output} have ended, and it is not committed; the logs are in ${this.#directory}. Resume the job`;
    return engineError('slurm', message);
  }

  /** Ends what was submitted. Tasks that run on all the same are harmless: the storage decides. */
  async #cancel(): Promise<void> {
    const ids = this.#submitted.map(({ id }) => id);
    if (ids.length > 0) await runCommand(['scancel', ...(ids as [string])], 'Slurm').catch(() => undefined);
  }
}

interface QueuedTask {
  readonly id: string;
  /** Undefined for a job without an array, and for an array of which no task has begun. */
  readonly index: number | undefined;
  readonly state: string;
  readonly reason: string;
}

/** One more than the greatest index of an array. @throws {CairnError} `UNSUPPORTED`, `IO`. */
async function maxArraySize(): Promise<number> {
  const { code, out, err } = await runCommand(['scontrol', 'show', 'config'], 'Slurm');
  if (code !== 0) throw engineError('scontrol', `Slurm does not answer: ${err.trim() || out.trim()}`);
  const size = Number(/^MaxArraySize\s*=\s*(\d+)/m.exec(out)?.[1] ?? DEFAULT_ARRAY_SIZE);
  if (size > 1) return size;
  throw new CairnError('UNSUPPORTED', 'this Slurm takes no job arrays (MaxArraySize)');
}

function submissionError(script: string, reason: string): CairnError {
  if (/unable to contact|connection|timed? ?out|socket/i.test(reason))
    return engineError('sbatch', `Slurm does not answer: ${reason}`);
  return invalidArgument('sbatch', `sbatch refuses ${script}: ${reason}`);
}
