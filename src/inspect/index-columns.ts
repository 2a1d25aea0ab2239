import { hex64 } from '../bytes/checksum.ts';
import { showKey } from '../bytes/hex.ts';
import { indexBytes } from '../format/sparse-index.ts';

/** A block's row of the sparse index, whether or not it is plausible. */
export interface IndexRow {
  readonly checksum: bigint;
  readonly fileEnd: number;
  readonly dataEnd: number;
  readonly entriesUpTo: number;
  /**
   * Where the separator starts and ends among the separators; 0 and 0 for the first block, which has none.
   */
  readonly separatorStart: number;
  readonly separatorEnd: number;
  readonly separator: Uint8Array;
}

/** One value of a column: where it lies in the section, the block that it describes, and its meaning. */
export interface IndexCell {
  readonly offset: number;
  readonly length: number;
  readonly block: number;
  readonly note: string;
}

/** A column of the sparse index, in the words of FORMAT.md. */
export interface IndexColumn {
  readonly name: string;
  readonly cells: readonly IndexCell[];
}

/** Bytes for each block of all columns before the u32 column of that number. */
const bytesBefore = (column: number): number => 8 + 4 * column;
const FILE_ENDS = 0;
const DATA_ENDS = 1;
const ENTRIES_UP_TO = 2;
const SEPARATOR_ENDS = 3;

/** The most blocks that a section of that length can describe; damaged counts are limited to it. */
export function mostBlocks(sectionBytes: number): number {
  const least = indexBytes(1, 0);
  return sectionBytes < least ? 0 : 1 + Math.floor((sectionBytes - least) / (indexBytes(2, 0) - least));
}

/** The rows of a section that describes `blocks` blocks, which must not exceed {@link mostBlocks}. */
export function readIndexRows(section: Uint8Array, blocks: number): IndexRow[] {
  const view = new DataView(section.buffer, section.byteOffset, section.byteLength);
  const value = (column: number, at: number): number =>
    view.getUint32(blocks * bytesBefore(column) + at * 4, true);
  const separators = section.subarray(indexBytes(blocks, 0));
  return Array.from({ length: blocks }, (_, block) => {
    const separatorStart = block <= 1 ? 0 : value(SEPARATOR_ENDS, block - 2);
    const separatorEnd = block === 0 ? 0 : value(SEPARATOR_ENDS, block - 1);
    return {
      checksum: view.getBigUint64(block * 8, true),
      fileEnd: value(FILE_ENDS, block),
      dataEnd: value(DATA_ENDS, block),
      entriesUpTo: value(ENTRIES_UP_TO, block),
      separatorStart,
      separatorEnd,
      separator: separators.subarray(separatorStart, Math.max(separatorStart, separatorEnd)),
    };
  });
}

/** The columns, for the first `most` blocks, of the section that the rows were read from. */
export function indexColumns(rows: readonly IndexRow[], most: number): IndexColumn[] {
  const blocks = rows.length;
  const shown = rows.slice(0, most).map((row, block) => ({ ...row, block }));
  const separated = shown.slice(1);
  const numbers = (column: number, name: string, value: (row: IndexRow) => number): IndexColumn => ({
    name,
    cells: shown.map((row) => ({
      offset: blocks * bytesBefore(column) + row.block * 4,
      length: 4,
      block: row.block,
      note: `${value(row)}`,
    })),
  });
  return [
    {
      name: 'checksums',
      cells: shown.map(({ checksum, block }) => ({
        offset: block * 8,
        length: 8,
        block,
        note: hex64(checksum),
      })),
    },
    numbers(FILE_ENDS, 'fileEnds', (row) => row.fileEnd),
    numbers(DATA_ENDS, 'dataEnds', (row) => row.dataEnd),
    numbers(ENTRIES_UP_TO, 'entriesUpTo', (row) => row.entriesUpTo),
    {
      name: 'separatorEnds',
      cells: separated.map(({ separatorEnd, block }) => ({
        offset: blocks * bytesBefore(SEPARATOR_ENDS) + (block - 1) * 4,
        length: 4,
        block,
        note: `${separatorEnd}`,
      })),
    },
    {
      name: 'separators',
      cells: separated.map(({ separatorStart, separator, block }) => ({
        offset: indexBytes(blocks, 0) + separatorStart,
        length: separator.length,
        block,
        note: showKey(separator),
      })),
    },
  ];
}
