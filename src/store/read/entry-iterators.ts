import type { Interruption } from './interruption.ts';
import { AsyncIteratorBase, IteratorBase } from './iterator-bases.ts';

/** Walks the entries of a range, some at a time: `RangeScan`, block by block. */
export interface EntryScan {
  /** Goes on to the next entries; false at the end. */
  next(): boolean | Promise<boolean>;
  nextSync(): boolean;
  /** How many there are. */
  readonly spans: { readonly count: number };
  close(): void;
}

/** Decodes the entries at which a scan stands: `ScanDecoder`. */
export interface EntrySource<K, V> {
  /** Prepares for them; `keys` says whether their keys will be asked for. */
  begin(keys: boolean): void;
  key(index: number): K;
  value(index: number): V;
}

/** What an iterator yields of each entry. */
export type Wanted = 'entries' | 'keys' | 'values';

/** Walks a scan entry by entry. Hand-written: a generator would cost twice as much. */
export class SyncEntries<K, V, T> extends IteratorBase implements IterableIterator<T>, Disposable {
  readonly #scan: EntryScan;
  readonly #decoder: EntrySource<K, V>;
  readonly #wanted: Wanted;
  readonly #interruption: Interruption;
  #at = 0;
  #count = 0;
  #done = false;

  constructor(scan: EntryScan, decoder: EntrySource<K, V>, wanted: Wanted, interruption: Interruption) {
    super();
    this.#scan = scan;
    this.#decoder = decoder;
    this.#wanted = wanted;
    this.#interruption = interruption;
  }

  [Symbol.iterator](): this {
    return this;
  }

  [Symbol.dispose](): void {
    this.#end();
  }

  next(): IteratorResult<T, undefined> {
    if ((this.#at === this.#count || this.#interruption.occurred) && !this.#nextBlock())
      return { value: undefined, done: true };
    return { value: pick(this.#decoder, this.#wanted, this.#at++) as T, done: false };
  }

  return(): IteratorResult<T, undefined> {
    this.#end();
    return { value: undefined, done: true };
  }

  #nextBlock(): boolean {
    if (this.#done) return false;
    try {
      this.#interruption.throwIfOccurred();
      if (!this.#scan.nextSync()) {
        this.#end();
        return false;
      }
    } catch (error) {
      this.#end();
      throw error;
    }
    this.#decoder.begin(this.#wanted !== 'values');
    this.#at = 0;
    this.#count = this.#scan.spans.count;
    return true;
  }

  #end(): void {
    this.#done = true;
    this.#at = 0;
    this.#count = 0;
    this.#scan.close();
  }
}

/** Walks a scan entry by entry, waiting only if something must be read. */
export class AsyncEntries<K, V, T>
  extends AsyncIteratorBase
  implements AsyncIterableIterator<T>, AsyncDisposable
{
  readonly #open: () => Promise<[EntryScan, EntrySource<K, V>]> | [EntryScan, EntrySource<K, V>];
  readonly #wanted: Wanted;
  readonly #interruption: Interruption;
  #scan: EntryScan | undefined;
  #decoder: EntrySource<K, V> | undefined;
  #at = 0;
  #count = 0;
  #done = false;
  /** The current step: further calls wait for it. */
  #waiting: Promise<unknown> | undefined;

  constructor(
    open: () => Promise<[EntryScan, EntrySource<K, V>]> | [EntryScan, EntrySource<K, V>],
    wanted: Wanted,
    interruption: Interruption,
  ) {
    super();
    this.#open = open;
    this.#wanted = wanted;
    this.#interruption = interruption;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#at < this.#count && this.#waiting === undefined && !this.#interruption.occurred) {
      // The block is in memory, so there is nothing to wait for.
      try {
        const value = pick(this.#decoder as EntrySource<K, V>, this.#wanted, this.#at++) as T;
        return Promise.resolve({ value, done: false });
      } catch (error) {
        this.#end();
        return Promise.reject(error);
      }
    }
    return this.#enqueue(() => this.#nextLater());
  }

  return(): Promise<IteratorResult<T, undefined>> {
    return this.#enqueue(async () => {
      this.#end();
      return { value: undefined, done: true };
    });
  }

  #enqueue(step: () => Promise<IteratorResult<T, undefined>>): Promise<IteratorResult<T, undefined>> {
    const before = this.#waiting;
    const result = before === undefined ? step() : before.then(step, step);
    this.#waiting = result;
    const clear = (): void => {
      if (this.#waiting === result) this.#waiting = undefined;
    };
    result.then(clear, clear);
    return result;
  }

  async #nextLater(): Promise<IteratorResult<T, undefined>> {
    try {
      if (!this.#done) this.#interruption.throwIfOccurred();
      while (this.#at === this.#count) {
        if (this.#done) return { value: undefined, done: true };
        if (this.#scan === undefined) [this.#scan, this.#decoder] = await this.#open();
        const next = this.#scan.next();
        if (!(typeof next === 'boolean' ? next : await next)) {
          this.#end();
          return { value: undefined, done: true };
        }
        this.#interruption.throwIfOccurred();
        this.#decoder?.begin(this.#wanted !== 'values');
        this.#at = 0;
        this.#count = this.#scan.spans.count;
      }
      return { value: pick(this.#decoder as EntrySource<K, V>, this.#wanted, this.#at++) as T, done: false };
    } catch (error) {
      this.#end();
      throw error;
    }
  }

  #end(): void {
    this.#done = true;
    this.#at = 0;
    this.#count = 0;
    this.#scan?.close();
  }
}

function pick<K, V>(decoder: EntrySource<K, V>, wanted: Wanted, index: number): unknown {
  if (wanted === 'entries') return [decoder.key(index), decoder.value(index)];
  return wanted === 'keys' ? decoder.key(index) : decoder.value(index);
}
