import { compareBytes, compareRanges } from '../bytes/compare.ts';
import type { KeyCodec } from '../codec/keys/key-codec.ts';
import { keyCodecFor } from '../codec/keys/key-codecs.ts';
import { loadValueDecoder } from '../codec/values/load-value-decoder.ts';
import type { ValueDecoder } from '../codec/values/value-codec.ts';
import { ScanInput } from '../store/merge/scan-input.ts';
import type { PartitionSet } from '../store/read/partition-set.ts';
import { type EncodedRange, EVERYTHING } from '../store/read/range.ts';
import { RangeScan } from '../store/read/range-scan.ts';
import { merge } from '../store/write/merge-queue.ts';
import type { JobDefinition, TaskContext } from './define-job.ts';
import type { JobDirectory } from './job-directory.ts';
import { jobError } from './job-error.ts';
import type { JobPlan } from './job-plan.ts';
import { closeRuns, openRuns } from './open-runs.ts';
import { openAttempt } from './open-task.ts';
import { encodingsBetween } from './run-emitter.ts';
import { decodeShuffledPart, shuffledPart } from './shuffle-key.ts';
import { readSplitters } from './splitters.ts';
import { type Assignment, contextOf } from './task-emitter.ts';
import type { TaskWriter } from './task-writer.ts';

/** Merges what all map tasks have emitted for one range of keys, and writes what `reduce` makes of it. */
export async function runReduceTask(
  definition: JobDefinition,
  directory: JobDirectory,
  plan: JobPlan,
  assignment: Assignment,
  signal: AbortSignal,
): Promise<void> {
  const context = contextOf(assignment, signal);
  const { task } = assignment;
  const splitters = await readSplitters(directory, plan);
  const range: EncodedRange = {
    ...EVERYTHING,
    signal,
    lower: task === 0 ? undefined : bound(splitters[task - 1]),
    upper: task < splitters.length ? bound(splitters[task], false) : undefined,
  };
  const options = { ...plan.output, signal };
  const writer = await openAttempt(directory, 'task', task, options, () => context.counters.counts);
  try {
    // There are fewer ranges than tasks if there are few keys.
    if (task <= splitters.length) {
      const runs = await openRuns(directory, plan);
      try {
        await reduceRange(definition, plan, runs, range, writer, context);
      } finally {
        await closeRuns(runs);
      }
    }
    await writer.commit();
  } catch (error) {
    await writer.abort().catch(() => undefined);
    throw error;
  }
}

function bound(key: Uint8Array, inclusive = true): { key: Uint8Array; inclusive: boolean } {
  return { key, inclusive };
}

async function reduceRange(
  definition: JobDefinition,
  plan: JobPlan,
  runs: readonly PartitionSet[],
  range: EncodedRange,
  writer: TaskWriter,
  context: TaskContext,
): Promise<void> {
  const { keyEncoding, valueEncoding } = encodingsBetween(definition, plan);
  const keys = keyCodecFor(keyEncoding) as KeyCodec<unknown>;
  const decoder = (await loadValueDecoder(valueEncoding)) as ValueDecoder<unknown>;
  const emit = (key: unknown, value: unknown): void | Promise<void> => writer.put(key, value);
  let part: Uint8Array | undefined;
  let values: unknown[] = [];
  const reduce = async (): Promise<void> => {
    if (part === undefined) return;
    const bytes = decodeShuffledPart(part);
    const key = keys.decode(bytes, 0, bytes.length);
    const group = values;
    values = [];
    try {
      await definition.reduce?.(key, group, emit, context);
    } catch (error) {
      throw jobError('reduce', key, `task ${context.task}`, error);
    }
  };
  const take = (input: RunInput): Promise<void> | undefined => {
    const { bytes, keyStart, keyEnd, valueEnd } = input;
    const next = shuffledPart(bytes, keyStart, keyEnd);
    const value = decoder.decode(bytes, keyEnd, valueEnd);
    if (part !== undefined && compareBytes(part, next) === 0) {
      values.push(value);
      return undefined;
    }
    const reduced = reduce();
    part = next.slice();
    values.push(value);
    return reduced;
  };
  const inputs = runs.map((run) => new RunInput(run, range));
  try {
    await merge(inputs, take, { signal: context.signal });
    await reduce();
  } finally {
    for (const input of inputs) input.close();
  }
}

/** A range of one map task's run. */
class RunInput extends ScanInput {
  constructor(run: PartitionSet, range: EncodedRange) {
    super(new RangeScan(run, range));
  }

  /** Compares without the numbers: of equal keys, those of the earlier split come first. */
  compareKey(other: this): number {
    const one = shuffledPart(this.bytes, this.keyStart, this.keyEnd);
    const two = shuffledPart(other.bytes, other.keyStart, other.keyEnd);
    return compareRanges(one, 0, one.length, two, 0, two.length);
  }
}
