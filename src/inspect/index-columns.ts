import { hex64 } from '../bytes/checksum.ts';
import { showKey } from '../bytes/hex.ts';
import { indexBytes } from '../format/sparse-index.ts';

/** What the sparse index says of a block, whether or not that makes sense. */
export interface IndexRow {
  readonly checksum: bigint;
  readonly fileEnd: number;
  readonly dataEnd: number;
  readonly entriesUpTo: number;
  /** Empty for the first block. */
  readonly separator: Uint8Array;
}

/** One value of one column: where it lies in the section, and what it says. */
export interface IndexCell {
  readonly offset: number;
  readonly length: number;
  /** The block that it is about. */
  readonly block: number;
  readonly note: string;
}

/** A column of the sparse index, in the words of FORMAT.md. */
export interface IndexColumn {
  readonly name: string;
  readonly cells: readonly IndexCell[];
}

/** Blocks that a section of that length can describe at most: what a damaged count is cut to. */
export function mostBlocks(sectionBytes: number): number {
  return Math.floor((sectionBytes - indexBytes(1, 0)) / (indexBytes(2, 0) - indexBytes(1, 0))) + 1;
}

/** The rows of a section that holds at least `indexBytes(blocks, 0)` bytes. */
export function readIndexRows(section: Uint8Array, blocks: number): IndexRow[] {
  const view = new DataView(section.buffer, section.byteOffset, section.byteLength);
  const column = (number: number, block: number): number => view.getUint32(blocks * (8 + 4 * number) + block * 4, true);
  const separators = section.subarray(indexBytes(blocks, 0));
  return Array.from({ length: blocks }, (_, block) => {
    const from = block <= 1 ? 0 : column(3, block - 2);
    const to = block === 0 ? 0 : column(3, block - 1);
    return {
      checksum: view.getBigUint64(block * 8, true),
      fileEnd: column(0, block),
      dataEnd: column(1, block),
      entriesUpTo: column(2, block),
      separator: separators.subarray(from, to),
    };
  });
}

/** The columns of a section, as its rows were read from it. */
export function indexColumns(rows: readonly IndexRow[]): IndexColumn[] {
  const blocks = rows.length;
  const numbers = (name: string, number: number, value: (row: IndexRow) => number): IndexColumn => ({
    name,
    cells: rows.map((row, block) => ({
      offset: blocks * (8 + 4 * number) + block * 4,
      length: 4,
      block,
      note: `${value(row)}`,
    })),
  });
  const start = indexBytes(blocks, 0);
  let end = 0;
  return [
    {
      name: 'checksums',
      cells: rows.map(({ checksum }, block) => ({ offset: block * 8, length: 8, block, note: hex64(checksum) })),
    },
    numbers('fileEnds', 0, (row) => row.fileEnd),
    numbers('dataEnds', 1, (row) => row.dataEnd),
    numbers('entriesUpTo', 2, (row) => row.entriesUpTo),
    {
      name: 'separatorEnds',
      cells: rows.slice(1).map(({ separator }, i) => {
        end += separator.length;
        return { offset: blocks * 20 + i * 4, length: 4, block: i + 1, note: `${end}` };
      }),
    },
    {
      name: 'separators',
      cells: rows.slice(1).map(({ separator }, i, all) => {
        const before = all.slice(0, i).reduce((sum, row) => sum + row.separator.length, 0);
        return { offset: start + before, length: separator.length, block: i + 1, note: showKey(separator) };
      }),
    },
  ];
}
