import { isDeepStrictEqual } from 'node:util';
import vm from 'node:vm';
import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, it } from 'vitest';
import { JsonCodec } from '../../src/codec/values/json.ts';
import { MsgpackCodec } from '../../src/codec/values/msgpack.ts';
import { TypedCodec, type TypedValue } from '../../src/codec/values/typed.ts';
import type { ValueCodec } from '../../src/codec/values/value-codec.ts';
import { isCairnError } from '../../src/errors.ts';
import { msgpackValue, outcome } from '../support/exact-values.ts';
import { temporalFacts, temporalValue } from '../support/temporal-values.ts';

const CODECS: [string, () => ValueCodec<unknown>][] = [
  ['msgpack', () => new MsgpackCodec()],
  ['json', () => new JsonCodec()],
  ['typed', () => new TypedCodec(Temporal) as ValueCodec<TypedValue> as ValueCodec<unknown>],
];

class Point {
  x = 1;
}

/** What people put into values without thinking, and what only a test would. */
const odd: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    undefined,
    Symbol('s'),
    () => 1,
    new Map([[1, 2]]),
    new Set([1]),
    new WeakMap(),
    /x/,
    new Error('x'),
    new Point(),
    Object.create({ inherited: 1 }),
    new Date(Number.NaN),
    new (class Day extends Date {})(0),
    Object.assign(new Date(0), { a: 1 }),
    new (class List extends Array {})(),
    Object.assign([1], { extra: 1 }),
    new Array(2),
    new ArrayBuffer(2),
    new DataView(new ArrayBuffer(2)),
    new Float64Array(2),
    new Uint8ClampedArray(2),
    new BigInt64Array(1),
    new Number(1),
    new String('a'),
    Object(1n),
    Object(Symbol('s')),
    Promise.resolve(1),
    Object.defineProperty({}, 'hidden', { value: 1 }),
    { [Symbol('s')]: 1 },
    { toJSON: () => 1 },
    Object.assign([], { toJSON: () => 1 }),
    JSON.parse('{"__proto__":{"a":1}}'),
    Object.assign(Object.create(null), { a: 1 }),
    vm.runInNewContext('({ a: [1, { b: "c" }] })'),
    vm.runInNewContext('new Map()'),
    vm.runInNewContext('new Date(0)'),
    vm.runInNewContext('Uint8Array.of(1)'),
    '\ud800',
    ['a', '\udc00b'],
    { '\ud800': 1 },
    '\ufeffa',
    -0,
    [-0, 1, 2n ** 64n],
    Number.NaN,
    2n ** 63n,
    -(2n ** 63n) - 1n,
    globalThis,
  ),
  temporalValue,
);

const anything: fc.Arbitrary<unknown> = fc.oneof(
  odd,
  odd.map((value) => ({ a: [1, value], b: 2 })),
  odd.map((value) => [value, { c: value }]),
  fc.anything({
    withBigInt: true,
    withBoxedValues: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withNullPrototype: true,
    withObjectString: true,
    withSparseArray: true,
    withTypedArray: true,
    withUnicodeString: true,
  }),
  msgpackValue,
);

/** What may come back for a value: the same, but objects plain and in this realm. */
function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return Array.from(value, plain);
  const kind = Object.prototype.toString.call(value);
  if (kind === '[object Uint8Array]') return Uint8Array.from(value as Uint8Array);
  if (kind !== '[object Object]') return temporalFacts(value);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)]));
}

describe.each(CODECS)('any value whatever: the codec %s', (_, make) => {
  it('gives it back exactly, or refuses it', () => {
    const codec = make();
    let kept = 0;
    let refused = 0;
    fc.assert(
      fc.property(anything, (value) => {
        let bytes: Uint8Array;
        try {
          bytes = codec.encode(value).slice();
        } catch (error) {
          if (!isCairnError(error, 'INVALID_ARGUMENT') || error.argument !== 'value') throw error;
          refused++;
          return;
        }
        kept++;
        const back = codec.decode(bytes, 0, bytes.length);
        expect(isDeepStrictEqual(plain(back), plain(value))).toBe(true);
        // What comes back is taken again, and gives the same bytes.
        expect(Buffer.compare(codec.encode(back), bytes)).toBe(0);
      }),
      { numRuns: 6000 },
    );
    expect(kept).toBeGreaterThan(500);
    expect(refused).toBeGreaterThan(1000);
  });

  it('reads or refuses bytes of values that were cut, extended, mixed and changed', () => {
    const codec = make();
    const edit = fc.record({
      at: fc.nat(1000),
      cut: fc.nat(4),
      put: fc.uint8Array({ maxLength: 4 }),
    });
    const change = fc
      .nat(1000)
      .chain((at) => fc.nat(255).map((byte) => ({ at, cut: 1, put: Uint8Array.of(byte) })));
    const encoded = msgpackValue.map((value) => {
      try {
        return codec.encode(value).slice(0, 2000);
      } catch {
        return codec.encode('text').slice();
      }
    });
    let read = 0;
    fc.assert(
      fc.property(
        encoded,
        encoded,
        fc.array(fc.oneof(change, edit), { minLength: 1, maxLength: 4 }),
        (one, other, edits) => {
          const seed = edits.reduce((sum, { at }) => sum + at, 0);
          let bytes = [...one, ...(seed % 4 === 0 ? other.subarray(0, seed % (other.length + 1)) : [])];
          for (const { at, cut, put } of edits) {
            const place = at % (bytes.length + 1);
            bytes = [...bytes.slice(0, place), ...put, ...bytes.slice(place + cut)];
          }
          const damaged = Uint8Array.from(bytes);
          const result = outcome(() => codec.decode(damaged, 0, damaged.length));
          if (result !== undefined) read++;
        },
      ),
      { numRuns: 4000 },
    );
    expect(read).toBeGreaterThan(50);
  });
});

describe('bigints of many bytes', () => {
  it('take memory and time in proportion', () => {
    const codec = new MsgpackCodec();
    const bytes = new Uint8Array(6 + 2_000_000).fill(0x7f);
    bytes.set([0xc9, 0x00, 0x1e, 0x84, 0x80, 0x01]);
    const before = process.memoryUsage().rss;
    expect((codec.decode(bytes, 0, bytes.length) as bigint) >> 15_999_992n).toBe(0x7fn);
    // Text that grows digit by digit took 140 MB.
    expect(process.memoryUsage().rss - before).toBeLessThan(60 * 2 ** 20);
  });
});
