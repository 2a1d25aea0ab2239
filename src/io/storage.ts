import type { ByteSink } from './byte-sink.ts';
import type { ByteSource } from './byte-source.ts';

/** One thing in a directory. */
export interface StorageEntry {
  /** The name within its directory, without a slash. */
  readonly name: string;
  readonly kind: 'file' | 'directory';
  /** Bytes of a file; 0 for a directory. */
  readonly bytes: number;
  /** Milliseconds since 1970 of the last change, of the contents or of the name; 0 where nobody knows. */
  readonly modifiedMs: number;
}

/** What is known of a file before it is opened. */
export interface KnownFile {
  readonly bytes: number;
}

/** A file that was begun, and neither finished nor given up. */
export interface IncompleteUpload {
  readonly path: string;
  /** Tells it from others under the same name; only the storage interprets it. */
  readonly id: string;
  /** The room that it takes. */
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly startedMs: number;
}

/** How a reader wants its storage to work. Each storage takes what concerns it. */
export interface AccessOptions {
  /** Sends requests, in place of the platform's. */
  readonly fetch?: typeof fetch;
  /** Told of each request when it has ended. */
  readonly onRequest?: (request: RequestReport) => void;
}

/** One request to a storage far away, when it has ended. */
export interface RequestReport {
  readonly method: string;
  /** Without credentials. */
  readonly url: string;
  /** Of the range that was asked for; absent when it was all. */
  readonly offset?: number;
  readonly length?: number;
  /** Absent when there was no answer. */
  readonly status?: number;
  /** Bytes of the body that arrived. */
  readonly bytes: number;
  readonly durationMs: number;
  /** 1, or more when the request was tried again. */
  readonly attempt: number;
  /** Why it failed, if it did. */
  readonly error?: string;
}

/**
 * A place where stores live, known by a URI scheme. Paths are what follows the scheme, with `/` between
 * their parts; only the storage interprets the first part.
 *
 * Correctness rests on two promises: `create` makes a file of a fresh name or fails, and `putIfAbsent` makes
 * a small file whole or not at all, for exactly one of any number of callers. Nothing else is assumed to be
 * atomic but `replace`.
 */
export interface Storage {
  readonly scheme: string;

  /**
   * Opens a file. A storage far away asks nobody when the caller knows the file already: that it is missing, or another
   * one, is found out by the first read. The signal ends the opening, where that takes long.
   *
   * @throws {CairnError} `NOT_FOUND`, `IO`.
   */
  open(path: string, known?: KnownFile, signal?: AbortSignal): Promise<ByteSource>;

  /** This storage as one reader wants it; absent where there is nothing to choose. */
  withAccess?(options: AccessOptions): Storage;

  /**
   * Starts a new file, at once, making its directory where that has gone. A storage that has to ask first reports a
   * failure by a call of the sink, at the latest by `finish`.
   *
   * @throws {CairnError} `ALREADY_EXISTS` when the name is taken, `IO`.
   */
  create(path: string): ByteSink;

  /**
   * Makes sure, before anything is written, that `putIfAbsent` of a path will keep its promise; absent where it always
   * does.
   *
   * @throws {CairnError} `UNSUPPORTED` when it won't, `IO`.
   */
  prepareCommit?(path: string): Promise<void>;

  /**
   * Writes a small file durably unless the name is taken; false when it is.
   *
   * @throws {CairnError} `IO`, `unanswered` when the file may still appear; `UNSUPPORTED`.
   */
  putIfAbsent(path: string, bytes: Uint8Array): Promise<boolean>;

  /**
   * Durably puts a small file in the place of another in one step: readers see the old or the new one.
   *
   * @param check looks at what is there, and throws unless that may be replaced. A storage whose writers may be
   *   anywhere replaces exactly what was looked at; others may leave it out.
   * @throws {CairnError} `CONFLICT` when another writer came between, `IO`; what `check` throws.
   */
  replace(path: string, bytes: Uint8Array, check?: (current: Uint8Array) => void): Promise<void>;

  /** Absent where files can be written. @throws {CairnError} `UNSUPPORTED`, always. */
  refuseWriting?(path: string): never;

  /** What is at the path: a file, a directory, or nothing. */
  kind(path: string): Promise<'file' | 'directory' | undefined>;

  /** The contents of a directory, in no particular order; nothing when it is absent. */
  list(path: string): AsyncIterable<StorageEntry>;

  /** Makes a directory and its parents, durably. Returns false when it was there already: its name is durable then, too. */
  makeDirectory(path: string): Promise<boolean>;

  /**
   * Makes the bytes of a file durable that somebody else wrote, perhaps without coming to its end; absent where everything
   * is that can be seen.
   *
   * @throws {CairnError} `NOT_FOUND`, `IO`.
   */
  makeDurable?(path: string): Promise<void>;

  /** Makes what happened to the names in a directory durable. */
  syncDirectory(path: string): Promise<void>;

  /**
   * The files in a directory and below it that were begun, and neither finished nor given up, where nothing else shows
   * them; absent where `list` does.
   */
  listIncompleteUploads?(path: string): AsyncIterable<IncompleteUpload>;

  /** Gives up such a file. Nothing happens when it is gone. */
  removeIncompleteUpload?(file: IncompleteUpload): Promise<void>;

  /** Removes a file. Nothing happens when it is absent. */
  remove(path: string): Promise<void>;

  /** Removes a directory if it is empty; false when it is not. */
  removeDirectory(path: string): Promise<boolean>;

  /** Gives a file a second name without copying it; false where the storage can't. @throws `ALREADY_EXISTS`. */
  link(from: string, to: string): Promise<boolean>;

  /**
   * Moves a directory to a path that does not exist or is an empty directory, all of it in one step.
   *
   * @throws {CairnError} `ALREADY_EXISTS`, `NOT_FOUND`, `UNSUPPORTED` where it would have to be copied.
   */
  moveDirectory(from: string, to: string): Promise<void>;

  /** The path of a name in a directory. */
  join(directory: string, name: string): string;

  /** The directory of a path, and its last part. */
  split(path: string): { readonly directory: string; readonly name: string };

  /** The URI of a path, for messages and `info.uri`. */
  uri(path: string): string;
}
