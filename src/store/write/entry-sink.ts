import type { KeyBuffer } from '../../bytes/key-buffer.ts';

/** Takes encoded entries: the caller puts a key into {@link key}, checks it, and adds the value. */
export interface EntrySink {
  /** Where the next key goes. It may be another buffer after each {@link add}. */
  readonly key: KeyBuffer;
  /** Entries added. */
  readonly entries: number;
  /**
   * Checks the key in {@link key}: what can be refused without encoding a value.
   *
   * @throws {CairnError} `INVALID_ARGUMENT`, `TOO_LARGE`, `KEY_ORDER`, `DUPLICATE_KEY`; nothing has changed then.
   */
  checkKey(): void;
  /**
   * Adds an entry whose key passed {@link checkKey}; copies it. Returns a promise when the caller should wait; it
   * never rejects unhandled, because a failure also fails the next call.
   *
   * @throws {CairnError} `TOO_LARGE`, with nothing changed; `CONFLICT`, `IO`.
   */
  add(value: Uint8Array): Promise<void> | undefined;
}

/** A sink that hands entries on later. */
export interface BufferedEntrySink extends EntrySink {
  /** Hands on all buffered entries. Rejects with what the next sink throws. */
  drain(observer: DrainObserver): Promise<void>;
  /** Frees the buffer. Call it at the end, also after a failure. */
  close(): Promise<void>;
}

/** Follows a drain, and can end it. */
export interface DrainObserver {
  readonly signal?: AbortSignal | undefined;
  /** Called from time to time, with the number of entries handed on. */
  readonly onProgress?: ((done: number) => void) | undefined;
}
