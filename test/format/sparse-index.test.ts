import { describe, expect, it } from 'vitest';
import type { Place } from '../../src/bytes/corruption.ts';
import { HEADER } from '../../src/format/layout.ts';
import {
  indexBytes,
  SparseIndex,
  type SparseIndexBounds,
  SparseIndexWriter,
} from '../../src/format/sparse-index.ts';
import { failureNow } from '../support/failures.ts';

const PLACE: Place = { file: 'part', section: 'sparse index', offset: 1000 };

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

function refused(bytes: Uint8Array, bounds: Partial<SparseIndexBounds> = {}): ReturnType<typeof failureNow> {
  const error = failureNow(() => new SparseIndex(bytes, { ...BOUNDS, ...bounds }, PLACE), 'CORRUPTION');
  expect(error).toMatchObject({ file: 'part', section: 'sparse index' });
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
      const index = new SparseIndex(memory.subarray(shift), BOUNDS, PLACE);
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
    const index = new SparseIndex(section(), BOUNDS, PLACE);
    const find = (key: string): number => index.findBlock(new TextEncoder().encode(key), key.length);
    expect(['', 'a', 'b', 'b\0', 'ba', 'bz', 'c', 'z'].map(find)).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
    expect([0, 29, 30, 119, 120, 131, 132, 172].map((at) => index.blockAtData(at))).toEqual([
      0, 0, 1, 1, 2, 2, 3, 3,
    ]);
    expect([0, 2, 3, 32, 33, 34, 43].map((at) => index.blockAtEntry(at))).toEqual([0, 0, 1, 1, 2, 3, 3]);
  });

  it('refuses a section of any other length', () => {
    for (let length = 0; length < section().length; length++) refused(section().subarray(0, length));
    const longer = new Uint8Array(section().length + 1);
    longer.set(section());
    refused(longer);
  });

  it('refuses counts that lie before it allocates by them', () => {
    for (const blocks of [0, 3, 5, 2 ** 30, 2 ** 32 - 1]) refused(section(), { blocks });
    refused(section(), { entries: 45 });
    refused(section(), { dataBytes: 172 });
    refused(section(), { blocksEnd: 119 });
  });

  it.each([
    ['an empty block', COLUMNS.fileEnds, HEADER.length],
    ['a block that ends before it starts', COLUMNS.fileEnds + 4, 45],
    ['a block that is larger stored than decompressed', COLUMNS.fileEnds, 47],
    ['data that ends before it starts', COLUMNS.dataEnds + 4, 29],
    ['a block without entries', COLUMNS.entriesUpTo, 0],
    ['entries that run backwards', COLUMNS.entriesUpTo + 4, 2],
    ['more entries than fit into a block', COLUMNS.entriesUpTo, 11],
  ])('refuses %s', (_, offset, value) => {
    refused(changed(offset, value));
  });

  it.each([
    ['an empty separator', changed(COLUMNS.separatorEnds, 0)],
    ['separators that run backwards', changed(COLUMNS.separatorEnds, 4)],
    ['a separator that reaches out of the section', changed(COLUMNS.separatorEnds + 8, 5)],
    ['bytes behind the last separator', changed(COLUMNS.separatorEnds + 8, 3)],
    ['equal separators', withSeparators('babac')],
    ['descending separators', withSeparators('cbac')],
    ['a separator before its prefix', withSeparators('bbaa')],
  ])('refuses %s', (_, bytes) => {
    refused(bytes);
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
