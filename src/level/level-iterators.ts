import {
  AbstractIterator,
  type AbstractIteratorOptions,
  AbstractKeyIterator,
  AbstractValueIterator,
} from 'abstract-level';
import type { OpenVersion } from '../collection/read/open-version.ts';
import { boundsOf, EntryWalk, type LevelRange } from './entry-walk.ts';
import { LevelError, levelError } from './level-error.ts';
import type { Format, Formatted, StoredKeys } from './stored-keys.ts';

/** The options of an iterator, as abstract-level hands them over. */
export interface IteratorOptions extends LevelRange {
  readonly keys?: boolean;
  readonly values?: boolean;
  readonly reverse: boolean;
  readonly limit: number;
  readonly keyEncoding: Format;
  readonly valueEncoding: Format;
  readonly signal?: AbortSignal | null;
}

/** What the iterators stand on: the version that they read, and how keys are stored in it. */
export interface IteratorBase {
  readonly version: OpenVersion;
  readonly keys: StoredKeys;
}

/** What the three iterators have in common: how they step through entries for abstract-level. */
class Steps<T> {
  readonly #walk: EntryWalk;
  readonly #keys: StoredKeys;
  readonly #signal: AbortSignal | undefined;
  readonly #take: (walk: EntryWalk) => T;

  constructor(
    { version, keys }: IteratorBase,
    options: IteratorOptions,
    wanted: { readonly keys: boolean; readonly values: boolean },
    take: (walk: EntryWalk) => T,
  ) {
    this.#signal = options.signal ?? undefined;
    this.#walk = new EntryWalk(version, keys, {
      bounds: boundsOf(options, keys),
      reverse: options.reverse,
      keyFormat: options.keyEncoding,
      valueFormat: options.valueEncoding,
      wantsKeys: wanted.keys,
      wantsValues: wanted.values,
      signal: this.#signal,
    });
    this.#keys = keys;
    this.#take = take;
  }

  next(limit: number): T | undefined | Promise<T | undefined> {
    if (!this.#walk.isReady || this.#signal !== undefined) return this.#nextLater(limit);
    return this.#one();
  }

  async nextv(size: number, limit: number): Promise<T[]> {
    const walk = this.#walk;
    const items: T[] = [];
    try {
      while (items.length < size) {
        const more = walk.step(limit);
        if (!(typeof more === 'boolean' ? more : await more)) break;
        do items.push(this.#one());
        while (items.length < size && walk.isReady);
      }
    } catch (error) {
      throw this.#error(error);
    }
    await this.#throwIfAborted();
    return items;
  }

  seek(target: Formatted): void {
    this.#walk.seek(this.#keys.encode(target));
  }

  close(): void {
    this.#walk.close();
  }

  async #nextLater(limit: number): Promise<T | undefined> {
    try {
      const more = this.#walk.step(limit);
      if (!(typeof more === 'boolean' ? more : await more)) return undefined;
    } catch (error) {
      throw this.#error(error);
    }
    await this.#throwIfAborted();
    return this.#one();
  }

  #one(): T {
    const item = this.#take(this.#walk);
    this.#walk.advance();
    return item;
  }

  /** A signal counts until the promise of `next()` is settled: also if it is aborted right after the call. */
  async #throwIfAborted(): Promise<void> {
    if (this.#signal === undefined) return;
    await undefined;
    if (this.#signal.aborted) throw aborted();
  }

  #error(error: unknown): unknown {
    return this.#signal?.aborted ? aborted() : levelError(error);
  }
}

function aborted(): LevelError {
  return new LevelError('LEVEL_ABORTED', 'Operation has been aborted');
}

type Abstract = AbstractIteratorOptions<Formatted, Formatted>;

/** Yields entries. */
export class EntryIterator<DB> extends AbstractIterator<DB, Formatted, Formatted> {
  readonly #steps: Steps<[Formatted | undefined, Formatted | undefined]>;

  constructor(db: DB, options: IteratorOptions, base: IteratorBase) {
    super(db, options as Abstract);
    const { keys = true, values = true } = options;
    this.#steps = new Steps(base, options, { keys, values }, (walk) => [
      keys ? walk.key() : undefined,
      values ? walk.value() : undefined,
    ]);
  }

  /** @internal */
  _next(): unknown {
    return this.#steps.next(this.limit - this.count);
  }

  /** @internal */
  _nextv(size: number): Promise<unknown[]> {
    return this.#steps.nextv(size, this.limit - this.count);
  }

  /** @internal */
  _seek(target: Formatted): void {
    this.#steps.seek(target);
  }

  /** @internal */
  async _close(): Promise<void> {
    this.#steps.close();
  }
}

/** Yields keys. */
export class KeyIterator<DB> extends AbstractKeyIterator<DB, Formatted> {
  readonly #steps: Steps<Formatted>;

  constructor(db: DB, options: IteratorOptions, base: IteratorBase) {
    super(db, options as Abstract);
    this.#steps = new Steps(base, options, { keys: true, values: false }, (walk) => walk.key());
  }

  /** @internal */
  _next(): unknown {
    return this.#steps.next(this.limit - this.count);
  }

  /** @internal */
  _nextv(size: number): Promise<unknown[]> {
    return this.#steps.nextv(size, this.limit - this.count);
  }

  /** @internal */
  _seek(target: Formatted): void {
    this.#steps.seek(target);
  }

  /** @internal */
  async _close(): Promise<void> {
    this.#steps.close();
  }
}

/** Yields values. */
export class ValueIterator<DB> extends AbstractValueIterator<DB, Formatted, Formatted> {
  readonly #steps: Steps<Formatted>;

  constructor(db: DB, options: IteratorOptions, base: IteratorBase) {
    super(db, options as Abstract);
    this.#steps = new Steps(base, options, { keys: false, values: true }, (walk) => walk.value());
  }

  /** @internal */
  _next(): unknown {
    return this.#steps.next(this.limit - this.count);
  }

  /** @internal */
  _nextv(size: number): Promise<unknown[]> {
    return this.#steps.nextv(size, this.limit - this.count);
  }

  /** @internal */
  _seek(target: Formatted): void {
    this.#steps.seek(target);
  }

  /** @internal */
  async _close(): Promise<void> {
    this.#steps.close();
  }
}
