import type { Checksum } from '../../bytes/checksum.ts';
import { CairnError, isCairnError } from '../../errors.ts';
import type { Host } from '../../io/host.ts';
import type { Storage } from '../../io/storage.ts';
import { GenerationGone, type GenerationPool } from '../read/generation-reader.ts';
import { openNewest } from '../read/open-newest.ts';
import { OpenVersion } from '../read/open-version.ts';
import type { CollectionDirectory } from '../version/collection-directory.ts';
import { replacedCollection } from '../version/collection-state.ts';
import { encodeVersion } from '../version/version-file.ts';
import { MAX_VERSION } from '../version/version-name.ts';
import {
  type Definition,
  droppedBy,
  type Generation,
  type VersionCause,
  type VersionState,
} from '../version/version-state.ts';

/** What a commit makes of a version. */
export interface Proposal {
  readonly cause: VersionCause;
  readonly sets: number;
  readonly deletes: number;
  readonly bytes: number;
  /** The newest first. */
  readonly generations: readonly Generation[];
  /** The oldest version to be kept; default: as before. */
  readonly oldest?: number | undefined;
  /** Removes the files that were written for this attempt alone. */
  abandon(): Promise<void>;
}

/** Makes a proposal on top of the newest version; undefined if there is nothing to commit any more. */
export type Propose = (base: OpenVersion) => Promise<Proposal | undefined>;

/** A pause before another attempt is at most so long, in milliseconds. */
const MAX_PAUSE_MS = 64;

/**
 * A version that was valid so many milliseconds ago is taken for one that still has its file: that saves a request. If it is
 * wrong, the check after the put notices.
 */
const FRESH_MS = 200;

/** Commits versions, one at a time, and tries again on top of what others have committed. */
export class Committer {
  readonly directory: CollectionDirectory<Storage>;
  readonly definition: Definition;
  readonly checksum: Checksum;
  readonly pool: GenerationPool;
  readonly host: Host;
  /** Files that were dropped, and are known to be gone: the next version does not name them any more. */
  readonly removed: Set<string> = new Set<string>();
  readonly #make: (() => Promise<void>) | undefined;
  /** The version that was known to be valid last, and when. */
  #valid = { number: 0, atMs: 0 };

  /** @param make makes the collection if it is not there yet: called before anything is written. */
  constructor(
    directory: CollectionDirectory<Storage>,
    definition: Definition,
    pool: GenerationPool,
    host: Host,
    make?: () => Promise<void>,
  ) {
    this.#make = make;
    this.directory = directory;
    this.definition = definition;
    this.checksum = pool.checksum;
    this.pool = pool;
    this.host = host;
  }

  /**
   * Commits what `propose` makes of a version, and returns the new version, open; or the newest one, if there was nothing to
   * commit. If another writer is first, `propose` is called again for what that one has committed.
   *
   * @param base the version to begin with; it stays the caller's.
   * @throws {CairnError} (as a rejection) what `propose` throws; `IO`, `unanswered` if the commit may be there all the same.
   */
  async commit(base: OpenVersion, propose: Propose, signal?: AbortSignal): Promise<OpenVersion> {
    let current = await this.#withFile(base, signal);
    try {
      for (let attempt = 0; ; attempt++) {
        signal?.throwIfAborted();
        const proposal = await propose(current);
        if (proposal === undefined) return current.retain();
        let gone: GenerationGone | undefined;
        const put = (): Promise<OpenVersion | undefined> => this.#openAndPut(current.state, proposal, signal);
        const version = await this.#settle(proposal, put).catch((error: unknown) => {
          if (!(error instanceof GenerationGone)) throw error;
          gone = error;
          return undefined;
        });
        if (version !== undefined) {
          this.noteValid(version);
          return version;
        }
        if (attempt > 0) await this.#pause(attempt);
        const before = current.number;
        const newest = await this.newest(current.state, signal);
        current.release();
        current = newest;
        // If another process has compacted a generation away there is a newer version; else its file is lost.
        if (gone !== undefined && newest.number === before) throw gone;
      }
    } finally {
      current.release();
    }
  }

  /** Makes the collection, if that has been put off until something is to be written. */
  async ensureMade(): Promise<void> {
    await this.#make?.();
  }

  /** Opens the newest version. */
  async newest(known: VersionState | undefined, signal?: AbortSignal): Promise<OpenVersion> {
    const { directory, pool, definition } = this;
    const otherCollection = (): CairnError => replacedCollection(directory);
    const version = await openNewest({ directory, pool, definition, otherCollection }, known, signal);
    this.noteValid(version);
    return version;
  }

  /** Notes that a version is valid now, so that the next commit on top of it need not look. */
  noteValid({ number }: OpenVersion): void {
    this.#valid = { number, atMs: this.host.now() };
  }

  /**
   * Returns the version, open, or the newest one if its file was removed: a handle that did nothing for long stands at such
   * a version, and what follows that is no version.
   */
  async #withFile(base: OpenVersion, signal: AbortSignal | undefined): Promise<OpenVersion> {
    const { number, atMs } = this.#valid;
    const ageMs = this.host.now() - atMs;
    const isFresh = number === base.number && ageMs >= 0 && ageMs < FRESH_MS;
    if (isFresh || (await this.directory.isThere(base.state, this.definition.id, signal)))
      return base.retain();
    return this.newest(undefined, signal);
  }

  /** Runs the step that decides; files of an attempt that certainly failed are removed. */
  async #settle(
    proposal: Proposal,
    put: () => Promise<OpenVersion | undefined>,
  ): Promise<OpenVersion | undefined> {
    let version: OpenVersion | undefined;
    try {
      version = await put();
    } catch (error) {
      if (!isCairnError(error, 'IO') || error.unanswered !== true) await proposal.abandon();
      throw error;
    }
    if (version === undefined) await proposal.abandon();
    return version;
  }

  /** Opens what is proposed, so that nothing can fail once it is there, and puts it. */
  async #openAndPut(
    base: VersionState | undefined,
    proposal: Proposal,
    signal: AbortSignal | undefined,
  ): Promise<OpenVersion | undefined> {
    const generations = await this.pool.open(proposal.generations, signal);
    let state: VersionState | undefined;
    try {
      state = await this.#put(base, proposal, signal);
    } finally {
      if (state === undefined) this.pool.release(generations);
    }
    return state && OpenVersion.of(this.pool, state, generations);
  }

  /** Puts the version that follows `base`; undefined if another writer was first. */
  async #put(
    base: VersionState | undefined,
    proposal: Proposal,
    signal: AbortSignal | undefined,
  ): Promise<VersionState | undefined> {
    const { directory, checksum } = this;
    const { cause, sets, deletes, bytes, generations } = proposal;
    const number = (base?.number ?? 0) + 1;
    if (number > MAX_VERSION) {
      throw new CairnError('UNSUPPORTED', `${directory.uri} has had all the versions that there can be`, {
        uri: directory.uri,
      });
    }
    const { id, keyEncoding, valueEncoding, compression } = this.definition;
    const state: VersionState = {
      id,
      keyEncoding,
      valueEncoding,
      compression,
      number,
      word: this.host.uniqueName(),
      cause,
      sets,
      deletes,
      bytes,
      changed: cause === 'compaction' ? (base?.changed ?? number) : number,
      oldest: Math.min(number, Math.max(proposal.oldest ?? 1, base?.oldest ?? 1)),
      generations,
      dropped: droppedBy(number, generations, base).filter(({ name }) => !this.removed.has(name)),
    };
    const file = encodeVersion(state, checksum);
    await this.ensureMade();
    signal?.throwIfAborted();
    const path = directory.version(number);
    let isFirst: boolean;
    try {
      isFirst = await directory.storage.putIfAbsent(path, file);
    } catch (error) {
      isFirst = await this.#isThere(state, error);
    }
    if (!isFirst) return undefined;
    let failure: unknown;
    try {
      if (await directory.isThere(base, id)) return state;
      if ((await directory.readDefinition())?.id !== id) {
        // The collection is gone, and this file is in the way of one that was made there since.
        await directory.storage.remove(path);
        failure = replacedCollection(directory);
      }
      // Else so many versions were committed since that the number came and went, before the file was put or after it.
    } catch (error) {
      failure = error;
    }
    if (isCairnError(failure, 'NOT_FOUND')) {
      await directory.storage.removeDirectory(directory.versions).catch(() => undefined);
      await directory.storage.removeDirectory(directory.path).catch(() => undefined);
      throw failure;
    }
    throw unanswered(directory.uri, number, failure);
  }

  /** Finds out what became of a version whose put failed: whether it is there. Throws if it is not, or can't be told. */
  async #isThere(state: VersionState, error: unknown): Promise<boolean> {
    const { directory } = this;
    let found: VersionState | undefined;
    try {
      found = await directory.readVersion(state.number);
    } catch {
      throw unanswered(directory.uri, state.number, error);
    }
    if (found === undefined) {
      if (isCairnError(error, 'IO') && error.unanswered === true)
        throw unanswered(directory.uri, state.number, error);
      throw error;
    }
    if (found.word !== state.word) return false;
    try {
      // It is visible; that it is durable takes this where files are.
      await directory.storage.syncDirectory(directory.versions);
    } catch {
      throw unanswered(directory.uri, state.number, error);
    }
    return true;
  }

  /** Waits for a random while, longer after each attempt, so that not all writers try at once. */
  async #pause(attempt: number): Promise<void> {
    const most = Math.min(MAX_PAUSE_MS, 2 ** attempt);
    const random = Number.parseInt(this.host.uniqueName().slice(0, 8), 16) / 2 ** 32;
    await new Promise((resolve) => setTimeout(resolve, random * most));
  }
}

/** The error for a commit of which nobody can say whether it is there. */
function unanswered(uri: string, number: number, cause: unknown): CairnError {
  const reason = cause instanceof Error ? `: ${cause.message}` : '';
  return new CairnError(
    'IO',
    `the commit of version ${number} of ${uri} failed, and may be there all the same${reason}. Read the collection again ` +
      'before you repeat the change',
    { uri, operation: 'commit', transient: true, unanswered: true, cause },
  );
}
