import { corruption } from '../../bytes/corruption.ts';
import { OwnedCopies } from '../../bytes/owned-copies.ts';
import { decodeAscii } from '../../bytes/utf8.ts';
import { viewOf } from '../../bytes/view-of.ts';
import type { KeyCodec } from '../../codec/keys/key-codec.ts';
import type { ValueDecoder } from '../../codec/values/value-codec.ts';
import { isCairnError, reasonOf } from '../../errors.ts';
import type { EntrySpans } from '../../format/block.ts';
import type { PartitionReader } from '../../partition/cache/partition-reader.ts';
import type { RangeScan } from './range-scan.ts';
import type { schemaError } from './schema-error.ts';

// Memory is allocated for the first block that needs it.
const NOTHING: Uint8Array = new Uint8Array(0);
const NOTHING_VIEW: DataView = viewOf(NOTHING);

/** Blocks with at least this many keys have them decoded at once. */
const MIN_KEYS_IN_BULK = 4;

/** Decodes keys and values: as views if the caller asked for them, otherwise as its own. */
export class EntryDecoder<K, V> {
  readonly keys: KeyCodec<K>;
  readonly values: ValueDecoder<V>;
  readonly #binaryValues: boolean;
  readonly #binaryKeys: boolean;
  readonly #views: boolean;
  readonly #lendsValues: boolean;
  readonly #schemaError: typeof schemaError | undefined;
  readonly copies: OwnedCopies = new OwnedCopies();

  /** @param errorOf returns the error for a value that a schema refuses, if there is one */
  constructor(keys: KeyCodec<K>, values: ValueDecoder<V>, views: boolean, errorOf?: typeof schemaError) {
    this.#schemaError = errorOf;
    this.keys = keys;
    this.values = values;
    this.#binaryKeys = keys.name === 'binary';
    this.#binaryValues = values.isBinary;
    this.#views = views;
    this.#lendsValues = views && this.#binaryValues;
  }

  /**
   * Returns the value that a partition's look-up found for a key of this many bytes.
   *
   * @throws {CairnError} as {@link value}.
   */
  found(partition: PartitionReader, keyLength: number): V {
    const { valueStart, valueEnd } = partition;
    if (this.#lendsValues && partition.viewsStayValid) {
      return new Uint8Array(partition.buffer, valueStart, valueEnd - valueStart) as V;
    }
    const keyStart = valueStart - keyLength;
    return this.value(partition, partition.bytes, partition.view, keyStart, valueStart, valueEnd);
  }

  /**
   * Returns the value in `bytes[start…end)`, which in that partition follows the key in
   * `bytes[keyStart…start)`; `view` is a view of the same memory.
   *
   * @throws {CairnError} `CORRUPTION`; `SCHEMA_MISMATCH` for a value that does not meet the schema;
   *   `INVALID_ARGUMENT` for a mistake of a schema or user-defined codec.
   */
  value(
    partition: PartitionReader,
    bytes: Uint8Array,
    view: DataView,
    keyStart: number,
    start: number,
    end: number,
  ): V {
    if (this.#binaryValues) {
      const value =
        this.#views && partition.viewsStayValid
          ? new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start)
          : this.copies.copy(bytes, view, start, end);
      return value as V;
    }
    try {
      return this.values.decode(bytes, start, end);
    } catch (error) {
      const refused = this.#schemaError?.(error, bytes, keyStart, start, this.keys);
      throw refused ?? undecodable(partition, 'value', this.values.name, error);
    }
  }

  /**
   * Returns the key in `bytes[start…end)`; `view` is a view of the same memory.
   *
   * @throws {CairnError} `CORRUPTION`.
   */
  key(partition: PartitionReader, bytes: Uint8Array, view: DataView, start: number, end: number): K {
    try {
      if (this.#binaryKeys) return this.copies.copy(bytes, view, start, end) as K;
      return this.keys.decode(bytes, start, end);
    } catch (error) {
      throw undecodable(partition, 'key', this.keys.name, error);
    }
  }

  /**
   * A decoder for the blocks of one scan. `lend` allows views that are valid until the scan's next step.
   * Values begin so many bytes behind their keys.
   */
  forScan(scan: RangeScan, lend: boolean, markBytes = 0): ScanDecoder<K, V> {
    return new ScanDecoder(this, scan, this.#binaryKeys, this.#binaryValues, lend, this.#views, markBytes);
  }
}

/** Decodes the entries of a scan's current block. */
export class ScanDecoder<K, V> {
  readonly #entries: EntryDecoder<K, V>;
  readonly #copies: OwnedCopies;
  readonly #scan: RangeScan;
  readonly #spans: EntrySpans;
  readonly #binaryKeys: boolean;
  readonly #binaryValues: boolean;
  readonly #textKeys: boolean;
  readonly #lend: boolean;
  readonly #views: boolean;
  readonly #markBytes: number;
  /** Whether bytes of the current block are handed out as views. */
  #lends = false;
  /** The block's memory, which is a call of the view, and where the scan's bytes start in it. */
  #buffer: ArrayBufferLike = new ArrayBuffer(0);
  #shift = 0;
  /** All keys of the block, one after the other, if they are ASCII; and where each ends. */
  #text: string | undefined;
  #textEnds: Int32Array = new Int32Array(0);
  #gathered: Uint8Array = NOTHING;
  #gatheredView: DataView = NOTHING_VIEW;
  /** The scan's bytes. */
  #view: DataView = this.#gatheredView;
  #viewed: Uint8Array = this.#gathered;

  constructor(
    entries: EntryDecoder<K, V>,
    scan: RangeScan,
    binaryKeys: boolean,
    binaryValues: boolean,
    lend: boolean,
    views: boolean,
    markBytes: number,
  ) {
    this.#markBytes = markBytes;
    this.#entries = entries;
    this.#copies = entries.copies;
    this.#scan = scan;
    this.#spans = scan.spans;
    this.#binaryKeys = binaryKeys;
    this.#binaryValues = binaryValues;
    this.#textKeys = entries.keys.name === 'utf8';
    this.#lend = lend;
    this.#views = views;
  }

  /** Prepares for the scan's current block; `keys` says whether they will be asked for. */
  begin(keys: boolean): void {
    const { bytes } = this.#scan;
    if (bytes !== this.#viewed) {
      this.#viewed = bytes;
      this.#view = viewOf(bytes);
    }
    this.#lends = this.#lend || (this.#views && this.#scan.viewsStayValid);
    this.#buffer = bytes.buffer;
    this.#shift = bytes.byteOffset;
    this.#text =
      keys && this.#textKeys && this.#spans.count >= MIN_KEYS_IN_BULK ? this.#gatherText() : undefined;
  }

  key(index: number): K {
    const spans = this.#spans;
    if (this.#text !== undefined) {
      const start = index === 0 ? 0 : this.#textEnds[index - 1];
      return this.#text.substring(start, this.#textEnds[index]) as K;
    }
    const start = spans.keyStarts[index];
    const end = spans.keyEnds[index];
    if (this.#binaryKeys) return this.#bytes(start, end) as K;
    return this.#entries.key(
      this.#scan.partition as PartitionReader,
      this.#scan.bytes,
      this.#view,
      start,
      end,
    );
  }

  value(index: number): V {
    const spans = this.#spans;
    const start = spans.keyEnds[index] + this.#markBytes;
    const end = spans.valueEnds[index];
    if (this.#binaryValues) return this.#bytes(start, end) as V;
    return this.#entries.value(
      this.#scan.partition as PartitionReader,
      this.#scan.bytes,
      this.#view,
      spans.keyStarts[index],
      start,
      end,
    );
  }

  #bytes(start: number, end: number): Uint8Array {
    if (this.#lends) return new Uint8Array(this.#buffer, this.#shift + start, end - start);
    return this.#copies.copy(this.#viewed, this.#view, start, end);
  }

  #growGathered(used: number, more: number): void {
    const grown = new Uint8Array((used + more + 4) * 2);
    grown.set(this.#gathered.subarray(0, used));
    this.#gathered = grown;
    this.#gatheredView = viewOf(grown);
  }

  /** Returns the block's keys as one text if all are ASCII: decoding them at once is several times faster. */
  #gatherText(): string | undefined {
    const { bytes } = this.#scan;
    const { keyStarts, keyEnds, count } = this.#spans;
    if (this.#textEnds.length < count) this.#textEnds = new Int32Array(count * 2);
    const view = this.#view;
    // Keys are copied in whole words: the last may include up to three bytes of what follows.
    const lastWord = bytes.length - 4;
    let at = 0;
    for (let i = 0; i < count; i++) {
      const start = keyStarts[i];
      const length = keyEnds[i] - start;
      if (at + length + 4 > this.#gathered.length) this.#growGathered(at, length);
      const target = this.#gatheredView;
      let j = 0;
      for (; j < length && start + j <= lastWord; j += 4)
        target.setInt32(at + j, view.getInt32(start + j, true), true);
      for (; j < length; j++) this.#gathered[at + j] = bytes[start + j];
      at += length;
      this.#textEnds[i] = at;
    }
    return decodeAscii(this.#gathered, 0, at);
  }
}

function undecodable(partition: PartitionReader, what: string, encoding: string, cause: unknown): Error {
  // A mistake of a user-defined codec.
  if (isCairnError(cause, 'INVALID_ARGUMENT')) return cause;
  const { name } = partition.file.source;
  return corruption({ file: name, section: 'entry', offset: 0 }, `a ${what} is not valid ${encoding}`, {
    expected: encoding,
    actual: reasonOf(cause),
    cause,
  });
}
