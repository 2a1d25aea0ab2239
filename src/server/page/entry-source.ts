import { apiPath, askJson, type Entry, type EntryPage, type StoreSummary } from './api.ts';

/** Entries of a page. */
export const PAGE_ENTRIES = 100;

/** Which entries of a store are listed. */
export interface Listing {
  readonly prefix: string;
  readonly isReverse: boolean;
}

/** Rows by their numbers. */
export interface EntrySource {
  /** The number of rows that are known of; more may follow. */
  readonly length: number;
  /** Whether `length` is all. */
  readonly isComplete: boolean;
  /** Returns a row that has been loaded. */
  row(index: number): Entry | undefined;
  /** Loads the rows around some; resolves with whether anything changed. */
  load(from: number, to: number, signal: AbortSignal): Promise<boolean>;
}

/** Opens what the listing of a store or collection has. */
export async function openSource(
  store: StoreSummary,
  listing: Listing,
  signal: AbortSignal,
): Promise<EntrySource> {
  if (store.kind === 'collection') return collectionSource(store.name, listing);
  if (listing.prefix === '') return new PositionSource(store.name, listing, 0, store.count ?? 0);
  const counted = async (range: Record<string, string>): Promise<number> =>
    (await askJson<{ count: number }>(apiPath(['stores', store.name, 'count'], range), { signal })).count;
  const [before, count] = await Promise.all([
    counted({ lt: listing.prefix }),
    counted({ prefix: listing.prefix }),
  ]);
  return new PositionSource(store.name, listing, before, count);
}

/** The entries of a store, which knows its entries by their positions: any part of it is loaded at once. */
class PositionSource implements EntrySource {
  readonly length: number;
  readonly isComplete = true;
  readonly #name: string;
  readonly #listing: Listing;
  readonly #first: number;
  readonly #pages = new Map<number, readonly Entry[]>();
  readonly #loading = new Set<number>();

  constructor(name: string, listing: Listing, first: number, length: number) {
    this.#name = name;
    this.#listing = listing;
    this.#first = first;
    this.length = length;
  }

  row(index: number): Entry | undefined {
    const page = this.#pages.get(Math.floor(index / PAGE_ENTRIES));
    return page?.[index % PAGE_ENTRIES];
  }

  async load(from: number, to: number, signal: AbortSignal): Promise<boolean> {
    const wanted: number[] = [];
    const last = Math.floor(Math.max(0, to - 1) / PAGE_ENTRIES);
    for (let page = Math.floor(from / PAGE_ENTRIES); page <= last; page++) {
      if (!this.#pages.has(page) && !this.#loading.has(page) && page * PAGE_ENTRIES < this.length)
        wanted.push(page);
    }
    await Promise.all(wanted.map((page) => this.#loadPage(page, signal)));
    return wanted.length > 0;
  }

  async #loadPage(page: number, signal: AbortSignal): Promise<void> {
    this.#loading.add(page);
    try {
      const from = page * PAGE_ENTRIES;
      const count = Math.min(PAGE_ENTRIES, this.length - from);
      const { isReverse } = this.#listing;
      const position = this.#first + (isReverse ? this.length - from - count : from);
      const query = { from: position, limit: count };
      const path = apiPath(['stores', this.#name, 'entries'], query);
      const { entries } = await askJson<EntryPage>(path, { signal });
      this.#pages.set(page, isReverse ? [...entries].reverse() : entries);
    } finally {
      this.#loading.delete(page);
    }
  }
}

/** The entries of a collection. */
function collectionSource(name: string, { prefix, isReverse }: Listing): EntrySource {
  return new PagedSource((after, signal) => {
    const query = {
      limit: PAGE_ENTRIES,
      prefix: prefix === '' ? undefined : prefix,
      reverse: isReverse || undefined,
      after,
    };
    return askJson<EntryPage>(apiPath(['stores', name, 'entries'], query), { signal });
  });
}

/** Rows of which only the next page can be asked for: they are loaded page after page from the first. */
export class PagedSource implements EntrySource {
  isComplete = false;
  readonly #ask: (after: string | undefined, signal: AbortSignal) => Promise<EntryPage>;
  readonly #rows: Entry[] = [];
  #next: string | undefined;
  #loading: Promise<void> | undefined;

  /** @param ask returns the page after the one that ended with `after`, or the first page. */
  constructor(ask: (after: string | undefined, signal: AbortSignal) => Promise<EntryPage>) {
    this.#ask = ask;
  }

  get length(): number {
    return this.#rows.length;
  }

  row(index: number): Entry | undefined {
    return this.#rows[index];
  }

  async load(_: number, to: number, signal: AbortSignal): Promise<boolean> {
    const before = this.#rows.length;
    const wasComplete = this.isComplete;
    while (!this.isComplete && this.#rows.length < to + PAGE_ENTRIES) {
      this.#loading ??= this.#loadNext(signal).finally(() => {
        this.#loading = undefined;
      });
      await this.#loading;
    }
    return this.#rows.length !== before || this.isComplete !== wasComplete;
  }

  async #loadNext(signal: AbortSignal): Promise<void> {
    const { entries, next } = await this.#ask(this.#next, signal);
    this.#rows.push(...entries);
    this.#next = next ?? undefined;
    this.isComplete = next === null;
  }
}
