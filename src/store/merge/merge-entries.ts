import { compareRanges } from '../../bytes/compare.ts';
import { showKey } from '../../bytes/hex.ts';
import { CairnError, isCairnError } from '../../errors.ts';
import type { PartitionReader } from '../../partition/cache/partition-reader.ts';
import { PartitionSet } from '../read/partition-set.ts';
import { EVERYTHING } from '../read/range.ts';
import { RangeScan } from '../read/range-scan.ts';
import { EntryDeduplicator } from '../write/entry-deduplicator.ts';
import type { DrainWatch, EntryIntake } from '../write/entry-sink.ts';
import type { OnDuplicate } from '../write/on-duplicate.ts';
import type { StoreBuilder } from '../write/store-builder.ts';

/** Entries in key order, one at a time: the key in `bytes[keyStart…keyEnd)`, the value behind it up to `valueEnd`. */
export interface MergeInput {
  readonly bytes: Uint8Array;
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly valueEnd: number;
  /** Goes to the next entry; false at the end. Call it once before the first. */
  next(): boolean | Promise<boolean>;
  /** Negative when this input's key comes before another one's of the same merge, 0 when they are equal. */
  compareKey(other: this): number;
}

/** Entries between two looks at the signal. */
const PATIENCE = 4096;

/**
 * Hands the entries of several sorted inputs to `put` in key order; of equal keys the earlier input's comes first.
 * `put` returns a promise where the merge should wait. Two comparisons for each doubling of the inputs.
 */
export async function merge<Input extends MergeInput>(
  inputs: readonly Input[],
  put: (input: Input) => Promise<void> | undefined,
  watch: DrainWatch = {},
): Promise<void> {
  const queue = new MergeQueue<Input>();
  for (const [order, input] of inputs.entries()) {
    if (await input.next()) queue.push(input, order);
  }
  for (let count = 0; queue.length > 0; count++) {
    if (count % PATIENCE === 0) {
      watch.signal?.throwIfAborted();
      watch.onProgress?.(count);
    }
    const input = queue.top;
    const waiting = put(input);
    if (waiting !== undefined) await waiting;
    const next = input.next();
    if (typeof next === 'boolean' ? next : await next) queue.settle();
    else queue.pop();
  }
}

/** Puts entries into an intake: what {@link merge} calls. */
export function puttingInto(intake: EntryIntake): (input: MergeInput) => Promise<void> | undefined {
  return (input) => {
    const { bytes, keyEnd } = input;
    intake.key.setRange(bytes, input.keyStart, keyEnd);
    intake.checkKey();
    return intake.add(bytes.subarray(keyEnd, input.valueEnd));
  };
}

/**
 * Adds the entries of several sorted sources to a builder, in order. Each source is a list of partitions of one
 * store; of equal keys, `onDuplicate` says whose entry is kept.
 *
 * @throws {CairnError} (as a rejection) `DUPLICATE_KEY`, `CORRUPTION`, `TOO_LARGE`, `IO`.
 */
export async function mergeEntries(
  sources: readonly (readonly PartitionReader[])[],
  builder: StoreBuilder,
  onDuplicate: OnDuplicate,
  signal?: AbortSignal,
): Promise<void> {
  const inputs = sources.map((partitions) => new ScanInput(partitions));
  if (onDuplicate !== 'error') {
    const intake = new EntryDeduplicator(builder, onDuplicate);
    await merge(inputs, puttingInto(intake), { signal });
    await intake.drain();
    return;
  }
  try {
    await merge(inputs, puttingInto(builder), { signal });
  } catch (error) {
    if (!isCairnError(error, 'DUPLICATE_KEY') || error.key === undefined) throw error;
    throw new CairnError(
      'DUPLICATE_KEY',
      `the key ${showKey(error.key)} is in more than one store. Say which entry stays: onDuplicate 'first' or 'last'`,
      { key: error.key },
    );
  }
}

/** A run of partitions of one store. */
class ScanInput implements MergeInput {
  readonly #scan: RangeScan;
  #at = 0;
  #count = 0;

  constructor(partitions: readonly PartitionReader[]) {
    this.#scan = new RangeScan(new PartitionSet(partitions), EVERYTHING);
  }

  get bytes(): Uint8Array {
    return this.#scan.bytes;
  }

  get keyStart(): number {
    return this.#scan.spans.keyStarts[this.#at];
  }

  get keyEnd(): number {
    return this.#scan.spans.keyEnds[this.#at];
  }

  get valueEnd(): number {
    return this.#scan.spans.valueEnds[this.#at];
  }

  next(): boolean | Promise<boolean> {
    if (++this.#at < this.#count) return true;
    const next = this.#scan.next();
    return typeof next === 'boolean' ? this.#enter(next) : next.then((more) => this.#enter(more));
  }

  compareKey(other: ScanInput): number {
    return compareRanges(this.bytes, this.keyStart, this.keyEnd, other.bytes, other.keyStart, other.keyEnd);
  }

  #enter(more: boolean): boolean {
    this.#at = 0;
    this.#count = more ? this.#scan.spans.count : 0;
    return more;
  }
}

/** A binary heap of inputs: the one whose entry goes next is on top. */
class MergeQueue<Input extends MergeInput> {
  readonly #inputs: Input[] = [];
  readonly #orders: number[] = [];

  get length(): number {
    return this.#inputs.length;
  }

  get top(): Input {
    return this.#inputs[0];
  }

  /** Adds an input that stands at an entry. Of equal keys, that of the lowest order goes first. */
  push(input: Input, order: number): void {
    let at = this.#inputs.length;
    this.#inputs.push(input);
    this.#orders.push(order);
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (this.#before(parent, at)) break;
      this.#swap(parent, at);
      at = parent;
    }
  }

  /** Finds the place of the input on top, which stands at another entry now. */
  settle(): void {
    const { length } = this.#inputs;
    for (let at = 0; ; ) {
      let child = at * 2 + 1;
      if (child >= length) return;
      if (child + 1 < length && this.#before(child + 1, child)) child++;
      if (this.#before(at, child)) return;
      this.#swap(at, child);
      at = child;
    }
  }

  /** Removes the input on top. */
  pop(): void {
    this.#swap(0, this.#inputs.length - 1);
    this.#inputs.pop();
    this.#orders.pop();
    this.settle();
  }

  #before(at: number, other: number): boolean {
    const order = this.#inputs[at].compareKey(this.#inputs[other]);
    return order === 0 ? this.#orders[at] < this.#orders[other] : order < 0;
  }

  #swap(at: number, other: number): void {
    const input = this.#inputs[at];
    const order = this.#orders[at];
    this.#inputs[at] = this.#inputs[other];
    this.#orders[at] = this.#orders[other];
    this.#inputs[other] = input;
    this.#orders[other] = order;
  }
}
