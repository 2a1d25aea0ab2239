/// <reference lib="esnext.disposable" preserve="true" />
import type { Compaction } from '../collection/collection.ts';
import type { CompactOptions } from '../collection/commit-options.ts';
import { RowEncoder } from './row/row-encoder.ts';
import type { BaseTable } from './table.ts';
import type { TableHandle } from './table-handle.ts';
import { type CataloguedTable, describeTable, type TableInfo } from './table-info.ts';
import { type Flushed, WriteQueue } from './write/write-queue.ts';

/** What open tables of both kinds have in common: a queue of changes, and a life. */
export abstract class OpenBaseTable<Queued> implements BaseTable {
  readonly path: string;
  protected readonly handle: TableHandle;
  protected readonly queue: WriteQueue<Queued>;
  readonly #catalogued: CataloguedTable;
  readonly #onClose: () => void;
  #encoder: RowEncoder;
  #closing: Promise<void> | undefined;

  constructor(handle: TableHandle, catalogued: CataloguedTable, onClose: () => void) {
    this.path = handle.path;
    this.handle = handle;
    this.#catalogued = catalogued;
    this.#onClose = onClose;
    this.#encoder = new RowEncoder(handle.set);
    this.queue = new WriteQueue(
      handle.path,
      () => handle.collection.version,
      (changes) => this.commit(changes),
    );
  }

  get info(): TableInfo {
    return describeTable(this.#catalogued, this.handle.set, this.handle.collection.info);
  }

  get version(): number {
    return this.handle.collection.version;
  }

  get queued(): number {
    return this.queue.length;
  }

  flush(): Promise<Flushed> {
    return this.queue.flush();
  }

  discard(): number {
    return this.queue.discard();
  }

  async refresh(): Promise<number> {
    this.assertOpen();
    return this.handle.refresh();
  }

  async compact(options?: CompactOptions): Promise<Compaction> {
    this.assertOpen();
    return this.handle.collection.compact(options);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Commits changes, and returns the version that has them. */
  protected abstract commit(changes: readonly Queued[]): Promise<number>;

  /** The encoder of the newest columns that are known. */
  protected get encoder(): RowEncoder {
    if (this.#encoder.set !== this.handle.set) this.#encoder = new RowEncoder(this.handle.set);
    return this.#encoder;
  }

  protected assertOpen(): void {
    this.handle.life.assertOpen();
  }

  async #close(): Promise<void> {
    try {
      await this.queue.close();
    } finally {
      await this.handle.close();
      this.#onClose();
    }
  }
}
