/**
 * A part of a store's entries, as plain JSON: it can be sent to another process or kept in a file. The store is read only
 * by {@link readSplit}, and must still have the same content then.
 */
export interface Split {
  readonly version: 1;
  /** The URI of the store. A path is that of the process that reads the split. */
  readonly uri: string;
  /** The `info.id` of the store. */
  readonly id: string;
  /** The rank of the first entry. */
  readonly from: number;
  /** The number of entries. */
  readonly count: number;
}
