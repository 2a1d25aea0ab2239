import { hex64 } from '../../bytes/checksum.ts';
import { compareBytes, compareRanges } from '../../bytes/compare.ts';
import { corruption, type Region } from '../../bytes/corruption.ts';
import { EntryDigest } from '../../bytes/entry-digest.ts';
import { toHex } from '../../bytes/hex.ts';
import { isCairnError } from '../../errors.ts';
import { BlockCursor, EntrySpans, RESTART_INTERVAL } from '../../format/block.ts';
import type { Properties } from '../../format/properties.ts';
import type { SparseIndex } from '../../format/sparse-index.ts';
import type { PartitionFile } from '../partition-file.ts';
import type { PartitionRecord } from '../partition-record.ts';
import type { PartitionTail } from '../partition-tail.ts';
import { type FlipSearch, flippedBit } from './bit-flip-search.ts';
import { IndexCheck } from './index-check.ts';
import { type AffectedKeys, problemOf, type VerifyProblem } from './verify-problem.ts';

/** Data read at once, in bytes. */
const CHUNK_BYTES = 1 << 20;
/** The same for remote files. */
const REMOTE_CHUNK_BYTES = 1 << 23;

/** The memory of the last check: allocating it takes as long as checking a small partition. */
let spare: EntryDigest | undefined;

async function takeMemory(bytes: number, entries: number): Promise<EntryDigest> {
  const memory = spare;
  spare = undefined;
  if (memory !== undefined && memory.bytes.length >= bytes && memory.hashes.length >= entries) return memory;
  const usual = bytes <= CHUNK_BYTES;
  return EntryDigest.create(usual ? CHUNK_BYTES : bytes, usual ? Math.max(entries, 4096) : entries);
}

/** Receives problems and progress. */
export interface CheckObserver {
  problem(problem: VerifyProblem): void;
  /** Called after bytes were read and found intact, with the numbers of blocks and entries among them. */
  advance(bytes: number, blocks: number, entries: number): void;
}

/** What the blocks of a partition are checked against. */
export interface CheckBasis {
  readonly tail: PartitionTail;
  /** Undefined if they are damaged. */
  readonly properties: Properties | undefined;
  /** Undefined if there is no hash index, or it is damaged. */
  readonly slots: Int32Array | undefined;
}

/** Returns the bounds of a block's keys. */
export function keysOfBlock(index: SparseIndex, block: number, record: PartitionRecord): AffectedKeys {
  const { firstKey, lastKey } = record;
  const last = block === index.blocks - 1;
  return {
    gte: block === 0 ? firstKey : index.separators.at(block - 1).slice(),
    ...(last ? { lte: lastKey } : { lt: index.separators.at(block).slice() }),
    entries: index.entries(block),
  };
}

/**
 * Checks the blocks of one partition, against each other and against its indexes. Entries are hashed in the
 * memory of a WebAssembly module into which they are read: a call for each would take longer than all other
 * checks.
 */
export class PartitionCheck {
  readonly #file: PartitionFile;
  readonly #index: SparseIndex;
  readonly #basis: CheckBasis;
  readonly #observer: CheckObserver;
  readonly #flips: FlipSearch;
  readonly #signal: AbortSignal | undefined;
  readonly #memory: EntryDigest;
  readonly #cursor = new BlockCursor();
  readonly #spans = new EntrySpans();
  readonly #hashIndex: IndexCheck | undefined;
  /** The last key so far; empty after a block that could not be read. */
  #previous: Uint8Array = new Uint8Array(0);
  #sum = 0n;
  #whole = true;

  private constructor(
    file: PartitionFile,
    basis: CheckBasis,
    observer: CheckObserver,
    flips: FlipSearch,
    signal: AbortSignal | undefined,
    memory: EntryDigest,
  ) {
    const { footer, index } = basis.tail;
    this.#file = file;
    this.#index = index;
    this.#basis = basis;
    this.#observer = observer;
    this.#flips = flips;
    this.#signal = signal;
    this.#memory = memory;
    this.#hashIndex = basis.slots && new IndexCheck(basis.slots, footer);
  }

  /** The tail of the file must have been read. @throws errors that are not about the file. */
  static async run(
    file: PartitionFile,
    basis: CheckBasis,
    observer: CheckObserver,
    flips: FlipSearch,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { index } = basis.tail;
    const chunks = chunksOf(index, file.isRemote ? REMOTE_CHUNK_BYTES : CHUNK_BYTES);
    let bytes = 0;
    let entries = 0;
    for (let i = 1; i < chunks.length; i++) {
      bytes = Math.max(bytes, index.dataStart(chunks[i]) - index.dataStart(chunks[i - 1]));
    }
    for (let block = 0; block < index.blocks; block++) entries = Math.max(entries, index.entries(block));
    const memory = await takeMemory(bytes, entries);
    try {
      await new PartitionCheck(file, basis, observer, flips, signal, memory).#run(chunks);
    } finally {
      if (memory.bytes.length <= CHUNK_BYTES) spare = memory;
    }
  }

  async #run(chunks: readonly number[]): Promise<void> {
    for (let i = 1; i < chunks.length; i++) {
      this.#signal?.throwIfAborted();
      await this.#chunk(chunks[i - 1], chunks[i]);
    }
    const { properties } = this.#basis;
    if (properties !== undefined) this.#checkEnd(properties);
    const uncounted = this.#hashIndex?.wrongCount(this.#file.source.name);
    if (uncounted !== undefined) this.#observer.problem(uncounted);
  }

  #checkEnd({ contentSum, lastKey }: Properties): void {
    const { footer } = this.#basis.tail;
    const region: Region = {
      file: this.#file.source.name,
      section: 'properties',
      offset: footer.propertiesOffset,
    };
    const sum = BigInt.asUintN(64, this.#sum);
    if (this.#whole && sum !== contentSum)
      this.#problem(region, 'the sum of the entries differs', hex64(contentSum), hex64(sum));
    if (this.#previous.length > 0 && compareBytes(this.#previous, lastKey) !== 0)
      this.#problem(region, 'the last key is another', toHex(lastKey), toHex(this.#previous));
  }

  /** Checks blocks `first…end − 1`: read at once or, if one is damaged, one by one. */
  async #chunk(first: number, end: number): Promise<void> {
    if (await this.#read(first, end)) {
      let at = 0;
      for (let block = first; block < end; block++) {
        this.#block(block, at);
        at += this.#index.dataLength(block);
      }
      this.#advance(first, end);
      return;
    }
    for (let block = first; block < end; block++) {
      this.#signal?.throwIfAborted();
      try {
        this.#memory.bytes.set(await this.#file.readBlocks(block, 1, this.#signal));
      } catch (error) {
        await this.#damaged(block, error);
        continue;
      }
      this.#block(block, 0);
      this.#advance(block, block + 1);
    }
  }

  /** Reads the data of blocks into the memory; false unless all of them are intact. */
  async #read(first: number, end: number): Promise<boolean> {
    const index = this.#index;
    const file = this.#file;
    const { bytes } = this.#memory;
    try {
      if (file.isRemote || !file.isPlain) {
        bytes.set(await file.readBlocks(first, end - first, this.#signal));
        return true;
      }
      const start = index.fileStart(first);
      await file.source.read(start, bytes.subarray(0, index.fileStart(end) - start), this.#signal);
      for (let block = first; block < end; block++) {
        const actual = this.#memory.checksum(index.storedLength(block), index.fileStart(block) - start);
        if (actual !== index.checksum(block)) return false;
      }
      return true;
    } catch (error) {
      if (isCairnError(error, 'CORRUPTION', 'IO')) return false;
      throw error;
    }
  }

  #advance(first: number, end: number): void {
    const index = this.#index;
    this.#observer.advance(
      index.fileStart(end) - index.fileStart(first),
      end - first,
      index.entriesBefore(end) - index.entriesBefore(first),
    );
  }

  async #damaged(block: number, error: unknown): Promise<void> {
    const { name } = this.#file.source;
    this.#whole = false;
    this.#previous = new Uint8Array(0);
    const keys = keysOfBlock(this.#index, block, this.#file.record);
    // Errors that are not about the file end the check here, before more is read.
    const problem = problemOf(error, name, { keys });
    const bit = isCairnError(error, 'CORRUPTION') ? await this.#flippedIn(block) : undefined;
    if (bit === undefined) this.#observer.problem(problem);
    else {
      const flipped = flippedBit(this.#index.fileStart(block), bit);
      this.#observer.problem(problemOf(error, name, { keys, flipped }));
    }
  }

  async #flippedIn(block: number): Promise<number | undefined> {
    const stored = new Uint8Array(this.#index.storedLength(block));
    try {
      await this.#file.source.read(this.#index.fileStart(block), stored, this.#signal);
    } catch (error) {
      if (isCairnError(error, 'CORRUPTION', 'IO')) return undefined;
      throw error;
    }
    return this.#flips.inHashed(stored, this.#index.checksum(block));
  }

  /** Checks a block whose data lies at `start` in the memory. */
  #block(block: number, start: number): void {
    const index = this.#index;
    const { properties } = this.#basis;
    const data = this.#memory.bytes;
    const cursor = this.#cursor;
    const spans = this.#spans;
    const count = index.entries(block);
    const fits =
      cursor.open(data, start, index.dataLength(block), count) &&
      spans.read(data, start, cursor.entriesEnd, count) &&
      spans.valueEnds[count - 1] === cursor.entriesEnd;
    if (!fits) {
      this.#whole = false;
      this.#previous = new Uint8Array(0);
      const keys = keysOfBlock(this.#index, block, this.#file.record);
      this.#problem(
        this.#file.blockRegion(block),
        'the entries do not fit their block',
        undefined,
        undefined,
        keys,
      );
      return;
    }
    if (block > 0) this.#checkSeparator(block, data);
    else if (properties !== undefined) this.#checkFirstKey(data, properties);
    this.#checkOrder(block, data, count);
    for (let i = RESTART_INTERVAL; i < count; i += RESTART_INTERVAL) {
      if (cursor.restart(i / RESTART_INTERVAL) !== spans.valueEnds[i - 1]) {
        this.#blockProblem(block, `the restart of entry ${i} is wrong`);
        break;
      }
    }
    this.#sum += this.#memory.digest(cursor.entriesEnd, start);
    const missing = this.#hashIndex?.missing(
      this.#memory.hashes,
      spans,
      count,
      start,
      index.dataStart(block),
    );
    if (missing !== undefined) this.#blockProblem(block, missing);
    this.#previous = data.slice(spans.keyStarts[count - 1], spans.keyEnds[count - 1]);
  }

  #checkFirstKey(data: Uint8Array, { firstKey }: Properties): void {
    const { keyStarts, keyEnds } = this.#spans;
    if (compareRanges(data, keyStarts[0], keyEnds[0], firstKey, 0, firstKey.length) !== 0)
      this.#blockProblem(0, 'the first key is another than the properties say');
  }

  #checkOrder(block: number, data: Uint8Array, count: number): void {
    const { keyStarts, keyEnds } = this.#spans;
    const previous = this.#previous;
    if (compareRanges(previous, 0, previous.length, data, keyStarts[0], keyEnds[0]) >= 0)
      this.#blockProblem(block, 'the key of entry 0 does not come after the one before');
    const i = firstDisorder(this.#memory, this.#spans, count);
    if (i < count) this.#blockProblem(block, `the key of entry ${i} does not come after the one before`);
  }

  #checkSeparator(block: number, data: Uint8Array): void {
    const { separators } = this.#index;
    const { keyStarts, keyEnds } = this.#spans;
    const previous = this.#previous;
    const separator = separators.at(block - 1);
    const afterPrevious = previous.length === 0 || compareBytes(separator, previous) > 0;
    const notAfterFirst = compareRanges(separator, 0, separator.length, data, keyStarts[0], keyEnds[0]) <= 0;
    if (!afterPrevious || !notAfterFirst)
      this.#blockProblem(block, 'the separator in the sparse index does not fit the keys');
  }

  #blockProblem(block: number, what: string): void {
    this.#problem(this.#file.blockRegion(block), what);
  }

  #problem(region: Region, what: string, expected?: string, actual?: string, keys?: AffectedKeys): void {
    const extra = keys === undefined ? {} : { keys };
    this.#observer.problem(problemOf(corruption(region, what, { expected, actual }), region.file, extra));
  }
}

/** Returns the first block of each chunk, of at most `most` bytes of data or one block, and the end. */
function chunksOf(index: SparseIndex, most: number): number[] {
  const starts = [0];
  for (let block = 1; block < index.blocks; block++) {
    if (index.dataStart(block + 1) - index.dataStart(starts[starts.length - 1]) > most) starts.push(block);
  }
  starts.push(index.blocks);
  return starts;
}

/** Returns the first entry whose key does not come after the one before, or `count` if there is none. */
function firstDisorder({ bytes, view }: EntryDigest, spans: EntrySpans, count: number): number {
  const { keyStarts, keyEnds } = spans;
  let before = keyStarts[0];
  let beforeEnd = keyEnds[0];
  for (let i = 1; i < count; i++) {
    let at = keyStarts[i];
    const start = at;
    const end = keyEnds[i];
    const length = beforeEnd - before;
    const shared = Math.min(length, end - at);
    // Neighbours have much in common: four bytes at a time.
    const words = at + shared - 4;
    while (at < words && view.getInt32(before) === view.getInt32(at)) {
      before += 4;
      at += 4;
    }
    if (shared >= 4) {
      // Together with bytes that are known to be equal, what is left is a word, too.
      if (at > words) {
        before -= at - words;
        at = words;
      }
      const one = view.getUint32(before);
      const other = view.getUint32(at);
      if (one > other || (one === other && length >= end - start)) return i;
    } else {
      while (at < start + shared && bytes[before] === bytes[at]) {
        before++;
        at++;
      }
      if (at < start + shared ? bytes[before] > bytes[at] : length >= end - start) return i;
    }
    before = start;
    beforeEnd = end;
  }
  return count;
}
