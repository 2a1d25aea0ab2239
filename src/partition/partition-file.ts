import { type Checksum, hex64 } from '../bytes/checksum.ts';
import { corruption, type Region } from '../bytes/corruption.ts';
import { loadDecompressors } from '../compression/compressions.ts';
import type { Decompressor } from '../compression/compressor.ts';
import { CairnError, isCairnError } from '../errors.ts';
import { checkSection, HEADER } from '../format/layout.ts';
import type { ByteSource, ByteStream } from '../io/byte-source.ts';
import type { PartitionRecord } from './partition-record.ts';
import { decodeTail, type PartitionTail } from './partition-tail.ts';
import type { ReadCounter } from './read-counter.ts';

/** A remote file of up to this many bytes is read as a whole. */
const SMALL_FILE_BYTES = 1 << 17;

/**
 * One partition file. Reads its sections and blocks, and returns none of them before its checksum was
 * compared.
 *
 * Each read has a waiting and a synchronous form, which differ in the read alone.
 */
export class PartitionFile {
  readonly source: ByteSource;
  readonly record: PartitionRecord;
  /** Whether bytes whose checksum differs are read again from a disk, too. */
  readsAgain = false;
  /** Returns the error to throw for one that the file was read with: of a remote file, a later one may be in its place. */
  explain: ((error: unknown) => Promise<unknown>) | undefined;
  readonly #checksum: Checksum;
  readonly #decompressors: ReadonlyMap<string, Decompressor>;
  readonly #counter: ReadCounter;
  /** All of a small remote file, because a request for its tail alone takes as long. */
  #whole: Uint8Array | undefined;
  #tail: PartitionTail | undefined;
  #stored: Uint8Array = new Uint8Array(0);

  private constructor(
    source: ByteSource,
    record: PartitionRecord,
    checksum: Checksum,
    decompressors: ReadonlyMap<string, Decompressor>,
    counter: ReadCounter,
  ) {
    this.#counter = counter;
    this.source = source;
    this.record = record;
    this.#checksum = checksum;
    this.#decompressors = decompressors;
  }

  /**
   * Returns the file of the partition that a record describes, with its decompressor loaded. Reads nothing.
   * The caller closes the source.
   *
   * @throws {CairnError} (as a rejection) `UNSUPPORTED`, `IO` if the decompressor cannot be loaded.
   */
  static async open(
    source: ByteSource,
    record: PartitionRecord,
    checksum: Checksum,
    counter: ReadCounter,
  ): Promise<PartitionFile> {
    const decompressors = await loadDecompressors([record.compression]);
    return new PartitionFile(source, record, checksum, decompressors, counter);
  }

  get tail(): PartitionTail | undefined {
    return this.#tail;
  }

  async readTail(signal?: AbortSignal): Promise<PartitionTail> {
    if (this.#tail !== undefined) return this.#tail;
    return this.#lookTwice(async () => {
      const bytes = this.#tailBuffer();
      const { record } = this;
      if (this.isRemote && record.bytes <= SMALL_FILE_BYTES && this.#whole === undefined) {
        const whole = new Uint8Array(record.bytes);
        await this.source.read(0, whole, signal);
        this.#whole = whole;
      }
      await this.#read(this.source.size - bytes.length, bytes, signal);
      return this.acceptTail(bytes);
    });
  }

  readTailSync(): PartitionTail {
    return this.#lookTwiceSync(() => {
      const bytes = this.#tailBuffer();
      this.#readSync(this.source.size - bytes.length, bytes);
      return this.acceptTail(bytes);
    });
  }

  /** Returns the slots of the hash index. The tail must have been read. */
  readHashIndex(signal?: AbortSignal): Promise<Int32Array> {
    return this.#lookTwice(async () => {
      const bytes = new Uint8Array(this.#knownTail().footer.hashLength);
      await this.#read(this.#knownTail().footer.hashOffset, bytes, signal);
      return this.#acceptHashIndex(bytes);
    });
  }

  readHashIndexSync(): Int32Array {
    return this.#lookTwiceSync(() => {
      const bytes = new Uint8Array(this.#knownTail().footer.hashLength);
      this.#readSync(this.#knownTail().footer.hashOffset, bytes);
      return this.#acceptHashIndex(bytes);
    });
  }

  /** Returns the uncompressed bytes of blocks `first…first + count − 1`, in new memory. */
  readBlocks(first: number, count: number, signal?: AbortSignal): Promise<Uint8Array> {
    return this.#lookTwice(async () => {
      const stored = new Uint8Array(this.storedBytes(first, count));
      await this.#read(this.#knownTail().index.fileStart(first), stored, signal);
      return this.checkBlocks(first, count, stored);
    });
  }

  /**
   * Requests the stored bytes of blocks `first…end − 1` at once; undefined if the source has no streams or is
   * in memory.
   */
  openStream(first: number, end: number, signal?: AbortSignal): ByteStream | undefined {
    const { source } = this;
    if (source.stream === undefined || this.#whole !== undefined) return undefined;
    const { index } = this.#knownTail();
    return source.stream(index.fileStart(first), this.storedBytes(first, end - first), signal);
  }

  /** The size of blocks `first…first + count − 1` in the file, in bytes. */
  storedBytes(first: number, count: number): number {
    const { index } = this.#knownTail();
    return index.fileStart(first + count) - index.fileStart(first);
  }

  /**
   * Returns the uncompressed bytes of blocks; `stored` itself if they are not compressed.
   *
   * @throws {CairnError} `CORRUPTION`.
   */
  checkBlocks(first: number, count: number, stored: Uint8Array): Uint8Array {
    const { index } = this.#knownTail();
    const data = this.isPlain
      ? stored
      : new Uint8Array(index.dataStart(first + count) - index.dataStart(first));
    this.#acceptBlocks(first, count, stored, data, 0);
    return data;
  }

  /** Reads the uncompressed bytes of blocks into `target[at…)`, whose contents are undefined if it throws. */
  readBlocksSync(first: number, count: number, target: Uint8Array, at: number): void {
    this.#lookTwiceSync(() => this.#fillBlocksSync(first, count, target, at));
  }

  #fillBlocksSync(first: number, count: number, target: Uint8Array, at: number): void {
    const { index } = this.#knownTail();
    const length = index.fileStart(first + count) - index.fileStart(first);
    // Uncompressed blocks are read into the target directly, which saves a copy.
    if (!this.isPlain && this.#stored.length < length) this.#stored = new Uint8Array(length);
    const stored = this.isPlain ? target.subarray(at, at + length) : this.#stored.subarray(0, length);
    this.#readSync(index.fileStart(first), stored);
    this.#acceptBlocks(first, count, stored, target, at);
  }

  /**
   * Fills `target` from uncompressed data at `dataOffset`, without a check: the blocks must have been checked
   * before.
   */
  readDataSync(dataOffset: number, target: Uint8Array): void {
    this.#readSync(this.#knownTail().index.fileStart(0) + dataOffset, target);
  }

  /** Whether each read is a request over a network; see {@link ByteSource.remote}. */
  get isRemote(): boolean {
    return this.source.remote === true;
  }

  /** Whether single entries can be read, because the blocks are not compressed. */
  get isPlain(): boolean {
    return this.record.compression === 'none';
  }

  /** The region of a block, for error messages. */
  blockRegion(block: number): Region {
    return {
      file: this.source.name,
      section: `block ${block}`,
      offset: this.#knownTail().index.fileStart(block),
    };
  }

  /**
   * Reads and checks; after a damaged answer again, without the caches between here and the file or, with
   * {@link readsAgain}, from the same disk.
   */
  async #lookTwice<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      if (!this.#mayReread(error)) throw await this.explained(error);
      this.#whole = undefined;
      const doubt = this.source.bypassCaches?.();
      try {
        return await read();
      } catch (again) {
        throw await this.explained(again, doubt);
      }
    }
  }

  /** Returns the error to throw for one that the file was read with; `doubt` says why it may be another file by now. */
  async explained(error: unknown, doubt?: string): Promise<unknown> {
    const found = (await this.explain?.(error)) ?? error;
    if (doubt === undefined || !isCairnError(found, 'CORRUPTION')) return found;
    const { name } = this.source;
    return new CairnError(
      'REPLACED',
      `${name} was replaced while it was open: open the store again. ${doubt}`,
      {
        uri: name,
        cause: error,
      },
    );
  }

  #lookTwiceSync<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (!this.#mayReread(error)) throw error;
      return read();
    }
  }

  /** Whether a second read may return other bytes, which is counted then. */
  #mayReread(error: unknown): boolean {
    const may =
      isCairnError(error, 'CORRUPTION') && (this.readsAgain || this.source.bypassCaches !== undefined);
    if (may) this.#counter.rereads++;
    return may;
  }

  #read(offset: number, target: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    if (this.#whole !== undefined) {
      target.set(this.#whole.subarray(offset, offset + target.length));
      return Promise.resolve();
    }
    if (!this.isRemote) this.#count(target.length);
    return this.source.read(offset, target, signal);
  }

  #count(bytes: number): void {
    this.#counter.requests++;
    this.#counter.bytes += bytes;
  }

  #readSync(offset: number, target: Uint8Array): void {
    const { source } = this;
    if (source.readSync === undefined) {
      throw new CairnError(
        'UNSUPPORTED',
        `${source.name} can't be read synchronously: use the method without the suffix Sync`,
        { uri: source.name },
      );
    }
    this.#count(target.length);
    source.readSync(offset, target);
  }

  /** The tail, which every caller has read. */
  #knownTail(): PartitionTail {
    return this.#tail as PartitionTail;
  }

  #tailBuffer(): Uint8Array {
    const { record, source } = this;
    if (source.size !== record.bytes) {
      throw corruption(
        { file: source.name, section: 'file', offset: 0 },
        'the file was cut, extended or replaced',
        {
          at: Math.min(source.size, record.bytes),
          expected: `${record.bytes} bytes`,
          actual: `${source.size}`,
        },
      );
    }
    return new Uint8Array(record.tailBytes);
  }

  /** Checks bytes and keeps them as the tail. @throws {CairnError} `CORRUPTION`. */
  acceptTail(bytes: Uint8Array): PartitionTail {
    const { record, source } = this;
    const region: Region = { file: source.name, section: 'tail', offset: source.size - bytes.length };
    const actual = this.#checksum.hash(bytes);
    if (actual !== record.tailChecksum) {
      // The sections' own checksums tell damage from a file of another build.
      decodeTail(bytes, source, this.#checksum, false);
      throw corruption(region, 'the manifest names another build of the file', {
        expected: hex64(record.tailChecksum),
        actual: hex64(actual),
      });
    }
    const tail = decodeTail(bytes, source, this.#checksum, true);
    const { footer } = tail;
    const same =
      footer.entries === record.count &&
      footer.dataBytes === record.dataBytes &&
      footer.hashLength === record.hashBytes &&
      footer.indexOffset === record.bytes - record.tailBytes &&
      (record.compression !== 'none' || footer.hashOffset === HEADER.length + footer.dataBytes);
    if (!same) throw corruption(region, 'the manifest and the partition disagree');
    this.#tail = tail;
    return tail;
  }

  #acceptHashIndex(bytes: Uint8Array): Int32Array {
    const { footer } = this.#knownTail();
    const region: Region = { file: this.source.name, section: 'hash index', offset: footer.hashOffset };
    checkSection(bytes, footer.hashChecksum, region, this.#checksum);
    const slots = new Int32Array(bytes.buffer);
    // A probe ends at an empty slot: without one after the last home slot it would leave the section.
    if (slots.length <= footer.hashSlots || slots[slots.length - 1] !== 0) {
      throw corruption(region, 'the hash index does not end in an empty slot', { at: bytes.length - 4 });
    }
    return slots;
  }

  #acceptBlocks(first: number, count: number, stored: Uint8Array, target: Uint8Array, at: number): void {
    const { index } = this.#knownTail();
    let from = 0;
    let to = at;
    for (let block = first; block < first + count; block++) {
      const length = index.storedLength(block);
      const bytes = count === 1 ? stored : stored.subarray(from, from + length);
      const actual = this.#checksum.hash(bytes);
      if (actual !== index.checksum(block)) {
        throw corruption(this.blockRegion(block), 'the block checksum differs', {
          expected: hex64(index.checksum(block)),
          actual: hex64(actual),
        });
      }
      if (!this.isPlain) target.set(this.#decompress(block, bytes), to);
      from += length;
      to += index.dataLength(block);
    }
  }

  #decompress(block: number, bytes: Uint8Array): Uint8Array {
    const { index } = this.#knownTail();
    if (bytes.length === index.dataLength(block)) return bytes;
    const decompressor = this.#decompressors.get(this.record.compression) as Decompressor;
    try {
      return decompressor.decompress(bytes, index.dataLength(block));
    } catch (error) {
      throw corruption(this.blockRegion(block), 'the block does not decompress', { cause: error });
    }
  }
}
