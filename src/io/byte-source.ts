/**
 * Immutable bytes that can be read at any offset: a file, an object, a memory area.
 *
 * Reads are exact: they fill the target or fail. A source never returns fewer bytes than were requested.
 */
export interface ByteSource {
  /** The URI of the file, for messages. */
  readonly name: string;
  /** The size of the file when it was opened, in bytes. */
  readonly size: number;
  /**
   * Fills `target` with the bytes from `offset` on.
   *
   * @throws {CairnError} `CORRUPTION` when the file ends before, `IO` when it can't be read, `CLOSED`.
   */
  read(offset: number, target: Uint8Array, signal?: AbortSignal): Promise<void>;
  /** The same without waiting; absent where bytes can't be had synchronously. */
  readSync?(offset: number, target: Uint8Array): void;
  /** The path by which another thread opens the same bytes in the same storage; absent where it can't. */
  readonly path?: string;
  /**
   * Whether each read is a request over a network: fewer and larger reads are better then. Absent for memory
   * and disks.
   */
  readonly remote?: boolean;
  /**
   * Starts to read a range from front to back, as one request if possible; absent if reads are as good. Bytes
   * are handed out as they arrive, and no faster than they are taken.
   */
  stream?(offset: number, length: number, signal?: AbortSignal): ByteStream;
  /**
   * Makes all later reads bypass caches; called after bytes of the source have proved wrong, so that another
   * attempt can return the right ones. Returns an explanation for the message, if there is one; absent if
   * nothing is cached on the way.
   */
  bypassCaches?(): string | undefined;
  /** Frees what the source holds. Calling it twice is a no-op. */
  close(): Promise<void>;
}

/** A range of a source that is read from front to back. */
export interface ByteStream {
  /**
   * Fills `target` with the next bytes. Must not be called again before its promise is settled.
   *
   * @throws {CairnError} (as a rejection) what {@link ByteSource.read} throws.
   */
  read(target: Uint8Array): Promise<void>;
  /**
   * Ends the reading, also in the middle of a `read`, which then fails with `CLOSED`. Calling it twice is a
   * no-op.
   */
  close(): void;
}
