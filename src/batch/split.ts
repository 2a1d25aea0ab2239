import type { FileFormat } from './file-format.ts';

/** What all splits have: a part of an input, as plain JSON that can be sent to another process or kept in a file. */
interface AnySplit {
  readonly version: 1;
  /** The URI of the input. A path is that of the process that reads the split. */
  readonly uri: string;
  /** What the content of the input is known by: it must still be the same when the split is read. */
  readonly id: string;
  /** The rank of the first entry; of a file, its first byte. */
  readonly from: number;
  /** The number of entries: for a collection, about; of a file, its bytes. */
  readonly count: number;
}

/** A part of a store's entries. `id` is the store's `info.id`. */
export interface StoreSplit extends AnySplit {
  readonly kind?: undefined;
}

/** A range of a collection's keys at one version. `id` is the collection's. */
export interface CollectionSplit extends AnySplit {
  readonly kind: 'collection';
  /** The version, which must be kept until the split is read. */
  readonly at: number;
  /** The first key of the range as it is stored, in hex digits; absent for the first range. */
  readonly gte?: string | undefined;
  /** The first key after the range. */
  readonly lt?: string | undefined;
}

/** A file. `id` is a checksum of its size, beginning and end. */
export interface FileSplit extends AnySplit {
  readonly kind: 'file';
  readonly format: FileFormat;
}

/**
 * A part of an input, as plain JSON. It is read by {@link readSplit} alone, and only while the input has the same content as when
 * it was split.
 */
export type Split = StoreSplit | CollectionSplit | FileSplit;
