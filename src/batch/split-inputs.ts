import { locate } from '../io/uri.ts';
import { openStore } from '../store/open-store.ts';
import type { StoreReader } from '../store/read/store-reader.ts';
import type { StoreHandle } from '../store/read/store-sharing.ts';
import { inputKinds, type OpenSplitOptions, type SplitSource } from './input-kinds.ts';
import { refuseRebuilt } from './read-split.ts';
import type { Split, StoreSplit } from './split.ts';
import { StoreSource } from './store-source.ts';

/**
 * Memory for the blocks of a store that is read once, in bytes: a scan reads ahead in memory of its own, so that a cache
 * would only be filled.
 */
const CACHE_BYTES = 0;

/** Reads splits, and keeps their stores open from one task to the next. */
export class SplitInputs {
  readonly #handles: ReadonlyMap<string, StoreHandle>;
  readonly #mayBlock: boolean;
  readonly #stores = new Map<string, Promise<StoreReader<unknown, unknown>>>();

  /**
   * @param handles are stores that another thread has opened, by the URIs of their splits.
   * @param mayBlock is whether nothing else waits in this thread, so that files are read without promises.
   */
  constructor(handles: ReadonlyMap<string, StoreHandle> = new Map(), mayBlock = false) {
    this.#handles = handles;
    this.#mayBlock = mayBlock;
  }

  /** @throws {CairnError} (as a rejection) what `readSplit` throws. */
  async open(split: Split, options: OpenSplitOptions): Promise<SplitSource> {
    if (split.kind !== undefined) return inputKinds().open(split, options);
    const store = await this.#storeOf(split);
    refuseRebuilt(split, store.info);
    const mayBlock = this.#mayBlock && locate(split.uri).storage.scheme === 'file';
    // The store stays open for the next task.
    return new StoreSource(split, store, { signal: options.signal, mayBlock, keepsOpen: true });
  }

  async close(): Promise<void> {
    const stores = await Promise.allSettled(this.#stores.values());
    this.#stores.clear();
    for (const result of stores) if (result.status === 'fulfilled') await result.value.close();
  }

  /** Returns a store that is open, or opens it: also if another one was there when a job before read it. */
  async #storeOf({ uri, id }: StoreSplit): Promise<StoreReader<unknown, unknown>> {
    const known = this.#stores.get(uri);
    if (known !== undefined) {
      const store = await known;
      if (store.info.id === id) return store;
      if (this.#stores.get(uri) === known) this.#stores.delete(uri);
      await store.close();
    }
    return this.#openStore(uri);
  }

  #openStore(uri: string): Promise<StoreReader<unknown, unknown>> {
    const known = this.#stores.get(uri);
    if (known !== undefined) return known;
    const handle = this.#handles.get(uri);
    const opening = Promise.resolve(
      handle === undefined
        ? openStore<unknown, unknown>(uri, { cacheBytes: CACHE_BYTES })
        : openStore<unknown, unknown>(handle),
    );
    this.#stores.set(uri, opening);
    opening.catch(() => this.#stores.delete(uri));
    return opening;
  }
}
