import type { KeyBuffer } from '../../bytes/key-buffer.ts';

/** Takes encoded entries: the caller puts a key into {@link key}, and adds the value. */
export interface EntrySink {
  /** Where the next key goes. It may be another buffer after each {@link add}. */
  readonly key: KeyBuffer;
  /** Entries added. */
  readonly entries: number;
  /**
   * Checks the key, and adds an entry; copies it. Returns a promise when the caller should wait; it never rejects
   * unhandled, because a failure also fails the next call.
   *
   * One call does both, so that no code of the caller's can change the sink between the check and the addition.
   *
   * @throws {CairnError} `INVALID_ARGUMENT`, `TOO_LARGE`, `KEY_ORDER`, `DUPLICATE_KEY`, with nothing changed;
   *   `CONFLICT`, `IO`.
   */
  add(value: Uint8Array): Promise<void> | undefined;
}

/** A sink that hands entries on later. */
export interface BufferedEntrySink extends EntrySink {
  /** Hands on all buffered entries. Rejects with what the next sink throws. */
  drain(observer: DrainObserver): Promise<void>;
  /**
   * Frees the buffer. Call it at the end, also after a failure.
   *
   * @param reason is what waiting calls of {@link add} reject with; by default `CLOSED`.
   */
  close(reason?: unknown): Promise<void>;
}

/** Follows a drain, and can end it. */
export interface DrainObserver {
  readonly signal?: AbortSignal | undefined;
  /** Called from time to time, with the number of entries handed on. */
  readonly onProgress?: ((done: number) => void) | undefined;
}
