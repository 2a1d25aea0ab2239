import { Buffer } from 'node:buffer';
import * as fs from 'node:fs';
import { promisify } from 'node:util';
import { CairnError } from '../errors.ts';
import type { ByteSink } from '../io/byte-sink.ts';
import { errnoOf, fileError } from './file-error.ts';
import { syncFile } from './sync-file.ts';

const CHUNK_BYTES = 1 << 20;
/** The first chunk begins so small, because many files are. */
const FIRST_BYTES = 1 << 14;
/** Chunks that may be on their way to the file at once. */
const CHUNKS = 4;

/**
 * A file of up to this many bytes is written without the thread pool: the system takes them in microseconds, a turn through
 * the pool takes a hundred.
 */
const SMALL_BYTES = 1 << 18;

const NOTHING = new Uint8Array(0);

const fsync = promisify(fs.fsync);

// A writer that is dropped is never closed: its descriptors are, when it is collected. Sweep finds its files.
const abandoned = new FinalizationRegistry<number>((fd) => fs.close(fd));

/**
 * A new file, written in chunks of 1 MiB on the thread pool while the next chunk fills.
 *
 * Memory is bounded even for a caller that never waits: when no chunk is free, the full one is written
 * synchronously.
 */
export class FileSink implements ByteSink {
  readonly #path: string;
  readonly #fd: number;
  readonly #free: Uint8Array[] = [];
  #allocated = 1;
  #chunk: Uint8Array = NOTHING;
  #used = 0;
  /** Where the chunk being filled begins in the file. */
  #position = 0;
  #inFlight = 0;
  #failure: Error | undefined;
  #ended = false;
  #waiting: { promise: Promise<void>; resolve: () => void; reject: (reason: Error) => void } | undefined;

  constructor(path: string, fd: number) {
    this.#path = path;
    this.#fd = fd;
    abandoned.register(this, fd, this);
  }

  /** @throws {CairnError} `ALREADY_EXISTS` when the name is taken, `NOT_FOUND`, `IO`. */
  static create(path: string): FileSink {
    try {
      return new FileSink(path, fs.openSync(path, 'wx', 0o666));
    } catch (error) {
      throw fileError(error, 'create', path);
    }
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    let from = 0;
    while (from < bytes.length) {
      if (this.#chunk.length < CHUNK_BYTES) this.#grow(this.#used + bytes.length - from);
      const room = this.#chunk.length - this.#used;
      const part = Math.min(bytes.length - from, room);
      this.#chunk.set(part === bytes.length ? bytes : bytes.subarray(from, from + part), this.#used);
      this.#used += part;
      from += part;
      if (this.#used === CHUNK_BYTES) this.#flush();
    }
    if (this.#inFlight >= CHUNKS - 1) return this.#wait();
  }

  /** Writes all of a small file, without copying it first, and finishes. @throws {CairnError} `IO`. */
  async finishWith(bytes: Uint8Array): Promise<void> {
    if (bytes.length > SMALL_BYTES) this.write(bytes);
    else this.#writeNow(bytes, bytes.length, 0);
    await this.#finish(true);
  }

  async finish(durable = true): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#position === 0 && this.#used <= SMALL_BYTES) {
      this.#writeNow(this.#chunk, this.#used, 0);
      this.#used = 0;
    }
    await this.#finish(durable);
  }

  async #finish(durable: boolean): Promise<void> {
    try {
      if (this.#used > 0) this.#send();
      while (this.#inFlight > 0) await this.#wait();
      if (this.#failure !== undefined) throw this.#failure;
      if (durable) {
        await fsync(this.#fd).catch((error) => {
          // Node's permission model switches off this call, but leaves other ways.
          if (errnoOf(error) === 'ERR_ACCESS_DENIED') return syncFile(this.#path);
          throw fileError(error, 'fsync', this.#path);
        });
      }
    } catch (error) {
      this.#failure = error as Error;
      throw error;
    }
    this.#close();
  }

  async abort(): Promise<void> {
    // The chunks on their way need the descriptor until they have arrived, or failed.
    while (this.#inFlight > 0) await this.#wait().catch(() => undefined);
    // Only now: whoever waits for a chunk is not to be told this.
    this.#failure ??= new CairnError('CLOSED', `the writing of ${this.#path} was aborted`, {
      resource: this.#path,
    });
    try {
      this.#close();
    } finally {
      await fs.promises.unlink(this.#path).catch((error) => {
        if (errnoOf(error) !== 'ENOENT') throw fileError(error, 'unlink', this.#path);
      });
    }
  }

  #close(): void {
    if (this.#ended) return;
    this.#ended = true;
    abandoned.unregister(this);
    try {
      fs.closeSync(this.#fd);
    } catch (error) {
      throw fileError(error, 'close', this.#path);
    }
  }

  /** Makes room for `needed` bytes in the first chunk, as far as chunks go. */
  #grow(needed: number): void {
    const length = this.#chunk.length;
    if (needed < length) return;
    const grown = memory(Math.min(CHUNK_BYTES, Math.max(needed, 4 * length, FIRST_BYTES)));
    grown.set(this.#chunk.subarray(0, this.#used));
    this.#chunk = grown;
  }

  /** Sends the full chunk on its way and takes a free one. */
  #flush(): void {
    let next = this.#free.pop();
    if (next === undefined) {
      if (this.#allocated === CHUNKS) {
        this.#writeNow(this.#chunk, this.#used, this.#position);
        this.#position += this.#used;
        this.#used = 0;
        return;
      }
      next = memory(CHUNK_BYTES);
      this.#allocated++;
    }
    this.#send();
    this.#chunk = next;
  }

  /** Sends the chunk being filled on its way. */
  #send(): void {
    const [length, position] = [this.#used, this.#position];
    this.#position += length;
    this.#used = 0;
    this.#inFlight++;
    this.#writeLater(this.#chunk, 0, length, position);
  }

  #writeNow(chunk: Uint8Array, length: number, position: number): void {
    try {
      for (let done = 0; done < length; ) {
        const written = fs.writeSync(this.#fd, chunk, done, length - done, position + done);
        if (written === 0) throw new Error('nothing was written');
        done += written;
      }
    } catch (error) {
      this.#failure = fileError(error, 'write', this.#path);
      throw this.#failure;
    }
  }

  #writeLater(chunk: Uint8Array, done: number, length: number, position: number): void {
    fs.write(this.#fd, chunk, done, length - done, position + done, (error, written) => {
      if (!error && written > 0 && done + written < length) {
        this.#writeLater(chunk, done + written, length, position);
        return;
      }
      if (error || written === 0) {
        this.#failure ??= fileError(error ?? new Error('nothing was written'), 'write', this.#path);
      }
      this.#inFlight--;
      this.#free.push(chunk);
      const waiting = this.#waiting;
      this.#waiting = undefined;
      if (this.#failure === undefined) waiting?.resolve();
      else waiting?.reject(this.#failure);
    });
  }

  /** A promise for the next chunk to arrive. */
  #wait(): Promise<void> {
    if (this.#waiting === undefined) {
      let resolve: () => void = () => {};
      let reject: (reason: Error) => void = () => {};
      const promise = new Promise<void>((fulfil, fail) => {
        resolve = fulfil;
        reject = fail;
      });
      // A caller may drop the promise; the failure then meets its next call.
      promise.catch(() => undefined);
      this.#waiting = { promise, resolve, reject };
    }
    return this.#waiting.promise;
  }
}

/** Memory that is not filled with zeros first: what is written of it was put there. */
function memory(bytes: number): Uint8Array {
  return Buffer.allocUnsafeSlow(bytes);
}
