import { encode } from '@msgpack/msgpack';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatMsgpackPairs, parseMsgpackPairs } from '../../src/text/msgpack-pairs.ts';
import { chunkSizes, type EntryParser, readEntries } from '../support/read-entries.ts';
import { cut, runStage } from '../support/stage.ts';

describe('parseMsgpackPairs()', () => {
  const msgpack: EntryParser = (onInvalid) => [parseMsgpackPairs(onInvalid)];
  const leaf = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ minLength: 300, maxLength: 70_000 }),
    fc.uint8Array({ maxLength: 300 }),
    fc.double(),
    fc.integer(),
    fc.bigInt(),
    fc.constantFrom(null, true, -0, new Date(5)),
  );
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie('any'), { maxLength: 20 }),
      fc.dictionary(fc.string(), tie('any'), { noNullPrototype: true }),
    ),
  })).any;

  it('reads what formatMsgpackPairs() writes, wherever chunks end', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value), { maxLength: 6 }), chunkSizes, (pairs, cuts) => {
        const [bytes = new Uint8Array(0)] = runStage<Uint8Array>(formatMsgpackPairs(), [pairs]);
        for (const chunks of [
          [bytes],
          cut(
            bytes,
            cuts.map((size) => size * 37),
          ),
          bytes.length < 3000 ? cut(bytes, cuts) : [bytes],
        ]) {
          const { entries, invalid } = readEntries(msgpack, chunks);
          expect(invalid).toEqual([]);
          expect(entries.map(([key, one]) => [key, one])).toEqual(pairs);
        }
      }),
    );
  });

  it("reads another library's pairs, its integers of 64 bits as bigints", () => {
    const bytes = Buffer.concat([encode(['a', { b: [1, 'c'] }]), encode([new Uint8Array(3), 2 ** 40])]);
    expect(readEntries(msgpack, [bytes]).entries).toEqual([
      ['a', { b: [1, 'c'] }, 0],
      [new Uint8Array(3), 2n ** 40n, 10],
    ]);
  });

  it('says what is wrong with a value, and goes on after it', () => {
    const bytes = Buffer.concat([
      encode('no pair'),
      encode(['a']),
      encode({ a: 1, b: 2 }),
      Uint8Array.of(0x92, 0xa1, 0xff, 1),
      encode(['ok', 1]),
    ]);
    const { entries, invalid } = readEntries(msgpack, cut(bytes, [1]));
    expect(entries).toEqual([['ok', 1, 22]]);
    expect(invalid.map(({ place, final }) => [place, final])).toEqual([
      [0, false],
      [8, false],
      [11, false],
      [18, false],
    ]);
  });

  it.each([
    ['an unused head', [0x92, 0xc1], 'no MessagePack value begins with 0xc1'],
    [
      'a text that claims 4 GB',
      [0x92, 0xdb, 0xff, 0xff, 0xff, 0xff, 0x61],
      'the value has more than 256 MiB',
    ],
    [
      'nested arrays that claim much',
      [0xdd, 0x0f, 0xff, 0xff, 0xff, 0xdd, 0x0f, 0xff, 0xff, 0xff],
      'the value has more than 256 MiB',
    ],
    ['the end of the input', [0x92, 0xa1, 0x61], 'the input ends within a value, after 3 bytes of it'],
  ])('ends at %s', (_, bytes, problem) => {
    const { invalid } = readEntries(msgpack, [Uint8Array.from(bytes)]);
    expect(invalid).toMatchObject([{ place: 0, final: true }]);
    expect(invalid[0].problem).toContain(problem);
  });

  it('refuses depth without using up the stack', () => {
    const deep = new Uint8Array(100_000).fill(0x91);
    deep[0] = 0x92;
    deep[99_998] = 1;
    deep[99_999] = 1;
    expect(readEntries(msgpack, [deep]).invalid).toMatchObject([
      { problem: expect.stringContaining('deep') },
    ]);
  });
});
