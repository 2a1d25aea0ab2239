import { Buffer } from 'node:buffer';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_KEY_BYTES } from '../../../src/bytes/key-buffer.ts';
import { compareKeys } from '../../../src/codec/keys/compare-keys.ts';
import {
  decodeTuple,
  encodeTupleInto,
  MAX_TUPLE_DEPTH,
  type TupleElement,
  type TupleKey,
} from '../../../src/codec/keys/tuple.ts';
import { type CairnError, isCairnError } from '../../../src/errors.ts';

const target = new Uint8Array(MAX_KEY_BYTES + 1);

function encode(key: TupleKey): Uint8Array {
  const length = encodeTupleInto(key, target, 'key');
  if (length > target.length) throw new Error(`the key takes ${length} bytes`);
  return target.slice(0, length);
}

function decode(bytes: Uint8Array): TupleKey {
  return decodeTuple(bytes, 0, bytes.length);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function refusal(key: unknown, argument = 'key'): CairnError {
  try {
    encodeTupleInto(key as TupleKey, target, argument);
  } catch (error) {
    if (isCairnError(error, 'INVALID_ARGUMENT')) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

function nested(depth: number): TupleKey {
  let key: TupleKey = [];
  for (let level = 0; level < depth; level++) key = [key];
  return key;
}

/**
 * Numbers where an order or a round trip is likely to break, with their neighbours, both as number and
 * bigint.
 */
function edgeNumbers(): (number | bigint)[] {
  const numbers = new Set<number>([
    0,
    -0,
    0.1,
    0.5,
    1 / 3,
    Number.MIN_VALUE,
    2.2250738585072014e-308,
    2.225073858507201e-308,
  ]);
  for (const power of [1, 7, 8, 15, 16, 24, 31, 32, 33, 40, 48, 52, 53, 54, 56, 63, 64, 65, 72, 100, 1023]) {
    const base = 2 ** power;
    for (const value of [
      base - 1,
      base - 0.5,
      base,
      base + 0.5,
      base + 1,
      base * (1 + 2 ** -52),
      base * (1 - 2 ** -53),
    ]) {
      numbers.add(value);
    }
  }
  numbers.add(Number.MAX_VALUE);
  numbers.add(Infinity);
  for (const value of [...numbers]) numbers.add(-value);
  const bigints = new Set<bigint>();
  for (const value of numbers) {
    if (!Number.isInteger(value)) continue;
    for (let offset = -2n; offset <= 2n; offset++) bigints.add(BigInt(value) + offset);
  }
  for (const power of [1024n, 1025n, 4096n]) {
    for (const sign of [1n, -1n])
      for (const offset of [-1n, 0n, 1n]) bigints.add(sign * 2n ** power + offset);
  }
  return [...numbers, -0, ...bigints];
}

const someNumbers = edgeNumbers();
const leaf: fc.Arbitrary<TupleElement> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...someNumbers) },
  fc.integer(),
  fc.double({ noNaN: true }),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
  {
    weight: 2,
    arbitrary: fc.string({
      unit: fc.constantFrom('a', 'b', '\0', '\u0001', '\u0002', '\x7f', 'é', '\uffff', '😀', '\u{10ffff}'),
      maxLength: 4,
    }),
  },
  fc.string({ unit: 'binary', maxLength: 40 }),
  {
    weight: 2,
    arbitrary: fc
      .array(fc.constantFrom(0, 1, 2, 0x38, 0x48, 0xfe, 0xff), { maxLength: 4 })
      .map((bytes) => Uint8Array.from(bytes)),
  },
  fc.uint8Array({ maxLength: 40 }),
  fc.date({ noInvalidDate: true }),
  fc.constantFrom(
    new Date(0),
    new Date(-1),
    new Date(1),
    new Date(8.64e15),
    new Date(-8.64e15),
    new Date(2 ** 32),
    new Date(-(2 ** 32)),
  ),
  fc.constantFrom(null, true, false),
);
const element: fc.Arbitrary<TupleElement> = fc.letrec<{ element: TupleElement }>((tie) => ({
  element: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 6, arbitrary: leaf },
    { weight: 1, arbitrary: fc.array(tie('element'), { maxLength: 3 }) },
  ),
})).element;
const tuple: fc.Arbitrary<TupleKey> = fc.array(element, { maxLength: 4 });

/** Byte order, shorter first. */
function order(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b);
}

/** Compares all pairs; returns how many there were. */
function checkPairs(keys: readonly TupleKey[]): number {
  const encoded = keys.map(encode);
  let pairs = 0;
  for (let a = 0; a < keys.length; a++) {
    for (let b = a; b < keys.length; b++) {
      pairs++;
      const expected = compareKeys(keys[a]!, keys[b]!);
      if (order(encoded[a]!, encoded[b]!) !== expected || compareKeys(keys[b]!, keys[a]!) !== 0 - expected) {
        expect.unreachable(`order of ${hex(encoded[a]!)} and ${hex(encoded[b]!)} should be ${expected}`);
      }
    }
  }
  return pairs;
}

describe('the layout of a tuple key', () => {
  it.each<[string, TupleKey, string]>([
    ['null, false and true', [null, false, true], '020405'],
    ['the example of the docstring', ['US', 42], '38555300212a02'],
    ['its second example', [-1.5, 1n], '1efe01c007ffffffffffff210103'],
    ['zeros', [-0, 0, 0n], '200120022003'],
    ['infinities', [-Infinity, Infinity], '152a'],
    ['a half and its opposite', [0.5, -0.5], '20043fe00000000000001f01c01fffffffffffff'],
    ['256 and -256', [256, -256], '220100021dfeff02'],
    ['the greatest uint64', [2n ** 64n - 1n], '28ffffffffffffffff03'],
    [
      '2^64 as number and negative bigint',
      [2 ** 64, -(2n ** 64n)],
      '29000901000000000000000002' + '16fff6feffffffffffffffff03',
    ],
    ['a date', [new Date(0), new Date(-1)], '308000000000000000307fffffffffffffff'],
    [
      'escapes in text and bytes',
      ['\0\u0001\u0002', Uint8Array.of(0, 1, 2)],
      '380101010202004001010102' + '0200',
    ],
    ['empty text, bytes and array', ['', new Uint8Array(0), []], '380040004800'],
    ['nesting', [[null, [1]], 'é'], '480248210102000038c3a900'],
  ])('is fixed for %s', (_, key, expected) => {
    expect(hex(encode(key))).toBe(expected);
    expect(isDeepStrictEqual(decode(encode(key)), key)).toBe(true);
  });

  it('is empty for the empty tuple', () => {
    expect(encodeTupleInto([], target, 'key')).toBe(0);
    expect(decodeTuple(target, 0, 0)).toEqual([]);
  });
});

describe('a tuple key', () => {
  it('comes back exactly, with the types of its elements', () => {
    fc.assert(
      fc.property(tuple, (key) => {
        const bytes = encode(key);
        const padded = Buffer.concat([Uint8Array.of(0x48, 0xff), bytes, Uint8Array.of(0x00, 0x02)]);
        // Strict: tells -0 from 0, 1n from 1, a Buffer from a Uint8Array.
        expect(isDeepStrictEqual(decodeTuple(padded, 2, 2 + bytes.length), key)).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });

  it('comes back exactly for every edge of the numbers', () => {
    for (const value of someNumbers) {
      const [back] = decode(encode([value]));
      expect(Object.is(back, value)).toBe(true);
    }
  });

  it('takes a Buffer, which comes back as a Uint8Array that is a copy', () => {
    const bytes = encode([Buffer.from('abc')]);
    const [back] = decode(bytes) as [Uint8Array];
    bytes.fill(0);
    expect(isDeepStrictEqual(back, Uint8Array.of(0x61, 0x62, 0x63))).toBe(true);
  });
});

describe('the order of tuple keys', () => {
  it('is that of compareKeys() for all pairs of edge numbers, alone and followed by something', () => {
    const keys = someNumbers.flatMap((value): TupleKey[] => [[value], [value, null]]);
    expect(checkPairs(keys)).toBeGreaterThan(500_000);
  });

  it('is that of compareKeys() for random keys', () => {
    let pairs = 0;
    fc.assert(
      fc.property(fc.array(tuple, { minLength: 20, maxLength: 40 }), (keys) => {
        pairs += checkPairs(keys);
      }),
      { numRuns: 400 },
    );
    expect(pairs).toBeGreaterThan(80_000);
  });

  it('is that of compareKeys() for single elements', () => {
    let pairs = 0;
    fc.assert(
      fc.property(fc.array(element, { minLength: 40, maxLength: 60 }), (elements) => {
        pairs += checkPairs(elements.map((one) => [one]));
      }),
      { numRuns: 200 },
    );
    expect(pairs).toBeGreaterThan(100_000);
  });

  it('is as documented across types and among equals', () => {
    const ascending: TupleKey[] = [
      [null],
      [null, 'a'],
      [false],
      [true],
      [-Infinity],
      [-(2n ** 2000n)],
      [-Number.MAX_VALUE],
      [-(2n ** 64n)],
      [-2],
      [-1.5],
      [-1],
      [-1n],
      [-Number.MIN_VALUE],
      [-0],
      [0],
      [0n],
      [Number.MIN_VALUE],
      [1],
      [1n],
      [1.5],
      [2 ** 53],
      [2n ** 53n],
      [2n ** 53n + 1n],
      [2 ** 53 + 2],
      [Number.MAX_VALUE],
      [2n ** 2000n],
      [Infinity],
      [new Date(-1)],
      [new Date(0)],
      [''],
      ['\0'],
      ['US'],
      ['US', 1],
      ['US\0'],
      ['US\u0001'],
      ['USA'],
      ['\uffff'],
      ['😀'],
      [new Uint8Array(0)],
      [Uint8Array.of(0)],
      [Uint8Array.of(0xff)],
      [[]],
      [[null]],
      [[null], null],
      [[1, 2]],
      [[1, [2]]],
    ];
    for (let index = 1; index < ascending.length; index++) {
      const [a, b] = [ascending[index - 1]!, ascending[index]!];
      expect(order(encode(a), encode(b)), `${index}`).toBe(-1);
      expect(compareKeys(a, b), `${index}`).toBe(-1);
    }
  });

  it('of compareKeys() refuses what no key can hold', () => {
    const bad = (value: unknown): TupleKey => [value as TupleElement];
    for (const value of [NaN, undefined, new Date(NaN), {}, new Map(), Symbol('s')]) {
      expect(() => compareKeys(bad(value), [1])).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT', argument: 'a' }),
      );
      expect(() => compareKeys([1], bad(value))).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT', argument: 'b' }),
      );
    }
    expect(() => compareKeys('a' as unknown as TupleKey, [])).toThrow('all of one type');
    expect(() => compareKeys([], 'a' as unknown as TupleKey)).toThrow('all of one type');
  });
});

describe('a tuple prefix', () => {
  it('matches exactly the keys that begin with its elements', () => {
    let matches = 0;
    fc.assert(
      fc.property(
        fc.array(tuple, { minLength: 10, maxLength: 30 }),
        fc.array(element, { maxLength: 2 }),
        (keys, more) => {
          const all = [...keys, ...keys.map((key) => [...key, ...more])];
          const encoded = all.map((key) => Buffer.from(encode(key)));
          for (const [p, prefix] of all.entries()) {
            for (const [k, key] of all.entries()) {
              const expected = compareKeys(key.slice(0, prefix.length), prefix) === 0;
              const matched = encoded[k]!.subarray(0, encoded[p]!.length).equals(encoded[p]!);
              if (matched !== expected) expect.unreachable(`${hex(encoded[p]!)} and ${hex(encoded[k]!)}`);
              if (matched) matches++;
            }
          }
        },
      ),
      { numRuns: 200 },
    );
    expect(matches).toBeGreaterThan(10_000);
  });

  it.each<[TupleKey, TupleKey]>([
    [['US'], ['USA']],
    [['US'], ['US\0']],
    [['US'], ['US\u0001', 1]],
    [[''], ['\0']],
    [[1], [1n]],
    [[1], [1.5]],
    [[1], [256]],
    [[0], [-0]],
    [[0], [0.5]],
    [[-1], [-1.5]],
    [[2 ** 64], [2n ** 64n]],
    [[Uint8Array.of(1)], [Uint8Array.of(1, 0)]],
    [[[1]], [[1, 2]]],
    [[[]], [[null]]],
  ])('%j does not match %s', (prefix, key) => {
    const bytes = encode(prefix);
    expect(Buffer.from(encode(key)).subarray(0, bytes.length).equals(bytes)).toBe(false);
    expect(
      Buffer.from(encode([...prefix, key]))
        .subarray(0, bytes.length)
        .equals(bytes),
    ).toBe(true);
  });
});

describe('encodeTupleInto()', () => {
  const cycle: unknown[] = [];
  cycle.push(cycle);
  it.each<[string, unknown, string]>([
    ['NaN', [NaN], 'key[0] is NaN'],
    ['undefined', [1, undefined], 'key[1] is undefined'],
    ['a hole', new Array<unknown>(2).fill(1, 0, 1), 'key[1] is undefined'],
    ['an object', ['a', [{}]], 'key[1][0] is an object'],
    ['a function', [[[() => 1]]], 'key[0][0][0] is a function'],
    ['a symbol', [Symbol('s')], 'key[0] is a symbol'],
    ['a Map', [new Map()], 'key[0] is a Map'],
    ['a boxed number', [new Number(1)], 'key[0] is a Number'],
    ['an invalid Date', ['a', new Date(NaN)], 'key[1] is an invalid Date'],
    ['a subclass of Date', [new (class Day extends Date {})(0)], 'key[0] is a Day'],
    ['another typed array', [new Int8Array(1)], 'key[0] is an Int8Array'],
    ['an ArrayBuffer', [new ArrayBuffer(1)], 'key[0] is an ArrayBuffer'],
    ['an unpaired surrogate', ['a', ['\ud800']], 'key[1][0] holds an unpaired surrogate'],
    ['an array in itself', cycle, 'key[0][0][0][0][0][0][0][0]… is nested more than 64 arrays deep'],
    ['65 arrays in each other', nested(MAX_TUPLE_DEPTH + 1), 'deep'],
  ])('refuses %s, and says where it is', (_, key, message) => {
    const error = refusal(key);
    expect(error.argument).toBe('key');
    expect(error.message).toContain(message);
  });

  it.each([undefined, null, 'US', 42, {}, new Uint8Array(2), new Set(), { length: 0 }])(
    'refuses %s in place of a tuple',
    (key) => {
      const error = refusal(key, 'prefix');
      expect(error.argument).toBe('prefix');
      expect(error.message).toMatch(/^prefix is .*pass an array/);
    },
  );

  it('takes 64 arrays in each other', () => {
    const key = nested(MAX_TUPLE_DEPTH);
    expect(isDeepStrictEqual(decode(encode(key)), key)).toBe(true);
  });

  it('gives the true length of a key that does not fit, and writes nothing beyond the target', () => {
    fc.assert(
      fc.property(tuple, fc.nat(60), (key, space) => {
        const expected = encode(key);
        const memory = new Uint8Array(space + 32).fill(0xaa);
        const length = encodeTupleInto(key, memory.subarray(0, space), 'key');
        expect(length).toBe(expected.length);
        if (length <= space) expect(order(memory.subarray(0, length), expected)).toBe(0);
        expect([...memory.subarray(space)]).toEqual(new Array(32).fill(0xaa));
      }),
      { numRuns: 2000 },
    );
  });

  it.each<[string, TupleKey, number]>([
    ['text', ['x'.repeat(70_000)], 70_002],
    ['text with escapes', ['\0'.repeat(70_000), 'a'], 140_005],
    ['bytes', [new Uint8Array(70_000)], 140_002],
    ['a bigint', [2n ** (8n * 70_000n) - 1n], 70_004],
    ['many elements', new Array(70_000).fill(null), 70_000],
  ])('counts %s beyond the limit', (_, key, length) => {
    expect(encodeTupleInto(key, target, 'key')).toBe(length);
  });

  it('keeps a bigint that fills the longest key', () => {
    const key = [-(2n ** (8n * 65_531n)) + 1n];
    const bytes = encode(key);
    expect(bytes.length).toBe(MAX_KEY_BYTES);
    expect(decode(bytes)).toEqual(key);
  });
});

describe('decodeTuple()', () => {
  it.each([
    ['an unknown tag', '01'],
    ['the end of an array without one', '00'],
    ['tag FF', 'ff'],
    ['text without end', '386162'],
    ['text with a bare 01', '38010300'],
    ['text that ends in an escape', '380100'],
    ['text that is not UTF-8', '38ff00'],
    ['text with an overlong NUL', '38c08000'],
    ['bytes without end', '40ff'],
    ['bytes with a bare 01', '40010300'],
    ['bytes that end in an escape', '400100'],
    ['an array without end', '4802'],
    ['an array cut short', '48'],
    ['a number without tail', '212a'],
    ['a number cut short', '220102'.slice(0, 4)],
    ['a number with a zero byte in front', '22002a02'],
    ['a negative number with a zero byte in front', '1dffd502'],
    ['an unknown tail', '212a05'],
    ['the tail of -0 behind another number', '212a01'],
    ['the tail of a fraction behind a negative integer', '1efe04' + 'c007ffffffffffff'],
    ['0 below zero', '1f02'],
    ['0n below zero', '1f03'],
    ['a fraction cut short', '2004' + '3fe000000000'],
    ['a fraction that is none', '210104' + '3ff0000000000000'],
    ['a fraction of another number', '210104' + '4004000000000000'],
    ['a fraction below zero', '2004' + 'bfe0000000000000'],
    ['a fraction of zero', '2004' + '0000000000000000'],
    ['a fraction that is NaN', '2004' + '7ff8000000000000'],
    ['a fraction that is infinite', '2004' + '7ff0000000000000'],
    ['a number that no double is', '27' + '20000000000001' + '02'],
    ['a number beyond all doubles', `290081${'ff'.repeat(129)}02`],
    ['a long number without length', '2900'],
    ['a long number that is short', '290008' + 'ffffffffffffffff' + '03'],
    ['a long number cut short', '29ffff01'],
    ['a date cut short', '3080000000000000'],
    ['a date beyond all dates', '30' + 'ffffffffffffffff'],
    ['65 arrays in each other', '48'.repeat(65) + '00'.repeat(65)],
  ])('refuses %s', (_, bytes) => {
    expect(() => decode(Buffer.from(bytes, 'hex'))).toThrow(/^(tuple: |The encoded data)/);
  });

  it('either refuses random bytes or gives the key that encodes to them', () => {
    let accepted = 0;
    const byte = fc.oneof(
      fc.constantFrom(
        0,
        1,
        2,
        3,
        4,
        5,
        0x15,
        0x16,
        0x1e,
        0x1f,
        0x20,
        0x21,
        0x22,
        0x29,
        0x2a,
        0x30,
        0x38,
        0x40,
        0x48,
        0xff,
      ),
      fc.nat(255),
    );
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 24 }), (content) => {
        const bytes = Uint8Array.from(content);
        let key: TupleKey;
        try {
          key = decode(bytes);
        } catch (error) {
          expect(error instanceof RangeError || error instanceof TypeError).toBe(true);
          return;
        }
        accepted++;
        expect(hex(encode(key))).toBe(hex(bytes));
      }),
      { numRuns: 30_000 },
    );
    expect(accepted).toBeGreaterThan(1000);
  });

  it('refuses every other byte in the place of each byte of a key, or gives another key', () => {
    const key: TupleKey = ['a\0', -1.5, 300n, new Date(5), Uint8Array.of(0, 9), [null, [true]], 2 ** 64];
    const bytes = encode(key);
    for (let at = 0; at < bytes.length; at++) {
      for (let change = 1; change < 256; change++) {
        const damaged = bytes.slice();
        damaged[at]! ^= change;
        let other: TupleKey;
        try {
          other = decode(damaged);
        } catch {
          continue;
        }
        expect(hex(encode(other))).toBe(hex(damaged));
      }
    }
  });
});
