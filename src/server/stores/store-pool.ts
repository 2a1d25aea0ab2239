import type { Collection } from '../../collection/collection.ts';
import { type CollectionInfo, collectionInfo } from '../../collection/collection-info.ts';
import { firstBytesKey, openAnyCollection } from '../../collection/open-any-collection.ts';
import { isCairnError } from '../../errors.ts';
import type { ListableStorage } from '../../io/storage.ts';
import type { Location } from '../../io/uri.ts';
import type { StoreInfo } from '../../store/manifest/describe-store.ts';
import { MANIFEST_NAME } from '../../store/manifest/manifest.ts';
import { COLLECTION_NAME } from '../../store/manifest/path-state.ts';
import { openAnyStore } from '../../store/open-any-store.ts';
import type { StoreReader } from '../../store/read/store-reader.ts';
import { storeInfo } from '../../store/store-info.ts';
import { KeyText } from '../../text/key-text.ts';
import { notFound } from '../refusal.ts';
import { isPlainName } from '../root-path.ts';
import { leadsOut } from './leads-out.ts';

/** A store or collection that is open, whatever its encodings: keys and values of custom codecs are bytes. */
export type OpenedStore = {
  readonly name: string;
  readonly uri: string;
  readonly keys: KeyText;
  /** The first key of a collection whose keys are bytes, when it was opened: it says how long addresses are. */
  readonly firstKey: unknown;
} & (
  | { readonly kind: 'store'; readonly reader: StoreReader<unknown, unknown> }
  | { readonly kind: 'collection'; readonly reader: Collection<unknown, unknown> }
);

/** A store or collection in a listing. */
export type ListedStore = { readonly name: string } & (
  | { readonly kind: 'store'; readonly info: StoreInfo }
  | { readonly kind: 'collection'; readonly info: CollectionInfo }
);

/** What could not be described, and why. */
export interface SkippedStore {
  readonly name: string;
  readonly code: string;
}

/** How a pool works. */
export interface StorePoolOptions {
  readonly clock: () => number;
  /** How soon a commit to a collection is seen. */
  readonly refreshMs: number;
  /** Whether something directly below the root is neither listed nor opened. */
  readonly isHidden: (name: string) => boolean;
}

/** How long a store may be answered from after another one has taken its place. */
const RECHECK_MS = 5000;

/** More are closed again, the one that was not used for longest first. */
const MAX_OPEN = 64;

/** One that is open, or being opened. */
interface Slot {
  readonly opening: Promise<OpenedStore>;
  checkedMs: number;
  usedMs: number;
  users: number;
  checking: Promise<void> | undefined;
  /** Another one is opened for the next request; this one is closed when its last user has gone. */
  retired: boolean;
}

/** The stores and collections directly below a root. Each is opened once, for all requests. */
export class StorePool {
  readonly #root: Location<ListableStorage>;
  readonly #options: StorePoolOptions;
  readonly #slots = new Map<string, Slot>();

  constructor(root: Location<ListableStorage>, options: StorePoolOptions) {
    this.#root = root;
    this.#options = options;
  }

  /** How many are open. */
  get size(): number {
    return this.#slots.size;
  }

  /**
   * Does some work with a store or collection, which stays open meanwhile.
   *
   * @throws {Refusal} (as a rejection) 404. @throws {CairnError} `CORRUPTION`, `UNSUPPORTED_FORMAT`, `IO`.
   */
  async use<T>(name: string, work: (opened: OpenedStore) => Promise<T>): Promise<T> {
    const slot = await this.#acquire(name);
    try {
      return await work(await slot.opening);
    } finally {
      slot.users--;
      this.#closeUnused(slot);
    }
  }

  /** Describes all of them, by name, and names those that can't be described. */
  async list(): Promise<{ readonly found: ListedStore[]; readonly skipped: SkippedStore[] }> {
    const { storage, path } = this.#root;
    const found: ListedStore[] = [];
    const skipped: SkippedStore[] = [];
    for await (const { kind, name } of storage.list(path)) {
      if (kind !== 'directory' || !this.#isServed(name)) continue;
      try {
        const described = await this.#describe(name);
        if (described !== undefined) found.push(described);
      } catch (error) {
        if (!isCairnError(error)) throw error;
        skipped.push({ name, code: error.code });
      }
    }
    const byName = (a: { readonly name: string }, b: { readonly name: string }): number =>
      a.name < b.name ? -1 : 1;
    return { found: found.sort(byName), skipped: skipped.sort(byName) };
  }

  /** Closes everything. */
  async close(): Promise<void> {
    for (const name of [...this.#slots.keys()]) this.#retire(name);
  }

  #isServed(name: string): boolean {
    return isPlainName(name) && !this.#options.isHidden(name);
  }

  async #describe(name: string): Promise<ListedStore | undefined> {
    const { storage, path } = this.#root;
    const child = storage.join(path, name);
    const isFile = async (file: string): Promise<boolean> =>
      (await storage.kind(storage.join(child, file))) === 'file';
    const isStore = await isFile(MANIFEST_NAME);
    if (!isStore && !(await isFile(COLLECTION_NAME))) return undefined;
    if (await leadsOut(this.#root, name)) return undefined;
    const uri = storage.uri(child);
    return isStore
      ? { name, kind: 'store', info: await storeInfo(uri) }
      : { name, kind: 'collection', info: await collectionInfo(uri) };
  }

  async #acquire(name: string): Promise<Slot> {
    const { clock } = this.#options;
    for (;;) {
      const slot = this.#slots.get(name) ?? this.#begin(name);
      await slot.opening;
      const now = clock();
      if (now - slot.checkedMs >= RECHECK_MS) {
        slot.checking ??= this.#check(name, slot).finally(() => {
          slot.checking = undefined;
        });
        await slot.checking;
      }
      if (slot.retired) continue;
      slot.usedMs = now;
      slot.users++;
      return slot;
    }
  }

  #begin(name: string): Slot {
    const now = this.#options.clock();
    const slot: Slot = {
      opening: this.#open(name),
      checkedMs: now,
      usedMs: now,
      users: 0,
      checking: undefined,
      retired: false,
    };
    this.#slots.set(name, slot);
    slot.opening.catch(() => {
      if (this.#slots.get(name) === slot) this.#slots.delete(name);
    });
    this.#evict();
    return slot;
  }

  #evict(): void {
    if (this.#slots.size <= MAX_OPEN) return;
    let oldest: string | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const [name, { users, usedMs }] of this.#slots) {
      if (users > 0 || usedMs >= least) continue;
      oldest = name;
      least = usedMs;
    }
    if (oldest !== undefined) this.#retire(oldest);
  }

  async #open(name: string): Promise<OpenedStore> {
    const absent = notFound(`there is no store or collection named ${JSON.stringify(name.slice(0, 100))}`);
    if (!this.#isServed(name)) throw absent;
    const { storage, path } = this.#root;
    const uri = storage.uri(storage.join(path, name));
    try {
      if (await leadsOut(this.#root, name)) throw absent;
      try {
        const reader = await openAnyStore(uri);
        return { name, uri, kind: 'store', reader, keys: new KeyText(reader.info), firstKey: undefined };
      } catch (error) {
        if (!isCairnError(error, 'NOT_A_STORE')) throw error;
      }
      return await openAsCollection(name, uri, this.#options.refreshMs);
    } catch (error) {
      throw isCairnError(error, 'NOT_FOUND', 'NOT_A_STORE', 'INCOMPLETE') ? absent : error;
    }
  }

  /** Retires what is not the one at its place any more. */
  async #check(name: string, slot: Slot): Promise<void> {
    const opened = await slot.opening;
    try {
      if (opened.kind === 'collection') await opened.reader.refresh();
      else if (!isSame(opened.reader.info, await storeInfo(opened.uri))) this.#retire(name, slot);
    } catch (error) {
      // A storage that does not answer now may later; until then the store is answered from what is open.
      if (!isCairnError(error, 'IO')) this.#retire(name, slot);
    }
    slot.checkedMs = this.#options.clock();
  }

  #retire(name: string, slot: Slot | undefined = this.#slots.get(name)): void {
    if (slot === undefined) return;
    slot.retired = true;
    if (this.#slots.get(name) === slot) this.#slots.delete(name);
    this.#closeUnused(slot);
  }

  #closeUnused(slot: Slot): void {
    if (!slot.retired || slot.users > 0) return;
    // Whatever fails here, the files are read-only and nothing waits for them.
    slot.opening.then(({ reader }) => reader.close()).catch(() => undefined);
  }
}

function isSame(a: StoreInfo, b: StoreInfo): boolean {
  return (
    a.id === b.id &&
    a.partitions.length === b.partitions.length &&
    a.partitions.every(({ name }, i) => name === b.partitions[i].name)
  );
}

async function openAsCollection(name: string, uri: string, refreshMs: number): Promise<OpenedStore> {
  const reader = await openAnyCollection(uri, { readOnly: true, follow: refreshMs });
  const firstKey = await firstBytesKey(reader, reader);
  const keys = new KeyText({ ...reader.info, firstKey });
  return { name, uri, kind: 'collection', reader, keys, firstKey };
}
