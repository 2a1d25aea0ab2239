import type { Checksum } from '../../bytes/checksum.ts';
import { compareBytes } from '../../bytes/compare.ts';
import { corruption } from '../../bytes/corruption.ts';
import { CairnError, isCairnError } from '../../errors.ts';
import { isListable } from '../../io/narrow-storage.ts';
import type { ListableStorage, ReadableStorage } from '../../io/storage.ts';
import type { Location } from '../../io/uri.ts';
import { StoreDirectory } from '../../store/manifest/store-directory.ts';
import { DEFINITION_NAME, decodeDefinition, MAX_DEFINITION_BYTES } from './definition-file.ts';
import { decodeVersion, MAX_VERSION_BYTES } from './version-file.ts';
import { beginBytes, beginName, isBeginName, versionName, versionNumber } from './version-name.ts';
import type { CollectionDefinition, VersionState } from './version-state.ts';

/** The directory of the version files. */
export const VERSIONS_DIRECTORY: string = 'versions';

/** Holds the number of a version that was the newest when it was written: where to look first, without a listing. */
export const LATEST_NAME: string = 'LATEST';

/** The word of a version is within so many bytes of its file, as this code writes it, unless names of codecs are long. */
const WORD_BYTES = 1024;

const LATIN1 = new TextDecoder('latin1');

/** How often the newest version is looked for again that vanishes before it is read. */
const MAX_ATTEMPTS = 16;

/**
 * The directory of one collection, whether the collection is there or not: its paths, and what lies at them.
 *
 * Version files are removed oldest first, and the newest ones never are. So a version is valid if the very one before it is
 * still there; before the first, the file that was made with the collection. Any other version file is that of a writer that
 * slept while its number came and went.
 */
export class CollectionDirectory<S extends ReadableStorage = ReadableStorage> implements Location<S> {
  readonly storage: S;
  readonly path: string;
  readonly uri: string;
  /** The paths of the partition files, as those of a store. */
  readonly files: StoreDirectory<S>;
  readonly checksum: Checksum;
  /** A hint that was asked for ahead of time. */
  #hint: Promise<number | undefined> | undefined;

  constructor(location: Location<S>, checksum: Checksum) {
    this.storage = location.storage;
    this.path = location.path;
    this.uri = location.uri;
    this.files = new StoreDirectory(location);
    this.checksum = checksum;
  }

  /** The path of the file that makes this a collection. */
  get definition(): string {
    return this.storage.join(this.path, DEFINITION_NAME);
  }

  /** The path of the directory of the version files. */
  get versions(): string {
    return this.storage.join(this.path, VERSIONS_DIRECTORY);
  }

  /** The path of the hint. */
  get latest(): string {
    return this.storage.join(this.path, LATEST_NAME);
  }

  /** Returns the path of the file before the first version. */
  begin(id: string): string {
    return this.storage.join(this.versions, beginName(id));
  }

  /** Returns the path of a version's file. */
  version(number: number): string {
    return this.storage.join(this.versions, versionName(number));
  }

  /** Returns the definition; undefined if no collection is there. @throws {CairnError} `CORRUPTION`, `UNSUPPORTED_FORMAT`, `IO`. */
  async readDefinition(signal?: AbortSignal): Promise<CollectionDefinition | undefined> {
    const { definition, storage } = this;
    const bytes = await this.#read(definition, signal, { most: MAX_DEFINITION_BYTES });
    return bytes && decodeDefinition(bytes, storage.uri(definition), this.checksum);
  }

  /** Returns a version; undefined if it has no file. @throws {CairnError} `CORRUPTION`, `UNSUPPORTED_FORMAT`, `IO`. */
  async readVersion(number: number, signal?: AbortSignal): Promise<VersionState | undefined> {
    const path = this.version(number);
    const file = this.storage.uri(path);
    const bytes = await this.#read(path, signal);
    if (bytes === undefined) return undefined;
    const state = decodeVersion(bytes, file, this.checksum);
    if (state.number === number) return state;
    throw corruption({ file, section: 'state', offset: 0 }, 'the file is of another version', {
      expected: `${number}`,
      actual: `${state.number}`,
    });
  }

  /** Returns the numbers of all version files, the newest first. Where a storage can't list, there are none. */
  async listVersions(): Promise<number[]> {
    const { storage } = this;
    const numbers: number[] = [];
    if (!isListable(storage)) return numbers;
    for await (const { kind, name } of storage.list(this.versions)) {
      const number = kind === 'file' ? versionNumber(name) : undefined;
      if (number !== undefined) numbers.push(number);
    }
    return numbers.sort((a, b) => b - a);
  }

  /**
   * Returns the newest version; undefined if nothing has been committed.
   *
   * @param known a version that was valid once: looking on from there takes no listing.
   * @throws {CairnError} `CORRUPTION`, `UNSUPPORTED_FORMAT`, `IO`.
   */
  async newest(
    { id }: { readonly id: string },
    known?: VersionState,
    signal?: AbortSignal,
  ): Promise<VersionState | undefined> {
    let from = known;
    // The versions whose files were missing when they were looked for.
    const missing = new Set<number>();
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      signal?.throwIfAborted();
      if (from !== undefined) {
        const newest = await this.#forward(from, id, signal);
        if (newest !== undefined) return newest;
        from = undefined;
      }
      if (!isListable(this.storage)) {
        const hint = this.#hint ?? this.readHint(signal);
        this.#hint = undefined;
        const number = (await hint) ?? 1;
        // In this order: that the next one is absent counts if this one is there afterwards.
        const next = await this.readVersion(number + 1, signal);
        const hinted = await this.readVersion(number, signal);
        if (hinted === undefined) {
          const isFirst = await this.isThere(undefined, id);
          if (isFirst && number === 1) return undefined;
          missing.add(number === 1 ? 0 : number);
          // Versions go on from the file before the first, and are removed from there on: none is missing between.
          if (isFirst) break;
        } else if (next === undefined) return hinted;
        from = hinted && next;
        continue;
      }
      const [number, before] = await this.#listNewest(this.storage);
      if (number === 0) return undefined;
      const newest = number === undefined ? undefined : await this.readVersion(number, signal);
      if (newest !== undefined && before === newest.number - 1) return newest;
      // It is not made yet, or was deleted.
      if (number === undefined && !(await this.#isDefined(id, signal))) return undefined;
      missing.add(newest === undefined ? (number ?? 0) : newest.number - 1);
    }
    const [first, ...others] = missing;
    if (first !== undefined && others.length === 0) {
      if (!(await this.#isDefined(id, signal))) return undefined;
      throw this.missingVersion(first, id);
    }
    throw new CairnError(
      'IO',
      `the newest version of ${this.uri} vanished ${MAX_ATTEMPTS} times before it was read; try again`,
      { uri: this.uri, operation: 'open', transient: true },
    );
  }

  async #isDefined(id: string, signal: AbortSignal | undefined): Promise<boolean> {
    return (await this.readDefinition(signal))?.id === id;
  }

  /** Goes on from a valid version as long as there is a next one; undefined if that can't be told any more. */
  async #forward(
    from: VersionState,
    id: string,
    signal: AbortSignal | undefined,
  ): Promise<VersionState | undefined> {
    for (let state = from; ; ) {
      const next = await this.readVersion(state.number + 1, signal);
      if (!(await this.isThere(state, id, signal))) return undefined;
      if (next === undefined) return state;
      state = next;
    }
  }

  /** Returns the error for a version that must have a file; 0 is the file before the first version. */
  missingVersion(number: number, id: string): CairnError {
    const file = this.storage.uri(number === 0 ? this.begin(id) : this.version(number));
    return corruption(
      { file, section: 'file', offset: 0 },
      'the file is missing, and others say that it was there',
    );
  }

  /**
   * The two greatest numbers of version files; that of the file before the first is 0. Where names are listed in order, one
   * page of a listing tells them.
   */
  async #listNewest(storage: ListableStorage): Promise<number[]> {
    const numbers: number[] = [];
    for await (const { kind, name } of storage.list(this.versions)) {
      const number = kind !== 'file' ? undefined : isBeginName(name) ? 0 : versionNumber(name);
      if (number !== undefined) numbers.push(number);
      if (numbers.length === 2 && storage.listsInOrder === true) break;
    }
    return numbers.sort((a, b) => b - a);
  }

  /**
   * Whether the file of a version that was valid is still there, so that the file after it is valid, too; without a version,
   * the file before the first. The number does not say so: a writer that slept may have put another file in the place of the
   * removed one.
   *
   * @throws {CairnError} `IO`.
   */
  async isThere(state: VersionState | undefined, id: string, signal?: AbortSignal): Promise<boolean> {
    const { storage } = this;
    if (state === undefined) {
      const path = this.begin(id);
      if (isListable(storage)) return (await storage.kind(path)) === 'file';
      return (await this.#read(path, signal)) !== undefined;
    }
    const start = await this.#read(this.version(state.number), signal, { first: WORD_BYTES });
    if (start === undefined) return false;
    // No other file has the word: quotes within a text of the state are escaped.
    if (LATIN1.decode(start).includes(`"word":"${state.word}"`)) return true;
    try {
      return (await this.readVersion(state.number, signal))?.word === state.word;
    } catch (error) {
      if (isCairnError(error, 'CORRUPTION', 'UNSUPPORTED_FORMAT')) return false;
      throw error;
    }
  }

  /** Asks for the hint where nothing can be listed, so that the next {@link newest} need not wait for it. */
  requestHint(signal: AbortSignal | undefined): void {
    if (isListable(this.storage)) return;
    this.#hint = this.readHint(signal);
    this.#hint.catch(() => undefined);
  }

  /** Reads the file before the first version, if it is still there. @throws {CairnError} (as a rejection) `CORRUPTION`, `IO`. */
  async checkBegin(id: string, signal?: AbortSignal): Promise<void> {
    const path = this.begin(id);
    const bytes = await this.#read(path, signal, { most: 64 });
    if (bytes === undefined || compareBytes(bytes, beginBytes()) === 0) return;
    throw corruption(
      { file: this.storage.uri(path), section: 'file', offset: 0 },
      'the file holds something else',
    );
  }

  /**
   * Returns the number in the hint; undefined if there is none: it is not written with each commit.
   *
   * @throws {CairnError} (as a rejection) `CORRUPTION`, `IO`.
   */
  async readHint(signal?: AbortSignal): Promise<number | undefined> {
    const bytes = await this.#read(this.latest, signal, { most: 64 });
    if (bytes === undefined) return undefined;
    const text = new TextDecoder().decode(bytes);
    if (/^[1-9]\d{0,14}\n$/.test(text)) return Number(text);
    const file = this.storage.uri(this.latest);
    throw corruption({ file, section: 'file', offset: 0 }, 'the file does not hold a number', {
      expected: 'the number of a version',
      actual: JSON.stringify(text.slice(0, 32)),
    });
  }

  /** Returns the bytes of a small file, or its `first` ones; undefined if it does not exist. */
  async #read(
    path: string,
    signal: AbortSignal | undefined,
    { most = MAX_VERSION_BYTES, first = most }: { readonly most?: number; readonly first?: number } = {},
  ): Promise<Uint8Array | undefined> {
    const { storage } = this;
    let source: Awaited<ReturnType<S['open']>>;
    try {
      source = (await storage.open(path, undefined, signal)) as typeof source;
    } catch (error) {
      if (isCairnError(error, 'NOT_FOUND')) return undefined;
      throw error;
    }
    try {
      if (source.size > most) {
        throw corruption({ file: storage.uri(path), section: 'file', offset: 0 }, 'the file is too large', {
          expected: `at most ${most} bytes`,
          actual: `${source.size}`,
        });
      }
      const bytes = new Uint8Array(Math.min(source.size, first));
      if (source.readSync === undefined) await source.read(0, bytes, signal);
      else source.readSync(0, bytes);
      return bytes;
    } finally {
      await source.close();
    }
  }
}
