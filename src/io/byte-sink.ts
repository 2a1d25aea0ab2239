/**
 * A file being written from front to back. It must be ended by exactly one of `finish` and `abort`.
 */
export interface ByteSink {
  /**
   * Appends a copy of `bytes`. Returns a promise when the caller should wait before writing on; a caller
   * that doesn't wait costs speed, not correctness. The promise never rejects unhandled: a failure also
   * fails the next call.
   *
   * @throws {CairnError} `IO` when this or an earlier write failed.
   */
  write(bytes: Uint8Array): Promise<void> | undefined;
  /**
   * Ends the file: it can be opened then. Makes everything durable under the file's name, unless `durable` is
   * false: for a file that need not survive a crash.
   *
   * @throws {CairnError} `IO`.
   */
  finish(durable?: boolean): Promise<void>;
  /** Removes the file. Never throws for an absent one. */
  abort(): Promise<void>;
}
