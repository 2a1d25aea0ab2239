import { CairnError } from '../../errors.ts';
import type { ByteSink } from '../byte-sink.ts';
import type { Semaphore } from '../semaphore.ts';
import type { PutState } from './object-version.ts';

/** What the sinks of a storage share. */
export interface UploadSettings<C> {
  readonly client: C;
  /** Limits the requests with bodies that are sent at the same time, by all sinks together. */
  readonly semaphore: Semaphore;
  readonly partBytes: number;
}

/** How many parts a storage takes for one object; it would refuse more only after all of them were sent. */
export interface PartLimit {
  readonly maxParts: number;
  /** The option that makes parts larger, for messages. */
  readonly sizeOption: string;
}

const EMPTY = new Uint8Array(0);
const FIRST_BYTES = 1 << 16;

/**
 * An object that is being written: one of at most one part by a single request at the end, a larger one in
 * parts that are sent while the next one fills. It appears when it is finished, unless its name was taken
 * meanwhile. Subclasses define the requests.
 */
export abstract class PartsSink implements ByteSink {
  protected readonly uri: string;
  readonly #uploads: Semaphore;
  readonly #partBytes: number;
  readonly #limit: PartLimit;
  readonly #ending = new AbortController();
  readonly #free: Uint8Array[] = [];
  readonly #parts: Promise<void>[] = [];
  #buffer: Uint8Array = EMPTY;
  #used = 0;
  #failure: Error | undefined;
  /** Whether this writer may have made an object under the name. */
  #published = false;

  constructor(uri: string, { semaphore, partBytes }: UploadSettings<unknown>, limit: PartLimit) {
    this.uri = uri;
    this.#uploads = semaphore;
    this.#partBytes = partBytes;
    this.#limit = limit;
  }

  /** Sends a part; the bytes change when it is done. */
  protected abstract sendPart(index: number, body: Uint8Array, signal: AbortSignal): Promise<void>;

  /** Makes the object of these bytes, within `publish`. */
  protected abstract putWhole(body: Uint8Array): Promise<PutState>;

  /** Makes the object of `count` parts, all sent, within `publish`. */
  protected abstract putParts(count: number): Promise<PutState>;

  /** Returns the error for the user if the outcome is `gone`. */
  protected abstract gone(): CairnError;

  /**
   * Removes the parts that were sent, unless an object was made of them or the storage removes them on its
   * own.
   */
  protected abstract removeParts(): Promise<void>;

  /** Removes the object, if it is ours. */
  protected abstract removeOwn(): Promise<unknown>;

  /** Does what may make the object. */
  protected publish<T>(put: (signal: AbortSignal) => Promise<T>): Promise<T> {
    this.#published = true;
    return put(this.#ending.signal);
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    const partBytes = this.#partBytes;
    let waiting: Promise<void> | undefined;
    for (let from = 0; from < bytes.length; ) {
      if (this.#used === partBytes) waiting = this.#sendBuffer();
      const end = Math.min(bytes.length, from + partBytes - this.#used);
      this.#reserve(this.#used + end - from);
      this.#buffer.set(end - from === bytes.length ? bytes : bytes.subarray(from, end), this.#used);
      this.#used += end - from;
      from = end;
    }
    return waiting;
  }

  async finish(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      const state = this.#parts.length === 0 ? await this.#finishWhole() : await this.#finishParts();
      if (state === 'taken') {
        const message = `${this.uri} exists already: another writer made it meanwhile`;
        throw new CairnError('ALREADY_EXISTS', message, { uri: this.uri });
      }
      if (state === 'gone') throw this.gone();
    } catch (error) {
      this.#failure ??= error as Error;
      throw error;
    }
  }

  async abort(): Promise<void> {
    this.#failure ??= new CairnError('CLOSED', `the writing of ${this.uri} was aborted`, {
      resource: this.uri,
    });
    this.#ending.abort(this.#failure);
    await Promise.all(this.#parts);
    try {
      await this.removeParts();
    } finally {
      // Another writer may have made an object under this name by now.
      if (this.#published) await this.#uploads.run(() => this.removeOwn());
    }
    this.#published = false;
  }

  #reserve(needed: number): void {
    if (needed <= this.#buffer.length) return;
    // A small file needs little memory; the second part of a large one is likely to be full.
    const wanted =
      this.#parts.length > 0 ? this.#partBytes : Math.max(needed, FIRST_BYTES, this.#buffer.length * 4);
    const grown = new Uint8Array(Math.min(this.#partBytes, wanted));
    grown.set(this.#buffer.subarray(0, this.#used));
    this.#buffer = grown;
  }

  /**
   * Sends the buffer as the next part once it has a permit, and takes another one. Returns the wait for that
   * permit.
   */
  #sendBuffer(): Promise<void> | undefined {
    const index = this.#parts.length;
    const { maxParts, sizeOption } = this.#limit;
    if (index === maxParts) {
      const message = `${this.uri} has more than ${maxParts} parts: set a larger ${sizeOption}`;
      this.#failure = new CairnError('IO', message, {
        uri: this.uri,
        operation: 'write',
        transient: false,
      });
      throw this.#failure;
    }
    const { signal } = this.#ending;
    const buffer = this.#buffer;
    const body = buffer.subarray(0, this.#used);
    const permit = this.#uploads.request();
    const send = async (): Promise<void> => {
      await permit.granted;
      signal.throwIfAborted();
      await this.sendPart(index, body, signal);
      this.#free.push(buffer);
    };
    // A failure is reported by the next call.
    const fail = (error: Error): void => {
      this.#failure ??= error;
    };
    this.#parts.push(
      send()
        .catch(fail)
        .finally(() => permit.release()),
    );
    this.#buffer = this.#free.pop() ?? EMPTY;
    this.#used = 0;
    return permit.isGranted ? undefined : permit.granted;
  }

  #finishWhole(): Promise<PutState> {
    return this.#uploads.run(() => {
      this.#ending.signal.throwIfAborted();
      return this.putWhole(this.#buffer.subarray(0, this.#used));
    });
  }

  async #finishParts(): Promise<PutState> {
    if (this.#used > 0) this.#sendBuffer();
    await Promise.all(this.#parts);
    if (this.#failure !== undefined) throw this.#failure;
    return this.putParts(this.#parts.length);
  }
}
