import { compareRanges, sharedPrefixLength } from '../../bytes/compare.ts';
import type { PartitionReader } from '../../partition/cache/partition-reader.ts';
import type { EntryDecoder, ScanDecoder } from '../../store/read/entry-decoder.ts';
import type { EntryScan, EntrySource } from '../../store/read/entry-iterators.ts';
import type { EncodedRange } from '../../store/read/range.ts';
import { RangeScan } from '../../store/read/range-scan.ts';
import { VALUE_MARK } from '../version/version-state.ts';
import type { GenerationReader } from './generation-reader.ts';
import { wrongMark } from './layered-lookup.ts';

/** Bytes of a key that are compared as one number. */
const HEAD_BYTES = 6;
const HEAD_HALF = 2 ** 24;

/** The scan of one generation, and the entry at which it stands. */
class Cursor {
  readonly scan: RangeScan;
  readonly isMarked: boolean;
  /** Newer generations have lower ones. */
  readonly order: number;
  at = 0;
  count = 0;
  // Of the block at which the scan is: they are read for each comparison.
  #bytes: Uint8Array = new Uint8Array(0);
  #keyStarts: Int32Array = new Int32Array(0);
  #keyEnds: Int32Array = new Int32Array(0);
  /** Whether the scan is at another block since its entries were last decoded. */
  isNew = false;

  constructor(scan: RangeScan, isMarked: boolean, order: number) {
    this.scan = scan;
    this.isMarked = isMarked;
    this.order = order;
  }

  /** Goes to the first entry of the block at which the scan is. */
  enter(): void {
    const { bytes, spans } = this.scan;
    this.at = 0;
    this.count = spans.count;
    this.isNew = true;
    this.#bytes = bytes;
    this.#keyStarts = spans.keyStarts;
    this.#keyEnds = spans.keyEnds;
  }

  /** Whether the entry `index` is a tombstone. */
  isTombstone(index: number): boolean {
    if (!this.isMarked) return false;
    const { scan } = this;
    const start = scan.spans.keyEnds[index];
    if (start === scan.spans.valueEnds[index]) return true;
    if (scan.bytes[start] !== VALUE_MARK) throw wrongMark(scan.partition as PartitionReader);
    return false;
  }

  /**
   * Six bytes of the key of entry `index`, from `skip` on, as a number: of two keys that begin with the same `skip` bytes,
   * the one with the lower number comes first. Equal numbers say nothing.
   */
  head(index: number, skip: number): number {
    const bytes = this.#bytes;
    const at = this.#keyStarts[index] + skip;
    const left = this.#keyEnds[index] - at;
    if (left >= HEAD_BYTES) {
      const high = (bytes[at] << 16) | (bytes[at + 1] << 8) | bytes[at + 2];
      return high * HEAD_HALF + ((bytes[at + 3] << 16) | (bytes[at + 4] << 8) | bytes[at + 5]);
    }
    let head = 0;
    for (let i = 0; i < HEAD_BYTES; i++) head = head * 256 + (i < left ? bytes[at + i] : 0);
    return head;
  }

  /** Compares the key of entry `index` with that at which another cursor stands. */
  compare(index: number, other: Cursor): number {
    return compareRanges(
      this.#bytes,
      this.#keyStarts[index],
      this.#keyEnds[index],
      other.#bytes,
      other.#keyStarts[other.at],
      other.#keyEnds[other.at],
    );
  }
}

/** How generations are walked together. */
export interface MergeScanOptions {
  /** Whether tombstones are wanted; default: false. */
  readonly tombstones?: boolean;
  /** How many entries are wanted at first, perhaps; default: the range's limit. */
  readonly few?: number;
  readonly onClose?: (() => void) | undefined;
}

/** Entries that are read of a block at least: some may be tombstones, or have newer ones. */
const MIN_CHUNK = 4;

/**
 * Walks the entries of several generations in key order: of equal keys the newest generation's entry alone, and no
 * tombstones unless they are wanted. Each step goes to a run of entries that follow each other in one block.
 */
export class MergeScan implements EntryScan {
  /** The run: {@link from} is the first of its entries among those of the {@link current} scan. */
  readonly spans: { count: number } = { count: 0 };
  from = 0;

  readonly #sign: number;
  readonly #keepsTombstones: boolean;
  readonly #signal: AbortSignal | undefined;
  #remaining: number;
  /**
   * Those that stand at an entry, in the order in which these are wanted. No two stand at the same key; but the first one
   * may have been moved on since, if it is {@link #current}.
   */
  readonly #cursors: Cursor[] = [];
  /** Of each, the head of the key at which it stands; negated in reverse. */
  readonly #heads: number[] = [];
  /** All keys of all generations begin with this many bytes that are the same. */
  readonly #skip: number;
  /** Those that stand at no entry, and may have more blocks. */
  #waiting: Cursor[];
  readonly #all: readonly Cursor[];
  #onClose: (() => void) | undefined;
  #current: Cursor | undefined;

  constructor(
    generations: readonly GenerationReader[],
    range: EncodedRange,
    { tombstones = false, few = range.limit, onClose }: MergeScanOptions = {},
  ) {
    this.#onClose = onClose;
    this.#sign = range.reverse ? -1 : 1;
    this.#keepsTombstones = tombstones;
    this.#remaining = range.limit;
    this.#signal = range.signal;
    const whole = { ...range, limit: Number.POSITIVE_INFINITY };
    const chunk = Math.max(few, MIN_CHUNK);
    this.#all = generations.map(
      ({ set, isMarked }, order) => new Cursor(new RangeScan(set, whole, chunk), isMarked, order),
    );
    this.#waiting = range.limit === 0 ? [] : [...this.#all];
    this.#skip = sharedBytes(generations);
  }

  /** The scan whose block holds the run. */
  get current(): RangeScan {
    return (this.#current as Cursor).scan;
  }

  /** The number of the generation that has the run. */
  get order(): number {
    return (this.#current as Cursor).order;
  }

  /** Whether entry `index` of the run is a tombstone. */
  isTombstone(index: number): boolean {
    return (this.#current as Cursor).isTombstone(this.from + index);
  }

  /** Whether {@link current} is at another block than when this was last asked. */
  takeNewBlock(): boolean {
    const cursor = this.#current as Cursor;
    const { isNew } = cursor;
    cursor.isNew = false;
    return isNew;
  }

  nextSync(): boolean {
    for (;;) {
      for (let cursor = this.#waiting.pop(); cursor !== undefined; cursor = this.#waiting.pop()) {
        this.#enter(cursor, cursor.scan.nextSync());
      }
      const found = this.#step();
      if (found !== undefined) return found;
    }
  }

  next(): boolean | Promise<boolean> {
    for (;;) {
      if (this.#waiting.length > 0) {
        const waiting = this.#waiting;
        this.#waiting = [];
        const steps = waiting.map((cursor) => cursor.scan.next());
        const later = steps.some((step) => typeof step !== 'boolean');
        if (later) return this.#nextLater(waiting, steps);
        for (const [i, cursor] of waiting.entries()) this.#enter(cursor, steps[i] as boolean);
      }
      const found = this.#step();
      if (found !== undefined) return found;
    }
  }

  close(): void {
    this.#remaining = 0;
    for (const { scan } of this.#all) scan.close();
    this.#onClose?.();
    this.#onClose = undefined;
  }

  async #nextLater(
    waiting: readonly Cursor[],
    steps: readonly (boolean | Promise<boolean>)[],
  ): Promise<boolean> {
    const results = await Promise.all(steps);
    for (const [i, cursor] of waiting.entries()) this.#enter(cursor, results[i]);
    return this.next();
  }

  /** Finds the next run; undefined if a cursor needs its next block first. */
  #step(): boolean | undefined {
    this.#signal?.throwIfAborted();
    const cursors = this.#cursors;
    for (;;) {
      if (this.#current !== undefined) {
        this.#current = undefined;
        this.#place();
      }
      if (this.#waiting.length > 0) return undefined;
      if (cursors.length === 0 || this.#remaining <= 0) return this.#end();
      const first = cursors[0];
      const end = cursors.length === 1 ? first.count : this.#endOfRun(first);
      let from = first.at;
      let to = end;
      if (!this.#keepsTombstones && first.isMarked) {
        while (from < end && first.isTombstone(from)) from++;
        to = from;
        while (to < end && !first.isTombstone(to)) to++;
      }
      first.at = to;
      this.#current = first;
      if (to === from) continue;
      this.from = from;
      this.spans.count = Math.min(to - from, this.#remaining);
      this.#remaining -= this.spans.count;
      return true;
    }
  }

  #end(): boolean {
    this.spans.count = 0;
    return false;
  }

  /** The end of the entries of the first cursor that come before where the second one stands. */
  #endOfRun(cursor: Cursor): number {
    let low = cursor.at + 1;
    // Most runs are short, or as long as the block.
    let step = 1;
    let high = low;
    while (high < cursor.count && this.#isBeforeSecond(cursor, high)) {
      low = high + 1;
      high += step;
      step *= 2;
    }
    high = Math.min(high, cursor.count);
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#isBeforeSecond(cursor, middle)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #isBeforeSecond(cursor: Cursor, index: number): boolean {
    const difference = this.#sign * cursor.head(index, this.#skip) - this.#heads[1];
    return difference < 0 || (difference === 0 && this.#sign * cursor.compare(index, this.#cursors[1]) < 0);
  }

  #enter(cursor: Cursor, more: boolean): void {
    if (!more) return;
    cursor.enter();
    this.#cursors.unshift(cursor);
    this.#heads.unshift(0);
    this.#place();
  }

  /** Moves the first cursor to its place among the others. Of two at the same key, the older generation's goes on. */
  #place(): void {
    const cursors = this.#cursors;
    const heads = this.#heads;
    let placed = cursors[0];
    let head = 0;
    let at = 1;
    for (let isMoved = true; ; ) {
      if (isMoved) {
        if (placed.at === placed.count) {
          this.#waiting.push(placed);
          cursors.splice(at - 1, 1);
          heads.splice(at - 1, 1);
          return;
        }
        head = this.#sign * placed.head(placed.at, this.#skip);
        isMoved = false;
      }
      if (at === cursors.length) break;
      const other = cursors[at];
      let order = head - heads[at];
      if (order === 0) order = this.#sign * placed.compare(placed.at, other);
      if (order < 0) break;
      if (order === 0) {
        if (placed.order < other.order) {
          cursors[at] = placed;
          placed = other;
        }
        placed.at++;
        isMoved = true;
      } else {
        cursors[at - 1] = other;
        heads[at - 1] = heads[at];
        at++;
      }
    }
    cursors[at - 1] = placed;
    heads[at - 1] = head;
  }
}

/** The length of what all keys of some generations begin with. */
function sharedBytes(generations: readonly GenerationReader[]): number {
  if (generations.length < 2) return 0;
  const keys = generations.flatMap(({ generation: { partitions } }) => [
    partitions[0].firstKey,
    partitions[partitions.length - 1].lastKey,
  ]);
  const [first] = keys;
  return keys.reduce((shared, key) => sharedPrefixLength(first, shared, key, key.length), first.length);
}

/** Decodes the entries of a {@link MergeScan}'s runs. */
export class MergeDecoder<K, V> implements EntrySource<K, V> {
  readonly #scan: MergeScan;
  readonly #entries: EntryDecoder<K, V>;
  readonly #generations: readonly GenerationReader[];
  readonly #lend: boolean;
  readonly #decoders: ScanDecoder<K, V>[] = [];
  #decoder: ScanDecoder<K, V> | undefined;
  #from = 0;

  /** `lend` allows views that are good until the scan's next step. */
  constructor(
    scan: MergeScan,
    entries: EntryDecoder<K, V>,
    generations: readonly GenerationReader[],
    lend: boolean,
  ) {
    this.#scan = scan;
    this.#entries = entries;
    this.#generations = generations;
    this.#lend = lend;
  }

  begin(keys: boolean): void {
    const scan = this.#scan;
    const { order } = scan;
    let decoder = this.#decoders[order];
    if (decoder === undefined) {
      const markBytes = this.#generations[order].isMarked ? 1 : 0;
      decoder = this.#entries.forScan(scan.current, this.#lend, markBytes);
      this.#decoders[order] = decoder;
    }
    if (scan.takeNewBlock()) decoder.begin(keys);
    this.#decoder = decoder;
    this.#from = scan.from;
  }

  key(index: number): K {
    return (this.#decoder as ScanDecoder<K, V>).key(this.#from + index);
  }

  value(index: number): V {
    return (this.#decoder as ScanDecoder<K, V>).value(this.#from + index);
  }
}
