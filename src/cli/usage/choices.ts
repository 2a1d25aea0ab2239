export { KEY_WORDINGS as KEY_FORMATS, type KeyWording as KeyFormat } from '../../text/key-wording.ts';

/** The formats that stores are imported from and exported to. */
export const ENTRY_FORMATS = [
  'lines',
  'csv',
  'tsv',
  'jsonl',
  'json',
  'msgpack',
  'nul',
  'length-prefixed',
] as const;

/** One of {@link ENTRY_FORMATS}. */
export type EntryFormatName = (typeof ENTRY_FORMATS)[number];

/**
 * How keys that are bytes are written in text: `ip6` makes all addresses 16 bytes, IPv4 mapped. Networks and integers
 * are read as addresses.
 */
export const IMPORT_KEY_FORMATS = ['hex', 'ip', 'ip6'] as const;

/** One of {@link IMPORT_KEY_FORMATS}. */
export type ImportKeyFormat = (typeof IMPORT_KEY_FORMATS)[number];

/** How input is compressed; `auto` goes by the suffixes `.gz` and `.zst`, and by the first bytes. */
export const INPUT_COMPRESSIONS = ['auto', 'none', 'gzip', 'zstd'] as const;

/** One of {@link INPUT_COMPRESSIONS}. */
export type InputCompression = (typeof INPUT_COMPRESSIONS)[number];

/**
 * How `consume` prints values.
 *
 * - `dynamic`: text; what is not UTF-8, or has a NUL in it, as a hex dump
 * - `text`: the same, but `binary: (N bytes)` instead of a dump
 * - `binary`: a hex dump
 * - `json`: JSON with a line for each member; `{"error": …}` for what is none
 * - `raw`: the bytes as they are
 */
export const RECORD_OUTPUTS = ['dynamic', 'text', 'binary', 'json', 'raw'] as const;

/** One of {@link RECORD_OUTPUTS}. */
export type RecordOutput = (typeof RECORD_OUTPUTS)[number];

/**
 * How commands that read print entries.
 *
 * - `lines`: the value, or key and value with a TAB between them
 * - `table`: columns of equal width, with a header
 * - `csv`: a header and rows
 * - `jsonl`: an object a line
 */
export const ENTRY_OUTPUTS = ['lines', 'table', 'csv', 'jsonl'] as const;

/** One of {@link ENTRY_OUTPUTS}. */
export type EntryOutput = (typeof ENTRY_OUTPUTS)[number];

/** Which of equal keys' entries stays; `error` refuses them. */
export const DUPLICATE_RULES = ['error', 'first', 'last'] as const;

/** What the commit of a job does if the keys of two tasks overlap. */
export const OVERLAP_RULES = ['error', 'merge'] as const;

/** How blocks are compressed. */
export const COMPRESSIONS = ['none', 'deflate', 'zstd'] as const;

/** The shells that completion is for. */
export const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const;

/** One of {@link SHELLS}. */
export type Shell = (typeof SHELLS)[number];

/** What runs the tasks of a job. */
export const ENGINES = ['local', 'slurm', 'bullmq'] as const;

/** One of {@link ENGINES}. */
export type EngineName = (typeof ENGINES)[number];

/** What `cairn job template` knows. */
export const TEMPLATES = ['kubernetes', 'aws-batch'] as const;

/** One of {@link TEMPLATES}. */
export type TemplateName = (typeof TEMPLATES)[number];
