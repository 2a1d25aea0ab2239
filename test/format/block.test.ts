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
