import { compareRanges } from '../../bytes/compare.ts';
import type { EntryDigest } from '../../bytes/entry-digest.ts';
import { KeyBuffer } from '../../bytes/key-buffer.ts';
import type { Compressor } from '../../compression/compressor.ts';
import { CairnError, isCairnError } from '../../errors.ts';
import type { WritableStorage } from '../../io/storage.ts';
import { EntryTable } from '../../partition/entry-table.ts';
import type { PartitionRecord } from '../../partition/partition-record.ts';
import {
  blockMemory,
  type PartitionShape,
  PartitionWriter,
  soleEntryBytes,
} from '../../partition/partition-writer.ts';
import type { StoreDirectory } from '../manifest/store-directory.ts';
import type { StoreDraft } from '../manifest/store-draft.ts';
import { checkKeyLength, orderError } from './entry-check.ts';
import type { EntrySink } from './entry-sink.ts';

/** How the partitions of a store are made. */
export interface BuildOptions {
  readonly keyEncoding: string;
  readonly valueEncoding: string;
  readonly compressor: Compressor | undefined;
  readonly partitionBytes: number;
  readonly blockBytes: number;
  readonly hashIndex: boolean;
  /** Part of the name of every file: unique to this attempt. */
  readonly attemptId: string;
}

/** Partitions that may be on their way to the disk before `add` asks to wait. */
const MAX_FINISHING = 2;

/** What builders use one after the other, because making it takes as long as writing a small partition. */
interface BuildMemory {
  readonly digest: EntryDigest;
  readonly table: EntryTable;
}

/** Of builders that have ended, by the size of their blocks. */
const spareMemory = new Map<number, BuildMemory>();

/** Larger tables are not kept. */
const MAX_SPARE_ENTRIES = 1 << 16;

/** Files that are looked at together: far away, each look takes a while. */
const LOOKS_AT_ONCE = 16;

/**
 * Turns ascending entries, as bytes, into partition files of one store directory, rolling over at the size
 * cap. It knows nothing of manifests: who uses it decides what becomes of the files.
 */
export class StoreBuilder implements EntrySink {
  readonly #directory: StoreDirectory<WritableStorage>;
  readonly #attemptId: string;
  readonly #shape: PartitionShape;
  #memory: BuildMemory | undefined;
  #key: KeyBuffer = new KeyBuffer();
  #previous: KeyBuffer = new KeyBuffer();
  #entries = 0;
  #partition: PartitionWriter | undefined;
  readonly #started: PartitionWriter[] = [];
  readonly #finished: Promise<PartitionRecord>[] = [];
  #finishing = 0;
  /** Why nothing can be added, or completed, any more. */
  #failure: { readonly reason: unknown } | undefined;
  readonly #fail = (reason: unknown): void => {
    this.#failure ??= { reason };
  };

  /** The files that the builder makes are the draft's. */
  static async create(draft: StoreDraft, options: BuildOptions): Promise<StoreBuilder> {
    const { directory, checksum } = draft;
    const { blockBytes } = options;
    const spare = spareMemory.get(blockBytes);
    spareMemory.delete(blockBytes);
    const memory = spare ?? {
      digest: await blockMemory(blockBytes),
      table: new EntryTable(),
    };
    const { digest, table } = memory;
    const builder = new StoreBuilder(
      directory,
      options.attemptId,
      { ...options, checksum, table, digest },
      memory,
    );
    draft.addMaker(builder);
    return builder;
  }

  private constructor(
    directory: StoreDirectory<WritableStorage>,
    attemptId: string,
    shape: PartitionShape,
    memory: BuildMemory,
  ) {
    this.#directory = directory;
    this.#attemptId = attemptId;
    this.#shape = shape;
    this.#memory = memory;
  }

  /** Where the caller puts the next key before {@link add}. It is another buffer after each call. */
  get key(): KeyBuffer {
    return this.#key;
  }

  /** The name of the encoding of its keys. */
  get keyEncoding(): string {
    return this.#shape.keyEncoding;
  }

  /** Entries added. */
  get entries(): number {
    return this.#entries;
  }

  /**
   * Checks that a partition can hold such an entry.
   *
   * @param index the entry's number, for the message.
   * @throws {CairnError} `TOO_LARGE`.
   */
  checkSize(keyBytes: number, valueBytes: number, index: number): void {
    const { partitionBytes } = this.#shape;
    const needed = soleEntryBytes(this.#shape, keyBytes, valueBytes);
    if (needed <= partitionBytes) return;
    const limit = Math.max(0, partitionBytes - (needed - valueBytes));
    throw new CairnError(
      'TOO_LARGE',
      `entry ${index} (key of ${keyBytes} bytes, value of ${valueBytes} bytes) does not fit into a ` +
        `partition of ${partitionBytes} bytes: the value may have ${limit}. Raise partitionBytes, or split the value`,
      { keyBytes, valueBytes, limit },
    );
  }

  add(value: Uint8Array): Promise<void> | undefined {
    if (this.#failure !== undefined) throw this.#failure.reason;
    const key = this.#key;
    this.#checkKey(key);
    try {
      return this.#add(key, value);
    } catch (error) {
      // What could not be written is lost: nothing may be added, or completed, after it.
      if (!isCairnError(error, 'TOO_LARGE')) this.#fail(error);
      throw error;
    }
  }

  /** @throws {CairnError} for a key that may not come next. */
  #checkKey(key: KeyBuffer): void {
    checkKeyLength(key);
    if (this.#entries === 0) return;
    const previous = this.#previous;
    const order = compareRanges(previous.bytes, 0, previous.length, key.bytes, 0, key.length);
    if (order >= 0) throw orderError(previous, key, this.#entries, order === 0, this.keyEncoding);
  }

  #add(key: KeyBuffer, value: Uint8Array): Promise<void> | undefined {
    let waiting: Promise<void> | undefined;
    let partition = this.#partition;
    if (partition === undefined || !partition.fits(key.length, value.length)) {
      this.checkSize(key.length, value.length, this.#entries);
      waiting = this.#finishPartition();
      partition = this.#startPartition();
    }
    const busy = partition.add(key, this.#previous, value);
    this.#key = this.#previous;
    this.#previous = key;
    this.#entries++;
    busy?.catch(this.#fail);
    return waiting ?? busy;
  }

  /** Ends the current partition, so that the next entry begins another. Waits like {@link add}. */
  roll(): Promise<void> | undefined {
    return this.#finishPartition();
  }

  /** Makes all partitions durable, and their names. @throws {CairnError} `IO`. */
  async finish(): Promise<PartitionRecord[]> {
    this.#finishPartition();
    const records = await Promise.all(this.#finished);
    if (this.#failure !== undefined) throw this.#failure.reason;
    for (let i = 0; i < records.length; i += LOOKS_AT_ONCE) {
      await Promise.all(records.slice(i, i + LOOKS_AT_ONCE).map(({ name }) => this.#checkThere(name)));
    }
    if (records.length > 0) await this.#directory.storage.syncDirectory(this.#directory.data);
    this.#leaveMemory();
    return records;
  }

  /** Leaves the memory to the next builder: nothing can be added any more. */
  #leaveMemory(): void {
    const memory = this.#memory;
    this.#memory = undefined;
    this.#failure ??= { reason: new CairnError('CLOSED', 'the writer has ended', { resource: 'writer' }) };
    if (memory !== undefined && memory.table.hashes.length <= MAX_SPARE_ENTRIES)
      spareMemory.set(this.#shape.blockBytes, memory);
  }

  async #checkThere(name: string): Promise<void> {
    const { storage } = this.#directory;
    const path = this.#directory.partition(name);
    if ((await storage.kind(path)) !== 'file') throw removed(storage.uri(path));
  }

  /** Removes every file that was made. Calls that are at work, or come later, fail with the reason. */
  async abort(
    reason: unknown = new CairnError('CLOSED', 'the writer was cancelled', { resource: 'writer' }),
  ): Promise<void> {
    this.#fail(reason);
    this.#partition = undefined;
    await Promise.allSettled(this.#finished);
    this.#leaveMemory();
    // All of them, also where one can't be removed: nothing goes on afterwards.
    const removals = await Promise.allSettled(this.#started.map((partition) => partition.abort()));
    for (const removal of removals) if (removal.status === 'rejected') throw removal.reason;
  }

  #startPartition(): PartitionWriter {
    const number = String(this.#started.length).padStart(5, '0');
    const name = `part-${number}-${this.#attemptId}.cairn`;
    const { storage } = this.#directory;
    const path = this.#directory.partition(name);
    try {
      const partition = new PartitionWriter(name, storage.create(path), this.#shape);
      this.#started.push(partition);
      partition.begin();
      this.#partition = partition;
      return partition;
    } catch (error) {
      throw isCairnError(error, 'ALREADY_EXISTS') ? conflict(storage.uri(path), error) : error;
    }
  }

  #finishPartition(): Promise<void> | undefined {
    const partition = this.#partition;
    if (partition === undefined) return;
    this.#partition = undefined;
    this.#finishing++;
    const finished = partition.finish(this.#previous);
    finished.then(() => {
      this.#finishing--;
    }, this.#fail);
    this.#finished.push(finished);
    if (this.#finishing > MAX_FINISHING) return this.#waitForFirst();
  }

  async #waitForFirst(): Promise<void> {
    await this.#finished.at(-MAX_FINISHING - 1)?.catch(() => undefined);
  }
}

function removed(uri: string): CairnError {
  return new CairnError(
    'CONFLICT',
    `${uri} was removed while the store was written, by a deletion or a sweep; write the store again`,
    { uri },
  );
}

function conflict(uri: string, cause: unknown): CairnError {
  return new CairnError(
    'CONFLICT',
    `${uri} exists: another writer with the same buildId is at work, or left it behind. ` +
      'Sweep its orphan files, or choose another buildId',
    { uri, cause },
  );
}
