import { compareRanges } from '../bytes/compare.ts';
import { showKey } from '../bytes/hex.ts';
import { CairnError } from '../errors.ts';
import type { PartitionReader } from './partition-reader.ts';
import { PartitionSet } from './partition-set.ts';
import { EVERYTHING } from './range.ts';
import { RangeScan } from './range-scan.ts';
import type { StoreBuilder } from './store-builder.ts';

/** Which of equal keys' entries stays: none of them (an error), the first source's, or the last one's. */
export type OnDuplicate = 'error' | 'first' | 'last';

/** One sorted source: a run of partitions of one store, at one entry. */
class MergeInput {
  readonly order: number;
  readonly #scan: RangeScan;
  #at = 0;
  #count = 0;

  constructor(partitions: readonly PartitionReader[], order: number) {
    this.order = order;
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

  /** Goes to the next entry; false at the end. Call it once before the first. */
  next(): boolean | Promise<boolean> {
    if (++this.#at < this.#count) return true;
    const next = this.#scan.next();
    return typeof next === 'boolean' ? this.#enter(next) : next.then((more) => this.#enter(more));
  }

  /** Negative when this input's entry goes first: by key, then by the order of the sources. */
  compare(other: MergeInput): number {
    return this.compareKey(other) || this.order - other.order;
  }

  compareKey(other: MergeInput): number {
    return compareRanges(this.bytes, this.keyStart, this.keyEnd, other.bytes, other.keyStart, other.keyEnd);
  }

  #enter(more: boolean): boolean {
    this.#at = 0;
    this.#count = more ? this.#scan.spans.count : 0;
    return more;
  }
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
  const heap = new Heap();
  for (let order = 0; order < sources.length; order++) {
    const input = new MergeInput(sources[order], order);
    if (await input.next()) heap.push(input);
  }
  for (let count = 0; heap.length > 0; count++) {
    if (count % 4096 === 0) signal?.throwIfAborted();
    let kept = heap.pop();
    const equal: MergeInput[] = [];
    while (heap.length > 0 && heap.top.compareKey(kept) === 0) {
      if (onDuplicate === 'error') throw duplicate(kept);
      const other = heap.pop();
      equal.push(onDuplicate === 'last' ? kept : other);
      if (onDuplicate === 'last') kept = other;
    }
    const { bytes, keyStart, keyEnd, valueEnd } = kept;
    builder.key.set(bytes.subarray(keyStart, keyEnd));
    builder.checkKey();
    const waiting = builder.add(bytes.subarray(keyEnd, valueEnd));
    if (waiting !== undefined) await waiting;
    for (const input of [kept, ...equal]) {
      const next = input.next();
      if (typeof next === 'boolean' ? next : await next) heap.push(input);
    }
  }
}

function duplicate(input: MergeInput): CairnError {
  const key = input.bytes.slice(input.keyStart, input.keyEnd);
  return new CairnError(
    'DUPLICATE_KEY',
    `the key ${showKey(key)} is in more than one store. Say which entry stays: onDuplicate 'first' or 'last'`,
    { key },
  );
}

/** A binary heap: the input whose entry goes next is on top. */
class Heap {
  readonly #items: MergeInput[] = [];

  get length(): number {
    return this.#items.length;
  }

  get top(): MergeInput {
    return this.#items[0];
  }

  push(input: MergeInput): void {
    const items = this.#items;
    let at = items.length;
    items.push(input);
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (items[parent].compare(input) <= 0) break;
      items[at] = items[parent];
      at = parent;
    }
    items[at] = input;
  }

  pop(): MergeInput {
    const items = this.#items;
    const top = items[0];
    const last = items.pop() as MergeInput;
    if (items.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && items[child + 1].compare(items[child]) < 0) child++;
      if (items[child].compare(last) >= 0) break;
      items[at] = items[child];
      at = child;
    }
    items[at] = last;
    return top;
  }
}
