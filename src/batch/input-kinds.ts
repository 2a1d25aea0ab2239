import type { KeyEncodingName, ValueEncodingName } from '../codec/encoding-names.ts';
import type { JsonValue } from '../codec/values/json-value.ts';
import { CairnError } from '../errors.ts';
import type { StoreInfo } from '../store/manifest/describe-store.ts';
import type { FileInput } from './job-input.ts';
import type { CollectionSplit, FileSplit, Split } from './split.ts';

/** What an input that is split says of its entries. */
export interface InputDescription {
  readonly keyEncoding: KeyEncodingName;
  readonly valueEncoding: ValueEncodingName;
  readonly metadata: { readonly [key: string]: JsonValue };
}

/** An input that has been split. */
export interface SplitInput<S extends Split = Split> extends InputDescription {
  /** Never none: an input without entries has one split. */
  readonly splits: readonly S[];
}

/** Entries of a split that are read together. */
export interface SplitBatch<K, V> {
  readonly entries: [K, V][];
  /** Says where an entry stands, for messages: `line 7 of clicks.csv`. */
  readonly placeOf?: ((index: number) => string) | undefined;
}

/** What is known of an input. */
export type SplitInfo = Pick<StoreInfo<unknown>, 'uri' | 'keyEncoding' | 'valueEncoding' | 'metadata'>;

/** What the entries of a split are read from. */
export interface SplitSource<K = unknown, V = unknown> {
  readonly info: SplitInfo;
  /** What `split.count` has counted and is read; undefined if that is the number of entries. */
  readonly done?: number | undefined;
  /** Yields all entries in order. */
  batches(size: number): AsyncIterable<SplitBatch<K, V>>;
  close(): Promise<void>;
}

/** How the source of a split is opened. */
export interface OpenSplitOptions {
  readonly signal: AbortSignal | undefined;
  /** Called for a piece of a file that holds no entry. If it returns, the piece is skipped. */
  readonly onInvalid: (error: CairnError) => void;
}

/** How many splits are wanted: by their number, or by their size. */
export interface SplitWish {
  readonly splits: number | undefined;
  readonly bytes: number | undefined;
  readonly signal: AbortSignal | undefined;
}

/** What a platform can split and read besides stores. */
export interface InputKinds {
  splitCollection(uri: string, wish: SplitWish): Promise<SplitInput<CollectionSplit>>;
  splitFiles(input: FileInput, wish: SplitWish): Promise<SplitInput<FileSplit>>;
  open(split: CollectionSplit | FileSplit, options: OpenSplitOptions): Promise<SplitSource>;
}

let kinds: InputKinds | undefined;

/** Registers what the platform can split and read. */
export function registerInputKinds(ofPlatform: InputKinds): void {
  kinds = ofPlatform;
}

/** Whether more than stores can be split and read. */
export function hasInputKinds(): boolean {
  return kinds !== undefined;
}

/** @throws {CairnError} `UNSUPPORTED` if the platform can split and read stores alone. */
export function inputKinds(): InputKinds {
  if (kinds !== undefined) return kinds;
  throw new CairnError('UNSUPPORTED', 'collections and files are inputs of jobs in Node alone: name stores');
}
