import { Buffer } from 'node:buffer';
import { isDeepStrictEqual } from 'node:util';
import vm from 'node:vm';
import { Decoder, Encoder } from '@msgpack/msgpack';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { bigIntToBytes } from '../../../src/bytes/bigint-to-bytes.ts';
import { bigIntFromBytes } from '../../../src/bytes/msgpack-bigint.ts';
import { MsgpackCodec } from '../../../src/codec/values/msgpack.ts';

import {
  fromHex,
  msgpackValue,
  nested,
  nestedObjects,
  outcome,
  refusedEverywhere,
  toHex,
} from '../../support/exact-values.ts';

const codec = new MsgpackCodec();

function encode(value: unknown): Uint8Array {
  return codec.encode(value).slice();
}

function decode(bytes: Uint8Array): unknown {
  return codec.decode(bytes, 0, bytes.length);
}

function same(value: unknown): boolean {
  // Strict: tells −0 from 0, 1n from 1, a Buffer from a Uint8Array, an own __proto__ from a prototype.
  return isDeepStrictEqual(decode(encode(value)), value);
}

describe('the codec msgpack', () => {
  it('gives back any value it takes, exactly and in the same order of keys', () => {
    fc.assert(
      fc.property(msgpackValue, (value) => {
        const back = decode(encode(value));
        expect(isDeepStrictEqual(back, value)).toBe(true);
        expect(toHex(encode(back))).toBe(toHex(encode(value)));
      }),
      { numRuns: 3000 },
    );
  });

  it.each<[string, unknown, string]>([
    ['null', null, 'c0'],
    ['small numbers', [0, 127, -1, -32], '94 00 7f ff e0'],
    ['int and uint', [128, 2 ** 32 - 1, -33, -(2 ** 31)], '94 cc80 ceffffffff d0df d280000000'],
    ['the first number beyond 32 bits', 2 ** 32, 'cb 41f0000000000000'],
    ['the first number below 32 bits', -(2 ** 31) - 1, 'cb c1e0000000200000'],
    ['a fraction', 1.5, 'cb 3ff8000000000000'],
    ['NaN', NaN, 'cb 7ff8000000000000'],
    ['-0', -0, 'cb 8000000000000000'],
    ['numbers beside -0', [-0, 1], '92 cb8000000000000000 cb3ff0000000000000'],
    ['a bigint beside -0', [-0, 1n], '92 cb8000000000000000 cf0000000000000001'],
    ['bigints', [0n, 1n, -1n], '93 cf0000000000000000 cf0000000000000001 d3ffffffffffffffff'],
    ['the bounds of 64 bits', [2n ** 64n - 1n, -(2n ** 63n)], '92 cfffffffffffffffff d38000000000000000'],
    ['a bigint beyond 64 bits', 2n ** 64n, 'c70901 010000000000000000'],
    ['a bigint below 64 bits', -(2n ** 63n) - 1n, 'c70901 ff7fffffffffffffff'],
    ['what stands beside it', [2n ** 64n, 1, 2n], '93 c70901010000000000000000 cb3ff0000000000000 d40102'],
    ['bytes', Uint8Array.of(1, 2), 'c402 0102'],
    [
      'dates',
      [new Date(1000), new Date(1), new Date(-1)],
      '93 d6ff00000001 d7ff003d090000000000 c70cff3b8b87c0ffffffffffffffff',
    ],
    ['an object', { b: 'x', a: [true] }, '82 a162a178 a16191c3'],
    ['a key __proto__', Object.fromEntries([['__proto__', 1]]), '81 a95f5f70726f746f5f5f 01'],
  ])('writes %s as MessagePack', (_, value, hex) => {
    expect(toHex(encode(value))).toBe(hex.replaceAll(' ', ''));
    expect(same(value)).toBe(true);
  });

  it('keeps a key __proto__ as a property, which pollutes nothing', () => {
    const value = JSON.parse('{"__proto__": {"polluted": true}, "a": {"__proto__": 1}}');
    const back = decode(encode(value)) as Record<string, unknown>;
    expect(isDeepStrictEqual(back, value)).toBe(true);
    expect(Object.keys(back)).toEqual(['__proto__', 'a']);
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
    expect(back.polluted).toBeUndefined();
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('keeps a leading BOM in text and keys of all lengths', () => {
    for (const length of [0, 10, 24, 60, 199, 200, 201, 5000]) {
      const text = `\ufeff${'a'.repeat(length)}`;
      expect(same(text)).toBe(true);
      expect(same({ [text]: text })).toBe(true);
    }
  });

  it('takes objects without a prototype and of another realm, which come back plain', () => {
    const bare = Object.assign(Object.create(null), { a: 1 });
    expect(isDeepStrictEqual(decode(encode(bare)), { a: 1 })).toBe(true);
    expect(
      isDeepStrictEqual(decode(encode(vm.runInNewContext('({ a: [1, { b: 2 }] })'))), { a: [1, { b: 2 }] }),
    ).toBe(true);
    expect(isDeepStrictEqual(decode(encode(vm.runInNewContext('Uint8Array.of(1)'))), Uint8Array.of(1))).toBe(
      true,
    );
  });

  it('takes a getter as its value, and never calls toJSON', () => {
    const value = {
      get a() {
        return 1;
      },
    };
    expect(isDeepStrictEqual(decode(encode(value)), { a: 1 })).toBe(true);
    const inherited = Object.create(null, { toJSON: { value: 7, enumerable: true } });
    expect(isDeepStrictEqual(decode(encode(inherited)), { toJSON: 7 })).toBe(true);
  });

  it('is not confused by a getter that encodes with the same codec', () => {
    const value = {
      zero: -0,
      get inner() {
        return encode({ x: 1 }).length;
      },
      n: 1,
    };
    expect(isDeepStrictEqual(decode(encode(value)), { zero: -0, inner: 4, n: 1 })).toBe(true);
  });

  it('does not mind an enumerable addition to Object.prototype', () => {
    Object.defineProperty(Object.prototype, 'added', { value: 1, enumerable: true, configurable: true });
    let hex: string;
    try {
      hex = toHex(encode({ a: 1 }));
    } finally {
      delete (Object.prototype as { added?: number }).added;
    }
    expect(hex).toBe('81a16101');
  });

  it('takes a Buffer and a view, which come back as Uint8Arrays in buffers of their own', () => {
    for (const length of [3, 64, 65, 5000]) {
      const view = new Uint8Array(length + 10).fill(7).subarray(5, length + 5);
      const bytes = encode({ view, buffer: Buffer.alloc(length, 7) });
      const back = decode(bytes) as Record<string, Uint8Array>;
      bytes.fill(0);
      for (const copy of [back.view!, back.buffer!]) {
        expect(isDeepStrictEqual(copy, new Uint8Array(length).fill(7))).toBe(true);
        expect(copy.buffer.byteLength).toBe(length);
      }
    }
  });

  it('takes 256 arrays or objects in each other', () => {
    expect(same(nested(256))).toBe(true);
    expect(same(nestedObjects(256))).toBe(true);
  });

  it.each([
    ...refusedEverywhere(),
    ['an unpaired surrogate', { a: ['\ud800'] }, 'value.a[0] holds an unpaired surrogate'],
    [
      'an unpaired surrogate in a key',
      [{ '\udc00': 1 }],
      'value[0] has a key that holds an unpaired surrogate',
    ],
    ['a Date with a property', Object.assign(new Date(0), { a: 1 }), 'value is a Date with properties'],
  ])('refuses %s, says where, and works on', (_, value, message) => {
    expect(() => codec.encode(value)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', argument: 'value' }),
    );
    expect(() => codec.encode(value)).toThrow(message);
    expect(same({ a: [1, 'b'] })).toBe(true);
  });

  it('keeps messages short for long paths', () => {
    const cycle: Record<string, unknown> = {};
    cycle['a rather long name for a key of an object'] = cycle;
    try {
      codec.encode(cycle);
      expect.unreachable();
    } catch (error) {
      expect((error as Error).message.length).toBeLessThan(600);
    }
  });

  it('writes long values, and short ones again after them', () => {
    const long = { text: 'é'.repeat(2_000_000), list: new Array(100_000).fill(0.5) };
    expect(same(long)).toBe(true);
    expect(same(1)).toBe(true);
    expect(same([-0, long.list])).toBe(true);
  });

  it('reads what the library writes, and the library what it writes', () => {
    // The library's reader refuses a key __proto__.
    const plain = fc.jsonValue().filter((value) => !JSON.stringify(value).includes('__proto__'));
    const encoder = new Encoder({ useBigInt64: true });
    const decoder = new Decoder({ useBigInt64: true });
    fc.assert(
      fc.property(plain, (value) => {
        expect(isDeepStrictEqual(decode(encoder.encode(value)), decoder.decode(encoder.encode(value)))).toBe(
          true,
        );
        expect(isDeepStrictEqual(decoder.decode(encode(value)), value)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('decodes at any place, from a Buffer too', () => {
    const bytes = Buffer.concat([Buffer.of(0xff, 0xff), encode({ a: [1.5, 'x', 3n] }), Buffer.of(0xff)]);
    expect(isDeepStrictEqual(codec.decode(bytes, 2, bytes.length - 1), { a: [1.5, 'x', 3n] })).toBe(true);
  });
});

describe('decoding msgpack from elsewhere', () => {
  it.each<[string, string, unknown]>([
    ['integers longer than need be', '94 cc01 cd0001 ce00000001 d3ffffffffffffffff', [1, 1, 1, -1n]],
    ['negative integers', '93 d0ff d1ff00 d2ffff0000', [-1, -256, -65536]],
    ['float 32', 'ca 3fc00000', 1.5],
    ['every length of text', '94 a161 d90161 da000161 db0000000161', ['a', 'a', 'a', 'a']],
    [
      'every length of bytes',
      '93 c401ff c50001ff c600000001ff',
      [Uint8Array.of(255), Uint8Array.of(255), Uint8Array.of(255)],
    ],
    ['long headers of arrays and maps', '93 dc000101 dd0000000101 df00000001 d9016101', [[1], [1], { a: 1 }]],
    ['empty things', '94 90 80 a0 c400', [[], {}, '', new Uint8Array(0)]],
    ['the last of equal keys', '82 a16101 a16102', { a: 2 }],
    ['ext 8 for a date', 'c704ff 00000001', new Date(1000)],
  ])('reads %s', (_, hex, value) => {
    expect(isDeepStrictEqual(decode(fromHex(hex)), value)).toBe(true);
  });

  it.each([
    ['nothing', ''],
    ['the unused head c1', 'c1'],
    ['two values', '01 02'],
    ['text cut short', 'a2 61'],
    ['text with a claim of 4 GiB', 'db ffffffff 61'],
    ['bytes with a claim of 4 GiB', 'c6 ffffffff'],
    ['an array with a claim of 2^32-1', 'dd ffffffff 01'],
    ['a map with a claim of 2^32-1', 'df ffffffff a161 01'],
    ['an extension with a claim of 4 GiB', 'c9 ffffffff ff'],
    ['an array cut short', '92 01'],
    ['a map without its last value', '81 a161'],
    ['a header cut short', 'dd 0000'],
    ['a number cut short', 'cb 00000000'],
    ['text that is not UTF-8', 'a1 ff'],
    ['text with an overlong NUL', 'a2 c080'],
    ['text with a surrogate', 'a3 eda080'],
    ['long text that is not UTF-8', `da0100${'61'.repeat(255)}ff`],
    ['a key that is not UTF-8', '81 a1ff 01'],
    ['a key that is a number', '81 01 01'],
    ['a key that is an array', '81 90 01'],
    ['an unknown extension', 'd4 05 00'],
    ['an extension without type', 'd4'],
    ['an extension cut short', 'd5 01 00'],
    ['a bigint of no bytes', 'c700 01'],
    ['a bigint with a byte too many', 'd5 01 0001'],
    ['a negative bigint with a byte too many', 'd5 01 ffff'],
    ['a timestamp of 5 bytes', 'c705ff 0000000001'],
    ['a timestamp with a second of nanoseconds', 'd7ff ee6b2800 00000000'],
    ['a timestamp with half a millisecond', 'd7ff 001e8480 00000000'],
    ['a timestamp beyond all dates', 'c70cff 00000000 7fffffffffffffff'],
  ])('refuses %s', (_, hex) => {
    expect(outcome(() => decode(fromHex(hex)))).toBeUndefined();
  });

  it('refuses 257 arrays in each other, and a million', () => {
    expect(decode(fromHex(`${'91'.repeat(255)}90`))).toBeDefined();
    expect(() => decode(fromHex(`${'91'.repeat(256)}90`))).toThrow('256');
    expect(() => decode(new Uint8Array(1_000_000).fill(0x91))).toThrow('256');
    expect(() => decode(new Uint8Array(1_000_000).fill(0x81))).toThrow(RangeError);
  });

  it('refuses a length that the bytes cannot hold at once, before it reads an element', () => {
    expect(() => decode(fromHex('dd 00000004 01 01 01'))).toThrow('at byte 5');
    expect(() => decode(fromHex('82 a161 01'))).toThrow('at byte 1');
  });

  it('takes no memory on trust: nested claims of long arrays cost next to nothing', () => {
    // 1 MB of `dd 000fffff`: each claims a million elements, and all of them could be there.
    const bytes = new Uint8Array(1_200_000);
    for (let at = 0; at < 256 * 5; at += 5) bytes.set([0xdd, 0x00, 0x0f, 0xff, 0xff], at);
    const before = process.memoryUsage().rss;
    expect(outcome(() => decode(bytes))).toBeUndefined();
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 2 ** 20);
  });

  it('reads or refuses random bytes, and what it reads it can write', () => {
    let read = 0;
    const byte = fc.oneof(
      fc.nat(255),
      fc.constantFrom(
        0x00,
        0x80,
        0x81,
        0x82,
        0x90,
        0x91,
        0x92,
        0xa0,
        0xa1,
        0xc0,
        0xc3,
        0xc4,
        0xc7,
        0xca,
        0xcb,
        0xcf,
        0xd3,
        0xd4,
        0xd6,
        0xd7,
        0xd9,
        0xdc,
        0xdd,
        0xdf,
        0xff,
        0x01,
        0x61,
      ),
    );
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 40 }), (content) => {
        const result = outcome(() => decode(Uint8Array.from(content)));
        if (result === undefined) return;
        read++;
        expect(same(result.value)).toBe(true);
      }),
      { numRuns: 20_000 },
    );
    expect(read).toBeGreaterThan(500);
  });

  it('reads or refuses damaged values', () => {
    const bytes = encode({
      id: 7,
      name: 'Ada',
      tags: ['a', 'b'],
      at: new Date(5),
      big: 2n ** 70n,
      raw: Uint8Array.of(1),
      n: 1.5,
    });
    for (let at = 0; at < bytes.length; at++) {
      expect(outcome(() => codec.decode(bytes, 0, at))).toBeUndefined();
      for (let change = 1; change < 256; change++) {
        const damaged = bytes.slice();
        damaged[at]! ^= change;
        const result = outcome(() => decode(damaged));
        if (result !== undefined) expect(same(result.value)).toBe(true);
      }
    }
    expect(same({ id: 7 })).toBe(true);
  });

  it('never takes one key for another', () => {
    const keys = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'é'), minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.uniqueArray(keys, { minLength: 50, maxLength: 300 }), (names) => {
        expect(same(Object.fromEntries(names.map((name, index) => [name, index])))).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});

describe('bigIntToBytes()', () => {
  it.each<[bigint, string]>([
    [0n, '00'],
    [127n, '7f'],
    [128n, '0080'],
    [-1n, 'ff'],
    [-128n, '80'],
    [-129n, 'ff7f'],
    [255n, '00ff'],
    [-256n, 'ff00'],
    [2n ** 64n, '010000000000000000'],
  ])('writes %s in as few bytes as hold the sign', (value, hex) => {
    expect(toHex(bigIntToBytes(value))).toBe(hex);
    expect(bigIntFromBytes(fromHex(hex))).toBe(value);
  });

  it('has bigIntFromBytes() for an inverse', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }), (value) => {
        expect(bigIntFromBytes(bigIntToBytes(value))).toBe(value);
      }),
    );
  });
});
