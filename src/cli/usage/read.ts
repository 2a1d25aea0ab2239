import type { ArgsOf } from './command-usage.ts';

/** `cairn get`. */
export const GET = {
  name: 'get',
  description: 'print the values of keys, one a line; exit code 1 when one is missing',
  examples: [
    'cairn get fruit apple banana',
    'cairn get events \'["DE",42]\'    # a tuple',
    'cairn get pictures 0x00ff > picture.png    # a single value that is bytes comes as it is',
    'cairn get prices -f keys.txt --missing - -o csv > found.csv',
  ],
  arguments: {
    store: { form: '<store>', help: 'the store or collection', isStore: true },
    keys: { form: '[key...]', help: 'the keys; after -- they may begin with a dash' },
  },
  shared: ['keyFormat', 'version', 'printing'],
  options: {
    file: {
      flags: '-f, --file <file>',
      takes: 'texts',
      help: 'read keys from this file, one a line; - is standard input (repeatable)',
    },
    missing: {
      flags: '--missing <text>',
      takes: 'text',
      help: 'print this in place of the value of a key that is missing; by default, a message says so',
    },
  },
} as const;

/** What {@link GET} is called with. */
export type GetArgs = ArgsOf<typeof GET>;

/** `cairn floor`. */
export const FLOOR = {
  name: 'floor',
  description: 'print the entry with the greatest key up to one, as key<TAB>value',
  examples: [
    'cairn floor networks 8.8.8.8 --until end    # the network that the address is in, if any',
    'cairn floor prices 2026-11-20',
  ],
  arguments: {
    store: { form: '<store>', help: 'the store or collection', isStore: true },
    key: { form: '<key>', help: 'the key' },
  },
  shared: ['keyFormat', 'version', 'printing'],
  options: {
    until: {
      flags: '--until <member>',
      takes: 'text',
      help: 'only if the key is not beyond this member of the value, which ends a range that begins at the key found',
    },
  },
} as const;

/** What {@link FLOOR} is called with. */
export type FloorArgs = ArgsOf<typeof FLOOR>;

/** `cairn ceiling`. */
export const CEILING = {
  name: 'ceiling',
  description: 'print the entry with the smallest key from one on, as key<TAB>value',
  examples: ['cairn ceiling prices 2026-11-20'],
  arguments: {
    store: { form: '<store>', help: 'the store or collection', isStore: true },
    key: { form: '<key>', help: 'the key' },
  },
  shared: ['keyFormat', 'version', 'printing'],
  options: {},
} as const;

/** What {@link CEILING} is called with. */
export type CeilingArgs = ArgsOf<typeof CEILING>;

/** `cairn first`. */
export const FIRST = {
  name: 'first',
  description: 'print the entry with the smallest key, as key<TAB>value',
  examples: ['cairn first prices'],
  arguments: { store: { form: '<store>', help: 'the store or collection', isStore: true } },
  shared: ['keyFormat', 'version', 'printing'],
  options: {},
} as const;

/** What {@link FIRST} is called with. */
export type FirstArgs = ArgsOf<typeof FIRST>;

/** `cairn last`. */
export const LAST = {
  name: 'last',
  description: 'print the entry with the greatest key, as key<TAB>value',
  examples: ['cairn last prices'],
  arguments: { store: { form: '<store>', help: 'the store or collection', isStore: true } },
  shared: ['keyFormat', 'version', 'printing'],
  options: {},
} as const;

/** What {@link LAST} is called with. */
export type LastArgs = ArgsOf<typeof LAST>;

/** `cairn rank`. */
export const RANK = {
  name: 'rank',
  description: 'print how many keys are smaller than one',
  examples: ['cairn rank prices 2026-11-20'],
  arguments: {
    store: { form: '<store>', help: 'the store or collection', isStore: true },
    key: { form: '<key>', help: 'the key, which need not be there' },
  },
  shared: ['keyFormat', 'version'],
  options: {},
} as const;

/** What {@link RANK} is called with. */
export type RankArgs = ArgsOf<typeof RANK>;

/** `cairn at`. */
export const AT = {
  name: 'at',
  description: 'print the entry with so many entries before it, as key<TAB>value',
  examples: ['cairn at prices 0', 'cairn at prices -1    # the last one'],
  arguments: {
    store: { form: '<store>', help: 'the store', isStore: true },
    index: { form: '<index>', help: 'counted from 0; from the end if it is negative' },
  },
  shared: ['keyFormat', 'printing'],
  options: {},
} as const;

/** What {@link AT} is called with. */
export type AtArgs = ArgsOf<typeof AT>;

/** `cairn sample`. */
export const SAMPLE = {
  name: 'sample',
  description: 'print distinct entries chosen evenly at random, in key order',
  examples: ['cairn sample prices', 'cairn sample prices 100 --seed 7 -o csv'],
  arguments: {
    store: { form: '<store>', help: 'the store', isStore: true },
    n: { form: '[n]', takes: 'count', help: 'how many (default: 10)' },
  },
  shared: ['keyFormat', 'printing'],
  options: { seed: { flags: '--seed <n>', takes: 'count', help: 'the same seed chooses the same entries' } },
} as const;

/** What {@link SAMPLE} is called with. */
export type SampleArgs = ArgsOf<typeof SAMPLE>;

/** `cairn scan`. */
export const SCAN = {
  name: 'scan',
  description: 'print the entries of a range in key order, as key<TAB>value',
  examples: [
    'cairn scan fruit --prefix b',
    'cairn scan prices --gte 2026-01 --lt 2026-02 --keys',
    'cairn scan prices --reverse --limit 10 -o table',
  ],
  arguments: { store: { form: '<store>', help: 'the store or collection', isStore: true } },
  shared: ['range', 'keyFormat', 'version', 'printing'],
  options: { keys: { flags: '--keys', help: 'print the keys alone' } },
} as const;

/** What {@link SCAN} is called with. */
export type ScanArgs = ArgsOf<typeof SCAN>;

/** `cairn count`. */
export const COUNT = {
  name: 'count',
  description: 'print the number of entries in a range',
  examples: ['cairn count fruit', 'cairn count words --prefix cairn'],
  arguments: { store: { form: '<store>', help: 'the store or collection', isStore: true } },
  shared: ['range', 'keyFormat', 'version'],
  options: { json: { flags: '--json', help: 'print JSON' } },
} as const;

/** What {@link COUNT} is called with. */
export type CountArgs = ArgsOf<typeof COUNT>;

/** `cairn export`. */
export const EXPORT = {
  name: 'export',
  description:
    'write the entries of a store as text or binary entries: lines of text and text, and jsonl of other types, unless a format is named',
  examples: [
    'cairn export fruit > fruit.txt',
    'cairn export prices | cairn import again    # the same id: what is not text says so in its first line',
    'cairn export prices --key sku -o prices.csv',
    'cairn export prices -o prices.jsonl.gz',
    'cairn export prices --format json | jq length',
    "cairn export fruit --template '{{key}} is {{value}}'",
    'cairn export fruit --key-value    # [apple] red',
  ],
  arguments: { store: { form: '<store>', help: 'the store or collection', isStore: true } },
  shared: ['format', 'version'],
  options: {
    output: {
      flags: '-o, --output <file>',
      takes: 'text',
      help: 'write to this file instead of standard output (-); csv, jsonl, ndjson, json and msgpack as its name ends, .gz is compressed',
    },
    columns: {
      flags: '--columns <names>',
      takes: 'names',
      help: 'csv, tsv: the members of values that become columns, in this order (default: all)',
    },
    template: {
      flags: '-F, --template <text>',
      takes: 'text',
      help: 'write a line for each entry by this template, with {{key}} and {{value}}',
    },
    keyValue: { flags: '--key-value', help: 'write [key] value lines' },
    quiet: { flags: '-q, --quiet', help: 'no summary and no progress bar' },
  },
} as const;

/** What {@link EXPORT} is called with. */
export type ExportArgs = ArgsOf<typeof EXPORT>;
