import type { ArgsOf } from './command-usage.ts';

/** `cairn get`. */
export const GET = {
  name: 'get',
  description: 'print the values of keys, one a line; exit code 1 when one is missing',
  examples: [
    'cairn get fruit apple banana',
    'cairn get events \'["DE",42]\'    # a tuple',
    'cairn get pictures 0x00ff > picture.png    # a single value that is bytes comes as it is',
  ],
  arguments: {
    store: { form: '<store>', help: 'the store or collection' },
    keys: { form: '<key...>', help: 'the keys; after -- they may begin with a dash' },
  },
  shared: ['keyFormat', 'version', 'printing'],
  options: {},
} as const;

/** What {@link GET} is called with. */
export type GetArgs = ArgsOf<typeof GET>;

/** `cairn floor`. */
export const FLOOR = {
  name: 'floor',
  description: 'print the entry with the greatest key up to one, as key<TAB>value',
  examples: ['cairn floor networks 8.8.8.8', 'cairn floor prices 2026-11-20'],
  arguments: {
    store: { form: '<store>', help: 'the store or collection' },
    key: { form: '<key>', help: 'the key' },
  },
  shared: ['keyFormat', 'version', 'printing'],
  options: {},
} as const;

/** What {@link FLOOR} is called with. */
export type FloorArgs = ArgsOf<typeof FLOOR>;

/** `cairn scan`. */
export const SCAN = {
  name: 'scan',
  description: 'print the entries of a range in key order, as key<TAB>value',
  examples: [
    'cairn scan fruit --prefix b',
    'cairn scan prices --gte 2026-01 --lt 2026-02 --keys',
    'cairn scan prices --reverse --limit 10',
  ],
  arguments: { store: { form: '<store>', help: 'the store or collection' } },
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
  arguments: { store: { form: '<store>', help: 'the store or collection' } },
  shared: ['range', 'keyFormat', 'version'],
  options: { json: { flags: '--json', help: 'print JSON' } },
} as const;

/** What {@link COUNT} is called with. */
export type CountArgs = ArgsOf<typeof COUNT>;

/** `cairn export`. */
export const EXPORT = {
  name: 'export',
  description: 'write the entries of a store as text or binary entries',
  examples: [
    'cairn export fruit > fruit.tsv',
    'cairn export prices --format csv --key sku -o prices.csv',
    'cairn export prices --format jsonl -o prices.jsonl',
    'cairn export prices --format json | jq length',
    "cairn export fruit --template '{{key}} is {{value}}'",
    'cairn export fruit --key-value    # [apple] red',
  ],
  arguments: { store: { form: '<store>', help: 'the store or collection' } },
  shared: ['format', 'version'],
  options: {
    output: {
      flags: '-o, --output <file>',
      takes: 'text',
      help: 'write to this file instead of standard output (-); .gz is compressed',
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
