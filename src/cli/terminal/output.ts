import type { Writable } from 'node:stream';
import { fileError } from '../../node/file-error.ts';
import { BrokenPipe } from './failure.ts';

/** Text is collected up to this length before it is written. */
const PIECE_CHARACTERS = 1 << 16;

/** Writes to a stream in large pieces, and waits while it is full. A small write costs one string concatenation. */
export class Output {
  readonly #stream: Writable;
  readonly #name: string;
  #text = '';
  #failure: Error | undefined;
  readonly #onError = (error: Error): void => {
    this.#failure ??= error;
  };

  constructor(stream: Writable, name = 'standard output') {
    this.#stream = stream;
    this.#name = name;
    stream.on('error', this.#onError);
  }

  /**
   * Writes text or bytes. Returns a promise to wait for if the stream is full.
   *
   * @throws {BrokenPipe} if the reader has closed the output, {CairnError} `IO`; both also as a rejection.
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
    await new Promise<void>((resolve) => {
      this.#stream.write('', (error) => {
        if (error) this.#failure ??= error;
        resolve();
      });
    });
    this.#throwFailure();
    this.#stream.off('error', this.#onError);
  }

  #send(): void | Promise<void> {
    const text = this.#text;
    if (text === '') return undefined;
    this.#text = '';
    return this.#hand(text);
  }

  #hand(piece: string | Uint8Array): void | Promise<void> {
    this.#throwFailure();
    if (this.#stream.write(piece)) return undefined;
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
    const code = (failure as NodeJS.ErrnoException).code;
    if (code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED') throw new BrokenPipe();
    throw fileError(failure, 'write', this.#name);
  }
}
