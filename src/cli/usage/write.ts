import type { ArgsOf } from './command-usage.ts';

/** `cairn import`. */
export const IMPORT = {
  name: 'import',
  description: 'write a store from text or binary entries, or add them to a collection',
  examples: [
    "printf 'apple\\tred\\nbanana\\tyellow\\n' | cairn import fruit",
    "cairn import users -f /etc/passwd --key-separator ':' --sort",
    'cairn import prices -f prices.csv --format csv --key sku --numbers price,stock',
    'cairn import networks -f ipv4.csv.gz --format csv --columns start,end,asn,name --key start --key-format ip',
    'cairn import places -f allCountries.txt --format tsv --columns id,name,ascii,also,lat,lon --key id',
    'cairn import products -f products.jsonl --format jsonl --key sku    # {"sku":"a1","price":5} is a1, {"price":5}',
    'cairn import prices -f products.jsonl --format jsonl --key sku --value price --compression zstd',
    'cairn import prices -f prices.json.zst --format json',
    'cairn import sessions -f sessions.msgpack --format msgpack',
    'env -0 | cairn import environment --format nul --key-separator = --sort',
    'cairn import blobs -f blobs.bin --format length-prefixed --key-encoding binary',
    'cairn import --table shop.users -f users.csv --format csv    # the header names columns of the table',
    'cairn import --into prices -f more.csv --format csv --key sku    # adds to a collection, as one commit',
    'cairn import --into prices -f all.csv --format csv --key sku --replace    # and is all that there is then',
  ],
  synopsis:
    '[options] <store>\n       cairn import [options] --into <collection>\n       cairn import [options] --table <database.table>',
  arguments: {
    store: { form: '[store]', help: 'where the store is made: a path or URI that does not exist' },
  },
  shared: ['format', 'reading', 'writing'],
  options: {
    into: {
      flags: '--into <collection>',
      takes: 'text',
      help: 'add the entries to this collection, as one commit; it is made if it is not there',
    },
    table: {
      flags: '--table <table>',
      takes: 'text',
      help: 'put the rows of csv, tsv or jsonl into this table (database.table), with the types of its columns',
    },
    root: {
      flags: '--root <dir>',
      takes: 'text',
      help: 'with --table: the directory or URI of the databases (default: ./warehouse)',
    },
    replace: { flags: '--replace', help: 'with --into: put the entries in place of what is there' },
    keepVersions: {
      flags: '--keep-versions <n>',
      takes: 'count',
      help: 'with --into: versions that a compaction which the commit begins leaves readable (default: 1)',
    },
    keyEncoding: {
      flags: '--key-encoding <encoding>',
      takes: 'keyEncoding',
      help: 'how the store keeps keys (default: utf8; binary with --key-format; tuple of several columns)',
    },
    valueEncoding: {
      flags: '--value-encoding <encoding>',
      takes: 'valueEncoding',
      help: 'how the store keeps values (default: utf8; json of jsonl, json and several columns; msgpack of msgpack; binary of length-prefixed)',
    },
    buildId: {
      flags: '--build-id <id>',
      takes: 'text',
      help: 'part of the file names, so that the same input makes the same files',
    },
    sort: {
      flags: '--sort',
      help: 'sort input that is in any order; what exceeds --sort-bytes goes to temporary files',
    },
    sortDirectory: {
      flags: '--sort-directory <dir>',
      takes: 'text',
      help: "the directory for temporary files (default: the store's)",
    },
    onDuplicate: {
      flags: '--on-duplicate <rule>',
      takes: 'onDuplicate',
      help: 'which entry of equal keys to keep; error refuses equal keys (default: error)',
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
  ],
  synopsis: '[options] <from...> <to>',
  arguments: {
    stores: { form: '<store...>', help: 'the stores to merge, and the one to make at the end' },
  },
  options: {
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
    quiet: { flags: '-q, --quiet', help: 'no summary' },
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
  ],
  arguments: {
    from: { form: '<from>', help: 'the store or collection' },
    to: { form: '<to>', help: 'a path or URI that does not exist' },
  },
  options: {
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
