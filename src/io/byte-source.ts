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
  /** The path by which another thread opens the same bytes in the same storage; absent where it can't. */
  readonly path?: string;
  /**
   * Whether each read is a request that takes long however little it brings: fewer and larger reads are better then.
   * Absent for memory and disks.
   */
  readonly remote?: boolean;
  /**
   * Begins to read a stretch from front to back, as one request where that is possible; absent where reads are as good.
   * Bytes come as they arrive, and no faster than they are taken.
   */
  stream?(offset: number, length: number, signal?: AbortSignal): ByteStream;
  /**
   * To be called when bytes of the source have proved wrong: from now on it reads past all caches, so that another
   * attempt may bring the right ones. Gives what would explain it, for the message; absent where nothing lies between.
   */
  bypassCaches?(): string | undefined;
  /** Frees what the source holds. Calling it twice is a no-op. */
  close(): Promise<void>;
}

/** A stretch of a source that is read from front to back. */
export interface ByteStream {
  /**
   * Fills `target` with the bytes that come next. Not to be called again before its promise is settled.
   *
   * @throws {CairnError} (as a rejection) what {@link ByteSource.read} throws.
   */
  read(target: Uint8Array): Promise<void>;
  /** Ends the reading, also in the middle of a `read`, which then fails with `CLOSED`. Calling it twice is a no-op. */
  close(): void;
}
