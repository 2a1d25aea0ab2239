import { describe, expect, it } from 'vitest';
import type { Region } from '../../src/bytes/corruption.ts';
import { HEADER } from '../../src/format/layout.ts';
import {
  indexBytes,
  SparseIndex,
  type SparseIndexBounds,
  SparseIndexWriter,
} from '../../src/format/sparse-index.ts';
import { failureNow } from '../support/failures.ts';

const REGION: Region = { file: 'part', section: 'sparse index', offset: 1000 };

const SEPARATORS = ['', 'b', 'ba', 'c'];
const RECORDS = [
  { storedLength: 30, dataLength: 30, entries: 3, checksum: 0x0123456789abcdefn },
  { storedLength: 20, dataLength: 90, entries: 30, checksum: 2n },
  { storedLength: 12, dataLength: 12, entries: 1, checksum: 2n ** 64n - 1n },
  { storedLength: 40, dataLength: 41, entries: 10, checksum: 0n },
];
const BOUNDS: SparseIndexBounds = { blocks: 4, entries: 44, dataBytes: 173, blocksEnd: HEADER.length + 102 };

/** The columns of FORMAT.md §5, by hand. */
const COLUMNS = {
  checksums: 0,
  fileEnds: 4 * 8,
  dataEnds: 4 * 12,
  entriesUpTo: 4 * 16,
  separatorEnds: 4 * 20,
  separators: 4 * 24 - 4,
};

function section(): Uint8Array {
  const writer = new SparseIndexWriter();
  for (const [i, record] of RECORDS.entries()) {
    const separator = new TextEncoder().encode(SEPARATORS[i]);
    writer.add(separator, separator.length, record);
  }
  return writer.finish().slice();
}

/** The section with one u32 changed. */
function changed(offset: number, value: number): Uint8Array {
  const bytes = section();
  new DataView(bytes.buffer).setUint32(offset, value, true);
  return bytes;
}

/** How a section is refused: at this offset in it, with these words. */
function refused(
  bytes: Uint8Array,
  at: number,
  words: string,
  bounds: Partial<SparseIndexBounds> = {},
): ReturnType<typeof failureNow> {
  const error = failureNow(() => new SparseIndex(bytes, { ...BOUNDS, ...bounds }, REGION), 'CORRUPTION');
  expect(error).toMatchObject({ file: 'part', section: 'sparse index', offset: REGION.offset + at });
  expect(error.message).toContain(words);
  return error;
}

describe('SparseIndex', () => {
  it('lays the columns out as FORMAT.md §5 says', () => {
    const bytes = section();
    const view = new DataView(bytes.buffer);
    const u32 = (start: number, count: number): number[] =>
      Array.from({ length: count }, (_, i) => view.getUint32(start + i * 4, true));
    expect(view.getBigUint64(COLUMNS.checksums, true)).toBe(RECORDS[0].checksum);
    expect(u32(COLUMNS.fileEnds, 4)).toEqual([46, 66, 78, 118]);
    expect(u32(COLUMNS.dataEnds, 4)).toEqual([30, 120, 132, 173]);
    expect(u32(COLUMNS.entriesUpTo, 4)).toEqual([3, 33, 34, 44]);
    expect(u32(COLUMNS.separatorEnds, 3)).toEqual([1, 3, 4]);
    expect(new TextDecoder().decode(bytes.subarray(COLUMNS.separators))).toBe('bbac');
    expect(bytes.length).toBe(indexBytes(4, 4));
  });

  it('gives back what was added, from aligned and unaligned memory', () => {
    for (const shift of [0, 1, 2, 3]) {
      const memory = new Uint8Array(section().length + shift);
      memory.set(section(), shift);
      const index = new SparseIndex(memory.subarray(shift), BOUNDS, REGION);
      let file = HEADER.length;
      let data = 0;
      let entries = 0;
      for (const [block, record] of RECORDS.entries()) {
        expect(index.fileStart(block)).toBe(file);
        expect(index.storedLength(block)).toBe(record.storedLength);
        expect(index.dataStart(block)).toBe(data);
        expect(index.dataLength(block)).toBe(record.dataLength);
        expect(index.entriesBefore(block)).toBe(entries);
        expect(index.entries(block)).toBe(record.entries);
        expect(index.checksum(block)).toBe(record.checksum);
        file += record.storedLength;
        data += record.dataLength;
        entries += record.entries;
      }
      expect([index.fileStart(4), index.dataStart(4), index.entriesBefore(4)]).toEqual([file, data, entries]);
    }
  });

  it('finds blocks by key, by data offset and by entry', () => {
    const index = new SparseIndex(section(), BOUNDS, REGION);
    const find = (key: string): number => index.findBlock(new TextEncoder().encode(key), key.length);
    expect(['', 'a', 'b', 'b\0', 'ba', 'bz', 'c', 'z'].map(find)).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
    expect([0, 29, 30, 119, 120, 131, 132, 172].map((at) => index.blockAtData(at))).toEqual([
      0, 0, 1, 1, 2, 2, 3, 3,
    ]);
    expect([0, 2, 3, 32, 33, 34, 43].map((at) => index.blockAtEntry(at))).toEqual([0, 0, 1, 1, 2, 3, 3]);
  });

  it('keeps a section as it lies in memory, and copies only one that is not aligned', () => {
    const aligned = new Uint8Array(section().length + 4);
    aligned.set(section(), 4);
    const index = new SparseIndex(aligned.subarray(4), BOUNDS, REGION);
    expect(index.separators.at(0).buffer).toBe(aligned.buffer);
    const odd = new Uint8Array(section().length + 2);
    odd.set(section(), 2);
    expect(new SparseIndex(odd.subarray(2), BOUNDS, REGION).separators.at(0).buffer).not.toBe(odd.buffer);
  });

  it('refuses a section of any other length', () => {
    const { length } = section();
    for (let short = 0; short < COLUMNS.separators; short++) {
      expect(refused(section().subarray(0, short), 0, 'too short')).toMatchObject({
        expected: `${COLUMNS.separators} bytes`,
        actual: `${short}`,
      });
    }
    refused(section().subarray(0, COLUMNS.separators), COLUMNS.separatorEnds, 'separators do not fit');
    refused(section().subarray(0, length - 1), COLUMNS.separatorEnds + 8, 'separators do not fit');
    const longer = new Uint8Array(length + 1);
    longer.set(section());
    refused(longer, length, 'bytes too many');
  });

  it('refuses counts that lie before it allocates by them', () => {
    for (const blocks of [0, 5, 2 ** 30, 2 ** 32 - 1]) refused(section(), 0, 'too short', { blocks });
    refused(section(), 3 * 8, 'the lengths do not fit', { blocks: 3 });
    const error = refused(section(), 0, 'do not add up', { entries: 45 });
    expect(error.expected).toBe('45 entries in 173 bytes up to 118');
    expect(error.actual).toBe('44 in 173 up to 118');
    refused(section(), 0, 'do not add up', { dataBytes: 172 });
    refused(section(), 0, 'do not add up', { blocksEnd: 119 });
  });

  it.each([
    ['an empty block', COLUMNS.fileEnds, HEADER.length, 0],
    ['a block that ends before it starts', COLUMNS.fileEnds + 4, 45, 1],
    ['a block without bytes in the file', COLUMNS.fileEnds + 4, 46, 1],
    ['a block that is larger stored than decompressed', COLUMNS.fileEnds, 47, 0],
    ['data that ends before it starts', COLUMNS.dataEnds + 4, 29, 1],
    ['a block without entries', COLUMNS.entriesUpTo, 0, 0],
    ['entries that run backwards', COLUMNS.entriesUpTo + 4, 2, 1],
    ['more entries than fit into a block', COLUMNS.entriesUpTo, 11, 0],
    ['more entries than fit into the last block', COLUMNS.entriesUpTo + 12, 34 + 14, 3],
  ])('refuses %s', (_, offset, value, block) => {
    refused(changed(offset, value), COLUMNS.fileEnds + 4 * block, 'the lengths do not fit each other');
  });

  it('takes blocks that are as full of entries as three bytes for each allow', () => {
    const records = [
      { storedLength: 30, dataLength: 30, entries: 10, checksum: 1n },
      { storedLength: 3, dataLength: 3, entries: 1, checksum: 2n },
    ];
    const writer = new SparseIndexWriter();
    for (const record of records) writer.add(Uint8Array.of(1), 1, record);
    const bounds = { blocks: 2, entries: 11, dataBytes: 33, blocksEnd: HEADER.length + 33 };
    expect(new SparseIndex(writer.finish(), bounds, REGION).entries(0)).toBe(10);
  });

  it('takes a separator of 65,535 bytes, and no longer one', () => {
    const bounds = { blocks: 2, entries: 2, dataBytes: 6, blocksEnd: HEADER.length + 6 };
    const withSeparatorOf = (length: number): Uint8Array => {
      const writer = new SparseIndexWriter();
      const record = { storedLength: 3, dataLength: 3, entries: 1, checksum: 0n };
      for (let i = 0; i < 2; i++) writer.add(new Uint8Array(length), length, record);
      return writer.finish();
    };
    expect(new SparseIndex(withSeparatorOf(65_535), bounds, REGION).separators.at(0).length).toBe(65_535);
    refused(withSeparatorOf(65_536), 2 * 20, 'the separators do not fit the index', bounds);
  });

  it('takes separators that are longer than that together', () => {
    const bounds = { blocks: 3, entries: 3, dataBytes: 9, blocksEnd: HEADER.length + 9 };
    const writer = new SparseIndexWriter();
    const record = { storedLength: 3, dataLength: 3, entries: 1, checksum: 0n };
    for (let i = 0; i < 3; i++) writer.add(new Uint8Array(40_000).fill(i), 40_000, record);
    const index = new SparseIndex(writer.finish(), bounds, REGION);
    expect([0, 1].map((i) => index.separators.at(i).length)).toEqual([40_000, 40_000]);
  });

  it.each([
    ['an empty separator', COLUMNS.separatorEnds, 0],
    ['separators that run backwards', COLUMNS.separatorEnds + 4, 1],
    ['a separator that reaches out of the section', COLUMNS.separatorEnds + 8, 5],
  ])('refuses %s', (_, offset, value) => {
    refused(changed(offset, value), offset, 'the separators do not fit the index');
  });

  it.each([
    ['equal separators', 'babac'],
    ['descending separators', 'cbac'],
    ['a separator before its prefix', 'bbaa'],
  ])('refuses %s', (_, text) => {
    refused(withSeparators(text), COLUMNS.separators, 'the separators do not ascend');
  });

  it('has one block without a separator when there is but one', () => {
    const writer = new SparseIndexWriter();
    writer.add(Uint8Array.of(9, 9), 2, { ...RECORDS[0], entries: 10 });
    const bytes = writer.finish().slice();
    expect(bytes.length).toBe(indexBytes(1, 0));
    const bounds = { blocks: 1, entries: 10, dataBytes: 30, blocksEnd: HEADER.length + 30 };
    const index = new SparseIndex(bytes, bounds, REGION);
    expect(index.separators.length).toBe(0);
    expect(index.findBlock(Uint8Array.of(200), 1)).toBe(0);
    expect([index.blockAtData(29), index.blockAtEntry(9)]).toEqual([0, 0]);
    refused(Uint8Array.of(...bytes, 0), bytes.length, 'the index has bytes too many', bounds);
  });

  it('finds the right one of any number of blocks', () => {
    for (let blocks = 1; blocks <= 20; blocks++) {
      const writer = new SparseIndexWriter();
      for (let block = 0; block < blocks; block++) {
        writer.add(Uint8Array.of(2 * block), 1, { storedLength: 9, dataLength: 9, entries: 3, checksum: 0n });
      }
      const bounds = {
        blocks,
        entries: 3 * blocks,
        dataBytes: 9 * blocks,
        blocksEnd: HEADER.length + 9 * blocks,
      };
      const index = new SparseIndex(writer.finish(), bounds, REGION);
      for (let block = 0; block < blocks; block++) {
        expect([9 * block, 9 * block + 8].map((at) => index.blockAtData(at))).toEqual([block, block]);
        expect([3 * block, 3 * block + 2].map((at) => index.blockAtEntry(at))).toEqual([block, block]);
        expect([2 * block, 2 * block + 1].map((key) => index.findBlock(Uint8Array.of(key), 1))).toEqual([
          block,
          block,
        ]);
      }
    }
  });
});

describe('SparseIndexWriter', () => {
  it('says how many bytes the section takes, and where blocks, data and entries end, as it grows', () => {
    const writer = new SparseIndexWriter();
    expect([writer.bytes, writer.fileEnd, writer.dataEnd, writer.entries]).toEqual([0, HEADER.length, 0, 0]);
    let separators = 0;
    for (const [i, record] of RECORDS.entries()) {
      const separator = new TextEncoder().encode(`${SEPARATORS[i]} and what is not of it`);
      writer.add(separator, SEPARATORS[i].length, record);
      separators += SEPARATORS[i].length;
      expect(writer.bytes).toBe(indexBytes(i + 1, separators));
      expect(writer.bytes).toBe(24 * (i + 1) - 4 + separators);
    }
    expect([writer.count, writer.fileEnd, writer.dataEnd, writer.entries]).toEqual([4, 118, 173, 44]);
    expect(writer.finish()).toEqual(section());
  });

  it('takes no bytes without a block', () => {
    expect(indexBytes(0, 0)).toBe(0);
  });
});

/** The section with other separators; equal ones of two bytes where they are longer. */
function withSeparators(text: string): Uint8Array {
  const columns = text.length === 5 ? changed(COLUMNS.separatorEnds, 2) : section();
  const bytes = new Uint8Array(COLUMNS.separators + text.length);
  bytes.set(columns.subarray(0, COLUMNS.separators));
  bytes.set(new TextEncoder().encode(text), COLUMNS.separators);
  if (text.length === 5) {
    const view = new DataView(bytes.buffer);
    view.setUint32(COLUMNS.separatorEnds + 4, 4, true);
    view.setUint32(COLUMNS.separatorEnds + 8, 5, true);
  }
  return bytes;
}
