import type { Checksum } from '../../../bytes/checksum.ts';
import { KeyBuffer } from '../../../bytes/key-buffer.ts';
import { CairnError, isCairnError } from '../../../errors.ts';
import type { ByteSource } from '../../../io/byte-source.ts';
import { whenAborted } from '../../../when-aborted.ts';
import { checkKeyLength, showStoredKey } from '../entry-check.ts';
import { EntryDeduplicator } from '../entry-deduplicator.ts';
import type { BufferedEntrySink, DrainObserver } from '../entry-sink.ts';
import { merge, puttingInto } from '../merge-queue.ts';
import type { OnDuplicate } from '../on-duplicate.ts';
import type { StoreBuilder } from '../store-builder.ts';
import { CHUNK_BYTES, RecordCursor } from './record-cursor.ts';
import { SortBuffer } from './sort-buffer.ts';
import type { SortPlace } from './sort-place.ts';
import { type RunChunks, RunReader, RunWriter } from './sorted-run.ts';

/** How entries are sorted. */
export interface SortOptions {
  /** Memory for entries, in bytes. */
  readonly sortBytes: number;
  readonly onDuplicate: OnDuplicate;
}

/** A sorted file, which is open and so remains readable if another process removes it. */
interface Run {
  readonly path: string;
  readonly source: ByteSource;
  readonly bytes: number;
  readonly chunks: RunChunks;
}

/** Runs that are merged at once, at most: each has an open file. */
const MAX_RUNS = 128;

/** Memory of a run that is merged, in bytes: the current chunk and the one read ahead. */
const RUN_BYTES = 2 * CHUNK_BYTES;

/**
 * Sorts entries that arrive in any order, by merging sorted runs: as many as fit into memory are sorted there
 * and written to a file, a run; at the end all runs, and what is still in memory, are merged into a store.
 *
 * If there are more runs than can be read at once, runs of one generation are first merged into a longer one.
 * Equal keys keep their order of arrival.
 */
export class EntrySorter implements BufferedEntrySink {
  readonly key: KeyBuffer = new KeyBuffer();
  entries = 0;
  readonly #builder: StoreBuilder;
  readonly #checksum: Checksum;
  readonly #options: SortOptions;
  readonly #place: SortPlace;
  /** Runs that are merged into one. */
  readonly #fanIn: number;
  #buffer: SortBuffer;
  /**
   * Runs by how often their entries were merged; the higher a generation, the earlier its entries arrived.
   */
  readonly #generations: Run[][] = [[]];
  #spilling: Promise<void> = Promise.resolve();
  /** Bytes of all runs that exist. */
  #runBytes = 0;
  #files = 0;
  /** The error that ended the sorting, if one has. */
  #failure: { readonly reason: unknown } | undefined;

  constructor(builder: StoreBuilder, checksum: Checksum, place: SortPlace, options: SortOptions) {
    this.#builder = builder;
    this.#checksum = checksum;
    this.#options = options;
    this.#place = place;
    this.#fanIn = Math.max(2, Math.min(MAX_RUNS, Math.floor(options.sortBytes / RUN_BYTES)));
    this.#buffer = new SortBuffer(options.sortBytes);
  }

  add(value: Uint8Array): Promise<void> | undefined {
    this.#throwFailure();
    const { key } = this;
    checkKeyLength(key);
    this.#builder.checkSize(key.length, value.length, this.entries);
    const waiting = this.#buffer.fits(key.length, value.length)
      ? undefined
      : this.#makeRoom(key.length, value.length);
    this.#buffer.add(key, value);
    this.entries++;
    return waiting;
  }

  /**
   * Adds everything to the builder, in order.
   *
   * @throws {CairnError} (as a rejection) `DUPLICATE_KEY`, `IO`, `CORRUPTION` of a run.
   */
  async drain(observer: DrainObserver): Promise<void> {
    const { signal } = observer;
    signal?.throwIfAborted();
    // Writing and merging runs does not check the signal.
    const forget = signal && whenAborted(signal, () => this.#fail(signal.reason));
    try {
      await this.#spilling;
      this.#throwFailure();
      while (this.#runs.length > this.#fanIn) await this.#mergeNewest();
      this.#buffer.sort();
      const inputs = [...this.#cursors(this.#runs), new RecordCursor(this.#buffer.chunks())];
      await this.#put(inputs, observer);
    } catch (error) {
      throw isCairnError(error, 'DUPLICATE_KEY') && error.key
        ? duplicateError(error.key, this.#builder.keyEncoding)
        : this.#explain(error, 0);
    } finally {
      forget?.();
    }
  }

  /**
   * Removes all runs that can be removed.
   *
   * @throws {CairnError} (as a rejection) `IO`, the first that occurred.
   */
  async close(
    reason: unknown = new CairnError('CLOSED', 'the writer has ended', { resource: 'writer' }),
  ): Promise<void> {
    this.#fail(reason);
    await this.#spilling.catch(() => undefined);
    const runs = this.#runs;
    this.#generations.length = 0;
    try {
      await this.#remove(runs);
    } finally {
      if (this.#files > 0) await this.#place.remove();
    }
  }

  async #put(inputs: readonly RecordCursor[], observer: DrainObserver): Promise<void> {
    const { onDuplicate } = this.#options;
    if (onDuplicate === 'error') return merge(inputs, puttingInto(this.#builder), observer);
    const sink = new EntryDeduplicator(this.#builder, onDuplicate);
    await merge(inputs, puttingInto(sink), observer);
    await sink.drain();
  }

  /** All runs, that with the earliest entries first. */
  get #runs(): Run[] {
    return [...this.#generations].reverse().flat();
  }

  /** Begins another buffer, and returns a promise of the full one's run. */
  #makeRoom(keyLength: number, valueLength: number): Promise<void> | undefined {
    const full = this.#buffer;
    const { sortBytes } = this.#options;
    this.#buffer = new SortBuffer(Math.max(sortBytes, SortBuffer.bytesFor(keyLength, valueLength)));
    if (full.entries === 0) return undefined;
    const spilled = this.#spilling.then(() => this.#spill(full));
    spilled.catch((error) => this.#fail(error));
    this.#spilling = spilled;
    return spilled;
  }

  async #spill(full: SortBuffer): Promise<void> {
    full.sort();
    this.#generations[0].push(await this.#write((run) => this.#copy(full, run)));
    for (const [generation, runs] of this.#generations.entries()) {
      if (runs.length < this.#fanIn) break;
      const merged = await this.#mergeRuns(runs);
      this.#generations[generation] = [];
      this.#generations[generation + 1] ??= [];
      this.#generations[generation + 1].push(merged);
      // Its entries are in the merged run; if the file can't be removed, sweep finds it.
      await this.#remove(runs).catch(() => undefined);
    }
    // Only one entry has arrived since: move it into the old buffer and reuse that memory.
    const current = this.#buffer;
    if (full.capacity !== current.capacity || current.used > full.capacity / 8) return;
    full.clear();
    full.addAll(current);
    this.#buffer = full;
  }

  /** Merges the newest runs until there are few enough. */
  async #mergeNewest(): Promise<void> {
    const runs = this.#runs;
    const count = Math.min(this.#fanIn, runs.length - this.#fanIn + 1);
    const newest = runs.splice(-count);
    const merged = await this.#mergeRuns(newest);
    this.#generations.splice(0, this.#generations.length, [...runs, merged]);
    await this.#remove(newest).catch(() => undefined);
  }

  #mergeRuns(runs: readonly Run[]): Promise<Run> {
    const add = (run: RunWriter, { words, record }: RecordCursor): Promise<void> | undefined => {
      this.#throwFailure();
      return run.add(words, record);
    };
    return this.#write((run) => merge(this.#cursors(runs), (cursor) => add(run, cursor)));
  }

  #cursors(runs: readonly Run[]): RecordCursor[] {
    return runs.map(({ source, chunks }) => new RecordCursor(new RunReader(source, chunks, this.#checksum)));
  }

  async #copy(buffer: SortBuffer, run: RunWriter): Promise<void> {
    for (let i = 0; i < buffer.entries; i++) {
      const waiting = run.add(buffer.words, buffer.recordAt(i));
      if (waiting === undefined) continue;
      await waiting;
      this.#throwFailure();
    }
  }

  #fail(reason: unknown): void {
    this.#failure ??= { reason };
  }

  /** Ends the work on runs if the writer has ended meanwhile. */
  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.reason;
  }

  /** Writes a run of the records that `fill` adds to it. */
  async #write(fill: (run: RunWriter) => Promise<void>): Promise<Run> {
    const { storage, directory, attemptId } = this.#place;
    if (this.#files === 0) await this.#place.make();
    const path = storage.join(directory, `run-${String(this.#files++).padStart(5, '0')}-${attemptId}.cairn`);
    let run: RunWriter | undefined;
    try {
      run = new RunWriter(storage.create(path), this.#checksum, this.#options.onDuplicate, (key) =>
        duplicateError(key, this.#builder.keyEncoding),
      );
      await fill(run);
      const chunks = await run.finish();
      const source = await storage.open(path);
      this.#runBytes += run.length;
      return { path, source, bytes: run.length, chunks };
    } catch (error) {
      // The first error is the one to report; what can't be removed now is found by sweep.
      await run?.abort().catch(() => undefined);
      throw this.#explain(error, run?.length ?? 0);
    }
  }

  /** Removes all of the runs that can be removed; then reports the first that can't. */
  async #remove(runs: readonly Run[]): Promise<void> {
    const { storage } = this.#place;
    const removed = await Promise.allSettled(
      runs.map(async ({ path, source, bytes }) => {
        await source.close();
        await storage.remove(path);
        this.#runBytes -= bytes;
      }),
    );
    for (const result of removed) if (result.status === 'rejected') throw result.reason;
  }

  /** Adds to a failed write how much space sorting needs. */
  #explain(error: unknown, written: number): unknown {
    if (!isCairnError(error, 'IO')) return error;
    const { storage, directory } = this.#place;
    const bytes = this.#runBytes + written;
    return new CairnError(
      'IO',
      `${error.message}. After ${this.entries} entries, sorting needed ${bytes} bytes of temporary files in ` +
        `${storage.uri(directory)}: it takes about as many as all entries have, and the store then as many again. ` +
        'Make room, or name another directory for them (sortDirectory)',
      { operation: error.operation ?? 'write', transient: error.transient ?? false, cause: error },
    );
  }
}

function duplicateError(key: Uint8Array, keyEncoding: string): CairnError {
  return new CairnError(
    'DUPLICATE_KEY',
    `the key ${showStoredKey(key, keyEncoding)} was put more than once. Keys are unique: merge the values first, or say which entry ` +
      "stays (onDuplicate: 'first' or 'last')",
    { key },
  );
}
