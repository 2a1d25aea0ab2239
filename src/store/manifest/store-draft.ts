import type { Checksum } from '../../bytes/checksum.ts';
import { compareBytes } from '../../bytes/compare.ts';
import { CairnError, invalidArgument } from '../../errors.ts';
import { narrowStorage, STORAGE_MEMBERS } from '../../io/narrow-storage.ts';
import type { Storage } from '../../io/storage.ts';
import { type Location, locate } from '../../io/uri.ts';
import { type CommitOutcome, commitManifest, replaceManifest } from './commit.ts';
import type { Manifest } from './manifest.ts';
import { type PathState, reportPath } from './path-state.ts';
import { StoreDirectory } from './store-directory.ts';

/** How a draft begins. */
export interface DraftOptions {
  readonly checksum: Checksum;
  readonly signal?: AbortSignal | undefined;
  /** Whether the files of a draft that fails stay, so that a later attempt can use them; default: false. */
  readonly keepsFiles?: boolean;
  /** Called when the path has been found free, before anything is written. If it throws, nothing is made. */
  readonly precheck?: () => Promise<void>;
}

/** Makes files of a draft, and can remove them. */
export interface FileMaker {
  /** Removes every file that was made. Calls that are at work fail with the reason. */
  abort(reason?: unknown): Promise<void>;
}

/**
 * A store that is being made at its final place: partitions under their final names, and no manifest yet. It becomes
 * visible in one step, by {@link commit}; or {@link abandon} removes what was made for it.
 *
 * A draft removes only what is its own: the files of its makers, adopted files and directories that it made, and none of
 * them once a manifest may name them. Files that other processes made, and may commit as well, need not be its own: a
 * manifest can name them all the same.
 */
export class StoreDraft {
  readonly directory: StoreDirectory<Storage>;
  readonly checksum: Checksum;
  /** Whether the store's directory was made here. */
  readonly #madeDirectory: boolean;
  /** Whether a store is there, which the draft changes: its directories stay. */
  readonly #isChange: boolean;
  readonly #makers: FileMaker[] = [];
  /** Their paths. */
  readonly #adopted = new Set<string>();
  #mayRemove: boolean;

  private constructor(
    directory: StoreDirectory<Storage>,
    checksum: Checksum,
    { made, isChange, mayRemove }: { made: boolean; isChange: boolean; mayRemove: boolean },
  ) {
    this.directory = directory;
    this.checksum = checksum;
    this.#madeDirectory = made;
    this.#isChange = isChange;
    this.#mayRemove = mayRemove;
  }

  /**
   * Begins a new store: at a path where nothing is, in an empty directory, or among the files of writers that have not
   * closed.
   *
   * @throws {CairnError} `ALREADY_EXISTS`, `UNSUPPORTED` if the storage does not keep writers apart, `IO`.
   */
  static async begin(directory: StoreDirectory<Storage>, options: DraftOptions): Promise<StoreDraft> {
    const { state, foreign } = await reportPath(directory);
    if (state !== 'absent' && state !== 'empty' && state !== 'incomplete')
      throw alreadyExists(directory, state, foreign);
    await options.precheck?.();
    options.signal?.throwIfAborted();
    const made = await prepare(directory);
    const mayRemove = options.keepsFiles !== true;
    return new StoreDraft(directory, options.checksum, { made, isChange: false, mayRemove });
  }

  /**
   * Begins another state of a complete store, for {@link replace}.
   *
   * @throws {CairnError} `UNSUPPORTED`, `IO`.
   */
  static async beginChange(directory: StoreDirectory<Storage>, checksum: Checksum): Promise<StoreDraft> {
    if (!prepared.has(directory)) {
      await prepare(directory);
      prepared.add(directory);
    }
    return new StoreDraft(directory, checksum, { made: false, isChange: true, mayRemove: true });
  }

  /** Makes the files of a maker the draft's own. */
  addMaker(maker: FileMaker): void {
    this.#makers.push(maker);
  }

  /**
   * Makes a partition the draft's own that no maker made, and returns its path. Adopt a file before it is made if its name
   * is unique to this attempt, else after it has been made: a file of the same name may be another writer's.
   */
  adopt(name: string): string {
    const path = this.directory.partition(name);
    this.#adopted.add(path);
    return path;
  }

  /**
   * Runs the work that completes the draft, and abandons the draft if it fails. The work's error is the one that is thrown:
   * sweep finds what could not be removed.
   */
  async complete<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      await this.abandon(error).catch(() => undefined);
      throw error;
    }
  }

  /**
   * Makes the store visible by its manifest, whose partitions must be durable (adopted ones: their contents). After an error
   * the store is absent, another writer's, or, where the storage failed, unknown: then all files stay.
   *
   * Partitions out of order are refused by an untyped error, before anything is visible.
   *
   * @throws {CairnError} `ALREADY_EXISTS` if another writer was first, `TOO_LARGE`, `IO`.
   */
  async commit(manifest: Manifest): Promise<void> {
    checkOrder(manifest);
    await this.#syncAdopted();
    const { directory, checksum } = this;
    const { state, error } = this.#settle(await commitManifest(directory, manifest, checksum));
    if (error !== undefined) throw error;
    if (state === 'lost') throw alreadyExists(directory, 'complete');
  }

  /**
   * Replaces the manifest of the store that is there, in one step, and removes the partitions that only the old one names.
   *
   * @param before is the manifest that the new one was made from.
   * @throws {CairnError} `CONFLICT` if the store was changed meanwhile, `TOO_LARGE`, `IO`.
   */
  async replace(before: Manifest, manifest: Manifest): Promise<void> {
    checkOrder(manifest);
    await this.#syncAdopted();
    const { directory, checksum } = this;
    const check = (current: Manifest): void => refuseChanged(directory, before, current);
    // Not every storage calls the check.
    check(await directory.readManifest(checksum));
    const { state, error } = this.#settle(await replaceManifest(directory, manifest, checksum, check));
    if (state !== 'done') throw error;
    const names = new Set(manifest.partitions.map(({ name }) => name));
    for (const { name } of before.partitions) {
      // The change is made: sweep finds what can't be removed now.
      if (!names.has(name)) await directory.storage.remove(directory.partition(name)).catch(() => undefined);
    }
  }

  /** Leaves all files to whoever names them: {@link abandon} removes nothing after this. */
  release(): void {
    this.#mayRemove = false;
  }

  /**
   * Removes what was made for the draft, unless a manifest may name it. Directories that hold other files stay.
   *
   * @param reason is what calls fail with that are still making files.
   * @throws {CairnError} `IO`.
   */
  async abandon(reason?: unknown): Promise<void> {
    if (!this.#mayRemove) return;
    const { storage, path, data } = this.directory;
    const failures: unknown[] = [];
    // One that fails is no reason to leave the others.
    const fail = (error: unknown): unknown => failures.push(error);
    for (const maker of this.#makers) await maker.abort(reason).catch(fail);
    for (const file of this.#adopted) await storage.remove(file).catch(fail);
    if (failures.length > 0) throw failures[0];
    if (this.#isChange) return;
    if ((await storage.removeDirectory(data)) && this.#madeDirectory) await storage.removeDirectory(path);
  }

  /** Decides by the outcome of a commit whether files may still be removed: the only place that does. */
  #settle(outcome: CommitOutcome): CommitOutcome {
    if (outcome.state !== 'lost' || outcome.shared === true) this.#mayRemove = false;
    return outcome;
  }

  async #syncAdopted(): Promise<void> {
    const { storage, data } = this.directory;
    if (this.#adopted.size > 0) await storage.syncDirectory(data);
  }
}

/**
 * Returns the directory that a store is to be written to.
 *
 * @throws {CairnError} `INVALID_ARGUMENT`, `UNSUPPORTED` if its storage cannot be written to.
 */
export function targetDirectory(uri: string | URL, argument?: string): StoreDirectory<Storage> {
  return new StoreDirectory(narrowStorage(locate(uri, argument), 'written to', STORAGE_MEMBERS));
}

/** Whether two locations are the same. */
export function isSame(one: Location, other: Location): boolean {
  return one.storage === other.storage && one.path === other.path;
}

/** @throws {CairnError} `INVALID_ARGUMENT` if the target of an operation lies below its source. */
export function refuseWithin(target: Location, source: Location): void {
  if (isWithin(target, source)) throw invalidArgument('to', `${target.uri} lies within ${source.uri}`);
}

function isWithin({ storage, path: inner }: Location, outer: Location): boolean {
  if (storage !== outer.storage) return false;
  for (let path = inner; ; ) {
    const { directory } = storage.split(path);
    if (directory === outer.path) return true;
    if (directory === path || directory === '') return false;
    path = directory;
  }
}

/** Where changes have begun before. Who removes a directory that is in use has its next file made together with it. */
const prepared = new WeakSet<StoreDirectory<Storage>>();

/** Makes the directories of a store, once the storage has proven to keep writers apart. Returns whether there were none. */
async function prepare({ storage, path, data, manifest }: StoreDirectory<Storage>): Promise<boolean> {
  await storage.prepareCommit?.(manifest);
  const made = await storage.makeDirectory(path);
  await storage.makeDirectory(data);
  return made;
}

/** Returns the error for a path that no store can be put at, by what is there; `foreign` names what no store has. */
export function alreadyExists(
  { uri }: Location,
  state: Exclude<PathState, 'absent' | 'empty'>,
  foreign?: string,
): CairnError {
  const what = {
    complete: 'a store',
    incomplete: 'an incomplete store',
    collection: 'a collection',
    file: 'a file',
    foreign: `a directory with other things in it${foreign === undefined ? '' : ` (${foreign})`}`,
  }[state];
  const advice = state === 'foreign' ? 'make an empty directory of it first' : 'delete it first';
  return new CairnError(
    'ALREADY_EXISTS',
    `${uri} is already ${what}; a store is written once. Choose another place, or ${advice}`,
    { uri },
  );
}

/** @throws {Error} for partitions that no reader would open: it is a bug of this library that they were written. */
function checkOrder({ partitions }: Manifest): void {
  let previous: Uint8Array = new Uint8Array(0);
  for (const { name, firstKey, lastKey } of partitions) {
    if (compareBytes(previous, firstKey) >= 0 || compareBytes(firstKey, lastKey) > 0)
      throw new Error(`the keys of ${name} are out of order: this is a bug of cairnkv`);
    previous = lastKey;
  }
}

function refuseChanged({ uri }: Location, before: Manifest, now: Manifest): void {
  const namesOf = ({ partitions }: Manifest): string => partitions.map(({ name }) => name).join('/');
  if (now.id === before.id && namesOf(now) === namesOf(before)) return;
  throw new CairnError('CONFLICT', `${uri} was changed by another writer meanwhile; try again`, { uri });
}
