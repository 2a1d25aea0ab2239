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
  /** How entries are read from files. */
  reading: {
    file: {
      flags: '-f, --file <file>',
      takes: 'texts',
      help: 'read this file; - is standard input (repeatable, read in that order)',
    },
    columns: {
      flags: '--columns <names>',
      takes: 'names',
      help: 'csv, tsv: the names of the columns of a file without a header row',
    },
    numbers: {
      flags: '--numbers <columns>',
      takes: 'names',
      help: 'csv, tsv: columns that hold numbers; the others hold text',
    },
    padRows: {
      flags: '--pad-rows',
      help: 'csv, tsv: read rows with too few cells as if empty ones followed',
    },
    missingAsNull: {
      flags: '--missing-as-null',
      help: 'jsonl, json: members of --value that an object lacks are null',
    },
    crlf: {
      flags: '--crlf',
      help: 'lines: drop a carriage return before the newline',
    },
    collapseSeparators: {
      flags: '--collapse-separators',
      help: 'lines: take several separators in a row as one, and ignore those at the beginning of a line',
    },
    skipLines: {
      flags: '--skip-lines <regex>',
      takes: 'regExp',
      help: 'lines, csv, tsv, jsonl: ignore lines that match',
    },
    decompress: {
      flags: '--decompress <how>',
      takes: 'inputCompression',
      default: 'auto',
      help: 'how the input is compressed; auto goes by suffix and first bytes: gzip or zstd',
    },
    skipInvalid: { flags: '--skip-invalid', help: 'skip and count whatever is not a valid entry' },
    strict: { flags: '--strict', help: 'refuse lines without a separator; by default they are skipped' },
  },
  /** How the files of a store are written. */
  writing: {
    partitionBytes: {
      flags: '--partition-bytes <size>',
      takes: 'size',
      help: 'the maximum size of one file, such as 64MiB',
    },
    blockBytes: { flags: '--block-bytes <size>', takes: 'size', help: 'the size of blocks, such as 16KiB' },
    compression: { flags: '--compression <name>', takes: 'compression', help: 'the compression of blocks' },
    hashIndex: { flags: '--no-hash-index', help: 'build no hash index, which makes get twice as fast' },
    metadata: {
      flags: '--metadata <json>',
      takes: 'jsonObject',
      help: 'a JSON object to keep in the store',
    },
    sortBytes: {
      flags: '--sort-bytes <size>',
      takes: 'size',
      help: 'memory for sorting, such as 256MiB (default: 64MiB)',
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
  /** Where namespaces are. */
  kvRoot: {
    root: {
      flags: '--root <uri>',
      takes: 'text',
      help: 'where the namespaces are: a directory or URI (default: CAIRN_KV, or else ./kv)',
    },
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
  /** Where the databases of tables are. */
  tableRoot: {
    root: {
      flags: '-r, --root <dir>',
      takes: 'text',
      help: 'the directory or URI of the databases (default: ./warehouse)',
    },
  },
  /** How rows of tables are printed. */
  tableRows: {
    columns: {
      flags: '-c, --columns <names>',
      takes: 'names',
      help: 'only these columns, in this order (default: all)',
    },
    json: { flags: '--json', help: 'print lines of JSON' },
    csv: { flags: '--csv', help: 'print CSV with a header row', conflicts: ['json'] },
  },
} as const;
