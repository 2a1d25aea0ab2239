import { asText, CairnError, invalidArgument } from '../errors.ts';
import { defineJob, type JobDefinition } from './define-job.ts';
import type { JobInput } from './job-input.ts';
import { jobModules } from './job-modules.ts';
import type { RunJobOptions } from './run-job-options.ts';

/** A job that has been loaded, with what its caller has in place of the definition's. */
export interface PreparedJob {
  readonly definition: JobDefinition;
  /** The URL of its module; undefined if it was given by its definition. */
  readonly module: string | undefined;
  readonly input: JobInput | undefined;
  readonly output: string;
  readonly arguments: Readonly<Record<string, string>>;
  readonly workers: number | undefined;
  readonly signal: AbortSignal;
}

/** Loads a job if it is given by its module, and checks the options that say how it is run. @throws {CairnError} `INVALID_ARGUMENT`. */
export async function prepareJob<K, V, MK, MV, OK, OV>(
  job: string | URL | JobDefinition<K, V, MK, MV, OK, OV>,
  given: RunJobOptions,
): Promise<PreparedJob> {
  const { signal = new AbortController().signal, arguments: words = {}, workers, onEvent } = given;
  if (onEvent !== undefined && typeof onEvent !== 'function')
    throw invalidArgument('onEvent', 'onEvent must be a function');
  checkArguments(words);
  const { known, module } = await loadJob(job);
  const definition = withLimits(known, given);
  if (workers !== undefined && (!Number.isSafeInteger(workers) || workers < 1))
    throw invalidArgument('workers', `workers must be a positive integer, not ${asText(workers)}`);
  const output = given.output ?? definition.output;
  if (output === undefined) throw invalidArgument('output', 'output must say which store the job makes');
  const input = given.input ?? definition.input;
  return { definition, module, input, output: String(output), arguments: words, workers, signal };
}

/** Returns a job's definition, and the URL of its module if it was given by that. @throws {CairnError} `INVALID_ARGUMENT`, `UNSUPPORTED`. */
export async function loadJob<K, V, MK, MV, OK, OV>(
  job: string | URL | JobDefinition<K, V, MK, MV, OK, OV>,
): Promise<{ readonly known: JobDefinition; readonly module: string | undefined }> {
  if (typeof job !== 'string' && !(job instanceof URL))
    return { known: job as unknown as JobDefinition, module: undefined };
  const modules = jobModules();
  if (modules === undefined)
    throw new CairnError('UNSUPPORTED', 'modules of jobs are loaded by Node; give the definition itself');
  const { definition, url } = await modules.load(job);
  return { known: definition, module: url };
}

/** Checks a definition with the limits that its caller has in place of its own. @throws {CairnError} `INVALID_ARGUMENT`. */
export function withLimits(
  known: JobDefinition,
  { retries, maxSkips, memoryBytes }: Pick<RunJobOptions, 'retries' | 'maxSkips' | 'memoryBytes'>,
): JobDefinition {
  return defineJob({
    ...known,
    retries: retries ?? known.retries,
    maxSkips: maxSkips ?? known.maxSkips,
    memoryBytes: memoryBytes ?? known.memoryBytes,
  });
}

/** @throws {CairnError} `INVALID_ARGUMENT`. */
export function checkArguments(words: Readonly<Record<string, string>>): void {
  const isObject = typeof words === 'object' && words !== null;
  if (isObject && Object.values(words).every((word) => typeof word === 'string')) return;
  throw invalidArgument('arguments', 'arguments must be an object of strings');
}
