/** Files of at most this size are shown whole, larger ones the beginning of each part. */
export const SMALL_FILE_BYTES: number = 4096;

/** How much of a file is shown. */
export interface Extent {
  readonly blocks: number;
  /** Entries shown of each block. */
  readonly entries: number;
  readonly indexRows: number;
  readonly slots: number;
}

const EVERYTHING: Extent = {
  blocks: Number.POSITIVE_INFINITY,
  entries: Number.POSITIVE_INFINITY,
  indexRows: Number.POSITIVE_INFINITY,
  slots: Number.POSITIVE_INFINITY,
};
const BEGINNINGS: Extent = { blocks: 2, entries: 8, indexRows: 8, slots: 16 };

/** How much is shown of a file of `fileBytes` bytes. */
export function extentOf(fileBytes: number): Extent {
  return fileBytes <= SMALL_FILE_BYTES ? EVERYTHING : BEGINNINGS;
}
