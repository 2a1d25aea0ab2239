import fc from 'fast-check';
import type { KeyEncodingName } from '../../src/codec/encoding-names.ts';
import { compareKeys, type TupleKey } from '../../src/index.ts';

/** The kinds of keys and values, with ways to make them and to put them in order. */
export interface Kind {
  readonly keyEncoding: KeyEncodingName;
  readonly valueEncoding: 'utf8' | 'binary' | 'msgpack' | 'json';
}

export const kind: fc.Arbitrary<Kind> = fc.record({
  keyEncoding: fc.constantFrom(
    'utf8',
    'utf8',
    'binary',
    'binary',
    'tuple',
    'tuple',
    'number',
    'bigint',
    'uuid',
  ),
  valueEncoding: fc.constantFrom('utf8', 'binary', 'msgpack', 'json'),
});

/** Keys that often share beginnings, are beginnings of each other, or lie next to each other. */
export function keyOf({ keyEncoding }: Kind): fc.Arbitrary<unknown> {
  if (keyEncoding === 'utf8') {
    const character = fc.constantFrom(
      'a',
      'b',
      '\0',
      '~',
      'é',
      '\uffff',
      '\u{1f600}',
      '\u{10ffff}',
      '\ue000',
    );
    return fc.oneof(
      fc.string({ unit: character, minLength: 1, maxLength: 6 }),
      fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 12 }),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }),
      fc.nat(300).map((n) => `shared/prefix/of/some/length/${n}`),
    );
  }
  if (keyEncoding === 'binary') {
    return fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 5, max: 1 }),
      fc.uint8Array({ minLength: 1, maxLength: 5, min: 254 }),
      fc.uint8Array({ minLength: 1, maxLength: 20 }),
      fc.uint8Array({ minLength: 130, maxLength: 300, max: 1 }),
    );
  }
  if (keyEncoding === 'number') {
    return fc.oneof(fc.integer({ min: -300, max: 300 }), fc.double({ noNaN: true }), fc.constant(-0));
  }
  if (keyEncoding === 'bigint') {
    return fc.oneof(fc.bigInt({ min: -300n, max: 300n }), fc.bigInt({ min: -(2n ** 66n), max: 2n ** 66n }));
  }
  if (keyEncoding === 'uuid') {
    return fc.oneof(
      fc.uuid(),
      fc.nat(400).map((n) => `018f3a2b-4c5d-7e6f-8a9b-${n.toString(16).padStart(12, '0')}`),
    );
  }
  const element = fc.oneof(
    fc.integer({ min: -3, max: 3 }),
    fc.constantFrom('', 'a', 'a\0', 'b'),
    fc.boolean(),
  );
  return fc.array(element, { minLength: 1, maxLength: 4 });
}

/** What a key may be compared with: keys, and what can't be one. */
export function boundOf(one: Kind): fc.Arbitrary<unknown> {
  // Of the others, none is empty.
  const empty = new Map<string, unknown>([
    ['utf8', ''],
    ['binary', new Uint8Array(0)],
    ['tuple', []],
  ]).get(one.keyEncoding);
  if (empty === undefined) return keyOf(one);
  return fc.oneof({ weight: 12, arbitrary: keyOf(one) }, { weight: 1, arbitrary: fc.constant(empty) });
}

/** What may be asked for as a prefix. Numbers have none. */
export function prefixOf(one: Kind, bound: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  if (one.keyEncoding === 'number' || one.keyEncoding === 'bigint') return fc.constant(undefined);
  if (one.keyEncoding !== 'uuid') return bound;
  const ends = fc.constantFrom(0, 2, 8, 9, 13, 19, 24, 34, 36);
  return fc.tuple(bound, ends).map(([key, end]) => (key as string).slice(0, end));
}

export function valueFor({ valueEncoding }: Kind): fc.Arbitrary<unknown> {
  const text = fc.oneof(fc.string({ maxLength: 12 }), fc.string({ unit: 'grapheme', maxLength: 60 }));
  const bytes = fc.oneof(fc.uint8Array({ maxLength: 20 }), fc.uint8Array({ minLength: 100, maxLength: 160 }));
  if (valueEncoding === 'utf8') return text;
  if (valueEncoding === 'binary') return bytes;
  const json = fc.oneof(
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    text,
    fc.array(fc.nat(1000), { maxLength: 5 }),
    fc.dictionary(fc.string({ unit: 'grapheme-ascii', maxLength: 4 }), fc.nat(9), {
      maxKeys: 3,
      noNullPrototype: true,
    }),
  );
  return valueEncoding === 'json' ? json : fc.oneof(json, bytes, fc.double());
}

/** The order of the encoded keys, by other means than the library's. */
export function orderOf({ keyEncoding }: Kind): (a: unknown, b: unknown) => number {
  if (keyEncoding === 'tuple') return (a, b) => compareKeys(a as TupleKey, b as TupleKey);
  if (keyEncoding === 'number' || keyEncoding === 'bigint') {
    return (a, b) => compareKeys(a as number, b as number);
  }
  const utf8 = new TextEncoder();
  const encoded = (key: unknown): Uint8Array =>
    typeof key === 'string' ? utf8.encode(key) : (key as Uint8Array);
  return (a, b) => {
    const [first, second] = [encoded(a), encoded(b)];
    const at = first.findIndex((byte, i) => byte !== second[i]);
    if (at < 0) return first.length - second.length;
    return at >= second.length ? 1 : first[at] - second[at];
  };
}

export function startsWith({ keyEncoding }: Kind, key: unknown, prefix: unknown): boolean {
  if (keyEncoding === 'utf8' || keyEncoding === 'uuid') return (key as string).startsWith(prefix as string);
  const [whole, start] = [key as ArrayLike<unknown>, prefix as ArrayLike<unknown>];
  return start.length <= whole.length && Array.from(start).every((part, i) => Object.is(part, whole[i]));
}

/** How a store is written: all of these must make no difference to what is read. */
export const writing = fc.record({
  blockBytes: fc.constantFrom(64, 100, 512, 4096, 65_536),
  partitionBytes: fc.constantFrom(2048, 3000, 8192, 1 << 20),
  compression: fc.constantFrom('none', 'deflate', 'zstd'),
  hashIndex: fc.boolean(),
});

/** How a store is read: the same. */
export const reading = fc.record({
  cacheBytes: fc.constantFrom(0, 64, 130, 600, 1024, 2100, 5000, 1 << 22),
  verify: fc.constantFrom('once', 'always'),
  views: fc.boolean(),
});

/** Entries in order, each key once. */
export function entriesOf(one: Kind, maxLength: number): fc.Arbitrary<[unknown, unknown][]> {
  const order = orderOf(one);
  return fc
    .array(fc.tuple(keyOf(one), valueFor(one)), { maxLength })
    .map((pairs) =>
      pairs
        .sort(([a], [b]) => order(a, b))
        .filter(([key], i, all) => i === 0 || order(all[i - 1][0], key) !== 0),
    );
}
