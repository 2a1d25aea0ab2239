import { MAX_KEY_BYTES } from '../bytes/key-buffer.ts';
import type { KeyCodec } from '../codec/keys/key-codec.ts';
import { binaryKeys, utf8Keys } from '../codec/keys/plain-keys.ts';
import { BinaryDecoder } from '../codec/values/plain-decoders.ts';
import type { ValueDecoder } from '../codec/values/value-codec.ts';
import { MergeDecoder, MergeScan } from '../collection/read/merge-scan.ts';
import type { OpenVersion } from '../collection/read/open-version.ts';
import { EntryDecoder } from '../store/read/entry-decoder.ts';
import { type Bound, type EncodedRange, isWithin } from '../store/read/range.ts';
import { decodeText, type Format, type Formatted, type StoredKeys } from './stored-keys.ts';

/** A range as abstract-level hands it over. */
export interface LevelRange {
  readonly gt?: Formatted;
  readonly gte?: Formatted;
  readonly lt?: Formatted;
  readonly lte?: Formatted;
}

/** The ends of a range, as keys are stored. */
export type Bounds = Pick<EncodedRange, 'lower' | 'upper'>;

/** Encodes the ends of a range. Of two bounds at one end, Level takes the inclusive one. */
export function boundsOf({ gt, gte, lt, lte }: LevelRange, keys: StoredKeys): Bounds {
  const lower = gte ?? gt;
  const upper = lte ?? lt;
  return {
    lower: lower === undefined ? undefined : lowerBound(keys.encode(lower), gte !== undefined),
    upper: upper === undefined ? undefined : upperBound(keys.encode(upper), lte !== undefined),
  };
}

function lowerBound(key: Uint8Array, inclusive: boolean): Bound {
  if (key.length <= MAX_KEY_BYTES) return { key, inclusive };
  // No key is that long: those after it are those after its beginning.
  return { key: key.subarray(0, MAX_KEY_BYTES), inclusive: false };
}

function upperBound(key: Uint8Array, inclusive: boolean): Bound {
  if (key.length <= MAX_KEY_BYTES) return { key, inclusive };
  return { key: key.subarray(0, MAX_KEY_BYTES), inclusive: true };
}

/** The key codec's name lets whole blocks of ASCII keys be decoded at once. */
const TEXT_KEYS: KeyCodec<string> = {
  name: utf8Keys.name,
  encodeInto: (key, target) => utf8Keys.encodeInto(key, target),
  encodePrefixInto: (prefix, target) => utf8Keys.encodePrefixInto(prefix, target),
  decode: decodeText,
};

const TEXT_VALUES: ValueDecoder<string> = { name: 'utf8', isBinary: false, decode: decodeText };

/** Decodes entries to keys and values of some formats; bytes are copied. */
export function decoderFor(keys: Format, values: Format): EntryDecoder<Formatted, Formatted> {
  return DECODERS[keys][values];
}

function newDecoder(keys: Format, values: Format): EntryDecoder<Formatted, Formatted> {
  return new EntryDecoder<Formatted, Formatted>(
    (keys === 'utf8' ? TEXT_KEYS : binaryKeys) as KeyCodec<Formatted>,
    values === 'utf8' ? TEXT_VALUES : new BinaryDecoder(),
    false,
  );
}

const DECODERS: Readonly<Record<Format, Readonly<Record<Format, EntryDecoder<Formatted, Formatted>>>>> = {
  utf8: { utf8: newDecoder('utf8', 'utf8'), view: newDecoder('utf8', 'view') },
  view: { utf8: newDecoder('view', 'utf8'), view: newDecoder('view', 'view') },
};

/** What is read, and how. */
export interface WalkOptions {
  readonly bounds: Bounds;
  readonly reverse: boolean;
  readonly keyFormat: Format;
  readonly valueFormat: Format;
  readonly wantsKeys: boolean;
  readonly wantsValues: boolean;
  readonly signal: AbortSignal | undefined;
}

/**
 * Walks the entries of one version, which it keeps open until it is closed. It can be sent to a key of its range, forwards
 * and back.
 */
export class EntryWalk {
  readonly #version: OpenVersion;
  readonly #keys: StoredKeys;
  readonly #options: WalkOptions;
  /** Where it begins; undefined where it has nothing to read. */
  #bounds: Bounds | undefined;
  #scan: MergeScan | undefined;
  #decoder: MergeDecoder<Formatted, Formatted> | undefined;
  #at = 0;
  #count = 0;
  #isSought = false;
  #isClosed = false;

  /** @param version is retained. */
  constructor(version: OpenVersion, keys: StoredKeys, options: WalkOptions) {
    this.#version = version.retain();
    this.#keys = keys;
    this.#options = options;
    this.#bounds = options.bounds;
  }

  /** Whether the next entry is decoded without a step. */
  get isReady(): boolean {
    return this.#at < this.#count;
  }

  /** Goes on to the next entries if there is none at hand; false at the end. `limit` says how many are wanted at most. */
  step(limit: number): boolean | Promise<boolean> {
    if (this.#at < this.#count) return true;
    if (this.#bounds === undefined) return false;
    this.#scan ??= this.#begin(this.#bounds, limit);
    const next = this.#scan.next();
    return typeof next === 'boolean' ? this.#enter(next) : next.then((more) => this.#enter(more));
  }

  /** Takes the key of the entry at hand. */
  key(): Formatted {
    return this.#keys.decode((this.#decoder as MergeDecoder<Formatted, Formatted>).key(this.#at));
  }

  /** Takes the value of the entry at hand. */
  value(): Formatted {
    return (this.#decoder as MergeDecoder<Formatted, Formatted>).value(this.#at);
  }

  /** Leaves the entry at hand. */
  advance(): void {
    this.#at++;
  }

  /** Goes to a stored key: the next entry is the first one from there on. There is none if the range doesn't have the key. */
  seek(target: Uint8Array): void {
    this.#end();
    if (this.#isClosed) return;
    this.#isSought = true;
    const { bounds, reverse } = this.#options;
    if (!isWithin(target, bounds)) this.#bounds = undefined;
    else if (reverse) this.#bounds = { ...bounds, upper: upperBound(target, true) };
    else this.#bounds = { ...bounds, lower: lowerBound(target, true) };
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#end();
    this.#bounds = undefined;
    this.#version.release();
  }

  #begin({ lower, upper }: Bounds, limit: number): MergeScan {
    const { reverse, signal, keyFormat, valueFormat } = this.#options;
    const { generations } = this.#version;
    // Those who seek want an entry or a few more often than all that follow.
    const few = this.#isSought ? 1 : limit;
    const scan = new MergeScan(generations, { lower, upper, reverse, limit, signal }, { few });
    this.#decoder = new MergeDecoder(scan, decoderFor(keyFormat, valueFormat), generations, false);
    return scan;
  }

  #enter(more: boolean): boolean {
    if (!more) {
      this.#end();
      this.#bounds = undefined;
      return false;
    }
    this.#decoder?.begin(this.#options.wantsKeys);
    this.#at = 0;
    this.#count = this.#scan?.spans.count ?? 0;
    return true;
  }

  #end(): void {
    this.#scan?.close();
    this.#scan = undefined;
    this.#decoder = undefined;
    this.#at = 0;
    this.#count = 0;
  }
}
