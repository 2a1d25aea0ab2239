import { Buffer } from 'node:buffer';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { MAX_KEY_BYTES } from '../../../src/bytes/key-buffer.ts';
import { compareKeys } from '../../../src/codec/keys/compare-keys.ts';
import { keyCodecFor } from '../../../src/codec/keys/key-codecs.ts';
import {
  decodeTuple,
  encodeTupleInto,
  type TupleElement,
  type TupleKey,
} from '../../../src/codec/keys/tuple.ts';

/** Numbers that look random and are the same in every run: xorshift32. */
class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** An integer from 0 to `limit − 1`. */
  below(limit: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % limit;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }
}

const double = new DataView(new ArrayBuffer(8));

/** The double `steps` places further in the order of doubles. */
function neighbour(value: number, steps: number): number {
  if (!Number.isFinite(value) || value === 0) return steps < 0 ? -Number.MIN_VALUE : Number.MIN_VALUE;
  double.setFloat64(0, value);
  double.setBigInt64(0, double.getBigInt64(0) + BigInt(steps));
  return double.getFloat64(0);
}

const CENTRES: readonly number[] = [
  0.1,
  1,
  1.5,
  255,
  256,
  65_535,
  65_536,
  2 ** 24,
  2 ** 31,
  2 ** 32,
  2 ** 40,
  2 ** 48,
  2 ** 53,
  2 ** 63,
  2 ** 64,
  2 ** 72,
  2 ** 1023,
  2.2250738585072014e-308,
  5e-324,
  Number.MAX_VALUE,
];
const HUGE: readonly bigint[] = [10n ** 20n, 10n ** 100n, 10n ** 500n, 2n ** 64n, 2n ** 1024n, 2n ** 2048n];
const CHARACTERS = [
  'a',
  'b',
  '\0',
  '\u0001',
  '\u0002',
  '\x7f',
  '\x80',
  'é',
  '\ud7ff',
  '\ue000',
  '\uffff',
  '😀',
  '\u{10ffff}',
];
const BYTES = [0, 1, 2, 0x15, 0x20, 0x2a, 0x38, 0x40, 0x48, 0xfe, 0xff];
const TIMES = [0, 1, -1, 2 ** 32, 2 ** 32 - 1, -(2 ** 32), -(2 ** 32) - 1, 8.64e15, -8.64e15];

function numberOf(chance: Chance): number | bigint {
  const sign = chance.below(2) === 0 ? 1 : -1;
  switch (chance.below(6)) {
    case 0:
      return chance.pick([0, -0, 0n, Infinity, -Infinity, 1n, -1n, 2 ** 53 + 2, 2n ** 53n + 1n]);
    case 1:
      return sign * chance.below(600);
    case 2: {
      const near = neighbour(chance.pick(CENTRES), chance.below(5) - 2);
      return sign * (Number.isFinite(near) ? near : Number.MAX_VALUE);
    }
    case 3: {
      const centre = chance.pick(CENTRES.filter(Number.isInteger));
      return BigInt(sign) * (BigInt(centre) + BigInt(chance.below(5) - 2));
    }
    case 4:
      return BigInt(sign) * (chance.pick(HUGE) + BigInt(chance.below(3) - 1));
    default:
      double.setUint32(0, chance.below(2 ** 32));
      double.setUint32(4, chance.below(2 ** 32));
      return Number.isNaN(double.getFloat64(0)) ? chance.below(1000) / 7 : double.getFloat64(0);
  }
}

function elementOf(chance: Chance, depth: number): TupleElement {
  const kind = chance.below(depth < 3 ? 11 : 9);
  if (kind < 4) return numberOf(chance);
  if (kind < 6) return Array.from({ length: chance.below(4) }, () => chance.pick(CHARACTERS)).join('');
  if (kind === 6) return Uint8Array.from({ length: chance.below(4) }, () => chance.pick(BYTES));
  if (kind === 7) return new Date(chance.pick(TIMES));
  if (kind === 8) return chance.pick([null, true, false]);
  return Array.from({ length: chance.below(3) }, () => elementOf(chance, depth + 1));
}

/** Keys of which many share their beginning with others. */
function keysOf(chance: Chance, count: number): TupleKey[] {
  const keys: TupleElement[][] = [];
  while (keys.length < count) {
    const shared = keys.length > 0 && chance.below(3) > 0 ? chance.pick(keys) : [];
    const key = shared.slice(0, chance.below(shared.length + 1));
    for (let more = chance.below(3); more >= 0; more--) key.push(elementOf(chance, 0));
    keys.push(key);
  }
  return keys;
}

/**
 * What a key is, taken apart for a comparison that has nothing in common with the code: the rank of a type,
 * then integers, −1 behind all. Every double is a whole number of 2⁻¹⁰⁷⁴.
 */
type Facts = readonly (number | bigint | Facts)[];

const SCALE = 1074n;

function exactly(value: number | bigint): bigint {
  if (typeof value === 'bigint') return value << SCALE;
  if (Number.isInteger(value)) return BigInt(value) << SCALE;
  double.setFloat64(0, Math.abs(value));
  const bits = double.getBigInt64(0);
  const exponent = bits >> 52n;
  const fraction = bits & (2n ** 52n - 1n);
  const magnitude = exponent === 0n ? fraction : (fraction | (2n ** 52n)) << (exponent - 1n);
  return value < 0 ? -magnitude : magnitude;
}

function factsOf(element: TupleElement): Facts {
  if (element === null) return [0];
  if (element === false) return [1];
  if (element === true) return [2];
  if (element === -Infinity) return [3, 0];
  if (element === Infinity) return [3, 2];
  if (typeof element === 'number' || typeof element === 'bigint') {
    return [3, 1, exactly(element), typeof element === 'bigint' ? 2 : Object.is(element, -0) ? 0 : 1];
  }
  if (element instanceof Date) return [4, element.getTime()];
  if (typeof element === 'string')
    return [5, ...[...element].map((character) => character.codePointAt(0) as number)];
  if (element instanceof Uint8Array) return [6, ...element];
  return [7, ...(element as TupleKey).map(factsOf)];
}

function compareFacts(a: number | bigint | Facts, b: number | bigint | Facts): number {
  if (typeof a === 'object' && typeof b === 'object') {
    const shared = Math.min(a.length, b.length);
    for (let i = 0; i < shared; i++) {
      const order = compareFacts(a[i] as Facts, b[i] as Facts);
      if (order !== 0) return order;
    }
    return Math.sign(a.length - b.length);
  }
  return a < b ? -1 : a > b ? 1 : 0;
}

const target = new Uint8Array(MAX_KEY_BYTES + 1);

function encode(key: TupleKey): Buffer {
  return Buffer.from(target.subarray(0, encodeTupleInto(key, target, 'key')));
}

describe('the order of tuple keys, against a comparison written for this test', () => {
  it('is right for three million pairs, and every key comes back', () => {
    const chance = new Chance(20_261_121);
    let pairs = 0;
    let equal = 0;
    for (let round = 0; round < 24; round++) {
      const keys = keysOf(chance, 520);
      const encoded = keys.map(encode);
      const facts = keys.map((key) => key.map(factsOf));
      for (const [i, key] of keys.entries()) {
        const bytes = encoded[i] as Buffer;
        if (!isDeepStrictEqual(decodeTuple(bytes, 0, bytes.length), key))
          expect.unreachable(`${bytes.toString('hex')} is read as another key`);
        for (let j = 0; j < i; j++) {
          const expected = compareFacts(facts[i] as Facts, facts[j] as Facts);
          pairs++;
          if (expected === 0) equal++;
          const stored = Buffer.compare(bytes, encoded[j] as Buffer);
          // The public comparison on a part of them: it is slower.
          const said = (i + j) % 8 === 0 ? compareKeys(key, keys[j] as TupleKey) : expected;
          if (stored !== expected || said !== expected) {
            expect.unreachable(`${bytes.toString('hex')} and ${encoded[j]?.toString('hex')}: ${expected}`);
          }
        }
      }
    }
    expect(pairs).toBeGreaterThan(3_000_000);
    // Equal keys of the generator's are few, but there: an order of zeros would be no order.
    expect(equal).toBeGreaterThan(0);
    expect(equal).toBeLessThan(pairs / 20);
  });

  it('is right for keys that are one number or bigint', () => {
    const chance = new Chance(7);
    const all = Array.from({ length: 1500 }, () => numberOf(chance));
    for (const [name, keys] of [
      ['number', all.filter((value) => typeof value === 'number')],
      ['bigint', all.filter((value) => typeof value === 'bigint')],
    ] as const) {
      const codec = keyCodecFor<'number' | 'bigint'>(name);
      const encoded = keys.map((key) =>
        Buffer.from(target.subarray(0, codec.encodeInto(key as never, target))),
      );
      const facts = keys.map(factsOf);
      expect(keys.length).toBeGreaterThan(400);
      for (let i = 0; i < keys.length; i++) {
        for (let j = 0; j < i; j++) {
          const expected = compareFacts(facts[i] as Facts, facts[j] as Facts);
          if (Buffer.compare(encoded[i] as Buffer, encoded[j] as Buffer) !== expected)
            expect.unreachable(`${name} ${keys[i]} and ${keys[j]}`);
        }
      }
    }
  });

  it('is one that this comparison can find wrong', () => {
    const order = (a: TupleKey, b: TupleKey): number => compareFacts(a.map(factsOf), b.map(factsOf));
    expect(order([0.1], [neighbour(0.1, 1)])).toBe(-1);
    expect(order([-0], [0])).toBe(-1);
    expect(order([2 ** 53], [2n ** 53n + 1n])).toBe(-1);
    expect(order([5e-324], [0n])).toBe(1);
    expect(order(['\uffff'], ['😀'])).toBe(-1);
    expect(order(['a', 1], ['a'])).toBe(1);
    expect(order([[1]], [[1, 2]])).toBe(-1);
    expect(order([-(2n ** 2000n)], [-Number.MAX_VALUE])).toBe(-1);
    expect(order([-Infinity], [-(2n ** 2000n)])).toBe(-1);
  });
});
