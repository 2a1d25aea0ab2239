import { hex64 } from '../bytes/checksum.ts';
import { toHex } from '../bytes/hex.ts';
import { loadDecompressor } from '../compression/compressions.ts';
import { HEADER } from '../format/layout.ts';
import { MAX_DATA_BYTES } from '../format/limits.ts';
import { type BlockOutline, outlineBlock } from './block-outline.ts';
import type { CarefulReader } from './careful-reader.ts';
import type { Extent } from './extent.ts';
import type { IndexRow } from './index-columns.ts';
import { countOf } from './lines.ts';
import type { ChecksumState, InspectedBlock, InspectedEntry, InspectedSection } from './report.ts';

/** A block that the output shows. */
export interface ShownBlock {
  readonly report: InspectedBlock;
  readonly stored: Uint8Array;
  /** Undefined if the block does not decompress. */
  readonly outline: BlockOutline | undefined;
}

/** What is known about the blocks before they are read. */
export interface BlocksPlace {
  readonly rows: readonly IndexRow[];
  /** Where the rows lie in the file, for problems with them. */
  readonly indexOffset: number;
  /** Where the blocks end in the file. */
  readonly end: number;
  /** Undefined if the properties are damaged. */
  readonly compression: string | undefined;
}

/** All blocks that can be located, those that are shown, and the section that they form. */
export interface InspectedBlocks {
  readonly reports: readonly InspectedBlock[];
  readonly shown: readonly ShownBlock[];
  readonly section: InspectedSection | undefined;
}

/** Reads and checks the blocks of a partition, one at a time. */
export async function inspectBlocks(
  reader: CarefulReader,
  { rows, indexOffset, end, compression }: BlocksPlace,
  extent: Extent,
): Promise<InspectedBlocks> {
  const reports: InspectedBlock[] = [];
  const shown: ShownBlock[] = [];
  const misplaced: number[] = [];
  let before = { fileEnd: HEADER.length, dataEnd: 0, entriesUpTo: 0 };
  for (const [number, row] of rows.entries()) {
    const place = {
      number,
      offset: before.fileEnd,
      storedLength: row.fileEnd - before.fileEnd,
      dataLength: row.dataEnd - before.dataEnd,
      entries: row.entriesUpTo - before.entriesUpTo,
      entriesBefore: before.entriesUpTo,
    };
    before = row;
    const within = place.offset >= HEADER.length && place.storedLength > 0 && row.fileEnd <= end;
    if (!within || place.dataLength < 1 || place.entries < 1) {
      misplaced.push(number);
      continue;
    }
    const isShown = number < extent.blocks;
    const block = await inspectBlock(reader, place, row, compression, isShown ? extent.entries : 0);
    reports.push(block.report);
    if (isShown) shown.push(block);
  }
  if (misplaced.length > 0) {
    const named = misplaced.slice(0, 8).join(', ') + (misplaced.length > 8 ? ' …' : '');
    const message = `where the sparse index puts ${countOf(misplaced.length, 'block')} can't be right: ${named}`;
    reader.problems.note('sparse index', indexOffset, message);
  }
  const right = misplaced.length === 0 && reports.every(({ state }) => state === 'right');
  const section: InspectedSection = {
    name: 'blocks',
    offset: HEADER.length,
    length: end - HEADER.length,
    state: right ? 'right' : 'wrong',
  };
  return { reports, shown, section: reports.length > 0 ? section : undefined };
}

/** Reads and checks one block within the file; keeps the positions of its first entries. */
async function inspectBlock(
  reader: CarefulReader,
  place: Omit<InspectedBlock, 'compressed' | 'separator' | 'checksum' | 'state'>,
  row: IndexRow,
  compression: string | undefined,
  mostEntries: number,
): Promise<ShownBlock> {
  const { number, offset, storedLength, dataLength, entries } = place;
  const { problems } = reader;
  const section = `block ${number}`;
  const stored = await reader.read(section, offset, storedLength);
  const actual = reader.checksum.hash(stored);
  const state: ChecksumState = actual === row.checksum ? 'right' : 'wrong';
  if (state === 'wrong') {
    const evidence = `expected ${hex64(row.checksum)}, found ${hex64(actual)}`;
    problems.note(section, offset, `the checksum of ${section} differs: ${evidence}`);
  }
  const compressed = storedLength !== dataLength;
  let data: Uint8Array | undefined = stored;
  if (compressed) {
    data = undefined;
    // The size of a damaged block after decompression is unpredictable.
    if (state === 'right' && compression !== undefined) {
      try {
        data = await decompress(stored, dataLength, compression);
      } catch (error) {
        problems.noteError(section, offset, error);
      }
    }
  }
  const outline = data && outlineBlock(data, entries, mostEntries);
  if (outline?.problem !== undefined && state === 'right') {
    problems.note(section, offset, `${section}: ${outline.problem.message}`);
  }
  const { separator, checksum } = row;
  const report = { ...place, compressed, separator: toHex(separator), checksum: hex64(checksum), state };
  return { report, stored, outline };
}

async function decompress(stored: Uint8Array, length: number, compression: string): Promise<Uint8Array> {
  const decompressor = await loadDecompressor(compression);
  if (decompressor === undefined) throw new RangeError("it is compressed, in a file with compression 'none'");
  if (length > MAX_DATA_BYTES) throw new RangeError(`it claims ${length} bytes`);
  // Copied, because the decompressor reuses its memory for the next block.
  return decompressor.decompress(stored, length).slice();
}

/** The entries of a shown block. */
export function entriesOf({ report, outline }: ShownBlock): InspectedEntry[] {
  if (outline === undefined) return [];
  const { data, entries } = outline;
  return entries.map(({ start, keyStart, keyEnd, valueEnd }) => ({
    block: report.number,
    offset: start,
    key: toHex(data.subarray(keyStart, keyEnd)),
    value: toHex(data.subarray(keyEnd, valueEnd)),
  }));
}
