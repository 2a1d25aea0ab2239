import { afterEach, expect, test } from 'vitest';
import { OwnedCopies, setSlabAllocator } from '../../src/bytes/owned-copies.ts';

const KIB = 1024;

afterEach(() => setSlabAllocator());

/** Copies of `lengths`, the bytes of each counting up from its position. */
function copiesOf(lengths: readonly number[], copies = new OwnedCopies()): Uint8Array<ArrayBuffer>[] {
  return lengths.map((length, position) => {
    const source = new Uint8Array(length + 3).map((_, i) => position + i);
    return copies.copy(source, new DataView(source.buffer), 3, 3 + length) as Uint8Array<ArrayBuffer>;
  });
}

/** Compared by `Buffer`, because `toEqual` takes milliseconds for each KiB. */
function isCopy(copy: Uint8Array, position: number, length: number): boolean {
  return (
    Buffer.compare(
      copy,
      new Uint8Array(length).map((_, i) => position + 3 + i),
    ) === 0
  );
}

// Around the lengths at which another way of copying or another memory begins.
const LENGTHS = [0, 1, 3, 4, 71, 72, 73, 1023, 1024, 1025, 32 * KIB - 1, 32 * KIB, 32 * KIB + 1, 300 * KIB];

test('copies hold what was copied, at every length, whatever the memory held before', () => {
  setSlabAllocator((bytes) => new Uint8Array(bytes).fill(0xaa).buffer);
  const lengths = Array.from({ length: 20 }, () => LENGTHS).flat();
  const wrong = copiesOf(lengths).filter(
    (copy, position) => !isCopy(copy, position, lengths[position] as number),
  );
  expect(wrong).toHaveLength(0);
});

/** Slabs of zeros, as a platform may have them. */
const zeroed = (bytes: number): ArrayBuffer => new ArrayBuffer(bytes);

test('a caller that overwrites its copy changes no other', () => {
  setSlabAllocator(zeroed);
  const lengths = Array.from({ length: 8 }, () => LENGTHS).flat();
  const copies = copiesOf(lengths);
  copies.forEach((copy, position) => {
    if (position % 2 === 0) copy.fill(0xff);
  });
  copies.forEach((copy, position) => {
    if (position % 2 === 1) expect(isCopy(copy, position, lengths[position] as number)).toBe(true);
  });
});

test('typed arrays of any element can be laid over a copy', () => {
  for (const allocator of [zeroed, undefined]) {
    setSlabAllocator(allocator);
    for (const copy of copiesOf(LENGTHS)) expect(copy.byteOffset % 8).toBe(0);
  }
});

test('a kept copy keeps a bounded slab', () => {
  setSlabAllocator(zeroed);
  for (const copy of copiesOf(LENGTHS)) {
    const kept = copy.buffer.byteLength;
    if (copy.length <= KIB) expect(kept).toBeLessThanOrEqual(64 * KIB);
    else if (copy.length <= 32 * KIB) expect(kept).toBe(256 * KIB);
    else expect(kept).toBe(copy.length);
  }
});

test('each copy has a buffer of its own where slabs could be transferred', () => {
  for (const allocator of [undefined, () => undefined]) {
    setSlabAllocator(allocator);
    const copies = copiesOf(LENGTHS);
    copies.forEach((copy, position) => {
      expect(isCopy(copy, position, LENGTHS[position])).toBe(true);
      expect(copy.buffer.byteLength).toBe(copy.length);
      structuredClone(copy, { transfer: [copy.buffer] });
    });
  }
});
