import type { StoreInfo } from '../../store/manifest/describe-store.ts';
import type { Range } from '../../store/read/range.ts';

/** What commands read entries from: a store, or a version of a collection. */
export interface EntryReader extends AsyncDisposable {
  readonly info: ReaderInfo;
  getMany(keys: Iterable<unknown>): Promise<unknown[]>;
  first(): Promise<[unknown, unknown] | undefined>;
  last(): Promise<[unknown, unknown] | undefined>;
  floor(key: unknown): Promise<[unknown, unknown] | undefined>;
  ceiling(key: unknown): Promise<[unknown, unknown] | undefined>;
  count(range?: Range<unknown>): Promise<number>;
  keys(range?: Range<unknown>): AsyncIterableIterator<unknown>;
  batches(range?: Range<unknown>): AsyncIterableIterator<[unknown, unknown][]>;
}

/** What a command needs to know of the entries that it reads. */
export interface ReaderInfo extends Pick<StoreInfo, 'keyEncoding' | 'valueEncoding' | 'metadata'> {
  /** The id of the content: equal ids are equal contents. Absent for a collection. */
  readonly id?: string;
  readonly firstKey?: unknown;
  /** The number of entries; absent if only counting them would tell. */
  readonly count?: number;
}

/** How a command reads. */
export interface EntryReaderOptions {
  /** Default: nothing is cached, because most commands touch a block once. */
  readonly cacheBytes?: number | undefined;
  /** Whether all of a store is about to be read: see `openStore`. */
  readonly whole?: boolean | undefined;
  /** The version of a collection; default: the newest. */
  readonly version?: number | undefined;
}
