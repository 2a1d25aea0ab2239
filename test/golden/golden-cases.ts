import { Temporal } from 'temporal-polyfill';
import type { KeyEncodingName, ValueEncodingName } from '../../src/codec/encoding-names.ts';
import { keyCodecFor } from '../../src/codec/keys/key-codecs.ts';
import { valueCodecFor } from '../../src/codec/values/load-value-codec.ts';
import { MsgpackCodec } from '../../src/codec/values/msgpack.ts';
import { TypedCodec } from '../../src/codec/values/typed.ts';
import type { ValueCodec } from '../../src/codec/values/value-codec.ts';
import type { CompressionName, CreateStoreOptions } from '../../src/index.ts';

/** Stands in the names of all golden files, so that their bytes can be made again. */
export const BUILD_ID = 'golden';

/** A store that is kept for ever, as it was written. */
export interface GoldenCase {
  /** The directory's name. */
  readonly name: string;
  /** What a reader shows by reading it. */
  readonly about: string;
  readonly options: CreateStoreOptions & GoldenEncodings;
  /** The compressions of several stores with a share of the entries each, which are merged into this one. */
  readonly mergedFrom?: readonly CompressionName[];
  /** In key order. */
  readonly entries: readonly (readonly [key: unknown, value: unknown])[];
}

interface GoldenEncodings {
  readonly keyEncoding: KeyEncodingName;
  readonly valueEncoding: ValueEncodingName;
}

/** An entry as it is stored. */
export interface EncodedEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** The entries of a case as bytes. */
export function encodeEntries({ options, entries }: GoldenCase): EncodedEntry[] {
  const { encodeKey, encodeValue } = entryEncoder(options);
  return entries.map(([key, value]) => ({ key: encodeKey(key), value: encodeValue(value) }));
}

/** What turns keys and values into the bytes that are stored. */
export function entryEncoder({ keyEncoding, valueEncoding }: GoldenEncodings): {
  encodeKey(key: unknown): Uint8Array;
  encodeValue(value: unknown): Uint8Array;
} {
  const keys = keyCodecFor(keyEncoding);
  const values: ValueCodec<unknown> =
    valueEncoding === 'typed'
      ? new TypedCodec(Temporal)
      : valueEncoding === 'msgpack'
        ? new MsgpackCodec()
        : valueCodecFor<Exclude<ValueEncodingName, 'typed' | 'msgpack'>>(valueEncoding);
  const target = new Uint8Array(65_540);
  return {
    encodeKey: (key) => target.slice(0, keys.encodeInto(key as never, target)),
    encodeValue: (value) => values.encode(value as never).slice(),
  };
}

const TEXT: GoldenEncodings = { keyEncoding: 'utf8', valueEncoding: 'utf8' };

/** The same in three compressions: text, and between it noise that no compression makes smaller. */
const MIXED: GoldenCase['entries'] = Array.from({ length: 120 }, (_, i) => [
  `entry/${String(i).padStart(4, '0')}`,
  i >= 40 && i < 80 ? noise(i, 60) : ascii(`the same sentence again and again, number ${i % 7}; `.repeat(2)),
]);

const WORDS: GoldenCase['entries'] = Array.from({ length: 300 }, (_, i) => [
  `word-${String(i * 7).padStart(4, '0')}`,
  `${i}`,
]);

const NUMBERS: readonly number[] = [
  Number.NEGATIVE_INFINITY,
  -Number.MAX_VALUE,
  -(2 ** 64),
  -(2 ** 53),
  -256,
  -1.5,
  -1,
  -Number.MIN_VALUE,
  -0,
  0,
  Number.MIN_VALUE,
  0.1,
  1,
  1.5,
  255,
  256,
  65_536,
  2 ** 32,
  2 ** 53 - 1,
  2 ** 64,
  1e100,
  Number.MAX_VALUE,
  Number.POSITIVE_INFINITY,
];

const BIGINTS: readonly bigint[] = [
  -(10n ** 600n),
  -(2n ** 64n),
  -(2n ** 64n) + 1n,
  -(2n ** 63n),
  -256n,
  -1n,
  0n,
  1n,
  255n,
  256n,
  2n ** 53n + 1n,
  2n ** 63n,
  2n ** 64n - 1n,
  2n ** 64n,
  10n ** 600n,
];

const UUIDS: readonly string[] = [
  '00000000-0000-0000-0000-000000000000',
  '018f3a2b-4c5d-7e6f-8a9b-0c1d2e3f4a5b',
  '018f3a2b-4c5d-7e6f-8a9b-0c1d2e3f4a5c',
  '123e4567-e89b-12d3-a456-426614174000',
  'ffffffff-ffff-ffff-ffff-ffffffffffff',
];

export const GOLDEN_CASES: readonly GoldenCase[] = [
  {
    name: 'empty',
    about: 'a store without entries: a manifest and nothing else',
    options: TEXT,
    entries: [],
  },
  { name: 'one-entry', about: 'the smallest store with an entry', options: TEXT, entries: [['a', 'b']] },
  {
    name: 'two-entries',
    about: 'two blocks of one entry: the example of FORMAT.md',
    options: { ...TEXT, blockBytes: 64 },
    entries: [
      ['cairn', 'a heap of stones that marks the way'],
      ['kern', 'a light foot soldier of old Ireland'],
    ],
  },
  {
    name: 'several-partitions',
    about: 'partitions of a kilobyte with several small blocks each',
    options: { ...TEXT, partitionBytes: 1024, blockBytes: 128 },
    entries: Array.from({ length: 60 }, (_, i) => [`key-${String(i).padStart(3, '0')}`, `value ${i * i}`]),
  },
  {
    name: 'keys-utf8',
    about: 'text keys in code-point order, which is not the order of JavaScript strings',
    options: TEXT,
    entries: [
      '\0',
      '\0\0',
      '\u0001',
      ' ',
      'Z',
      'a',
      'a\0',
      'aa',
      'z',
      'é',
      '漢',
      '\ufeffBOM',
      '\ufffd',
      '😀',
    ].map((key) => [key, `U+${key.codePointAt(0)?.toString(16)}`]),
  },
  {
    name: 'keys-binary',
    about: 'keys of any bytes, prefixes of each other, one-byte and two-byte lengths',
    options: { keyEncoding: 'binary', valueEncoding: 'utf8', blockBytes: 128 },
    entries: [
      ...['00', '0000', '0001', '01', '7f', '7fff', '80', 'fe', 'feff', 'ff', 'ff00', 'ffff', 'ffffff'].map(
        (hex): [Uint8Array, string] => [bytesOf(hex), hex],
      ),
      [new Uint8Array(127).fill(0xff), 'ff × 127'],
      [new Uint8Array(128).fill(0xff), 'ff × 128'],
    ],
  },
  {
    name: 'keys-tuple',
    about: 'every type of tuple element, in tuple order',
    options: { keyEncoding: 'tuple', valueEncoding: 'utf8', blockBytes: 256 },
    entries: TUPLES().map((key, i) => [key, `tuple ${i}`]),
  },
  {
    name: 'keys-number',
    about: 'keys that are numbers, in numeric order',
    options: { keyEncoding: 'number', valueEncoding: 'utf8' },
    entries: NUMBERS.map((key) => [key, String(key)]),
  },
  {
    name: 'keys-bigint',
    about: 'keys that are bigints of up to 600 digits, in numeric order',
    options: { keyEncoding: 'bigint', valueEncoding: 'utf8' },
    entries: BIGINTS.map((key) => [key, String(key).slice(0, 20)]),
  },
  {
    name: 'keys-uuid',
    about: 'keys that are UUIDs',
    options: { keyEncoding: 'uuid', valueEncoding: 'utf8' },
    entries: UUIDS.map((key, i) => [key, `${i}`]),
  },
  {
    name: 'values-msgpack',
    about: 'every type that msgpack values keep, the extensions for dates and wide bigints among them',
    options: { keyEncoding: 'utf8', valueEncoding: 'msgpack' },
    entries: numbered(MSGPACK_VALUES()),
  },
  {
    name: 'values-binary',
    about: 'values of any bytes',
    options: { keyEncoding: 'utf8', valueEncoding: 'binary' },
    entries: numbered([bytesOf('00'), bytesOf('ff'), noise(1, 100), new Uint8Array(300).fill(0xab)]),
  },
  {
    name: 'values-utf8',
    about: 'values of text',
    options: TEXT,
    entries: numbered(['plain', 'two\nlines', '\ufeffBOM', 'naïve', '漢字', '😀', '\0']),
  },
  {
    name: 'values-json',
    about: 'values of JSON',
    options: { keyEncoding: 'utf8', valueEncoding: 'json' },
    entries: numbered([
      null,
      true,
      0,
      -1.5,
      1e300,
      '',
      '"quoted" \\ \u2028',
      '\ud800',
      [],
      {},
      { a: [1, { b: null }] },
    ]),
  },
  {
    name: 'values-typed',
    about: 'every type of typed values, alike ones side by side',
    options: { keyEncoding: 'utf8', valueEncoding: 'typed' },
    entries: numbered(TYPED_VALUES()),
  },
  ...(['none', 'deflate', 'zstd'] as const).map(
    (compression): GoldenCase => ({
      name: `compression-${compression}`,
      about: `compression ${compression}: some blocks shrink, others don't and are stored raw`,
      options: { keyEncoding: 'utf8', valueEncoding: 'binary', blockBytes: 1024, compression },
      entries: MIXED,
    }),
  ),
  {
    name: 'compression-mixed',
    about: 'a merged store: partitions of every compression',
    options: { keyEncoding: 'utf8', valueEncoding: 'binary', blockBytes: 1024 },
    mergedFrom: ['none', 'deflate', 'zstd'],
    entries: MIXED,
  },
  {
    name: 'hash-index-on',
    about: 'a hash index over several blocks, with keys that share their home slot',
    options: { ...TEXT, blockBytes: 1024 },
    entries: WORDS,
  },
  {
    name: 'hash-index-off',
    about: 'the same entries without a hash index',
    options: { ...TEXT, blockBytes: 1024, hashIndex: false },
    entries: WORDS,
  },
  {
    name: 'key-lengths',
    about: 'keys of 1, 65,534 and 65,535 bytes; the last separator is 65,535 bytes long',
    options: TEXT,
    entries: [1, 65_534, 65_535].map((length) => ['k'.repeat(length), `${length} bytes`]),
  },
  {
    name: 'value-lengths',
    about: 'values from 0 to 20,000 bytes: lengths of one to three bytes, values larger than a block',
    options: { keyEncoding: 'utf8', valueEncoding: 'utf8', blockBytes: 4096 },
    entries: numbered(
      [0, 1, 127, 128, 4096, 16_383, 16_384, 20_000].map((length) =>
        'value...'.repeat(2500).slice(0, length),
      ),
    ),
  },
  {
    name: 'values-empty',
    about: 'forty empty values: an empty value is a value',
    options: TEXT,
    entries: numbered(new Array<string>(40).fill('')),
  },
  {
    name: 'wide-restarts',
    about: 'a block of more than 65,535 bytes, whose restarts take four bytes',
    options: { ...TEXT, blockBytes: 131_072 },
    entries: numbered(Array.from({ length: 100 }, (_, i) => `${i} `.repeat(300))),
  },
  {
    name: 'metadata',
    about: 'metadata of every JSON type',
    options: {
      ...TEXT,
      metadata: {
        title: 'Überschrift “quoted” 漢字 😀',
        nothing: null,
        yes: true,
        numbers: [0, -1, 1.5, 1e21],
        nested: { '': {}, list: [[], {}] },
      },
    },
    entries: [['key', 'value']],
  },
];

function numbered(values: readonly unknown[]): [string, unknown][] {
  return values.map((value, i) => [`${String(i).padStart(3, '0')}`, value]);
}

function TUPLES(): unknown[][] {
  const big = 2n ** 72n;
  return [
    [null],
    [null, 'after null'],
    [false],
    [true],
    [Number.NEGATIVE_INFINITY],
    [-big],
    [-(2 ** 64)],
    [-(2n ** 64n) + 1n],
    [-256],
    [-1.5],
    [-1],
    [-1n],
    [-0.25],
    [-0],
    [0],
    [0n],
    [0.5],
    [1],
    [1, 'a second element'],
    [1n],
    [1.5],
    [255],
    [256],
    [2 ** 53],
    [2n ** 64n - 1n],
    [2 ** 64],
    [big],
    [Number.MAX_VALUE],
    [Number.POSITIVE_INFINITY],
    [new Date(-1)],
    [new Date(0)],
    [new Date('2026-11-21T00:00:00.000Z')],
    [''],
    ['\0'],
    ['\u0001'],
    ['US', 42],
    ['US', 42, null],
    ['é'],
    ['😀'],
    [new Uint8Array(0)],
    [bytesOf('00')],
    [bytesOf('0001ff')],
    [bytesOf('02')],
    [[]],
    [[null]],
    [[1, ['deep', []]], 'behind an array'],
  ];
}

function MSGPACK_VALUES(): unknown[] {
  return [
    null,
    false,
    true,
    0,
    127,
    128,
    255,
    256,
    65_535,
    65_536,
    2 ** 32 - 1,
    2 ** 32,
    -1,
    -32,
    -33,
    -128,
    -129,
    -32_768,
    -32_769,
    -(2 ** 31),
    -(2 ** 31) - 1,
    -0,
    1.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.MIN_VALUE,
    0n,
    -1n,
    2n ** 64n - 1n,
    -(2n ** 63n),
    2n ** 64n,
    -(2n ** 63n) - 1n,
    '',
    'a'.repeat(31),
    'a'.repeat(32),
    '漢'.repeat(100),
    new Date(0),
    new Date('2026-11-21T08:00:00.123Z'),
    new Date(-1),
    new Uint8Array(0),
    bytesOf('00ff'),
    noise(2, 300),
    [],
    [1, [2, [3]]],
    new Array<number>(16).fill(7),
    {},
    { a: 1, 'b c': [null, { d: 'e' }] },
    Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`key${i}`, i])),
    [-0, 1, 2n ** 70n],
  ];
}

function TYPED_VALUES(): unknown[] {
  return [
    null,
    false,
    true,
    0,
    -0,
    1,
    -1.5,
    0.1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.MAX_VALUE,
    0n,
    1n,
    -1n,
    127n,
    128n,
    -129n,
    2n ** 64n,
    -(10n ** 100n),
    '',
    '1',
    '1.2.3',
    ' not trimmed ',
    'P5D',
    '2021-09-01',
    '\ufeff漢字 😀\0',
    Temporal.Instant.from('1970-01-01T00:00:00Z'),
    Temporal.Instant.from('1969-12-31T23:59:59.999999999Z'),
    Temporal.Instant.from('2021-09-01T01:02:03Z'),
    new Temporal.Instant(864n * 10n ** 19n),
    new Temporal.Instant(-864n * 10n ** 19n),
    Temporal.PlainDateTime.from('2021-09-01T01:02:03.123456789'),
    Temporal.PlainDateTime.from('0000-01-01T00:00:00'),
    new Temporal.PlainDateTime(-271_821, 4, 19, 0, 0, 0, 0, 0, 1),
    Temporal.PlainDate.from('2021-09-01'),
    Temporal.PlainDate.from('2024-02-29'),
    new Temporal.PlainDate(275_760, 9, 13),
    new Temporal.Duration(),
    Temporal.Duration.from('P5D'),
    Temporal.Duration.from('PT120H'),
    Temporal.Duration.from('-P1Y2M3W4DT5H6M7.008009010S'),
    Temporal.Duration.from({ milliseconds: 1500 }),
    new Temporal.Duration(0, 0, 0, 0, 0, 0, 0, 0, 0, 2 ** 80),
    [],
    {},
    [1, 'two', [null, true], { three: -3.5 }],
    { b: '"\\\u2028', a: '\ud800', '': {}, '10': 1e300, '9': 5e-324 },
  ];
}

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

/** Bytes that look random and are always the same: xorshift32. */
function noise(seed: number, length: number): Uint8Array {
  let state = (seed + 1) * 0x9e3779b1;
  return Uint8Array.from({ length }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 24;
  });
}
