/**
 * Immutable bytes that can be read at any offset: a file, an object, a memory area.
 *
 * Reads are exact: they fill the target or fail. A source never returns fewer bytes than were asked for.
 */
export interface ByteSource {
  /** For messages: the URI of the file. */
  readonly name: string;
  /** Bytes in the file when it was opened. */
  readonly size: number;
  /**
   * Fills `target` with the bytes from `offset` on.
   *
   * @throws {CairnError} `CORRUPTION` when the file ends before, `IO` when it can't be read, `CLOSED`.
   */
  read(offset: number, target: Uint8Array, signal?: AbortSignal): Promise<void>;
  /** The same without waiting; absent where bytes can't be had synchronously. */
  readSync?(offset: number, target: Uint8Array): void;
  /** Frees what the source holds. Calling it twice is a no-op. */
  close(): Promise<void>;
}
