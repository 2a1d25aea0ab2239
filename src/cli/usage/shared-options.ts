/** Options that several commands have, by the name under which a usage takes them. */
export const SHARED_OPTIONS = {
  /** How entries are written in what is imported or exported. */
  format: {
    format: {
      flags: '--format <format>',
      takes: 'entryFormat',
      help: 'lines: key<TAB>value; csv: a header and rows; tsv: the same with TAB and without quotes; jsonl: an object a line, {"key":…,"value":…} or as --key and --value say; json: an array of those; msgpack: [key, value] one after the other; nul: key NUL value NUL; length-prefixed: 4 bytes, key, 4 bytes, value (default: lines)',
    },
    keySeparator: {
      flags: '--key-separator <text>',
      takes: 'text',
      help: 'lines, nul: ends the key, at its first occurrence (default of lines: TAB)',
    },
    key: {
      flags: '--key <names>',
      takes: 'names',
      help: 'csv, tsv, jsonl, json: the column or member that is the key; several make a tuple (default: key)',
    },
    value: {
      flags: '--value <names>',
      takes: 'names',
      help: "csv, tsv, jsonl, json: the columns or members of the value: one is the value itself, several make an object (default: all but the key's; for jsonl and json the member value, without --key or where values are text or bytes)",
    },
    keepKey: {
      flags: '--keep-key',
      help: "csv, tsv, jsonl, json: leave the key's columns or members in the value",
    },
    delimiter: {
      flags: '--delimiter <char>',
      takes: 'text',
      help: 'csv: the separator of cells, such as \\t or ; (default: a comma)',
    },
    quote: {
      flags: '--quote <char>',
      takes: 'text',
      help: 'csv: the character that quotes cells; none makes quotes text (default: ")',
    },
    emptyAsNull: {
      flags: '--empty-as-null',
      help: 'csv, tsv: empty cells of values that are objects or JSON are null',
    },
    keyFormat: {
      flags: '--key-format <format>',
      takes: 'importKeyFormat',
      help: 'lines, csv, tsv, nul: how keys are written in the input or output when the store keeps them as bytes; ip also reads networks (1.0.0.0/24, by their first address) and integers; export knows how those of the store are (default of import: as they are)',
    },
  },
  /** How keys are written on the command line and printed. */
  keyFormat: {
    keyFormat: {
      flags: '--key-format <format>',
      takes: 'keyFormat',
      default: 'auto',
      help: 'how keys are written: hex is 0x00ff, json a tuple as an array, ip an address',
    },
  },
  /** Which version of a collection is read. */
  version: {
    version: {
      flags: '--version <n>',
      takes: 'count',
      help: 'of a collection: read this version, which cairn history lists (default: the newest)',
    },
  },
  /** How a collection is made that is not there, and kept. */
  makeCollection: {
    keyEncoding: {
      flags: '--key-encoding <encoding>',
      takes: 'keyEncoding',
      help: 'how a new collection keeps keys (default: utf8; binary with --key-format hex or ip)',
    },
    valueEncoding: {
      flags: '--value-encoding <encoding>',
      takes: 'valueEncoding',
      help: 'how a new collection keeps values (default: utf8)',
    },
    keepVersions: {
      flags: '--keep-versions <n>',
      takes: 'count',
      help: 'versions that a compaction which the commit begins leaves readable (default: 1)',
    },
  },
  /** What is printed of a commit. */
  commit: {
    quiet: { flags: '-q, --quiet', help: 'no summary' },
    json: { flags: '--json', help: 'print what the commit has done as JSON' },
  },
  /** How entries are printed. */
  printing: {
    hex: { flags: '--hex', help: 'print values that are text or bytes as hex' },
    json: { flags: '--json', help: 'print lines of JSON' },
  },
  /** Which entries are wanted. */
  range: {
    prefix: { flags: '--prefix <key>', takes: 'text', help: 'only keys that start with this' },
    gt: { flags: '--gt <key>', takes: 'text', help: 'only keys greater than this' },
    gte: { flags: '--gte <key>', takes: 'text', help: 'only keys greater than or equal to this' },
    lt: { flags: '--lt <key>', takes: 'text', help: 'only keys less than this' },
    lte: { flags: '--lte <key>', takes: 'text', help: 'only keys less than or equal to this' },
    reverse: { flags: '--reverse', help: 'from the greatest key down' },
    limit: { flags: '--limit <n>', takes: 'count', help: 'at most n entries' },
  },
} as const;
