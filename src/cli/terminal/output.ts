import type { Writable } from 'node:stream';
import { fileError } from '../../node/file-error.ts';
import { BrokenPipe } from './failure.ts';

/** Text is collected up to this length before it is written. */
const PIECE_CHARACTERS = 1 << 16;

/** What an output is, and what happens when its reader closes it early, as `head` does. */
export interface OutputOptions {
  /** Its name in messages. Default: standard output. */
  readonly name?: string;
  /**
   * Whether the command has more to do than to print: then what is written after the reader has left is dropped, and
   * the exit code is that of the work. By default, writing throws a {@link BrokenPipe}, which ends the command.
   */
  readonly optional?: boolean;
}

/** Writes to a stream in large pieces, and waits while it is full. A small write costs one string concatenation. */
export class Output {
  readonly #stream: Writable;
  readonly #name: string;
  readonly #optional: boolean;
  #text = '';
  #failure: Error | undefined;
  readonly #onError = (error: Error): void => {
    this.#failure ??= error;
  };

  constructor(stream: Writable, { name = 'standard output', optional = false }: OutputOptions = {}) {
    this.#stream = stream;
    this.#name = name;
    this.#optional = optional;
    stream.on('error', this.#onError);
  }

  /** Whether the reader has closed the output. */
  get abandoned(): boolean {
    const code = (this.#failure as NodeJS.ErrnoException | undefined)?.code;
    return code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED';
  }

  /**
   * Writes text or bytes. Returns a promise to wait for if the stream is full.
   *
   * @throws {BrokenPipe} if the reader has closed the output and it is not optional, {CairnError} `IO`; both also as a
   *   rejection.
   */
  write(piece: string | Uint8Array): void | Promise<void> {
    if (typeof piece === 'string') {
      this.#text += piece;
      if (this.#text.length < PIECE_CHARACTERS) return;
      return this.#send();
    }
    const waiting = this.#send();
    if (waiting === undefined) return this.#hand(piece);
    return waiting.then(() => this.#hand(piece));
  }

  /** Waits until the stream has taken everything. It stays open. */
  async finish(): Promise<void> {
    await this.#send();
    if (!this.abandoned) await this.#flushed();
    this.#throwFailure();
    this.#stream.off('error', this.#onError);
  }

  async #flushed(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#stream.write('', (error) => {
        if (error) this.#failure ??= error;
        resolve();
      });
    });
  }

  #send(): void | Promise<void> {
    const text = this.#text;
    if (text === '') return undefined;
    this.#text = '';
    return this.#hand(text);
  }

  #hand(piece: string | Uint8Array): void | Promise<void> {
    this.#throwFailure();
    if (this.abandoned || this.#stream.write(piece)) return undefined;
    return this.#drained();
  }

  async #drained(): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        for (const event of ['drain', 'error', 'close']) this.#stream.off(event, done);
        resolve();
      };
      for (const event of ['drain', 'error', 'close']) this.#stream.on(event, done);
    });
    this.#throwFailure();
  }

  #throwFailure(): void {
    const failure = this.#failure;
    if (failure === undefined) return;
    if (this.abandoned) {
      if (this.#optional) return;
      throw new BrokenPipe();
    }
    throw fileError(failure, 'write', this.#name);
  }
}
