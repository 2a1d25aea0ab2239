import type { Checksum } from '../../bytes/checksum.ts';
import { compareBytes } from '../../bytes/compare.ts';
import { CairnError, invalidArgument, isCairnError } from '../../errors.ts';
import { narrowStorage, STORAGE_MEMBERS } from '../../io/narrow-storage.ts';
import type { Storage } from '../../io/storage.ts';
import { type Location, locate } from '../../io/uri.ts';
import { type CommitOutcome, commitManifest, replaceManifest } from './commit.ts';
import { decodeManifest } from './decode-manifest.ts';
import { MANIFEST_NAME, type Manifest } from './manifest.ts';
import { WRITTEN_FILE } from './orphan-files.ts';
import { type PathState, reportPath } from './path-state.ts';
import { refuseLink } from './refuse-link.ts';
import { refuseShared } from './shared-files.ts';
import { StoreDirectory } from './store-directory.ts';

/** How a draft begins. */
export interface DraftOptions {
  readonly checksum: Checksum;
  readonly signal?: AbortSignal | undefined;
  /** Whether the files of a draft that fails stay, so that a later attempt can use them; default: false. */
  readonly keepsFiles?: boolean;
  /**
   * Whether the draft takes the place of a store that is there when it is committed. Undefined where the caller's user has
   * no such choice: then no message advises it.
   */
  readonly replace?: boolean | undefined;
  /**
   * Called when the path has been found free, or with the manifest of the store that is to be replaced, before anything is
   * written. If it throws, nothing is made.
   */
  readonly precheck?: (replaced: Manifest | undefined) => Promise<void>;
}

/** How often a replacement is tried again because another writer was quicker. */
const MAX_REPLACEMENTS = 16;

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
  /** Whether a store is there, which the draft changes or replaces: its directories stay. */
  readonly #isChange: boolean;
  /** Whether {@link commit} takes the place of a store that is there: see {@link DraftOptions}. */
  readonly #replace: boolean | undefined;
  /** The manifest that was there at the beginning, if it is to be replaced and can be read. */
  readonly replaced: Manifest | undefined;
  /** Whether the draft has files of {@link replaced}, so that no other store than that one can be replaced. */
  #keepsReplaced = false;
  readonly #makers: FileMaker[] = [];
  /** Their paths. */
  readonly #adopted = new Set<string>();
  #mayRemove: boolean;

  private constructor(
    directory: StoreDirectory<Storage>,
    checksum: Checksum,
    { made, isChange, mayRemove, replace, replaced }: DraftState,
  ) {
    this.directory = directory;
    this.checksum = checksum;
    this.#madeDirectory = made;
    this.#isChange = isChange;
    this.#mayRemove = mayRemove;
    this.#replace = replace;
    this.replaced = replaced;
  }

  /**
   * Begins a new store: at a path where nothing is, in an empty directory, or among the files of writers that have not
   * closed; with `replace`, also beside a store that is there.
   *
   * @throws {CairnError} `ALREADY_EXISTS`, `UNSUPPORTED` if the storage does not keep writers apart, `NOT_A_STORE` if what is
   *   to be replaced is, or has, a symbolic link, `UNSUPPORTED_FORMAT` if it is of a newer format, `IO`.
   */
  static async begin(directory: StoreDirectory<Storage>, options: DraftOptions): Promise<StoreDraft> {
    const { checksum, signal, replace } = options;
    const { state, foreign } = await reportPath(directory);
    const isThere = state === 'complete' && replace === true;
    if (state !== 'absent' && state !== 'empty' && state !== 'incomplete' && !isThere)
      throw alreadyExists(directory, state, { foreign, replaceable: replace === false });
    const replaced = isThere ? await replaceable(directory, checksum) : undefined;
    await options.precheck?.(replaced);
    signal?.throwIfAborted();
    const made = await prepare(directory);
    const mayRemove = options.keepsFiles !== true;
    return new StoreDraft(directory, checksum, { made, isChange: isThere, mayRemove, replace, replaced });
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

  /** Notes that a partition of the store that is replaced is one of the new store, too. It is not the draft's own. */
  keepReplaced(): void {
    this.#keepsReplaced = true;
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
   * With `replace`, it takes the place of the store that is there by then, and removes the partitions that only that one
   * names.
   *
   * @throws {CairnError} `ALREADY_EXISTS` if another writer was first, `CONFLICT` if others went on replacing the store, or
   *   replaced one of which files were kept, `TOO_LARGE`, `IO`.
   */
  async commit(manifest: Manifest): Promise<void> {
    checkOrder(manifest);
    await this.#syncAdopted();
    if (this.#replace === true) return this.#commitOver(manifest);
    const { directory, checksum } = this;
    const { state, error } = this.#settle(await commitManifest(directory, manifest, checksum));
    if (error !== undefined) throw error;
    if (state === 'lost')
      throw alreadyExists(directory, 'complete', { replaceable: this.#replace === false });
  }

  async #commitOver(manifest: Manifest): Promise<void> {
    const { directory, checksum } = this;
    for (let attempt = 1; ; attempt++) {
      const current = await readIfThere(directory);
      if (this.#keepsReplaced) this.#refuseChanged(current);
      if (current === undefined) {
        const { state, error } = this.#settle(await commitManifest(directory, manifest, checksum));
        if (error !== undefined) throw error;
        if (state === 'done') return;
      } else {
        const outcome = await replaceManifest(directory, manifest, checksum, (bytes) => {
          if (compareBytes(bytes, current) !== 0) throw changedMeanwhile(directory);
        });
        const { state, error } = this.#settle(outcome);
        if (state === 'done') {
          await this.#removeReplaced(partitionsOf(current, checksum), manifest);
          return;
        }
        // The store was replaced, or deleted, since it was read.
        if (state === 'unclear' || !isCairnError(error, 'CONFLICT', 'NOT_FOUND')) throw error;
      }
      if (attempt === MAX_REPLACEMENTS || this.#keepsReplaced) throw changedMeanwhile(directory);
    }
  }

  /** @throws {CairnError} `CONFLICT` unless the manifest that is there is the one that files were kept of. */
  #refuseChanged(current: Uint8Array | undefined): void {
    const { directory, checksum, replaced } = this;
    if (current === undefined || replaced === undefined) throw changedMeanwhile(directory);
    refuseChanged(directory, replaced, decodeManifest(current, directory.manifestRegion.file, checksum));
  }

  /** Removes partitions of a store that has been replaced. Sweep finds what can't be removed now. */
  async #removeReplaced(partitions: Manifest['partitions'], by: Manifest): Promise<void> {
    const { storage } = this.directory;
    const names = new Set(by.partitions.map(({ name }) => name));
    const failed = (): undefined => undefined;
    for (const { name } of partitions) {
      if (names.has(name) || !WRITTEN_FILE.test(name)) continue;
      await storage.remove(this.directory.partition(name)).catch(failed);
    }
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
    // A storage of the user's own may not call the check.
    check(await directory.readManifest(checksum));
    const outcome = await replaceManifest(directory, manifest, checksum, (current) =>
      check(decodeManifest(current, directory.manifestRegion.file, checksum)),
    );
    const { state, error } = this.#settle(outcome);
    if (state !== 'done') throw error;
    await this.#removeReplaced(before.partitions, manifest);
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

/** What a draft knows of the place where it begins. */
interface DraftState {
  readonly made: boolean;
  readonly isChange: boolean;
  readonly mayRemove: boolean;
  readonly replace?: boolean | undefined;
  readonly replaced?: Manifest | undefined;
}

/**
 * Returns the manifest of a store that is to be replaced; undefined if it is damaged, which is no reason to keep the store.
 *
 * @throws {CairnError} `NOT_A_STORE` if the store or its manifest is a symbolic link, or if its files belong to another
 *   store by one; `UNSUPPORTED_FORMAT`, `IO`.
 */
async function replaceable(
  directory: StoreDirectory<Storage>,
  checksum: Checksum,
): Promise<Manifest | undefined> {
  await refuseLink(directory, 'replaced');
  await refuseShared(directory, 'complete', 'replaced', checksum);
  try {
    return await directory.readManifest(checksum);
  } catch (error) {
    if (isCairnError(error, 'CORRUPTION', 'NOT_A_STORE', 'NOT_FOUND', 'INCOMPLETE')) return undefined;
    throw error;
  }
}

/** Returns the bytes of the manifest that is there; undefined if there is none. @throws {CairnError} `IO`. */
async function readIfThere(directory: StoreDirectory<Storage>): Promise<Uint8Array | undefined> {
  try {
    return await directory.readManifestBytes();
  } catch (error) {
    if (isCairnError(error, 'NOT_FOUND')) return undefined;
    throw error;
  }
}

/** Returns the partitions that a manifest names; none if it can't be read: then nothing says which files are its own. */
function partitionsOf(bytes: Uint8Array, checksum: Checksum): Manifest['partitions'] {
  try {
    return decodeManifest(bytes, MANIFEST_NAME, checksum).partitions;
  } catch (error) {
    if (isCairnError(error)) return [];
    throw error;
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

/** Returns the name of a partition for a copy of it beside a file of that name. `attemptId` must be unique. */
export function freshName(name: string, attemptId: string): string {
  const [, number = '00000'] = /^part-(\d{5,})-/.exec(name) ?? [];
  return `part-${number}-${attemptId}.cairn`;
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

/**
 * Returns the error for a path that no store can be put at, by what is there. `foreign` names what no store has;
 * `replaceable` says that the caller could have asked to replace a store.
 */
export function alreadyExists(
  { uri }: Location,
  state: Exclude<PathState, 'absent' | 'empty'>,
  { foreign, replaceable = false }: { foreign?: string | undefined; replaceable?: boolean } = {},
): CairnError {
  const what = {
    complete: 'a store',
    incomplete: 'an incomplete store',
    collection: 'a collection',
    file: 'a file',
    foreign: `a directory with other things in it${foreign === undefined ? '' : ` (${foreign})`}`,
  }[state];
  const replacing = replaceable && state === 'complete' ? ', replace it (replace: true)' : '';
  const advice = state === 'foreign' ? 'make an empty directory of it first' : 'delete it first';
  return new CairnError(
    'ALREADY_EXISTS',
    `${uri} is already ${what}; a store is written once. Choose another place${replacing}, or ${advice}`,
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

/** @throws {CairnError} `CONFLICT` unless the manifest of a store is the one that it was before. */
export function refuseChanged(
  { uri }: Pick<Location, 'uri'>,
  before: Manifest,
  now: Manifest | undefined,
): void {
  const namesOf = ({ partitions }: Manifest): string => partitions.map(({ name }) => name).join('/');
  if (now !== undefined && now.id === before.id && namesOf(now) === namesOf(before)) return;
  throw changedMeanwhile({ uri });
}

function changedMeanwhile({ uri }: Pick<Location, 'uri'>): CairnError {
  return new CairnError('CONFLICT', `${uri} was changed by another writer meanwhile; try again`, { uri });
}
