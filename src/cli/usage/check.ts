import type { ArgsOf } from './command-usage.ts';

/** `cairn verify`. */
export const VERIFY = {
  name: 'verify',
  description: 'read all of a store or collection and check everything; exit code 3 when it is damaged',
  examples: ['cairn verify fruit'],
  arguments: {
    store: { form: '<store>', help: 'the store or collection, or a single partition file', isStore: true },
  },
  options: {
    quiet: { flags: '-q, --quiet', help: 'print nothing if the store is intact' },
    locateBits: {
      flags: '--no-locate-bits',
      help: 'do not search for single flipped bits',
    },
    json: { flags: '--json', help: 'print the report as JSON' },
  },
} as const;

/** What {@link VERIFY} is called with. */
export type VerifyArgs = ArgsOf<typeof VERIFY>;

/** `cairn inspect`. */
export const INSPECT = {
  name: 'inspect',
  description: 'print the contents of a file of a store, byte by byte with --hex; made for damaged files',
  examples: [
    'cairn inspect fruit/data/part-*.cairn',
    'cairn inspect fruit/data/part-*.cairn --hex | less',
    'cairn inspect fruit/MANIFEST.json',
  ],
  arguments: { file: { form: '<file>', help: 'a partition file, a manifest, or a store' } },
  options: {
    hex: { flags: '--hex', help: 'print the bytes of a partition, each with its meaning' },
    json: { flags: '--json', help: 'print JSON' },
  },
} as const;

/** What {@link INSPECT} is called with. */
export type InspectArgs = ArgsOf<typeof INSPECT>;

/** `cairn diff`. */
export const DIFF = {
  name: 'diff',
  description:
    'compare two stores or collections, or two versions of a collection: - only in the first, + only in the second, ~ another value, with both values; exit code 1 when they differ',
  examples: [
    'cairn diff fruit-monday fruit-tuesday',
    'cairn diff prices --from 3    # what has changed since version 3',
    'cairn diff prices --from 3 --to 5',
  ],
  arguments: {
    a: { form: '<a>', help: 'a store or collection', isStore: true },
    b: { form: '[b]', help: 'another store or collection; not with --from', isStore: true },
  },
  shared: ['keyFormat'],
  options: {
    from: {
      flags: '--from <n>',
      takes: 'count',
      help: 'compare this version of the collection, which cairn history lists, with --to; 0 is the empty collection',
    },
    to: {
      flags: '--to <n>',
      takes: 'count',
      help: 'with --from: the later version (default: the newest)',
    },
    keys: { flags: '--keys', help: 'print the keys alone' },
    quiet: { flags: '-q, --quiet', help: 'only the exit code' },
    json: { flags: '--json', help: 'print lines of JSON' },
  },
} as const;

/** What {@link DIFF} is called with. */
export type DiffArgs = ArgsOf<typeof DIFF>;

/** `cairn salvage`. */
export const SALVAGE = {
  name: 'salvage',
  description: 'copy what is intact of a damaged store; exit code 3 when something is lost',
  examples: ['cairn salvage fruit fruit-saved'],
  arguments: {
    store: { form: '<store>', help: 'the damaged store, which stays as it is', isStore: true },
    to: { form: '<to>', help: 'a path or URI that does not exist', isStore: true },
  },
  options: {
    quiet: { flags: '-q, --quiet', help: 'no summary and no progress bar' },
    json: { flags: '--json', help: 'print the report as JSON' },
  },
} as const;

/** What {@link SALVAGE} is called with. */
export type SalvageArgs = ArgsOf<typeof SALVAGE>;

/** `cairn test`. */
export const TEST = {
  name: 'test',
  description: 'write a store, read it back and remove it',
  examples: ['cairn test', 'cairn test /mnt/volume'],
  arguments: {
    uri: {
      form: '[uri]',
      help: 'a directory to work in, or a path that does not exist (default: the temporary directory)',
    },
  },
  options: {},
} as const;

/** What {@link TEST} is called with. */
export type TestArgs = ArgsOf<typeof TEST>;
