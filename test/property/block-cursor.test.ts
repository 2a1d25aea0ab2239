import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteWriter } from '../../src/bytes/byte-writer.ts';
import { BlockCursor, EntrySpans, restartBytes } from '../../src/format/block.ts';
import { varintBytes } from '../support/varint-bytes.ts';

type Entry = readonly [key: Buffer, value: Buffer];

/** Blocks as FORMAT.md draws them: entries, then the offset of every sixteenth. */
function compose(entries: readonly Entry[]): Uint8Array {
  const out = new ByteWriter();
  const restarts: number[] = [];
  for (const [i, [key, value]] of entries.entries()) {
    if (i > 0 && i % 16 === 0) restarts.push(out.length);
    out.bytes(varintBytes(key.length));
    out.bytes(varintBytes(value.length));
    out.bytes(key);
    out.bytes(value);
  }
  const entryBytes = out.length;
  const wide = entryBytes + restarts.length * 2 > 0xffff;
  for (const restart of restarts) {
    if (wide) out.u32(restart);
    else out.u16(restart);
  }
  expect(out.length - entryBytes).toBe(restartBytes(entries.length, entryBytes));
  return out.view().slice();
}

const key = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 6, max: 3 }),
  fc.uint8Array({ minLength: 1, maxLength: 200 }),
);
const value = fc.oneof(
  { weight: 10, arbitrary: fc.uint8Array({ maxLength: 20 }) },
  { weight: 2, arbitrary: fc.uint8Array({ minLength: 120, maxLength: 140 }) },
  { weight: 1, arbitrary: fc.constantFrom(16_383, 16_384, 40_000).map((length) => new Uint8Array(length)) },
);
const block = fc
  .uniqueArray(fc.tuple(key, value), {
    minLength: 1,
    maxLength: 90,
    selector: ([one]) => Buffer.from(one).toString('hex'),
  })
  .map((pairs) =>
    pairs
      .map(([one, two]): Entry => [Buffer.from(one), Buffer.from(two)])
      .sort(([a], [b]) => Buffer.compare(a, b)),
  );

describe('`BlockCursor`', () => {
  it('`lowerBound()` and `seekOrdinal()` find what a look at every entry finds', () => {
    fc.assert(
      fc.property(block, fc.array(key, { maxLength: 20 }), fc.nat(9), (entries, probes, before) => {
        const bytes = compose(entries);
        const memory = new Uint8Array(before + bytes.length + 9).fill(0xcc);
        memory.set(bytes, before);
        const cursor = new BlockCursor();
        expect(cursor.open(memory, before, bytes.length, entries.length)).toBe(true);
        for (const probe of [
          ...probes.map((one) => Buffer.from(one)),
          ...entries.map(([one]) => one),
          Buffer.alloc(0),
        ]) {
          const wanted = entries.filter(([one]) => Buffer.compare(one, probe) < 0).length;
          expect(cursor.lowerBound(probe, probe.length)).toBe(wanted);
          const equal = wanted < entries.length && entries[wanted][0].equals(probe);
          expect(cursor.found).toBe(equal);
          if (!equal) continue;
          expect(Buffer.compare(memory.subarray(cursor.keyStart, cursor.keyEnd), probe)).toBe(0);
          expect(Buffer.compare(memory.subarray(cursor.keyEnd, cursor.valueEnd), entries[wanted][1])).toBe(0);
        }
        for (const [i, [one]] of entries.entries()) {
          expect(cursor.seekOrdinal(i)).toBeGreaterThanOrEqual(before);
          expect(Buffer.compare(memory.subarray(cursor.keyStart, cursor.keyEnd), one)).toBe(0);
        }
      }),
    );
  });

  it('`EntrySpans.read()` finds every entry from any one on, and `reverse()` turns them round', () => {
    fc.assert(
      fc.property(block, fc.nat(), (entries, from) => {
        const bytes = compose(entries);
        const cursor = new BlockCursor();
        cursor.open(bytes, 0, bytes.length, entries.length);
        const first = from % entries.length;
        const spans = new EntrySpans();
        const at = cursor.seekOrdinal(first);
        expect(spans.read(bytes, at, cursor.entriesEnd, entries.length - first)).toBe(true);
        const read = (): Entry[] =>
          Array.from(
            { length: spans.count },
            (_, i): Entry => [
              Buffer.from(bytes.subarray(spans.keyStarts[i], spans.keyEnds[i])),
              Buffer.from(bytes.subarray(spans.keyEnds[i], spans.valueEnds[i])),
            ],
          );
        const hex = (list: Entry[]): string =>
          list.map(([one, two]) => `${one.toString('hex')}=${two.toString('hex')}`).join();
        expect(hex(read()) === hex(entries.slice(first))).toBe(true);
        spans.reverse();
        expect(hex(read()) === hex(entries.slice(first).reverse())).toBe(true);
      }),
    );
  });
});
