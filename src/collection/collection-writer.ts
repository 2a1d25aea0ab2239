import { checkFlag, checkOptions } from '../check-options.ts';
import { asText, CairnError, invalidArgument, isCairnError } from '../errors.ts';
import { type Source, SourceReader } from '../store/write/source-reader.ts';
import { unlessAborted } from '../wait-options.ts';
import { whenAborted } from '../when-aborted.ts';
import type { CollectionOptions } from './collection-options.ts';
import { checkKeepVersions } from './collection-options.ts';
import type { Change, Changes, Commit, CommitOptions, CompactOptions } from './commit-options.ts';
import { Compactor } from './compact/compactor.ts';
import { Maintenance } from './compact/maintenance.ts';
import type { OpenVersion } from './read/open-version.ts';
import { keptVersion } from './version/kept-version.ts';
import { filesOf, nameOf, type VersionState } from './version/version-state.ts';
import { ChangeSet } from './write/change-set.ts';
import { CommitQueue } from './write/commit-queue.ts';
import type { Committer, Proposal } from './write/committer.ts';
import { InlineWriter } from './write/inline-writer.ts';
import { ChangeProposer } from './write/propose-changes.ts';
import { ChangeWriter, EncodedKey, type EntryCodecs, Transaction } from './write/transaction.ts';

/** Memory for the changes of one commit; beyond it they are written to files as they come. */
const CHANGES_BYTES = 64 * 2 ** 20;

const DEFAULT_RETRIES = 10;

/** The handle for which a writer works. */
export interface WritingHandle {
  /** The version at which it stands. */
  current(): OpenVersion;
  /** Lets it stand at another version, which is its own from now on. */
  goTo(version: OpenVersion): void;
  /** Is aborted when the handle is closed. */
  readonly stopped: AbortSignal;
}

/** Calls that share a commit, as long as it has not begun. */
interface Batch<K, V> {
  readonly writer: ChangeWriter<K, V>;
  readonly committed: Promise<Commit>;
}

/** Commits the changes of one handle, in the order of the calls. */
export class CollectionWriter<K, V> {
  readonly #committer: Committer;
  readonly #codecs: EntryCodecs<K, V>;
  readonly #proposer: ChangeProposer;
  readonly #maintenance: Maintenance;
  readonly #keepVersions: number;
  readonly #queue = new CommitQueue();
  readonly #key = new EncodedKey();
  #batch: Batch<K, V> | undefined;
  #handle: WritingHandle | undefined;

  private constructor(
    committer: Committer,
    codecs: EntryCodecs<K, V>,
    inline: InlineWriter,
    { autoCompact, keepVersions }: CollectionOptions,
  ) {
    this.#committer = committer;
    this.#codecs = codecs;
    this.#keepVersions = keepVersions;
    this.#proposer = new ChangeProposer(committer, inline);
    this.#maintenance = new Maintenance(committer, new Compactor(committer), { autoCompact, keepVersions });
  }

  static async create<K, V>(
    committer: Committer,
    codecs: EntryCodecs<K, V>,
    options: CollectionOptions,
  ): Promise<CollectionWriter<K, V>> {
    const inline = await InlineWriter.create(committer.definition, committer.checksum);
    return new CollectionWriter(committer, codecs, inline, options);
  }

  /** Works for a handle from now on: called once. */
  attach(handle: WritingHandle): void {
    this.#handle = handle;
  }

  set(key: K, value: V): Promise<Commit> {
    return this.#change((writer) => writer.set(key, value));
  }

  delete(key: K): Promise<Commit> {
    return this.#change((writer) => writer.delete(key));
  }

  /** Makes changes in the commit that calls of this turn share: all of them, or none if one of them can't be made. */
  async apply(changes: readonly Change<K, V>[]): Promise<Commit> {
    return this.#change((writer) => {
      for (const change of changes) {
        if ('set' in change) writer.checkSet(...change.set);
        else writer.checkDelete(change.delete);
      }
      let waiting: Promise<void> | undefined;
      for (const change of changes) waiting = apply(change, writer) ?? waiting;
      return waiting;
    });
  }

  async commit(changes: Changes<K, V>, options: CommitOptions): Promise<Commit> {
    const {
      ifVersion,
      retries = DEFAULT_RETRIES,
      replace = false,
      signal,
    } = checkOptions(options, ['ifVersion', 'retries', 'replace', 'signal']);
    if (ifVersion !== undefined && !isCount(ifVersion)) throw wrongCount('ifVersion', ifVersion);
    if (!isCount(retries)) throw wrongCount('retries', retries);
    checkFlag('replace', replace);
    signal?.throwIfAborted();
    this.#batch = undefined;
    if (typeof changes === 'function')
      return this.#queue.add(() => this.#transact(changes, { ifVersion, retries, replace, signal }));
    const writer = this.#newChanges();
    // The list is taken at once as far as it can be: the caller may use it for something else.
    const collected = collect(changes, writer, [signal, this.#handle?.stopped]);
    collected.catch(() => undefined);
    return this.#queue.add(async () => {
      const set = writer.changes;
      return this.#keepingFiles(set, async () => {
        await collected;
        // What has read nothing is put on top of whatever is the newest: who that is shows when it is put.
        const base = ifVersion === undefined ? this.#current.retain() : await this.#base(ifVersion, signal);
        try {
          return await this.#put(base, set, { ifVersion, replace, signal });
        } finally {
          base.release();
        }
      });
    });
  }

  revertTo(number: number): Promise<Commit> {
    this.#batch = undefined;
    return this.#queue.add(async () => {
      if (!isCount(number)) throw wrongCount('version', number);
      const { directory } = this.#committer;
      const base = await this.#committer.newest(this.#current.state);
      try {
        return await this.#commit(base, async (newest): Promise<Proposal> => {
          const { generations } = await keptVersion(directory, newest.state, number);
          return {
            cause: 'revert',
            sets: 0,
            deletes: 0,
            bytes: 0,
            generations,
            abandon: async () => undefined,
          };
        });
      } finally {
        base.release();
      }
    });
  }

  async compact(
    options: CompactOptions,
  ): Promise<{ before: VersionState | undefined; after: VersionState | undefined }> {
    const { full = false, onProgress, signal } = options;
    checkFlag('full', full);
    const keepVersions = checkKeepVersions(options.keepVersions, this.#keepVersions);
    signal?.throwIfAborted();
    this.#batch = undefined;
    return this.#queue.add(async () => {
      const base = await this.#committer.newest(this.#current.state, signal);
      const before = base.state;
      try {
        const version = await this.#maintenance.compact(base, { full, keepVersions, signal, onProgress });
        this.#follow(version);
        return { before, after: version.state };
      } finally {
        base.release();
      }
    });
  }

  /** Goes on to the newest version, after the commits that were begun. */
  refresh(signal: AbortSignal | undefined): Promise<number> {
    this.#batch = undefined;
    return this.#queue.add(async () => {
      this.#follow(await this.#committer.newest(this.#current.state, signal));
      return this.#current.number;
    });
  }

  /** Waits for the commits that were begun, and for what they have begun in the background. */
  async settled(): Promise<void> {
    await this.#queue.idle();
    await this.#maintenance.settled();
  }

  /** Waits for the commits that were begun, and ends the compaction under way. */
  async close(): Promise<void> {
    await this.#queue.idle();
    await this.#maintenance.close();
  }

  get #current(): OpenVersion {
    return (this.#handle as WritingHandle).current();
  }

  /** Lets the handle stand at a version, unless it stands at a later one. */
  #follow(version: OpenVersion): void {
    if (version.number > this.#current.number) this.#handle?.goTo(version);
    else version.release();
  }

  /** Adds a change to the commit that calls of this turn share. */
  #change(change: (writer: ChangeWriter<K, V>) => Promise<void> | undefined): Promise<Commit> {
    this.#batch ??= this.#newBatch();
    const { writer, committed } = this.#batch;
    const waiting = change(writer);
    return waiting === undefined ? committed : waiting.then(() => committed);
  }

  #newBatch(): Batch<K, V> {
    const writer = this.#newChanges();
    const committed = this.#queue.add(async () => {
      if (this.#batch?.writer === writer) this.#batch = undefined;
      return this.#keepingFiles(writer.changes, () => this.#put(this.#current, writer.changes, {}));
    });
    // Each call that shares it is told; there may be none, where the first was refused.
    committed.catch(() => undefined);
    return { writer, committed };
  }

  #newChanges(): ChangeWriter<K, V> {
    return new ChangeWriter(new ChangeSet(this.#proposer.spill, CHANGES_BYTES), this.#codecs, this.#key);
  }

  async #transact(
    change: (tx: Transaction<K, V>) => void | Promise<void>,
    { ifVersion, retries, replace, signal }: Required<CommitOptionsOf>,
  ): Promise<Commit> {
    let base = await this.#base(ifVersion, signal);
    try {
      for (let attempt = 0; ; attempt++) {
        const writer = this.#newChanges();
        const tx = new Transaction(base, writer, this.#codecs, this.#proposer, this.#committer.pool);
        const done = await this.#keepingFiles(writer.changes, async () => {
          try {
            refuseList(await unlessAborted(Promise.resolve(change(tx)), signal));
          } finally {
            tx.end();
          }
          const ifChanged = tx.hasRead ? (base.state?.changed ?? 0) : undefined;
          return this.#put(base, writer.changes, { ifVersion, replace, signal, ifChanged });
        }).catch((error: unknown) => {
          if (!(error instanceof Overtaken)) throw error;
          if (attempt < retries) return undefined;
          throw new CairnError(
            'CONFLICT',
            `other writers of ${this.#committer.directory.uri} were first ${attempt + 1} times; try again, or allow more retries`,
            { uri: this.#committer.directory.uri },
          );
        });
        if (done !== undefined) return done;
        const newest = await this.#committer.newest(base.state, signal);
        base.release();
        base = newest;
      }
    } finally {
      base.release();
    }
  }

  /** The version on which a change is put, open: the newest, where it matters. @throws {CairnError} `CONFLICT`. */
  async #base(ifVersion: number | undefined, signal: AbortSignal | undefined): Promise<OpenVersion> {
    const base = await this.#committer.newest(this.#current.state, signal);
    try {
      if (ifVersion !== undefined) this.#refuseOther(base.state, ifVersion);
      return base;
    } catch (error) {
      base.release();
      throw error;
    }
  }

  #refuseOther(state: VersionState | undefined, ifVersion: number): void {
    if (ifVersion >= (state?.changed ?? 0) && ifVersion <= (state?.number ?? 0)) return;
    const { uri } = this.#committer.directory;
    throw new CairnError(
      'CONFLICT',
      `the newest version of ${uri} is ${state?.number ?? 0}, not ${ifVersion}: it was changed since; refresh() and try again`,
      { uri },
    );
  }

  async #put(
    base: OpenVersion,
    changes: ChangeSet,
    {
      ifVersion,
      ifChanged,
      replace = false,
      signal,
    }: {
      ifVersion?: number | undefined;
      ifChanged?: number | undefined;
      replace?: boolean | undefined;
      signal?: AbortSignal | undefined;
    },
  ): Promise<Commit> {
    if (changes.isEmpty && !replace && (await changes.spills()).length === 0) {
      return { version: base.number, sets: 0, deletes: 0, bytes: 0 };
    }
    return this.#commit(
      base,
      (newest) => {
        if (ifVersion !== undefined) this.#refuseOther(newest.state, ifVersion);
        if (ifChanged !== undefined && (newest.state?.changed ?? 0) !== ifChanged) throw new Overtaken();
        return this.#proposer.propose(newest, changes, replace);
      },
      signal,
    );
  }

  async #commit(
    base: OpenVersion,
    propose: (newest: OpenVersion) => Promise<Proposal>,
    signal?: AbortSignal,
  ): Promise<Commit> {
    await this.#maintenance.makeRoom(base);
    const version = await this.#committer.commit(base, propose, signal);
    const { number, sets, deletes, bytes } = version.state as VersionState;
    this.#follow(version);
    this.#maintenance.afterCommit(this.#current, this.#handle as WritingHandle, this.#queue);
    return { version: number, sets, deletes, bytes };
  }

  /** Runs a commit, and removes the files that changes were written to unless a version names them, or may. */
  async #keepingFiles<T>(changes: ChangeSet, work: () => Promise<T>): Promise<T> {
    try {
      const result = await work();
      const named = filesOf(this.#current.state?.generations ?? []);
      for (const spill of await changes.spills()) {
        if (!named.has(nameOf(spill.generation))) await spill.abandon();
      }
      return result;
    } catch (error) {
      if (!isCairnError(error, 'IO') || error.unanswered !== true) await changes.abandon();
      throw error;
    }
  }
}

type CommitOptionsOf = {
  readonly [Name in keyof CommitOptions]: Name extends 'retries'
    ? number
    : Name extends 'replace'
      ? boolean
      : CommitOptions[Name];
};

/** @throws {CairnError} `INVALID_ARGUMENT` for what a generator function, or one that lists its changes, returns. */
function refuseList(result: unknown): void {
  if (typeof result !== 'object' || result === null) return;
  if (Symbol.iterator in result || Symbol.asyncIterator in result) {
    throw invalidArgument(
      'changes',
      'the function given to commit returned a list: call it and pass the list itself, or make the changes by tx.set and tx.delete',
    );
  }
}

/** What a transaction has read is not the newest any more. */
class Overtaken extends Error {}

/** Takes a list of changes, until it ends or one of the signals is aborted: then it is closed, and not waited for. */
async function collect<K, V>(
  changes: Source<Change<K, V>>,
  writer: ChangeWriter<K, V>,
  signals: readonly (AbortSignal | undefined)[],
): Promise<void> {
  const source = SourceReader.of(changes);
  if (source === undefined) throw wrongChanges();
  const take = (change: Change<K, V>): void | Promise<void> => apply(change, writer);
  const taken = source.forEach(take);
  const listeners: (() => void)[] = [];
  const stopped = new Promise<never>((_, reject) => {
    for (const signal of signals) {
      if (signal === undefined) continue;
      const stop = (): void => {
        reject(signal.reason);
        source.giveUp(signal.reason);
      };
      listeners.push(whenAborted(signal, stop));
    }
  });
  try {
    await Promise.race([taken, stopped]);
  } finally {
    for (const remove of listeners) remove();
  }
}

function apply<K, V>(change: Change<K, V>, writer: ChangeWriter<K, V>): void | Promise<void> {
  if (typeof change !== 'object' || change === null) throw wrongChanges();
  const sets = Object.hasOwn(change, 'set');
  if (sets === Object.hasOwn(change, 'delete')) throw wrongChanges();
  if (!sets) return writer.delete((change as { readonly delete: K }).delete);
  const { set } = change as { readonly set: readonly [K, V] };
  if (!Array.isArray(set) || set.length !== 2) throw wrongChanges();
  return writer.set(set[0], set[1]);
}

function wrongChanges(): CairnError {
  return invalidArgument(
    'changes',
    'commit takes a function, or an iterable of { set: [key, value] } and { delete: key }',
  );
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function wrongCount(name: string, value: unknown): CairnError {
  return invalidArgument(name, `${name} must be a non-negative integer, not ${asText(value)}`);
}
