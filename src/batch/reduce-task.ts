import { compareRanges } from '../bytes/compare.ts';
import { KeyBuffer } from '../bytes/key-buffer.ts';
import type { KeyCodec } from '../codec/keys/key-codec.ts';
import { keyCodecFor } from '../codec/keys/key-codecs.ts';
import { loadValueDecoder } from '../codec/values/load-value-decoder.ts';
import type { ValueDecoder } from '../codec/values/value-codec.ts';
import { ScanInput } from '../store/merge/scan-input.ts';
import type { PartitionSet } from '../store/read/partition-set.ts';
import { type EncodedRange, EVERYTHING } from '../store/read/range.ts';
import { RangeScan } from '../store/read/range-scan.ts';
import { merge } from '../store/write/merge-queue.ts';
import type { Attempt } from './attempt.ts';
import { closeRuns, openRuns } from './open-runs.ts';
import { openAttempt } from './open-task.ts';
import { encodingsBetween } from './run-emitter.ts';
import { decodeShuffledPart, endOfShuffledPart } from './shuffle-key.ts';
import { readSplitters } from './splitters.ts';
import type { TaskWriter } from './task-writer.ts';
import { ValueGroup } from './value-group.ts';

/** Merges what all map tasks have emitted for one range of keys, and writes what `reduce` makes of it. */
export async function runReduceTask(attempt: Attempt): Promise<void> {
  const { directory, plan, assignment, context, counters } = attempt;
  const { task, attempt: engineAttempt } = assignment;
  const { signal } = context;
  const splitters = await readSplitters(directory, plan);
  const range: EncodedRange = {
    ...EVERYTHING,
    signal,
    lower: task === 0 ? undefined : bound(splitters[task - 1]),
    upper: task < splitters.length ? bound(splitters[task], false) : undefined,
  };
  const options = { ...plan.output, signal };
  const name = { kind: 'task', task, engineAttempt } as const;
  const writer = await openAttempt(directory, name, options, () => counters.counts);
  try {
    // There are fewer ranges than tasks if there are few keys.
    if (task <= splitters.length) {
      const runs = await openRuns(directory, plan);
      try {
        await reduceRange(attempt, runs, range, writer);
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
  attempt: Attempt,
  runs: readonly PartitionSet[],
  range: EncodedRange,
  writer: TaskWriter,
): Promise<void> {
  const { definition, plan, context, meter } = attempt;
  const { keyEncoding, valueEncoding } = encodingsBetween(definition, plan);
  const keys = keyCodecFor(keyEncoding) as KeyCodec<unknown>;
  const decoder = (await loadValueDecoder(valueEncoding)) as ValueDecoder<unknown>;
  const group = new ValueGroup(attempt, writer);
  const decode = (bytes: Uint8Array, start: number, end: number): unknown => keys.decode(bytes, start, end);
  // The key of the group as it stands in runs; empty before the first.
  const part = new KeyBuffer();
  const take = (input: RunInput): Promise<void> | undefined => {
    const { bytes, keyStart, keyEnd, valueEnd } = input;
    const end = endOfShuffledPart(keyEnd);
    meter.add(1);
    const value = decoder.decode(bytes, keyEnd, valueEnd);
    if (compareRanges(part.bytes, 0, part.length, bytes, keyStart, end) === 0)
      return group.add(value, valueEnd - keyEnd);
    part.setRange(bytes, keyStart, end);
    return group.begin(decodeShuffledPart(bytes, keyStart, end, decode), value, valueEnd - keyEnd);
  };
  const inputs = runs.map((run) => new RunInput(run, range));
  try {
    await merge(inputs, take, { signal: context.signal });
    await group.end();
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
    const [end, otherEnd] = [endOfShuffledPart(this.keyEnd), endOfShuffledPart(other.keyEnd)];
    return compareRanges(this.bytes, this.keyStart, end, other.bytes, other.keyStart, otherEnd);
  }
}
