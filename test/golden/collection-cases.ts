import type { KeyEncodingName, ValueEncodingName } from '../../src/codec/encoding-names.ts';
import type { Change, OpenCollectionOptions } from '../../src/collection/index.ts';
import type { Range } from '../../src/store/read/range.ts';
import { GOLDEN_CASES, type GoldenCase } from './golden-cases.ts';

/** What makes one version of a golden collection. */
export type GoldenStep =
  | { readonly commit: readonly Change<unknown, unknown>[] }
  | { readonly replace: readonly Change<unknown, unknown>[] }
  | { readonly deleteRange: Range<unknown> }
  | { readonly revertTo: number }
  | { readonly compact: { readonly full: boolean; readonly keepVersions: number } };

/** A collection that is kept permanently, as it was written. */
export interface GoldenCollection {
  /** The directory's name. */
  readonly name: string;
  /** What a reader shows by reading it. */
  readonly about: string;
  readonly options: OpenCollectionOptions & {
    readonly keyEncoding: KeyEncodingName;
    readonly valueEncoding: ValueEncodingName;
  };
  /** Each of them makes the next version. */
  readonly steps: readonly GoldenStep[];
}

const TEXT = { keyEncoding: 'utf8', valueEncoding: 'utf8' } as const;

const set = (key: unknown, value: unknown): Change<unknown, unknown> => ({ set: [key, value] });
const remove = (key: unknown): Change<unknown, unknown> => ({ delete: key });

/** Text that takes as many bytes as it says, and little room in a repository. */
const text = (word: string, bytes: number): string =>
  `${word} `.repeat(Math.ceil(bytes / (word.length + 1))).slice(0, bytes);

/** Entries that a version file has no room for: those from `first` on, in steps. */
function wide(word: string, first = 0, step = 1, count = 70): Change<unknown, unknown>[] {
  return Array.from({ length: count }, (_, i) =>
    set(`key-${String(first + i * step).padStart(4, '0')}`, text(`${word}${i}`, 1000)),
  );
}

/** Everything at once, then deletions and changes, then a range that is emptied. */
function changes(name: string): GoldenStep[] {
  const { entries } = GOLDEN_CASES.find((golden) => golden.name === name) as GoldenCase;
  const middle = entries.length >> 1;
  return [
    { commit: entries.map(([key, value]) => set(key, value)) },
    {
      commit: entries.flatMap(([key], i) =>
        i % 3 === 0 ? [remove(key)] : i % 3 === 1 ? [set(key, entries[0][1])] : [],
      ),
    },
    { deleteRange: { gte: entries[middle][0], lt: entries[middle + 2][0] } },
  ];
}

/** A golden store's entries as a collection: each encoding is written by the same changes. */
function encoded(name: string): GoldenCollection {
  const { options, about } = GOLDEN_CASES.find((golden) => golden.name === name) as GoldenCase;
  const { keyEncoding, valueEncoding } = options;
  return { name, about, options: { keyEncoding, valueEncoding }, steps: changes(name) };
}

/** Two generations in files, tombstones in the newer one and in the version file. */
const LAYERS: readonly GoldenStep[] = [
  { commit: wide('first') },
  { commit: [...wide('second', 35, 2), remove('key-0001'), remove('absent')] },
  { commit: [set('key-0002', ''), remove('key-0003'), set('small', 'in the version file')] },
  { deleteRange: { gte: 'key-0010', lt: 'key-0020' } },
];

export const GOLDEN_COLLECTIONS: readonly GoldenCollection[] = [
  { name: 'empty', about: 'a collection in which nothing was committed', options: TEXT, steps: [] },
  {
    name: 'one-key',
    about: 'the smallest version with an entry, which lies in the version file',
    options: TEXT,
    steps: [{ commit: [set('a', 'b')] }],
  },
  {
    name: 'small-changes',
    about: 'versions whose only generation lies in the version file: changes, deletions, one that empties it',
    options: TEXT,
    steps: [
      { commit: [set('a', '1'), set('b', '2'), set('c', '')] },
      { commit: [set('b', 'changed'), remove('a'), remove('absent')] },
      { deleteRange: {} },
      { commit: [set('after', 'all was deleted')] },
    ],
  },
  {
    name: 'files',
    about: 'a generation in a partition file, and one of small changes without tombstones',
    options: TEXT,
    steps: [{ commit: wide('first') }, { commit: [set('key-0000', 'new'), set('zebra', 'last')] }],
  },
  {
    name: 'layers',
    about: 'generations in files and in the version file, with tombstones in both',
    options: TEXT,
    steps: LAYERS,
  },
  {
    name: 'compacted',
    about: 'all generations merged into one without tombstones; the version before is kept',
    options: TEXT,
    steps: [...LAYERS, { compact: { full: true, keepVersions: 2 } }, { commit: [remove('key-0069')] }],
  },
  {
    name: 'compacted-partly',
    about: 'two generations merged over an older one: tombstones stay, files of merged generations are gone',
    options: TEXT,
    steps: [
      { commit: wide('large', 0, 1, 210) },
      { commit: [...wide('second', 100, 3), remove('key-0001')] },
      { commit: [...wide('third', 150, 2), remove('key-0100'), remove('key-0002')] },
      { commit: [set('key-0001', 'again')] },
      { compact: { full: false, keepVersions: 1 } },
      { commit: [remove('key-0003')] },
    ],
  },
  {
    name: 'replaced',
    about: 'everything replaced in one step, and the reversion of that',
    options: TEXT,
    steps: [
      { commit: [set('apple', '1.20'), set('pear', '0.90')] },
      { replace: [set('apple', '1.30'), set('fig', '2.00')] },
      { revertTo: 1 },
      { replace: [] },
    ],
  },
  encoded('keys-utf8'),
  encoded('keys-binary'),
  encoded('keys-number'),
  encoded('keys-bigint'),
  encoded('keys-uuid'),
  encoded('keys-tuple'),
  encoded('values-msgpack'),
  encoded('values-json'),
  encoded('values-typed'),
  {
    name: 'tombstones-typed',
    about: 'typed values behind the mark of a generation with tombstones, over a partition file',
    options: { keyEncoding: 'number', valueEncoding: 'typed' },
    steps: [
      { commit: Array.from({ length: 80 }, (_, i) => set(i / 4, text(`typed${i}`, 900))) },
      { commit: [set(0, null), set(0.25, 1n), set(0.5, ''), set(0.75, { a: [1] }), remove(1), remove(-1)] },
    ],
  },
  ...(['deflate', 'zstd'] as const).map(
    (compression): GoldenCollection => ({
      name: `compression-${compression}`,
      about: `partition files in ${compression}, and changes in the version file, which are never compressed`,
      options: { ...TEXT, compression },
      steps: [{ commit: wide('first') }, { commit: [set('key-0000', 'new'), remove('key-0001')] }],
    }),
  ),
  {
    name: 'metadata',
    about: "metadata of every JSON type, which the maker's definition keeps",
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
    steps: [{ commit: [set('key', 'value')] }],
  },
];
