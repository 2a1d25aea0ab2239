import type { ArgsOf } from './command-usage.ts';

/** `cairn set`. */
export const SET = {
  name: 'set',
  description: 'set a key of a collection, as a commit',
  examples: [
    'cairn set prices apple 1.20',
    'cairn set networks 8.8.8.0 AS15169 --key-format ip    # makes a collection whose keys are addresses',
    'cairn set counts visits --value-encoding json -- -1    # after -- words may begin with a dash',
  ],
  arguments: {
    collection: { form: '<collection>', help: 'the collection; it is made if it is not there' },
    key: { form: '<key>', help: 'the key' },
    value: {
      form: '<value>',
      help: 'the value: text, JSON, or 0x00ff for bytes, as the collection keeps it',
    },
  },
  shared: ['keyFormat', 'makeCollection', 'commit'],
  options: {},
} as const;

/** What {@link SET} is called with. */
export type SetArgs = ArgsOf<typeof SET>;

/** `cairn unset`. */
export const UNSET = {
  name: 'unset',
  description: 'delete keys of a collection, as one commit; exit code 1 when one was missing',
  examples: ['cairn unset prices apple', 'cairn unset prices apple pear'],
  arguments: {
    collection: { form: '<collection>', help: 'the collection' },
    keys: { form: '<key...>', help: 'the keys; after -- they may begin with a dash' },
  },
  shared: ['keyFormat', 'commit'],
  options: {},
} as const;

/** What {@link UNSET} is called with. */
export type UnsetArgs = ArgsOf<typeof UNSET>;

/** `cairn apply`. */
export const APPLY = {
  name: 'apply',
  description: 'make all changes of a file in a collection, as one commit: all of them, or none',
  examples: [
    'cairn apply prices -f changes.jsonl    # {"set":["apple","1.30"]} and {"delete":"pear"}, one a line',
    'printf \'{"set":["fig","2"]}\\n{"delete":"pear"}\\n\' | cairn apply prices',
    'cairn apply prices -f changes.jsonl --if-version 7    # unless something has changed since version 7',
  ],
  arguments: { collection: { form: '<collection>', help: 'the collection; it is made if it is not there' } },
  shared: ['keyFormat', 'makeCollection', 'commit'],
  options: {
    file: {
      flags: '-f, --file <file>',
      takes: 'texts',
      help: 'read this file; - is standard input (repeatable, read in that order); of a key, the last change counts',
    },
    ifVersion: {
      flags: '--if-version <n>',
      takes: 'count',
      help: 'only if the contents are those of this version; exit code 2 otherwise',
    },
  },
} as const;

/** What {@link APPLY} is called with. */
export type ApplyArgs = ArgsOf<typeof APPLY>;

/** `cairn compact`. */
export const COMPACT = {
  name: 'compact',
  description: 'merge the generations of a collection, and remove what no version that is kept needs',
  examples: ['cairn compact prices', 'cairn compact prices --full --keep-versions 3'],
  arguments: { collection: { form: '<collection>', help: 'the collection' } },
  options: {
    full: {
      flags: '--full',
      help: 'merge all generations into one (default: those for which it is worth it)',
    },
    keepVersions: {
      flags: '--keep-versions <n>',
      takes: 'count',
      help: 'versions with different contents that stay readable (default: 1, the newest)',
    },
    quiet: { flags: '-q, --quiet', help: 'no summary and no progress bar' },
    json: { flags: '--json', help: 'print what was done as JSON' },
  },
} as const;

/** What {@link COMPACT} is called with. */
export type CompactArgs = ArgsOf<typeof COMPACT>;

/** `cairn history`. */
export const HISTORY = {
  name: 'history',
  description: 'print the versions of a collection that can be read, the newest first',
  examples: ['cairn history prices', 'cairn history prices --limit 10 --json'],
  arguments: { collection: { form: '<collection>', help: 'the collection' } },
  options: {
    limit: { flags: '--limit <n>', takes: 'count', help: 'at most n versions' },
    json: { flags: '--json', help: 'print lines of JSON' },
  },
} as const;

/** What {@link HISTORY} is called with. */
export type HistoryArgs = ArgsOf<typeof HISTORY>;

/** `cairn revert`. */
export const REVERT = {
  name: 'revert',
  description: 'make the contents of an earlier version of a collection the newest ones again, as a commit',
  examples: ['cairn revert prices 41'],
  arguments: {
    collection: { form: '<collection>', help: 'the collection' },
    version: { form: '<version>', takes: 'count', help: 'a version that cairn history lists' },
  },
  shared: ['commit'],
  options: {},
} as const;

/** What {@link REVERT} is called with. */
export type RevertArgs = ArgsOf<typeof REVERT>;
