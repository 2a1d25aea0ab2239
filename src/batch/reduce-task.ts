import { compareRanges } from '../bytes/compare.ts';
import { KeyBuffer } from '../bytes/key-buffer.ts';
import type { KeyCodec } from '../codec/keys/key-codec.ts';
import { keyCodecFor } from '../codec/keys/key-codecs.ts';
import { loadValueDecoder } from '../codec/values/load-value-decoder.ts';
import type { ValueDecoder } from '../codec/values/value-codec.ts';
import { notLoaded } from '../errors.ts';
import { StoreDraft } from '../store/manifest/store-draft.ts';
import { type EncodedRange, EVERYTHING } from '../store/read/range.ts';
import { type Attempt, openOutput } from './attempt.ts';
import { type RunRecord, readRuns } from './open-runs.ts';
import { encodingsBetween } from './run-emitter.ts';
import { type RunInput, takeRuns } from './run-input.ts';
import { decodeShuffledPart } from './shuffle-key.ts';
import { readSplitters } from './splitters.ts';
import type { TaskWriter } from './task-writer.ts';
import { ValueGroup } from './value-group.ts';

/** Merges what all map tasks have emitted for one range of keys, and writes what `reduce` makes of it. */
export async function runReduceTask(attempt: Attempt): Promise<void> {
  const { directory, plan, context } = attempt;
  const { task, signal } = context;
  const splitters = await readSplitters(directory, plan);
  const range: EncodedRange = {
    ...EVERYTHING,
    signal,
    lower: task === 0 ? undefined : bound(splitters[task - 1]),
    upper: task < splitters.length ? bound(splitters[task], false) : undefined,
  };
  const writer = await openOutput(attempt);
  try {
    // There are fewer ranges than tasks if there are few keys.
    if (task <= splitters.length) await reduceRuns(attempt, range, writer);
    await writer.commit();
  } catch (error) {
    await writer.abort().catch(() => undefined);
    throw error;
  }
}

/** The part of a task's memory for what is read ahead of runs, and what is read ahead of one. */
const RUNS_SHARE = 1 / 4;
const RUN_BYTES = 1 << 18;

/** Runs that are open at once: each is a file, too. */
const MIN_RUNS = 4;
const MAX_RUNS = 128;

async function reduceRuns(attempt: Attempt, range: EncodedRange, writer: TaskWriter): Promise<void> {
  const { directory, plan, assignment } = attempt;
  const records = await readRuns(directory, plan);
  const room = Math.floor((assignment.memoryBytes * RUNS_SHARE) / RUN_BYTES);
  const most = Math.max(MIN_RUNS, Math.min(MAX_RUNS, room));
  if (records.length <= most) {
    await reduceRange(attempt, records, range, writer);
    return;
  }
  const { mergeRuns } = await import('./merge-runs.ts').catch(notLoaded);
  const draft = await StoreDraft.begin(directory.store, {
    checksum: directory.checksum,
    signal: range.signal,
  });
  try {
    const merged = await mergeRuns(directory, records, range, { most, draft });
    await reduceRange(attempt, merged, range, writer);
  } finally {
    // What can't be removed now is found by sweep.
    await draft.abandon().catch(() => undefined);
  }
}

function bound(key: Uint8Array, inclusive = true): { key: Uint8Array; inclusive: boolean } {
  return { key, inclusive };
}

async function reduceRange(
  attempt: Attempt,
  records: readonly RunRecord[],
  range: EncodedRange,
  writer: TaskWriter,
): Promise<void> {
  const { definition, directory, plan, meter } = attempt;
  const { keyEncoding, valueEncoding } = encodingsBetween(definition, plan);
  const keys = keyCodecFor(keyEncoding) as KeyCodec<unknown>;
  const decoder = (await loadValueDecoder(valueEncoding)) as ValueDecoder<unknown>;
  const group = new ValueGroup(attempt, writer);
  const decode = (bytes: Uint8Array, start: number, end: number): unknown => keys.decode(bytes, start, end);
  // The key of the group as it stands in runs; empty before the first.
  const part = new KeyBuffer();
  const take = (input: RunInput): Promise<void> | undefined => {
    const { bytes, keyStart, keyEnd, partEnd: end, valueEnd } = input;
    meter.add(1);
    const value = decoder.decode(bytes, keyEnd, valueEnd);
    if (compareRanges(part.bytes, 0, part.length, bytes, keyStart, end) === 0)
      return group.add(value, valueEnd - keyEnd);
    part.setRange(bytes, keyStart, end);
    return group.begin(decodeShuffledPart(bytes, keyStart, end, decode), value, valueEnd - keyEnd);
  };
  await takeRuns(directory, records, range, take);
  await group.end();
}
