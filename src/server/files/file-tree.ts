/** A file that is open for one answer. */
export interface ServedFile {
  readonly bytes: number;
  /** A strong entity tag, in its quotes: it changes whenever the bytes do. */
  readonly etag: string;
  /** In milliseconds since 1970; absent if the storage does not know. */
  readonly modifiedMs?: number | undefined;
  /** Fills the target with the bytes from `offset` on. @throws {CairnError} if the file ends before, `IO`. */
  read(offset: number, target: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** The files below the root. */
export interface FileTree {
  /**
   * Opens a file by the parts of its path, which are plain names. Returns undefined if none is there, and if a link leads
   * out of the root.
   *
   * @throws {CairnError} (as a rejection) `IO`.
   */
  open(parts: readonly string[]): Promise<ServedFile | undefined>;
}
