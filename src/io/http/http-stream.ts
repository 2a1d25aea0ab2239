import { CairnError } from '../../errors.ts';
import { whenAborted } from '../../when-aborted.ts';
import type { ByteStream } from '../byte-source.ts';
import type { HttpClient } from './http-client.ts';
import type { HttpFile } from './http-file.ts';
import { RangeTransfer } from './range-transfer.ts';

/** The range that a stream reads, and the listener for its end. */
export interface StreamOptions {
  readonly offset: number;
  readonly length: number;
  /** The first bytes of the range, as far as they were received before. */
  readonly head: Uint8Array;
  readonly signal: AbortSignal | undefined;
  readonly onEnd: (stream: HttpStream) => void;
}

/**
 * A range of a file, as one request whose body is handed out as it arrives. The range is requested again,
 * from the next byte, when the connection breaks, and after it was closed because nothing was read for a
 * while.
 */
export class HttpStream implements ByteStream {
  readonly #client: HttpClient;
  readonly #file: HttpFile;
  readonly #transfer: RangeTransfer;
  readonly #options: StreamOptions;
  /** Bytes that were received and not yet read. */
  #rest: Uint8Array;
  /** The number of bytes that were not yet read, received or not. */
  #left: number;
  #ended: { readonly reason: unknown } | undefined;
  #forgetSignal: (() => void) | undefined;
  #stopIdling: () => void = () => undefined;

  constructor(client: HttpClient, file: HttpFile, options: StreamOptions) {
    const { offset, length, head, signal } = options;
    this.#client = client;
    this.#file = file;
    this.#options = options;
    this.#transfer = new RangeTransfer(client, file, offset + head.length, length - head.length, true);
    this.#rest = head;
    this.#left = length;
    if (signal?.aborted === true) this.end(signal.reason);
    else if (signal !== undefined) this.#forgetSignal = whenAborted(signal, () => this.end(signal.reason));
  }

  async read(target: Uint8Array): Promise<void> {
    if (this.#ended !== undefined) throw this.#ended.reason;
    if (target.length > this.#left) {
      const { offset, length } = this.#options;
      throw outside(this.#file.name, offset + length - this.#left, target.length, offset + length);
    }
    const done = this.#take(target, 0);
    if (done < target.length || (this.#left === 0 && this.#transfer.connected))
      await this.#receive(target, done);
    if (this.#left === 0) this.#detach();
  }

  close(): void {
    this.end(
      new CairnError('CLOSED', `the stream of ${this.#file.name} has been closed`, { resource: 'stream' }),
    );
  }

  /** Ends the reading: pending and later reads fail with this reason. */
  end(reason: unknown): void {
    if (this.#ended !== undefined) return;
    this.#ended = { reason };
    this.#stopIdling();
    this.#transfer.interrupt(reason);
    this.#detach();
  }

  /** Removes the signal's listener, and reports the end. */
  #detach(): void {
    this.#forgetSignal?.();
    this.#options.onEnd(this);
  }

  async #receive(target: Uint8Array, from: number): Promise<void> {
    let done = from;
    const { deadline } = this.#transfer;
    this.#stopIdling();
    const permit = this.#client.semaphore.request();
    try {
      await deadline.wait(permit.granted);
      deadline.start(this.#client.deadlineFor(target.length - done));
      while (done < target.length) {
        this.#rest = (await this.#transfer.next()) as Uint8Array;
        done = this.#take(target, done);
      }
      // The end of the answer is checked, too: it may be longer than it should be.
      if (this.#left === 0 && this.#transfer.connected) await this.#transfer.next();
    } catch (error) {
      this.end(error);
      throw error;
    } finally {
      permit.release();
    }
    if (this.#transfer.connected && this.#ended === undefined) this.#idle();
  }

  /** An idle connection may be one of the few that a browser opens to a host: it is closed after a while. */
  #idle(): void {
    this.#stopIdling = this.#client.host.after(this.#client.limits.idleMs, () => this.#transfer.disconnect());
  }

  #take(target: Uint8Array, at: number): number {
    const length = Math.min(this.#rest.length, target.length - at);
    target.set(this.#rest.subarray(0, length), at);
    this.#rest = this.#rest.subarray(length);
    this.#left -= length;
    return at + length;
  }
}

/** Returns the error for bytes beyond the end of a file of `size` bytes, or of a range that ends there. */
export function outside(file: string, offset: number, length: number, size: number): CairnError {
  return new CairnError(
    'CORRUPTION',
    `${file}: ${length} bytes at offset ${offset} lie behind its end at ${size}`,
    {
      file,
      section: 'file',
      offset,
      expected: `${length} bytes`,
      actual: `${Math.max(0, size - offset)} bytes`,
    },
  );
}
