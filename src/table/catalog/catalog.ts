import type { TupleKey } from '../../codec/keys/tuple.ts';
import type { JsonValue } from '../../codec/values/json-value.ts';
import type { Collection } from '../../collection/collection.ts';
import { deleteCollection } from '../../collection/delete-collection.ts';
import { openCollection } from '../../collection/open-collection.ts';
import type { Transaction } from '../../collection/write/transaction.ts';
import { CairnError, isCairnError } from '../../errors.ts';
import type { Storage } from '../../io/storage.ts';
import { type Location, locate } from '../../io/uri.ts';
import { reportPath } from '../../store/manifest/path-state.ts';
import type { TablePath } from '../schema/names.ts';

/** What the catalogue keeps of a database. */
export interface DatabaseEntry {
  readonly comment?: string;
  readonly properties: { readonly [name: string]: string };
  readonly createdAt: number;
  readonly modifiedAt: number;
}

/** What the catalogue keeps of a table. */
export interface TableEntry {
  /** A random word. */
  readonly id: string;
  /** The directory of its collection, by names below the root. */
  readonly directory: readonly string[];
  readonly createdAt: number;
  /** Its definition, as JSON. */
  readonly definition: JsonValue;
}

/** A change of the catalogue: reads and writes in one step. */
export type CatalogChange = Transaction<TupleKey, JsonValue>;

/** The databases and tables below a root, in a collection of its own there; changed by conditional commits. */
export class Catalog {
  readonly root: Location;
  readonly #uri: string;
  readonly #signal: AbortSignal | undefined;
  #collection: Collection<TupleKey, JsonValue> | undefined;
  #opening: Promise<Collection<TupleKey, JsonValue> | undefined> | undefined;

  constructor(root: string | URL, signal: AbortSignal | undefined) {
    this.root = locate(root, 'root');
    this.#uri = this.uriOf([CATALOG_NAME]);
    this.#signal = signal;
  }

  /** The URI of something below the root. */
  uriOf(names: readonly string[]): string {
    const { storage, path } = this.root;
    return storage.uri(names.reduce((parent, name) => storage.join(parent, name), path));
  }

  async database(name: string): Promise<DatabaseEntry | undefined> {
    return (await this.#get(databaseKey(name))) as DatabaseEntry | undefined;
  }

  async table(path: TablePath): Promise<TableEntry | undefined> {
    return (await this.#get(tableKey(path))) as TableEntry | undefined;
  }

  /** The names of all databases, or of a database's tables, in order. */
  async names(prefix: readonly string[]): Promise<string[]> {
    const collection = await this.#newest();
    const names: string[] = [];
    if (collection === undefined) return names;
    for await (const key of collection.keys({ prefix })) names.push(key[prefix.length] as string);
    return names;
  }

  /** Changes the catalogue, which is made if there is none. @throws {CairnError} (as a rejection) what `change` throws. */
  async change(change: (tx: CatalogChange) => Promise<void>): Promise<void> {
    const collection = await this.#open(true);
    await (collection as Collection<TupleKey, JsonValue>).commit(change, { retries: RETRIES });
  }

  /** Removes the files of tables that were dropped. What can't be removed now is removed after a later drop. */
  async removeDropped(): Promise<void> {
    const collection = await this.#newest();
    if (collection === undefined) return;
    for await (const key of collection.keys({ prefix: ['dropped'] })) {
      const directory = key.slice(1) as string[];
      try {
        await deleteCollection(this.uriOf(directory));
      } catch (error) {
        if (!isCairnError(error, 'NOT_FOUND')) continue;
        // A removal that was cut short leaves directories, and files that are no collection's any more.
        await this.#removeAll(directory).catch(() => undefined);
      }
      await this.#removeEmpty(directory.slice(0, -1));
      await collection.delete(key);
    }
  }

  async close(): Promise<void> {
    await this.#opening?.catch(() => undefined);
    await this.#collection?.close();
  }

  async #get(key: TupleKey): Promise<JsonValue | undefined> {
    return (await this.#newest())?.get(key);
  }

  async #newest(): Promise<Collection<TupleKey, JsonValue> | undefined> {
    const collection = await this.#open(false);
    await collection?.refresh();
    return collection;
  }

  async #open(create: boolean): Promise<Collection<TupleKey, JsonValue> | undefined> {
    if (this.#collection !== undefined) return this.#collection;
    // Calls at the same time open it once; what one has not found, another may make.
    const before = this.#opening;
    const opening = (async () => {
      await before?.catch(() => undefined);
      this.#collection ??= await this.#openNow(create);
      return this.#collection;
    })();
    this.#opening = opening;
    return opening;
  }

  async #openNow(create: boolean): Promise<Collection<TupleKey, JsonValue> | undefined> {
    const options = { keyEncoding: 'tuple', valueEncoding: 'json', signal: this.#signal } as const;
    try {
      return await openCollection<TupleKey, JsonValue>(this.#uri, { ...options, create: false });
    } catch (error) {
      if (!isCairnError(error, 'NOT_FOUND')) throw error;
    }
    if (!create) return undefined;
    await this.#refuseOthers();
    return openCollection<TupleKey, JsonValue>(this.#uri, options);
  }

  /** @throws {CairnError} `NOT_A_STORE` if the root is a store, a collection or a file. */
  async #refuseOthers(): Promise<void> {
    const { storage, path, uri } = this.root;
    const { state } = await reportPath({ storage, path, uri, data: storage.join(path, 'data') });
    if (state !== 'complete' && state !== 'collection' && state !== 'file') return;
    const what = state === 'complete' ? 'a store' : state === 'collection' ? 'a collection' : 'a file';
    throw new CairnError(
      'NOT_A_STORE',
      `${uri} is ${what}, and no place for databases: choose another directory`,
      { uri },
    );
  }

  /** Removes what is left of a table's directory, which has a name of its own. */
  async #removeAll(names: readonly string[]): Promise<void> {
    const { storage, path: root } = this.root as Location<Storage>;
    const remove = async (path: string): Promise<void> => {
      for await (const { name, kind } of storage.list(path)) {
        const entry = storage.join(path, name);
        if (kind === 'directory') await remove(entry);
        else await storage.remove(entry);
      }
      await storage.removeDirectory(path);
    };
    const path = names.reduce((parent, name) => storage.join(parent, name), root);
    if ((await storage.kind(path)) === 'directory') await remove(path);
  }

  async #removeEmpty(names: readonly string[]): Promise<void> {
    const { storage } = this.root as Location<Storage>;
    const path = names.reduce((parent, name) => storage.join(parent, name), this.root.path);
    // It holds tables, or the storage has no directories.
    await storage.removeDirectory?.(path).catch(() => undefined);
  }
}

/** How often a change of a catalogue or of a table's marks is run again because others were first. */
export const RETRIES = 100;

/** Names of databases don't begin like this. */
const CATALOG_NAME = '__catalog';

export function databaseKey(name: string): TupleKey {
  return ['database', name];
}

export function tableKey({ database, table }: TablePath): TupleKey {
  return ['table', database, table];
}

export function droppedKey(directory: readonly string[]): TupleKey {
  return ['dropped', ...directory];
}
