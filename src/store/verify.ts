import { type Checksum, hex64 } from '../bytes/checksum.ts';
import { compareKeys, compareRanges } from '../bytes/compare.ts';
import { corruption, type Place } from '../bytes/corruption.ts';
import { toHex } from '../bytes/hex.ts';
import { KeyBuffer } from '../bytes/key-buffer.ts';
import { CairnError, invalidArgument, isCairnError } from '../errors.ts';
import { BlockCursor, EntrySpans, RESTART_INTERVAL } from '../format/block.ts';
import { HOME_RANGE, HOME_SHIFT, offsetBitsOf } from '../format/hash-index.ts';
import { checkHeader, HEADER } from '../format/layout.ts';
import type { PartitionRecord } from './manifest.ts';
import { checkOptions } from './options.ts';
import type { PartitionFile, PartitionTail } from './partition-file.ts';

/** How a verification is watched and ended. */
export interface VerifyOptions {
  /** Called after each megabyte or so. */
  readonly onProgress?: (progress: VerifyProgress) => void;
  readonly signal?: AbortSignal;
}

export interface VerifyProgress {
  /** Bytes read so far, and in all. */
  readonly bytes: number;
  readonly totalBytes: number;
}

/** One thing that is wrong. */
export interface VerifyProblem {
  /** The file, its section in the words of FORMAT.md, and bytes from the start of the file. */
  readonly file: string;
  readonly section: string;
  readonly offset: number;
  /** A code of {@link CairnError}: `CORRUPTION` in most cases. */
  readonly code: string;
  readonly message: string;
}

/** What a verification found. */
export interface VerifyReport {
  /** Whether nothing is wrong. */
  readonly ok: boolean;
  readonly checked: { files: number; blocks: number; bytes: number; entries: number };
  readonly problems: VerifyProblem[];
}

/** @throws {CairnError} `INVALID_ARGUMENT`. */
export function checkVerifyOptions(options: VerifyOptions): void {
  checkOptions(options, ['onProgress', 'signal']);
  if (options.onProgress !== undefined && typeof options.onProgress !== 'function') {
    throw invalidArgument('onProgress', 'onProgress must be a function');
  }
}

/** Data read at once. */
const STRETCH_BYTES = 1 << 20;
/** The same where a request takes long. */
const REMOTE_STRETCH_BYTES = 1 << 23;

/** Checks files of a store one after the other and collects what it finds. */
export class Verifier {
  readonly report: VerifyReport & { ok: boolean } = {
    ok: true,
    checked: { files: 0, blocks: 0, bytes: 0, entries: 0 },
    problems: [],
  };
  readonly #checksum: Checksum;
  readonly #options: VerifyOptions;
  readonly #totalBytes: number;

  constructor(checksum: Checksum, totalBytes: number, options: VerifyOptions) {
    this.#checksum = checksum;
    this.#totalBytes = totalBytes;
    this.#options = options;
  }

  /** Notes an error as a problem; what doesn't speak of the store's files is thrown on. */
  note(error: unknown, file: string): void {
    if (
      !isCairnError(error, 'CORRUPTION', 'UNSUPPORTED_FORMAT', 'NOT_A_STORE', 'NOT_FOUND', 'INCOMPLETE', 'IO')
    )
      throw error;
    this.report.ok = false;
    this.report.problems.push({
      file: error.file ?? error.uri ?? file,
      section: error.section ?? 'file',
      offset: error.offset ?? 0,
      code: error.code,
      message: error.message,
    });
  }

  /** Notes bytes that were read and found to be whole. */
  advance(bytes: number): void {
    this.report.checked.bytes += bytes;
    this.#options.onProgress?.({ bytes: this.report.checked.bytes, totalBytes: this.#totalBytes });
  }

  /** Checks one partition file completely. The source stays open. */
  async partition(file: PartitionFile, record: PartitionRecord): Promise<void> {
    const { source } = file;
    this.report.checked.files++;
    try {
      this.#options.signal?.throwIfAborted();
      const header = new Uint8Array(Math.min(HEADER.length, source.size));
      await source.read(0, header, this.#options.signal);
      checkHeader(header, source.name, this.#checksum);
      const tail = await file.readTail(this.#options.signal);
      this.advance(header.length + record.tailBytes);
      checkProperties(file, tail, record);
      const slots = tail.footer.hashLength > 0 ? await this.#hashIndex(file, tail) : undefined;
      await new PartitionCheck(file, tail, slots, this, this.#checksum, this.#options.signal).run();
    } catch (error) {
      this.note(error, source.name);
    }
  }

  async #hashIndex(file: PartitionFile, tail: PartitionTail): Promise<Int32Array | undefined> {
    try {
      const slots = await file.readHashIndex(this.#options.signal);
      this.advance(tail.footer.hashLength);
      return slots;
    } catch (error) {
      this.note(error, file.source.name);
      return undefined;
    }
  }
}

/** What the manifest says of a partition is what the partition says of itself. */
function checkProperties(
  file: PartitionFile,
  { properties, footer }: PartitionTail,
  record: PartitionRecord,
): void {
  const same =
    properties.compression === record.compression &&
    properties.contentSum === record.contentSum &&
    compareKeys(properties.firstKey, record.firstKey) === 0 &&
    compareKeys(properties.lastKey, record.lastKey) === 0;
  if (same) return;
  const place: Place = { file: file.source.name, section: 'properties', offset: footer.propertiesOffset };
  throw corruption(place, 0, 'the manifest and the properties disagree');
}

/** Checks the blocks of one partition, against each other and against its indexes. */
class PartitionCheck {
  readonly #file: PartitionFile;
  readonly #tail: PartitionTail;
  readonly #slots: Int32Array | undefined;
  readonly #verifier: Verifier;
  readonly #checksum: Checksum;
  readonly #signal: AbortSignal | undefined;
  readonly #cursor = new BlockCursor();
  readonly #spans = new EntrySpans();
  readonly #key = new KeyBuffer();
  #previous: Uint8Array = new Uint8Array(0);
  #sum = 0n;
  #whole = true;

  constructor(
    file: PartitionFile,
    tail: PartitionTail,
    slots: Int32Array | undefined,
    verifier: Verifier,
    checksum: Checksum,
    signal: AbortSignal | undefined,
  ) {
    this.#file = file;
    this.#tail = tail;
    this.#slots = slots;
    this.#verifier = verifier;
    this.#checksum = checksum;
    this.#signal = signal;
  }

  async run(): Promise<void> {
    const { index, properties } = this.#tail;
    const most = this.#file.isRemote ? REMOTE_STRETCH_BYTES : STRETCH_BYTES;
    for (let block = 0; block < index.blocks; ) {
      this.#signal?.throwIfAborted();
      let end = block + 1;
      while (end < index.blocks && index.dataStart(end + 1) - index.dataStart(block) <= most) end++;
      await this.#stretch(block, end);
      block = end;
    }
    if (!this.#whole) return;
    const place: Place = {
      file: this.#file.source.name,
      section: 'properties',
      offset: this.#tail.footer.propertiesOffset,
    };
    if (BigInt.asUintN(64, this.#sum) !== properties.contentSum) {
      this.#problem(
        place,
        'the sum of the entries differs',
        hex64(properties.contentSum),
        hex64(BigInt.asUintN(64, this.#sum)),
      );
    }
    if (
      compareRanges(
        this.#previous,
        0,
        this.#previous.length,
        properties.lastKey,
        0,
        properties.lastKey.length,
      ) !== 0
    ) {
      this.#problem(place, 'the last key is another', toHex(properties.lastKey), toHex(this.#previous));
    }
    if (this.#slots !== undefined) this.#countSlots(this.#slots);
  }

  /** Reads blocks `first…end − 1`; if one is damaged, each by itself. */
  async #stretch(first: number, end: number): Promise<void> {
    const { index } = this.#tail;
    let data: Uint8Array;
    try {
      data = await this.#file.readBlocks(first, end - first, this.#signal);
    } catch (error) {
      if (end - first === 1) {
        this.#whole = false;
        this.#previous = new Uint8Array(0);
        this.#verifier.note(error, this.#file.source.name);
        return;
      }
      if (!isCairnError(error)) throw error;
      for (let block = first; block < end; block++) await this.#stretch(block, block + 1);
      return;
    }
    for (let block = first; block < end; block++) {
      this.#block(block, data, index.dataStart(block) - index.dataStart(first));
    }
    const { checked } = this.#verifier.report;
    checked.blocks += end - first;
    checked.entries += index.entriesBefore(end) - index.entriesBefore(first);
    this.#verifier.advance(index.fileStart(end) - index.fileStart(first));
  }

  #block(block: number, data: Uint8Array, start: number): void {
    const { index, properties } = this.#tail;
    const place = this.#file.blockPlace(block);
    const cursor = this.#cursor;
    const spans = this.#spans;
    const count = index.entries(block);
    const opens = cursor.open(data, start, index.dataLength(block), count);
    if (
      !opens ||
      !spans.read(data, start, cursor.entriesEnd, count) ||
      spans.valueEnds[count - 1] !== cursor.entriesEnd
    ) {
      this.#problem(place, 'the entries do not fit their block');
      this.#whole = false;
      return;
    }
    if (block > 0) this.#separator(block, data, place);
    else if (
      compareRanges(
        data,
        spans.keyStarts[0],
        spans.keyEnds[0],
        properties.firstKey,
        0,
        properties.firstKey.length,
      ) !== 0
    ) {
      this.#problem(place, 'the first key is another than the properties say');
    }
    let at = start;
    for (let i = 0; i < count; i++) {
      const end = spans.valueEnds[i];
      const before = i === 0 ? this.#previous : data;
      const beforeStart = i === 0 ? 0 : spans.keyStarts[i - 1];
      const beforeEnd = i === 0 ? this.#previous.length : spans.keyEnds[i - 1];
      if (compareRanges(before, beforeStart, beforeEnd, data, spans.keyStarts[i], spans.keyEnds[i]) >= 0) {
        this.#problem(place, `the key of entry ${i} does not come after the one before`);
      }
      if (i % RESTART_INTERVAL === 0 && cursor.restart(i / RESTART_INTERVAL) !== at) {
        this.#problem(place, `the restart of entry ${i} is wrong`);
      }
      if (this.#slots !== undefined) {
        this.#findInHashIndex(
          this.#slots,
          index.dataStart(block) + at - start,
          data,
          spans.keyStarts[i],
          spans.keyEnds[i],
          place,
        );
      }
      this.#sum += this.#checksum.hash(data.subarray(at, end));
      at = end;
    }
    this.#previous = data.slice(spans.keyStarts[count - 1], spans.keyEnds[count - 1]);
  }

  #separator(block: number, data: Uint8Array, place: Place): void {
    const { separators } = this.#tail.index;
    const { keyStarts, keyEnds } = this.#spans;
    const separator = separators.at(block - 1);
    const afterPrevious = separators.compareAt(block - 1, this.#previous, this.#previous.length) > 0;
    const notAfterFirst = compareRanges(separator, 0, separator.length, data, keyStarts[0], keyEnds[0]) <= 0;
    if (!(afterPrevious || this.#previous.length === 0) || !notAfterFirst) {
      this.#problem(place, 'the separator in the sparse index does not fit the keys');
    }
  }

  #findInHashIndex(
    slots: Int32Array,
    offset: number,
    data: Uint8Array,
    keyStart: number,
    keyEnd: number,
    place: Place,
  ): void {
    const { footer } = this.#tail;
    const key = this.#key;
    key.bytes.set(data.subarray(keyStart, keyEnd));
    key.length = keyEnd - keyStart;
    const hash = key.hash();
    const bits = offsetBitsOf(footer.dataBytes);
    const wanted = ((bits === 32 ? 0 : hash << bits) | (offset + 1)) >>> 0;
    let slot = Math.floor((hash >>> HOME_SHIFT) * (footer.hashSlots / HOME_RANGE));
    while (slots[slot] !== 0 && slots[slot] >>> 0 !== wanted) slot++;
    if (slots[slot] === 0) this.#problem(place, `the entry at ${offset} is not in the hash index`);
  }

  #countSlots(slots: Int32Array): void {
    const { footer } = this.#tail;
    let used = 0;
    for (const slot of slots) if (slot !== 0) used++;
    if (used !== footer.entries) {
      const place: Place = { file: this.#file.source.name, section: 'hash index', offset: footer.hashOffset };
      this.#problem(place, 'the hash index has another number of entries', `${footer.entries}`, `${used}`);
    }
  }

  #problem(place: Place, what: string, expected?: string, actual?: string): void {
    const evidence = expected === undefined ? '' : `: expected ${expected}, found ${actual}`;
    this.#verifier.note(
      new CairnError(
        'CORRUPTION',
        `${place.file}: ${what} (${place.section}, offset ${place.offset})${evidence}`,
        {
          ...place,
        },
      ),
      place.file,
    );
  }
}
