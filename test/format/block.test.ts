import { describe, expect, it } from 'vitest';
import { ByteWriter } from '../../src/bytes/byte-writer.ts';
import {
  BlockCursor,
  EntrySpans,
  RESTART_INTERVAL,
  restartBytes,
  restartCount,
  restartWidth,
} from '../../src/format/block.ts';
import { varintBytes } from '../support/varint-bytes.ts';

type Entry = readonly [key: Uint8Array, value: Uint8Array];

/** A block as FORMAT.md §3 draws it. */
function composeBlock(entries: readonly Entry[]): Uint8Array {
  const out = new ByteWriter();
  const restarts: number[] = [];
  for (const [i, [key, value]] of entries.entries()) {
    if (i > 0 && i % 16 === 0) restarts.push(out.length);
    out.bytes(varintBytes(key.length));
    out.bytes(varintBytes(value.length));
    out.bytes(key);
    out.bytes(value);
  }
  const wide = out.length + restarts.length * 2 > 65_535;
  for (const restart of restarts) wide ? out.u32(restart) : out.u16(restart);
  return out.view().slice();
}

/** Entries with the keys 1, 3, 5 … in two bytes. */
function odd(count: number, valueBytes: number): Entry[] {
  return Array.from(
    { length: count },
    (_, i): Entry => [keyOf(2 * i + 1), new Uint8Array(valueBytes).fill(i)],
  );
}

function keyOf(number: number): Uint8Array {
  return Uint8Array.of(number >> 8, number & 255);
}

const SHAPES: [string, number, number][] = [
  ['one entry', 1, 5],
  ['no restart', RESTART_INTERVAL, 3],
  ['one restart', RESTART_INTERVAL + 1, 3],
  ['several restarts', 100, 0],
  ['two-byte lengths', 20, 200],
  ['u32 restarts', 40, 2000],
  ['the most bytes that u16 restarts reach', 77, 846],
  ['one byte more than u16 restarts reach', 31, 2109],
];

describe.each(SHAPES)('a block with %s', (_, count, valueBytes) => {
  const entries = odd(count, valueBytes);
  const block = composeBlock(entries);
  // Not at the start of the memory: that must make no difference.
  const memory = new Uint8Array(block.length + 7).fill(0xff);
  memory.set(block, 3);
  const opened = (): BlockCursor => {
    const cursor = new BlockCursor();
    expect(cursor.open(memory, 3, block.length, count)).toBe(true);
    return cursor;
  };

  it('has the restarts that restartBytes() and restartWidth() say', () => {
    const entryBytes = entries.reduce(
      (sum, [key, value]) => sum + key.length + value.length + (value.length > 127 ? 3 : 2),
      0,
    );
    expect(entryBytes + restartBytes(count, entryBytes)).toBe(block.length);
    expect(restartBytes(count, entryBytes)).toBe(restartCount(count) * restartWidth(block.length));
  });

  it('is found by BlockCursor.lowerBound(), key by key and between the keys', () => {
    const cursor = opened();
    for (let number = 0; number <= 2 * count; number++) {
      expect(cursor.lowerBound(keyOf(number), 2)).toBe(number >> 1);
      expect(cursor.found).toBe(number % 2 === 1);
      if (!cursor.found) continue;
      expect(cursor.bytes.subarray(cursor.keyEnd, cursor.valueEnd)).toEqual(entries[number >> 1][1]);
    }
  });

  it('gives each entry by BlockCursor.seekOrdinal()', () => {
    const cursor = opened();
    for (let ordinal = 0; ordinal < count; ordinal++) {
      expect(cursor.seekOrdinal(ordinal)).toBeGreaterThanOrEqual(3);
      expect(cursor.bytes.subarray(cursor.keyStart, cursor.keyEnd)).toEqual(entries[ordinal][0]);
    }
  });

  it('is walked by EntrySpans.read()', () => {
    const cursor = opened();
    const spans = new EntrySpans();
    expect(spans.read(memory, 3, cursor.entriesEnd, count)).toBe(true);
    expect(spans.valueEnds[count - 1]).toBe(cursor.entriesEnd);
    expect(
      Array.from({ length: count }, (_, i) => memory.slice(spans.keyStarts[i], spans.keyEnds[i])),
    ).toEqual(entries.map(([key]) => key));
  });
});

describe('restarts', () => {
  it('are one for each sixteenth entry but the first', () => {
    expect([0, 1, 16, 17, 32, 33].map(restartCount)).toEqual([0, 0, 0, 1, 1, 2]);
  });

  it('take four bytes each when the block would be longer than 65,535 bytes with two', () => {
    expect([65_535, 65_536].map(restartWidth)).toEqual([2, 4]);
    expect([65_533, 65_534].map((entryBytes) => restartBytes(17, entryBytes))).toEqual([2, 4]);
    expect([65_531, 65_532].map((entryBytes) => restartBytes(33, entryBytes))).toEqual([4, 8]);
  });
});

describe('BlockCursor', () => {
  it('refuses a block that is too short for its restarts, and one without entries', () => {
    const cursor = new BlockCursor();
    expect(cursor.open(new Uint8Array(2), 0, 2, 17)).toBe(false);
    expect(cursor.open(new Uint8Array(8), 0, 8, 0)).toBe(false);
    expect(cursor.open(new Uint8Array(0), 0, 0, 1)).toBe(false);
  });

  it.each([
    ['a key that reaches out of the block', [5, 0, 1, 2]],
    ['a value that reaches out of the block', [1, 9, 1, 2]],
    ['a key length of more than three bytes', [0x80, 0x80, 0x80, 0x01, 0, 1]],
    ['a value length of more than five bytes', [1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01, 1]],
    ['a value length of 2^32 and more', [1, 0xff, 0xff, 0xff, 0xff, 0x1f, 1]],
    ['lengths without an end', [0xff]],
  ])('finds nothing in %s', (_, bytes) => {
    const cursor = new BlockCursor();
    const memory = new Uint8Array(64);
    memory.set(bytes);
    cursor.open(memory, 0, bytes.length, 1);
    expect(cursor.read(0)).toBe(-1);
    expect(cursor.lowerBound(Uint8Array.of(1), 1)).toBe(-1);
    expect(cursor.seekOrdinal(0)).toBe(-1);
    expect(new EntrySpans().read(memory, 0, bytes.length, 1)).toBe(false);
  });

  // The lengths and one byte of key: the value is only claimed, so that no memory is needed for it.
  it.each([
    [2 ** 7 - 1, [0x7f]],
    [2 ** 7, [0x80, 0x01]],
    [2 ** 14 - 1, [0xff, 0x7f]],
    [2 ** 14, [0x80, 0x80, 0x01]],
    [2 ** 21, [0x80, 0x80, 0x80, 0x01]],
    [2 ** 28 - 1, [0xff, 0xff, 0xff, 0x7f]],
    [2 ** 28, [0x80, 0x80, 0x80, 0x80, 0x01]],
    [2 ** 31 - 1, [0xff, 0xff, 0xff, 0xff, 0x07]],
  ])('reads a value of %i bytes if the entries reach so far', (length, varint) => {
    const cursor = new BlockCursor();
    const end = 1 + varint.length + 1 + length;
    cursor.open(Uint8Array.of(1, ...varint, 7), 0, end, 1);
    expect(cursor.read(0)).toBe(end);
    expect(cursor.keyStart).toBe(1 + varint.length);
    expect([cursor.keyEnd, cursor.valueEnd]).toEqual([end - length, end]);
    cursor.open(Uint8Array.of(1, ...varint, 7), 0, end - 1, 1);
    expect(cursor.read(0)).toBe(-1);
  });

  it.each([
    [1, [0x01]],
    [2 ** 7 - 1, [0x7f]],
    [2 ** 7, [0x80, 0x01]],
    [2 ** 14 - 1, [0xff, 0x7f]],
    [2 ** 14, [0x80, 0x80, 0x01]],
    [2 ** 16 - 1, [0xff, 0xff, 0x03]],
  ])('reads a key of %i bytes if the entries reach so far', (length, varint) => {
    const cursor = new BlockCursor();
    const end = varint.length + 1 + length;
    cursor.open(Uint8Array.of(...varint, 0), 0, end, 1);
    expect(cursor.read(0)).toBe(end);
    expect([cursor.keyStart, cursor.keyEnd]).toEqual([varint.length + 1, end]);
    cursor.open(Uint8Array.of(...varint, 0), 0, end - 1, 1);
    expect(cursor.read(0)).toBe(-1);
  });

  // Here there is room for anything: it is the form of the lengths that is refused.
  it.each([
    ['an empty key', [0, 1, 7]],
    ['a key of 65,536 bytes', [0x80, 0x80, 0x04, 1, 7]],
    ['a key length with a byte more than it needs', [0x81, 0x00, 1, 7]],
    ['a key length with two bytes more than it needs', [0x81, 0x80, 0x00, 1, 7]],
    ['a key length of four bytes', [0x80, 0x80, 0x80, 0x01, 1, 7]],
    ['a key length of six bytes', [0x80, 0x80, 0x80, 0x80, 0x80, 0x01, 1, 7]],
    ['a value length with a byte more than it needs', [1, 0x81, 0x00, 7]],
    ['a value length with four bytes more than it needs', [1, 0x81, 0x80, 0x80, 0x80, 0x00, 7]],
    ['a value length of six bytes', [1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01, 7]],
    ['a value length of 2^31', [1, 0x80, 0x80, 0x80, 0x80, 0x08, 7]],
    ['a value length of 2^32 and one', [1, 0x81, 0x80, 0x80, 0x80, 0x10, 7]],
  ])('refuses %s, however far the entries reach', (_, bytes) => {
    const cursor = new BlockCursor();
    const memory = Uint8Array.of(...bytes);
    cursor.open(memory, 0, 2 ** 40, 1);
    expect(cursor.read(0)).toBe(-1);
    expect(new EntrySpans().read(memory, 0, 2 ** 40, 1)).toBe(false);
  });

  it('reads nothing before the memory, behind it, and behind the entries', () => {
    const block = composeBlock(odd(17, 1));
    const cursor = new BlockCursor();
    cursor.open(block, 0, block.length, 17);
    for (const at of [-1, cursor.entriesEnd, block.length, block.length + 9])
      expect(cursor.read(at)).toBe(-1);
  });

  it('refuses lengths that go on behind the entries, whatever is there', () => {
    const cursor = new BlockCursor();
    const memory = Uint8Array.of(0x80, 0x01, 0x80, 0x01, ...new Uint8Array(600));
    for (let length = 1; length < 4 + 128 + 128; length++) {
      cursor.open(memory, 0, length, 1);
      expect(cursor.read(0)).toBe(-1);
    }
  });

  it('reads an entry in memory that is no block, if all of it is there', () => {
    const cursor = new BlockCursor();
    const memory = Uint8Array.of(9, 2, 1, 5, 6, 7);
    expect(cursor.readAnywhere(memory, 1)).toBe(6);
    expect([cursor.keyStart, cursor.keyEnd, cursor.valueEnd]).toEqual([3, 5, 6]);
    expect(cursor.bytes).toBe(memory);
    for (let length = 0; length < 6; length++) {
      expect(cursor.readAnywhere(memory.subarray(0, length), 1)).toBe(-1);
    }
  });

  it('gives the restarts of a block of either width, and none that lies outside of its entries', () => {
    for (const [count, valueBytes] of [
      [40, 1],
      [40, 2000],
    ]) {
      const block = composeBlock(odd(count, valueBytes));
      const width = restartWidth(block.length);
      const start = 2 ** 10;
      const memory = new Uint8Array(start + block.length);
      const cursor = new BlockCursor();
      const restartOf = (offset: number): number => {
        memory.set(block, start);
        const view = new DataView(memory.buffer, memory.length - width);
        if (width === 2) view.setUint16(0, offset, true);
        else view.setUint32(0, offset, true);
        cursor.open(memory, start, block.length, count);
        return cursor.restart(2);
      };
      const entry = (block.length - 2 * width) / count;
      expect(restartOf(32 * entry)).toBe(start + 32 * entry);
      expect([cursor.restart(0), cursor.restart(1)]).toEqual([start, start + 16 * entry]);
      expect(restartOf(40 * entry - 1)).toBe(start + 40 * entry - 1);
      expect(restartOf(40 * entry)).toBe(-1);
      expect(restartOf(2 ** (8 * width) - 1)).toBe(-1);
      expect(restartOf(2 ** (8 * width - 1))).toBe(-1);
    }
  });

  it('has found nothing before it was asked', () => {
    expect(new BlockCursor().found).toBe(false);
  });

  it('opens no block without entries, and none that its restarts fill', () => {
    const cursor = new BlockCursor();
    const memory = new Uint8Array(8);
    expect(cursor.open(memory, 4, 1, 1)).toBe(true);
    expect(cursor.open(memory, 4, 0, 1)).toBe(false);
    expect(cursor.open(memory, 4, 2, 17)).toBe(false);
    expect(cursor.open(memory, 4, 3, 17)).toBe(true);
    expect(cursor.open(memory, 0, 2 ** 30, 0)).toBe(false);
  });

  it('says so when a restart points out of the block', () => {
    const block = composeBlock(odd(17, 1));
    block.set([0xff, 0x7f], block.length - 2);
    const cursor = new BlockCursor();
    cursor.open(block, 0, block.length, 17);
    expect(cursor.lowerBound(keyOf(3), 2)).toBe(-1);
    expect(cursor.seekOrdinal(16)).toBe(-1);
  });

  it('never reads outside of a block, whatever single byte of it changes', () => {
    const block = composeBlock(odd(40, 3));
    const cursor = new BlockCursor();
    for (let at = 0; at < block.length; at++) {
      const broken = block.slice();
      broken[at] ^= 0xff;
      if (!cursor.open(broken, 0, broken.length, 40)) continue;
      for (const number of [0, 33, 79, 80]) {
        const ordinal = cursor.lowerBound(keyOf(number), 2);
        expect(ordinal).toBeGreaterThanOrEqual(-1);
        expect(ordinal).toBeLessThanOrEqual(40);
        if (cursor.found) expect(cursor.valueEnd).toBeLessThanOrEqual(broken.length);
      }
    }
  });
});

describe('EntrySpans', () => {
  const block = composeBlock(odd(20, 200));
  /** Where the entries end, and its one restart begins. */
  const entriesEnd = block.length - 2;

  it('tells lengths of one byte from longer ones', () => {
    const entries = [1, 127, 128, 129].flatMap((keyBytes) =>
      [0, 127, 128, 129].map((valueBytes): Entry => [new Uint8Array(keyBytes), new Uint8Array(valueBytes)]),
    );
    const bytes = composeBlock(entries);
    const spans = new EntrySpans();
    expect(spans.read(bytes, 0, bytes.length, entries.length)).toBe(true);
    const lengths = entries.map((_, i) => [
      spans.keyEnds[i] - spans.keyStarts[i],
      spans.valueEnds[i] - spans.keyEnds[i],
    ]);
    expect(lengths).toEqual(entries.map(([key, value]) => [key.length, value.length]));
  });

  it('refuses entries that reach behind the end, at every end', () => {
    const spans = new EntrySpans();
    for (let end = 0; end < entriesEnd; end++) expect(spans.read(block, 0, end, 20)).toBe(false);
    const short = composeBlock(odd(3, 4));
    for (let end = 0; end < short.length; end++) expect(spans.read(short, 0, end, 3)).toBe(false);
    expect(spans.read(short, 0, short.length, 3)).toBe(true);
  });

  it('holds a stretch after a longer and after a shorter one', () => {
    const spans = new EntrySpans();
    for (const count of [3, 20, 1, 19, 0]) {
      expect(spans.read(block, 0, entriesEnd, count)).toBe(true);
      expect(spans.count).toBe(count);
      const keys = (): Uint8Array[] =>
        Array.from({ length: count }, (_, i) => block.slice(spans.keyStarts[i], spans.keyEnds[i]));
      const wanted = odd(count, 0).map(([key]) => key);
      expect(keys()).toEqual(wanted);
      spans.reverse();
      expect(keys()).toEqual(wanted.reverse());
    }
  });
});
