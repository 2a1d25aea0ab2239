import type { KeyBuffer } from '../../bytes/key-buffer.ts';

/** Something that takes encoded entries: the caller puts a key into {@link key}, checks it, and adds the value. */
export interface EntryIntake {
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

/** An intake that hands entries on later. */
export interface HoldingIntake extends EntryIntake {
  /** Hands on everything that is still held. @throws what handing on throws, as a rejection. */
  drain(watch: DrainWatch): Promise<void>;
  /** Frees what the intake holds. Call it at the end, whatever that was. */
  close(): Promise<void>;
}

/** Who wants to know about work that takes long, or to end it. */
export interface DrainWatch {
  readonly signal?: AbortSignal | undefined;
  /** Told the number of entries done from time to time. */
  readonly onProgress?: ((done: number) => void) | undefined;
}
