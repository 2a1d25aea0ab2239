import type { ArgsOf } from './command-usage.ts';

/** `cairn produce`. */
export const PRODUCE = {
  name: 'produce',
  description: 'write lines, with or without keys, as a log: a store of records in buckets',
  examples: [
    "cairn produce log:transactions --key-separator '=' -f transactions.txt",
    "printf 'alice=Deposit 100.00\\nbob=Withdraw 50.00\\n' | cairn produce log:accounts -v --key-separator = --buckets 3",
    'cairn produce log:pictures --raw --key cat -f cat.png',
  ],
  arguments: {
    log: {
      form: '<log>',
      help: 'where the log is made: a path or URI that does not exist; log: in front is accepted',
    },
  },
  options: {
    file: {
      flags: '-f, --file <file>',
      takes: 'texts',
      help: 'read this file; - is standard input (repeatable)',
    },
    keySeparator: {
      flags: '--key-separator <text>',
      takes: 'text',
      conflicts: ['key', 'raw'],
      help: 'ends the key of a line, at its first occurrence',
    },
    key: { flags: '--key <text>', takes: 'text', help: 'the key of every record' },
    raw: { flags: '--raw', help: 'make one record of each whole input' },
    decompress: {
      flags: '--decompress <how>',
      takes: 'inputCompression',
      help: 'how the input is compressed; auto goes by suffix and first bytes: gzip or zstd (default: auto; none with --raw)',
    },
    crlf: { flags: '--crlf', conflicts: ['raw'], help: 'drop carriage returns before newlines' },
    strict: { flags: '--strict', help: 'refuse a line without the separator instead of skipping it' },
    buckets: {
      flags: '--buckets <n>',
      takes: 'count',
      help: 'spread keys over n buckets; each key always goes to the same one (default: 1)',
    },
    timestamp: {
      flags: '--timestamp <time>',
      takes: 'time',
      help: 'the time of every record, as 2026-11-20T00:00:00Z (default: now)',
    },
    sortBytes: {
      flags: '--sort-bytes <size>',
      takes: 'size',
      help: 'memory for sorting several buckets, such as 256MiB',
    },
    partitionBytes: {
      flags: '--partition-bytes <size>',
      takes: 'size',
      help: 'the maximum size of one file, such as 64MiB',
    },
    compression: { flags: '--compression <name>', takes: 'compression', help: 'the compression of blocks' },
    buildId: {
      flags: '--build-id <id>',
      takes: 'text',
      help: 'part of the file names: the same input and --timestamp make the same files',
    },
    replace: { flags: '--replace', help: 'take the place of the log that is there, in one step' },
    allowEmpty: {
      flags: '--allow-empty',
      help: 'make a log of an input without records; by default that is refused',
    },
    verbose: { flags: '-v, --verbose', help: 'print the records as [key] value' },
    quiet: { flags: '-q, --quiet', help: 'no summary and no progress bar' },
  },
} as const;

/** What {@link PRODUCE} is called with. */
export type ProduceArgs = ArgsOf<typeof PRODUCE>;

/** `cairn consume`. */
export const CONSUME = {
  name: 'consume',
  description: 'print the records of a log, bucket by bucket',
  examples: [
    'cairn consume --key-value log:transactions',
    'cairn consume log:transactions --tail 10 -p 1 -p 2',
    "cairn consume log:transactions -F '{{bucket}}/{{offset}} {{time}} {{key}}: {{value}}'",
  ],
  arguments: { log: { form: '<log>', help: 'the log; log: in front is accepted' } },
  options: {
    head: {
      flags: '-H, --head <n>',
      takes: 'count',
      conflicts: ['tail', 'start'],
      help: 'start n records after the beginning of each bucket',
    },
    tail: {
      flags: '-T, --tail <n>',
      takes: 'count',
      conflicts: ['start'],
      help: 'only the last n records of each bucket',
    },
    start: { flags: '--start <offset>', takes: 'count', help: 'start at this offset in each bucket' },
    end: { flags: '--end <offset>', takes: 'count', help: 'end with this offset in each bucket, inclusive' },
    bucket: {
      flags: '-p, --bucket <n>',
      takes: 'counts',
      help: 'only this bucket (repeatable); also --partition',
    },
    // Fluvio's word for it.
    partition: { flags: '--partition <n>', takes: 'counts', hidden: true, help: '' },
    keyValue: { flags: '-k, --key-value', help: 'print [key] value, with [null] for no key' },
    template: {
      flags: '-F, --template <text>',
      takes: 'text',
      conflicts: ['output'],
      help: 'print this with {{key}}, {{value}}, {{offset}}, {{bucket}} (or {{partition}}) and {{time}} filled in',
    },
    output: {
      flags: '-O, --output <type>',
      takes: 'recordOutput',
      help: 'how values are printed (default: dynamic)',
    },
  },
} as const;

/** What {@link CONSUME} is called with. */
export type ConsumeArgs = ArgsOf<typeof CONSUME>;
