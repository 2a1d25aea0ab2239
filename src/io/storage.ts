import type { ByteSink } from './byte-sink.ts';
import type { ByteSource } from './byte-source.ts';

/** One name in a directory. */
export interface StorageEntry {
  /** The name within its directory, without a slash. */
  readonly name: string;
  /** What the name leads to, if it is that of a symbolic link. */
  readonly kind: 'file' | 'directory';
  /** The size of a file in bytes; 0 for a directory. */
  readonly bytes: number;
  /**
   * The last change of the contents or of the name, in milliseconds since 1970; 0 if the storage does not
   * know.
   */
  readonly modifiedMs: number;
}

/** What the caller knows about a file before it is opened. */
export interface KnownFile {
  readonly bytes: number;
}

/** An upload that was started, and neither completed nor aborted. */
export interface IncompleteUpload {
  readonly path: string;
  /** Distinguishes uploads to the same path; only the storage interprets it. */
  readonly id: string;
  /** The bytes that are stored so far. */
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly startedMs: number;
}

/** How one reader accesses a storage. Each storage uses the options that concern it. */
export interface AccessOptions {
  /** Sends the requests; default: the host's `fetch`. */
  readonly fetch?: typeof fetch | undefined;
  /** Called after each request. */
  readonly onRequest?: ((request: RequestReport) => void) | undefined;
  /**
   * Whether all of each file will be read: then a server that ignores ranges is read, too. It sends files whole, and two at
   * a time are kept in memory. Default: false.
   */
  readonly whole?: boolean | undefined;
}

/** One finished request to a remote storage. */
export interface RequestReport {
  readonly method: string;
  /** Without credentials. */
  readonly url: string;
  /** The start of the requested range, in bytes; absent when the whole file was requested. */
  readonly offset?: number | undefined;
  /** The length of the requested range, in bytes. */
  readonly length?: number | undefined;
  /** Absent when there was no answer. */
  readonly status?: number | undefined;
  /** Bytes of the body that were received. */
  readonly bytes: number;
  readonly durationMs: number;
  /** 1 for the first attempt, more for a retry. */
  readonly attempt: number;
  /** Why the request failed, if it did. */
  readonly error?: string | undefined;
}

/**
 * A storage whose files can be read: enough to open stores.
 *
 * A storage is known by a URI scheme. Its paths have `/` between their parts; only the storage interprets the
 * first part.
 */
export interface ReadableStorage {
  readonly scheme: string;

  /**
   * Whether a file that was removed stays readable for those who opened it before, in whatever process. Where it does not,
   * what somebody may be reading is only removed a day after it was dropped.
   */
  readonly keepsRemoved?: boolean;

  /**
   * Opens a file. A remote storage sends no request if the caller knows the file's size: the first read finds
   * out whether the file is missing or another one. The signal aborts the opening.
   *
   * @throws {CairnError} `NOT_FOUND`, `IO`.
   */
  open(path: string, known?: KnownFile, signal?: AbortSignal): Promise<ByteSource>;

  /** Returns this storage with a reader's access options; absent if the storage uses none of them. */
  withAccess?(options: AccessOptions): ReadableStorage;

  /**
   * Returns what is at the path: a file, a directory, or nothing. A storage without directories may know only
   * files whose names end in `.cairn`.
   */
  kind(path: string): Promise<'file' | 'directory' | undefined>;

  /** Returns the path of a name in a directory. */
  join(directory: string, name: string): string;

  /** Splits a path into its directory and its last part. */
  split(path: string): { readonly directory: string; readonly name: string };

  /** Returns the URI of a path, for messages and `info.uri`. */
  uri(path: string): string;
}

/** A storage whose directories can be listed. */
export interface ListableStorage extends ReadableStorage {
  /** Whether {@link list} yields files in the order of their names' bytes, so that who wants the first ones may stop. */
  readonly listsInOrder?: boolean;

  /** Yields the contents of a directory, in no particular order; nothing if it does not exist. See {@link listsInOrder}. */
  list(path: string): AsyncIterable<StorageEntry>;

  /**
   * Yields the incomplete uploads in a directory and below it; absent if `list` shows files that are being
   * written.
   */
  listIncompleteUploads?(path: string): AsyncIterable<IncompleteUpload>;

  /**
   * Returns where a symbolic link leads, as it is written there; undefined if the path is not one. Absent if the storage
   * has no such links: every other member follows them.
   */
  readLink?(path: string): Promise<string | undefined>;

  /** Returns the path of something without symbolic links in it; absent if the storage has none. */
  realPath?(path: string): Promise<string>;
}

/**
 * A storage that files can be written to. `create` makes a file of a new name or fails; nothing here needs to
 * be atomic except `moveDirectory`.
 */
export interface WritableStorage extends ReadableStorage {
  /**
   * Starts a new file synchronously, and makes its directory if that has been removed. A storage that has to
   * send a request first reports a failure by a call of the sink, at the latest by `finish`.
   *
   * @throws {CairnError} `ALREADY_EXISTS` if the name is taken, `IO`.
   */
  create(path: string): ByteSink;

  /**
   * Makes a directory and its parents, durably. Returns false if it existed; its name is durable then, too.
   */
  makeDirectory(path: string): Promise<boolean>;

  /** Makes changes of the names in a directory durable. */
  syncDirectory(path: string): Promise<void>;

  /**
   * Makes the contents of a file durable that another process wrote, perhaps without finishing it; absent if
   * every visible file is durable.
   *
   * @throws {CairnError} `NOT_FOUND`, `IO`.
   */
  makeDurable?(path: string): Promise<void>;

  /** Removes a file, or a symbolic link. Does nothing if it does not exist. */
  remove(path: string): Promise<void>;

  /** Aborts an incomplete upload and frees its bytes. Does nothing if it does not exist. */
  removeIncompleteUpload?(upload: IncompleteUpload): Promise<void>;

  /** Removes a directory if it is empty. Returns false if it is not, or if the path is a file or a symbolic link. */
  removeDirectory(path: string): Promise<boolean>;

  /**
   * Gives a file a second name without transferring its bytes. Returns false if that is impossible; absent if
   * it always is. The caller copies the file then.
   *
   * @throws {CairnError} `ALREADY_EXISTS`.
   */
  link?(from: string, to: string): Promise<boolean>;

  /**
   * Moves a directory to a path that does not exist or is an empty directory, in one step; absent if the
   * storage cannot.
   *
   * @throws {CairnError} `ALREADY_EXISTS`, `NOT_FOUND`, `UNSUPPORTED` if the files would have to be copied, or if links in
   *   the directory would lead elsewhere.
   */
  moveDirectory?(from: string, to: string): Promise<void>;
}

/**
 * A storage that keeps concurrent writers apart: small files are put if absent, or replaced on a condition.
 */
export interface ConditionalStorage extends ReadableStorage {
  /**
   * Checks, before anything is written, that `putIfAbsent` keeps its promise at a path; absent if it always
   * does.
   *
   * @throws {CairnError} `UNSUPPORTED` if it does not, `IO`.
   */
  prepareCommit?(path: string): Promise<void>;

  /**
   * Writes a small file durably unless the name is taken. Returns false if it is. The file appears whole or
   * not at all, and of any number of concurrent callers exactly one gets true.
   *
   * @throws {CairnError} `IO`, `unanswered` if the file may still appear; `UNSUPPORTED`.
   */
  putIfAbsent(path: string, bytes: Uint8Array): Promise<boolean>;

  /**
   * Replaces a small file durably in one step: readers see the old or the new one.
   *
   * @param check is called with the current bytes, and throws unless they may be replaced: exactly those bytes are.
   *   Without it, whatever is there is replaced.
   * @throws {CairnError} `CONFLICT` if another writer replaced the file meanwhile; `NOT_FOUND` if there is a `check` and
   *   no file; `IO`; what `check` throws.
   */
  replace(path: string, bytes: Uint8Array, check?: (current: Uint8Array) => void): Promise<void>;
}

/** A complete storage: stores can be opened, listed, written and changed there. */
export interface Storage extends ListableStorage, WritableStorage, ConditionalStorage {}
