/// <reference lib="esnext.disposable" preserve="true" />
import { checkOptions } from '../check-options.ts';
import { loadTemporal } from '../codec/temporal.ts';
import { KvChanges } from './kv-changes.ts';
import type { KvDatabase } from './kv-database.ts';
import { entryOf, type InheritedListing, type ResolvedEntry } from './kv-entry.ts';
import { KvReader } from './kv-reader.ts';
import { isLive } from './kv-records.ts';
import { ancestorsOf, checkKey, checkName } from './names.ts';
import { Namespace, type NamespaceParts } from './namespace.ts';
import { type KeysOptions, optionalText } from './namespace-options.ts';
import { SharedWriter } from './shared-writer.ts';

/** How namespaces work. */
export interface NamespacesSettings {
  readonly clock: () => number;
  readonly keepVersions: number;
}

/** The namespaces below a root. Made by `openNamespaces`. */
export class Namespaces {
  readonly #database: KvDatabase;
  readonly #reader: KvReader;
  readonly #writer: SharedWriter;
  readonly #parts: NamespaceParts;

  /** @internal Use `openNamespaces`. */
  constructor(database: KvDatabase, { clock, keepVersions }: NamespacesSettings) {
    const { uri } = database;
    this.#database = database;
    this.#reader = new KvReader(database);
    this.#writer = new SharedWriter((change, creates) =>
      database.commit((tx) => change(new KvChanges(tx, { uri, nowMs: clock(), keepVersions })), creates),
    );
    this.#parts = {
      uri,
      reader: this.#reader,
      writer: this.#writer,
      clock,
      assertWritable: () => database.assertWritable(),
    };
  }

  /**
   * Returns a namespace, whether it is there or not: it is made by {@link create} or by the first key that
   * is set. Reads nothing.
   *
   * @throws {CairnError} `INVALID_ARGUMENT` for a name that none can have.
   */
  namespace(name: string): Namespace {
    return new Namespace(checkName(name), this.#parts);
  }

  /** The names of all namespaces in order, or of those that begin with a prefix. */
  async list(options: KeysOptions = {}): Promise<string[]> {
    return this.#reader.names(optionalText('prefix', checkOptions(options, ['prefix']).prefix) ?? '');
  }

  /** Whether a namespace was created, or written to. That others below it exist does not make it exist. */
  async exists(name: string): Promise<boolean> {
    return this.#reader.hasNamespace(checkName(name));
  }

  /** Makes a namespace, if it is not there. @throws {CairnError} (as a rejection) as `Namespace.set`. */
  async create(name: string): Promise<Namespace> {
    const namespace = this.namespace(name);
    this.#parts.assertWritable();
    await this.#writer.run((changes) => changes.create(name), true);
    return namespace;
  }

  /**
   * Deletes a namespace with its keys and their revisions, and none of those below it. Returns whether it
   * was there.
   *
   * @throws {CairnError} (as a rejection) as `Namespace.set`.
   */
  async delete(name: string): Promise<boolean> {
    checkName(name);
    this.#parts.assertWritable();
    return this.#writer.run((changes) => changes.deleteNamespace(name), false);
  }

  /**
   * The entry of a key in a namespace, or else in the nearest of those that its name begins with: `a.b.c`,
   * then `a.b`, then `a`. Expired keys are skipped. `undefined` if none has it.
   *
   * @throws {CairnError} (as a rejection) as `Namespace.get`.
   *
   * @example
   * ```ts
   * import { openNamespaces } from 'cairnkv/namespace';
   *
   * const namespaces = await openNamespaces('memory:inherits');
   * await namespaces.namespace('company').set('region', 'eu');
   * const found = await namespaces.resolve('company.team', 'region');
   * console.log(found?.value, found?.namespace); // eu company
   * await namespaces.close();
   * ```
   */
  async resolve(name: string, key: string): Promise<ResolvedEntry | undefined> {
    checkName(name);
    checkKey(key);
    for (const namespace of [name, ...ancestorsOf(name)]) {
      const found = await this.#reader.find(namespace, key);
      const nowMs = this.#parts.clock();
      if (found === undefined || !isLive(found.head, nowMs)) continue;
      return { namespace, ...entryOf(key, found.head, found.record, nowMs, await loadTemporal()) };
    }
    return undefined;
  }

  /**
   * Yields the keys that a namespace inherits: those of its ancestors, the nearest first, without those
   * that it has itself or that a nearer one has.
   *
   * @throws {CairnError} `INVALID_ARGUMENT` at once; what is read may reject as `Namespace.list` does.
   */
  inherited(name: string): AsyncIterableIterator<InheritedListing> {
    return this.#inherited(checkName(name));
  }

  /**
   * Waits for what the last write may have begun in the background. For a program that ends after it:
   * `close()` ends that, too.
   */
  async settled(): Promise<void> {
    await this.#writer.idle();
    await this.#database.settled();
  }

  /**
   * Waits for the writes that were begun, and frees what is held; calls after it fail with `CLOSED`.
   * Calling it twice is a no-op. A program that does not call it ends all the same.
   */
  async close(): Promise<void> {
    await this.#writer.idle();
    await this.#database.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async *#inherited(name: string): AsyncIterableIterator<InheritedListing> {
    const seen = new Set<string>(await this.namespace(name).keys());
    for (const namespace of ancestorsOf(name)) {
      for await (const listing of this.namespace(namespace).list()) {
        if (seen.has(listing.key)) continue;
        seen.add(listing.key);
        yield { namespace, ...listing };
      }
    }
  }
}
