import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareBytes } from '../../../../src/bytes/compare.ts';
import { KeyBuffer } from '../../../../src/bytes/key-buffer.ts';
import { RecordCursor } from '../../../../src/store/write/sort/record-cursor.ts';
import { SortBuffer } from '../../../../src/store/write/sort/sort-buffer.ts';

type Entry = [key: Uint8Array, value: Uint8Array];

/** What a buffer gives back, in its order. */
async function sorted(entries: readonly Entry[], capacity = 1 << 20): Promise<Entry[]> {
  const buffer = new SortBuffer(capacity);
  const key = new KeyBuffer();
  for (const [bytes, value] of entries) {
    key.set(bytes);
    expect(buffer.fits(bytes.length, value.length)).toBe(true);
    buffer.add(key, value);
  }
  buffer.sort();
  const cursor = new RecordCursor(buffer.chunks());
  const found: Entry[] = [];
  while (await cursor.next()) {
    const { bytes, keyStart, keyEnd, valueEnd } = cursor;
    found.push([bytes.slice(keyStart, keyEnd), bytes.slice(keyEnd, valueEnd)]);
  }
  return found;
}

/** The same by the language's stable sort. */
function reference(entries: readonly Entry[]): Entry[] {
  return [...entries].sort(([a], [b]) => compareBytes(a, b));
}

/** Values that tell the order of arrival. */
function numberedEntries(keys: readonly Uint8Array[]): Entry[] {
  return keys.map((key, i): Entry => [key, Uint8Array.of(i & 0xff, (i >>> 8) & 0xff, i >>> 16)]);
}

describe('SortBuffer', () => {
  it('sorts as the language does, and keeps equal keys in the order in which they came', async () => {
    // Few different bytes, zeros among them: long shared prefixes, keys that begin others, equal keys.
    const key = fc
      .array(fc.constantFrom(0, 1, 127, 128, 255), { minLength: 1, maxLength: 14 })
      .map((bytes) => Uint8Array.from(bytes));
    await fc.assert(
      fc.asyncProperty(fc.array(key, { maxLength: 300 }), async (keys) => {
        const entries = numberedEntries(keys);
        expect(await sorted(entries)).toEqual(reference(entries));
      }),
      { numRuns: 400 },
    );
  });

  it('sorts keys of any bytes and lengths', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 90 }), fc.uint8Array({ maxLength: 40 })), {
          maxLength: 200,
        }),
        async (entries) => void expect(await sorted(entries)).toEqual(reference(entries)),
      ),
      { numRuns: 200 },
    );
  });

  it.each([
    ['all equal', () => new Uint8Array(9).fill(7)],
    ['zeros of every length', (i: number) => new Uint8Array(1 + ((i * 31) % 97))],
    [
      'one long common beginning',
      (i: number) => new TextEncoder().encode(`${'x'.repeat(300)}${(i * 7919) % 5003}`),
    ],
    ['already sorted', (i: number) => new TextEncoder().encode(String(i).padStart(8, '0'))],
    ['the other way round', (i: number) => new TextEncoder().encode(String(99_999 - i).padStart(8, '0'))],
    ['text of digits', (i: number) => new TextEncoder().encode(String((i * 48_271) % 65_537))],
    ['high bytes', (i: number) => Uint8Array.of(255 - (i % 3), 255, (i * 17) % 256, i % 5 === 0 ? 0 : 128)],
  ])('sorts 5,000 keys: %s', async (_, keyOf) => {
    const entries = numberedEntries(Array.from({ length: 5000 }, (_, i) => keyOf(i)));
    const found = await sorted(entries, 1 << 23);
    expect(found.length).toBe(5000);
    for (const [i, [key, value]] of reference(entries).entries()) {
      if (compareBytes(found[i][0], key) !== 0 || compareBytes(found[i][1], value) !== 0) {
        expect(found[i]).toEqual([key, value]);
      }
    }
  });

  it('says when it is full, and holds as much again once cleared', () => {
    const buffer = new SortBuffer(1000);
    const key = new KeyBuffer();
    key.set(Uint8Array.of(1, 2, 3));
    const fill = (): number => {
      while (buffer.fits(3, 5)) buffer.add(key, new Uint8Array(5));
      return buffer.entries;
    };
    const entries = fill();
    // 16 bytes a record and 8 of a sort key.
    expect(entries).toBe(Math.floor((1000 - 8) / 24));
    buffer.sort();
    buffer.clear();
    expect(fill()).toBe(entries);
    const sole = new SortBuffer(SortBuffer.bytesFor(3, 5));
    expect(sole.fits(3, 5)).toBe(true);
  });

  it('takes over what another one holds', async () => {
    const [one, other] = [new SortBuffer(1000), new SortBuffer(1000)];
    const key = new KeyBuffer();
    for (const [buffer, byte] of [
      [one, 9],
      [other, 3],
      [other, 12],
    ] as const) {
      key.set(Uint8Array.of(byte));
      buffer.add(key, Uint8Array.of(byte));
    }
    one.addAll(other);
    one.sort();
    expect([0, 1, 2].map((i) => one.bytes[one.recordAt(i) * 4 + 8])).toEqual([3, 9, 12]);
  });
});
