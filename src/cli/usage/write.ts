import type { ArgsOf } from './command-usage.ts';

/** `cairn import`. */
export const IMPORT = {
  name: 'import',
  description: 'write a store from text or binary entries, or add them to a collection',
  examples: [
    'cairn import prices prices.csv --key sku --numbers price,stock',
    "printf 'apple\\tred\\nbanana\\tyellow\\n' | cairn import fruit",
    "cairn import users /etc/passwd --key-separator ':' --sort",
    'cairn import networks ipv4.csv.gz --columns start,end,asn,name --key start --key-format ip',
    'cairn import places allCountries.txt --format tsv --columns id,name,ascii,also,lat,lon --key id',
    'cairn import products products.ndjson --key sku    # {"sku":"a1","price":5} is a1, {"price":5}',
    'cairn import prices products.jsonl --key sku --value price --compression zstd',
    'cairn import prices prices.json.zst --replace    # takes the place of the store that is there, in one step',
    'cairn import sessions sessions.msgpack',
    'env -0 | cairn import environment --format nul --key-separator = --sort',
    'cairn import blobs blobs.bin --format length-prefixed --key-encoding binary',
    'cairn import --table shop.users users.csv    # the header names columns of the table',
    'cairn import --into prices more.csv --key sku    # adds to a collection, as one commit',
    'cairn import --into prices all.csv --key sku --replace    # and is all that there is then',
  ],
  synopsis:
    '[options] <store> [file...]\n       cairn import [options] --into <collection> [file...]\n       cairn import [options] --table <database.table> [file...]',
  arguments: {
    store: {
      form: '[store]',
      help: 'where the store is made: a path or URI that does not exist, or with --replace that of a store',
      isStore: true,
    },
    files: {
      form: '[file...]',
      help: 'what is read, in this order; - is standard input, which is read if there are none',
    },
  },
  shared: ['format', 'reading', 'writing'],
  options: {
    into: {
      group: 'Target',
      flags: '--into <collection>',
      takes: 'text',
      help: 'add the entries to this collection, as one commit; it is made if it is not there',
    },
    table: {
      group: 'Target',
      flags: '--table <table>',
      takes: 'text',
      help: 'put the rows of csv, tsv or jsonl into this table (database.table), with the types of its columns',
    },
    root: {
      group: 'Target',
      flags: '--root <dir>',
      takes: 'text',
      help: 'with --table: the directory or URI of the databases (default: ./warehouse)',
    },
    replace: {
      group: 'Target',
      flags: '--replace',
      help: 'take the place of the store that is there, in one step; with --into: of what is in the collection',
    },
    keepVersions: {
      group: 'Target',
      flags: '--keep-versions <n>',
      takes: 'count',
      help: 'with --into: versions that a compaction which the commit begins leaves readable (default: 1)',
    },
    keyEncoding: {
      group: 'Store',
      flags: '--key-encoding <encoding>',
      takes: 'keyEncoding',
      help: 'how the store keeps keys (default: utf8; binary with --key-format; tuple of several columns)',
    },
    valueEncoding: {
      group: 'Store',
      flags: '--value-encoding <encoding>',
      takes: 'valueEncoding',
      help: 'how the store keeps values (default: utf8; json of jsonl, json and several columns; msgpack of msgpack; binary of length-prefixed)',
    },
    buildId: {
      group: 'Store',
      flags: '--build-id <id>',
      takes: 'text',
      help: 'part of the file names, so that the same input makes the same files',
    },
    sort: {
      group: 'Order',
      flags: '--sort',
      help: 'sort input that is in any order; what exceeds --sort-bytes goes to temporary files',
    },
    sortDirectory: {
      group: 'Order',
      flags: '--sort-directory <dir>',
      takes: 'text',
      help: "the directory for temporary files (default: the store's)",
    },
    onDuplicate: {
      group: 'Order',
      flags: '--on-duplicate <rule>',
      takes: 'onDuplicate',
      help: 'which entry of equal keys to keep; error refuses equal keys (default: error)',
    },
    allowEmpty: {
      group: 'Refusals',
      flags: '--allow-empty',
      help: 'make a store of an input without entries; by default that is refused',
    },
    verbose: { flags: '-v, --verbose', help: 'print [key] value for each entry put' },
    quiet: { flags: '-q, --quiet', help: 'no summary and no progress bar' },
    json: { flags: '--json', help: 'print the description of the store as JSON' },
  },
} as const;

/** What {@link IMPORT} is called with. */
export type ImportArgs = ArgsOf<typeof IMPORT>;

/** `cairn merge`. */
export const MERGE = {
  name: 'merge',
  description: 'make a new store of the entries of several',
  examples: [
    'cairn merge monday tuesday both',
    'cairn merge tuesday all --move --on-duplicate last    # into a store that is there',
    'cairn merge all wednesday all --replace --on-duplicate last',
  ],
  synopsis: '[options] <from...> <to>',
  arguments: {
    stores: {
      form: '<store...>',
      help: 'the stores to merge, and the one to make at the end',
      isStore: true,
    },
  },
  options: {
    replace: {
      flags: '--replace',
      conflicts: ['move'],
      help: 'take the place of the store that is at <to>, in one step',
    },
    move: {
      flags: '--move',
      help: 'delete the sources afterwards; <to> may exist and gains their entries',
    },
    onDuplicate: {
      flags: '--on-duplicate <rule>',
      takes: 'onDuplicate',
      default: 'error',
      help: 'which entry of equal keys to keep; error refuses to merge',
    },
    quiet: { flags: '-q, --quiet', help: 'no summary and no progress bar' },
    json: { flags: '--json', help: 'print the description of the new store as JSON' },
  },
} as const;

/** What {@link MERGE} is called with. */
export type MergeArgs = ArgsOf<typeof MERGE>;

/** `cairn copy`. */
export const COPY = {
  name: 'copy',
  description: 'copy a store, or the newest version of a collection, to another place; every byte is checked',
  examples: [
    'cairn copy fruit /mnt/backup/fruit',
    'cairn copy fruit s3://bucket/fruit --resume    # continues an interrupted copy',
    'cairn copy https://example.org/stores/fruit fruit',
    'cairn copy fruit /srv/fruit --replace',
  ],
  arguments: {
    from: { form: '<from>', help: 'the store or collection', isStore: true },
    to: {
      form: '<to>',
      help: 'a path or URI that does not exist, or with --replace that of a store',
      isStore: true,
    },
  },
  options: {
    replace: {
      flags: '--replace',
      help: 'of a store: take the place of the store that is at <to>, in one step; what both have is kept',
    },
    resume: {
      flags: '--resume',
      help: 'of a store: go on with what an interrupted copy has left, and leave the same if interrupted',
    },
    quiet: { flags: '-q, --quiet', help: 'no summary and no progress bar' },
    json: { flags: '--json', help: 'print the description of the copy as JSON' },
  },
} as const;

/** What {@link COPY} is called with. */
export type CopyArgs = ArgsOf<typeof COPY>;
