/** Options that several commands have, by the name under which a usage takes them. */
export const SHARED_OPTIONS = {
  /** How entries are written in what is imported or exported. */
  format: {
    format: {
      group: 'Format',
      flags: '--format <format>',
      takes: 'entryFormat',
      help: 'how entries are written: lines, csv, tsv, jsonl, json, msgpack, nul or length-prefixed; lines: key<TAB>value; csv: a header and rows; tsv: the same with TAB and without quotes; jsonl: an object a line, {"key":…,"value":…} or as --key and --value say; json: an array of those; msgpack: [key, value] one after the other; nul: key NUL value NUL; length-prefixed: 4 bytes, key, 4 bytes, value (default: as the name of the file ends or its first bytes look, else lines)',
    },
    keySeparator: {
      group: 'Format',
      flags: '--key-separator <text>',
      takes: 'text',
      help: 'lines, nul: ends the key, at its first occurrence (default of lines: TAB)',
    },
    key: {
      group: 'Format',
      flags: '--key <names>',
      takes: 'names',
      help: 'csv, tsv, jsonl, json: the column or member that is the key; several make a tuple (default: key)',
    },
    value: {
      group: 'Format',
      flags: '--value <names>',
      takes: 'names',
      help: "csv, tsv, jsonl, json: the columns or members of the value: one is the value itself, several make an object (default: all but the key's; for jsonl and json the member value, without --key or where values are text or bytes)",
    },
    keepKey: {
      group: 'Format',
      flags: '--keep-key',
      help: "csv, tsv, jsonl, json: leave the key's columns or members in the value",
    },
    delimiter: {
      group: 'Format',
      flags: '--delimiter <char>',
      takes: 'text',
      help: 'csv: the separator of cells, such as \\t (default: a comma)',
    },
    quote: {
      group: 'Format',
      flags: '--quote <char>',
      takes: 'text',
      help: 'csv: the character that quotes cells; none makes quotes text (default: ")',
    },
    emptyAsNull: {
      group: 'Format',
      flags: '--empty-as-null',
      help: 'csv, tsv: empty cells of values that are objects or JSON are null',
    },
    keyFormat: {
      group: 'Format',
      flags: '--key-format <format>',
      takes: 'importKeyFormat',
      help: 'lines, csv, tsv, nul: how keys are written in the input or output when the store keeps them as bytes; ip also reads networks (1.0.0.0/24, by their first address) and integers; export knows how those of the store are (default of import: as they are)',
    },
  },
  /** How entries are read from files. */
  reading: {
    file: {
      group: 'Input',
      flags: '-f, --file <file>',
      takes: 'texts',
      help: 'read this file; - is standard input (repeatable, read in that order)',
    },
    columns: {
      group: 'Input',
      flags: '--columns <names>',
      takes: 'names',
      help: 'csv, tsv: the names of the columns of a file without a header row',
    },
    numbers: {
      group: 'Input',
      flags: '--numbers <columns>',
      takes: 'names',
      help: 'csv, tsv: columns that hold numbers; the others hold text',
    },
    padRows: {
      group: 'Input',
      flags: '--pad-rows',
      help: 'csv, tsv: read rows with too few cells as if empty ones followed',
    },
    missingAsNull: {
      group: 'Input',
      flags: '--missing-as-null',
      help: 'jsonl, json: members of --value that an object lacks are null',
    },
    crlf: {
      group: 'Input',
      flags: '--crlf',
      help: 'lines: drop a carriage return before the newline',
    },
    collapseSeparators: {
      group: 'Input',
      flags: '--collapse-separators',
      help: 'lines: take several separators in a row as one, and ignore those at the beginning of a line',
    },
    skipLines: {
      group: 'Input',
      flags: '--skip-lines <regex>',
      takes: 'regExp',
      help: 'lines, csv, tsv, jsonl: ignore lines that match',
    },
    decompress: {
      group: 'Input',
      flags: '--decompress <how>',
      takes: 'inputCompression',
      default: 'auto',
      help: 'how the input is compressed; auto goes by suffix and first bytes: gzip or zstd',
    },
    skipInvalid: {
      group: 'Input',
      flags: '--skip-invalid',
      help: 'skip and count whatever is not a valid entry',
    },
    strict: {
      group: 'Input',
      flags: '--strict',
      help: 'refuse lines without a separator; by default they are skipped',
    },
  },
  /** How the files of a store are written. */
  writing: {
    partitionBytes: {
      group: 'Store',
      flags: '--partition-bytes <size>',
      takes: 'size',
      help: 'the maximum size of one file, such as 64MiB',
    },
    blockBytes: {
      group: 'Store',
      flags: '--block-bytes <size>',
      takes: 'size',
      help: 'the size of blocks, such as 16KiB',
    },
    compression: {
      group: 'Store',
      flags: '--compression <name>',
      takes: 'compression',
      help: 'the compression of blocks',
    },
    hashIndex: {
      group: 'Store',
      flags: '--no-hash-index',
      help: 'build no hash index, which makes get twice as fast',
    },
    metadata: {
      group: 'Store',
      flags: '--metadata <json>',
      takes: 'jsonObject',
      help: 'a JSON object to keep in the store',
    },
    sortBytes: {
      group: 'Store',
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
    output: {
      flags: '-o, --output <format>',
      takes: 'entryOutput',
      help: 'lines, a table with aligned columns, csv or jsonl (default: lines)',
    },
    json: { flags: '--json', help: 'print lines of JSON, as -o jsonl does' },
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
