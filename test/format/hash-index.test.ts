import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyBuffer } from '../../src/bytes/key-buffer.ts';
import {
  buildHashIndex,
  HOME_RANGE,
  HOME_SHIFT,
  homeSlots,
  mostHashBytes,
  offsetBitsOf,
} from '../../src/format/hash-index.ts';

/** What a reader does (FORMAT.md §10): the offsets of all entries that it would compare with the key. */
function candidates(slots: Uint32Array, hash: number, dataBytes: number, homes: number): number[] {
  const bits = offsetBitsOf(dataBytes);
  const tag = (hash >>> 0) % 2 ** (32 - bits);
  const found: number[] = [];
  const home = Math.floor((Math.floor((hash >>> 0) / 16) * homes) / 2 ** 28);
  for (let slot = home; slots[slot] !== 0; slot++) {
    if (Math.floor(slots[slot] / 2 ** bits) === tag) found.push((slots[slot] % 2 ** bits) - 1);
  }
  return found;
}

describe('buildHashIndex()', () => {
  it('leads every hash to its offset, and ends with an empty slot', () => {
    const hashes = fc.array(
      fc.oneof(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), fc.constantFrom(0, -1, 12_345)),
      {
        minLength: 1,
        maxLength: 300,
      },
    );
    fc.assert(
      fc.property(hashes, fc.integer({ min: 3, max: 1_000_000 }), (list, step) => {
        const offsets = Int32Array.from(list, (_, i) => i * step);
        const dataBytes = list.length * step;
        const slots = buildHashIndex(Int32Array.from(list), offsets, list.length, dataBytes);
        // More equal hashes than may run on are crafted; the next test is about those.
        if (slots === undefined) return;
        const homes = homeSlots(list.length);
        expect(slots.length).toBeGreaterThan(homes);
        expect(slots.at(-1)).toBe(0);
        expect(slots.filter((slot) => slot !== 0).length).toBe(list.length);
        expect(slots.byteLength).toBeLessThanOrEqual(mostHashBytes(list.length));
        for (const [i, hash] of list.entries()) {
          expect(candidates(slots, hash, dataBytes, homes)).toContain(offsets[i]);
        }
      }),
    );
  });

  it('is what FORMAT.md §4 says, slot by slot', () => {
    const hash = fc.oneof(
      fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      fc.integer({ min: -40, max: 40 }),
      fc.constantFrom(2 ** 31 - 1, -(2 ** 31)),
    );
    const hashes = fc.array(hash, { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(hashes, fc.integer({ min: 3, max: 5_000_000 }), (list, step) => {
        const bits = (list.length * step).toString(2).length;
        const homes = Math.ceil((list.length * 4) / 3);
        const entries = list.map((hash, i) => ({
          home: Math.floor((Math.floor((hash >>> 0) / 16) * homes) / 2 ** 28),
          slot: ((hash >>> 0) % 2 ** (32 - bits)) * 2 ** bits + i * step + 1,
        }));
        const wanted: number[] = [];
        for (const { home, slot } of entries.sort((a, b) => a.home - b.home)) {
          wanted[Math.max(home, wanted.length)] = slot;
        }
        wanted[Math.max(homes, wanted.length)] = 0;
        const offsets = Int32Array.from(list, (_, i) => i * step);
        const slots = buildHashIndex(Int32Array.from(list), offsets, list.length, list.length * step);
        expect(Array.from(slots ?? [])).toEqual(Array.from(wanted, (slot) => slot ?? 0));
      }),
    );
  });

  it('takes only as many entries as it is told', () => {
    const slots = buildHashIndex(Int32Array.of(0, 7, 7, 7), Int32Array.of(0, 3, 6, 9), 1, 3);
    expect(Array.from(slots ?? [])).toEqual([1, 0, 0]);
  });

  it('fills the slots in the order of the homes, and those of one home in the order of the entries', () => {
    // Three home slots for two entries that call the last one home: the second runs on behind it.
    const slots = buildHashIndex(Int32Array.of(-1, -1), Int32Array.of(0, 3), 2, 6);
    const bits = offsetBitsOf(6);
    const tag = (2 ** 32 - 1) % 2 ** (32 - bits);
    expect([...(slots ?? [])]).toEqual([0, 0, tag * 2 ** bits + 1, tag * 2 ** bits + 4, 0]);
  });

  it('gives up when crafted keys would run too far', () => {
    const crafted = (count: number): Uint32Array | undefined => {
      const same = new Int32Array(count).fill(-1);
      return buildHashIndex(
        same,
        Int32Array.from(same, (_, i) => i * 3),
        count,
        count * 3,
      );
    };
    // One of them is at home in the last home slot, and 256 run on behind it.
    expect(crafted(257)?.byteLength).toBe(mostHashBytes(257));
    expect(crafted(258)).toBeUndefined();
    expect(crafted(1000)).toBeUndefined();
  });

  it('keeps tags of two bits beside the largest offsets', () => {
    const dataBytes = 2 ** 30 - 1;
    expect(offsetBitsOf(dataBytes)).toBe(30);
    const hash = 0b10 | (5 << 30);
    const slots = buildHashIndex(
      Int32Array.of(hash),
      Int32Array.of(dataBytes - 3),
      1,
      dataBytes,
    ) as Uint32Array;
    expect(candidates(slots, hash, dataBytes, homeSlots(1))).toEqual([dataBytes - 3]);
    expect(candidates(slots, hash ^ 1, dataBytes, homeSlots(1))).toEqual([]);
  });
});

describe('mostHashBytes()', () => {
  it('is room for the home slots, for the entries that may run on, and for the empty slot', () => {
    expect(mostHashBytes(0)).toBe(0);
    expect(mostHashBytes(1)).toBe(4 * (2 + 1 + 1));
    expect(mostHashBytes(300)).toBe(4 * (400 + 256 + 1));
  });
});

describe('home slots', () => {
  it('number four for three entries', () => {
    for (const entries of [1, 2, 3, 4, 5, 6, 299, 300, 2 ** 22]) {
      expect(homeSlots(entries)).toBe(Math.ceil((4 * entries) / 3));
    }
  });

  it('are chosen by the upper 28 bits of the hash, exactly', () => {
    const key = new KeyBuffer();
    key.set(new TextEncoder().encode('cairn'));
    const hash = key.hash();
    for (const slots of [1, 3, 1000, 2 ** 25]) {
      const exact = ((BigInt(hash >>> 0) / 16n) * BigInt(slots)) / 2n ** 28n;
      expect(Math.floor((hash >>> HOME_SHIFT) * (slots / HOME_RANGE))).toBe(Number(exact));
    }
  });
});
