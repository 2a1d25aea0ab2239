import { type CairnError, invalidArgument } from '../../errors.ts';
import { parseCsv } from '../../text/csv.ts';
import { formatCsv } from '../../text/csv-format.ts';
import { csvLineEnds } from '../../text/csv-line-ends.ts';
import type { CsvRowOptions } from '../../text/csv-rows.ts';
import type { EntryBatch, OnInvalidEntry } from '../../text/entry-batch.ts';
import { formatJsonArray, parseJsonArray } from '../../text/json-array.ts';
import { formatJsonLines, type JsonLineOptions, parseJsonLines } from '../../text/json-lines.ts';
import { hexKeys, ipKeys, type KeyFormat } from '../../text/key-format.ts';
import { formatKeyValueLines } from '../../text/key-value-format.ts';
import { type KeyValueLineOptions, parseKeyValueLines } from '../../text/key-value-lines.ts';
import { formatLengthPrefixed, parseLengthPrefixed } from '../../text/length-prefixed.ts';
import { lineBlocks } from '../../text/line-blocks.ts';
import { formatMsgpackPairs, parseMsgpackPairs } from '../../text/msgpack-pairs.ts';
import { formatNulFields, parseNulFields } from '../../text/nul-fields.ts';
import type { TextEncodings, TextKeyEncoding, TextValueEncoding } from '../../text/text-fields.ts';
import type { EntryFormatName } from '../usage/choices.ts';
import type { SharedOptions } from '../usage/command-usage.ts';
import type { ImportArgs } from '../usage/write.ts';
import { flagOf } from './flag-of.ts';

/** A format as the command line says it. */
export type FormatOptions = SharedOptions<'format'> &
  Pick<
    ImportArgs,
    'columns' | 'numbers' | 'padRows' | 'missingAsNull' | 'crlf' | 'collapseSeparators' | 'skipLines'
  > & {
    /** Values are only put, not shown: they may come as JSON text. */
    readonly canonicalJson?: boolean;
  };

/** A function of stream-chain pipelines, perhaps one that has something to say at the end. */
export type Stage = (input: never) => unknown;

/** A format made ready for a store's encodings. */
export interface EntryFormat {
  /** What places are counted in, in messages. */
  readonly unit: 'line' | 'element' | 'record' | 'byte';
  /** The stages from chunks of bytes to {@link EntryBatch}es, for one input. */
  parser(onInvalid: OnInvalidEntry): readonly Stage[];
  /** The stage from arrays of entries to text or bytes. */
  formatter(): Stage;
}

/** What is said of an input that is one line with carriage returns. */
export const ONLY_RETURNS =
  'has carriage returns and no newline, and is read as one line: if they end its lines, convert them first (tr "\\r" "\\n")';

/** The error for an input that would make a store or log of nothing. */
export function emptyInput(what: 'store' | 'log'): CairnError {
  return invalidArgument(
    'file',
    `the input is empty: no ${what} was written. With --allow-empty, an empty one is`,
  );
}

/** Which formats know an option. */
const KNOWN_BY: Readonly<Record<string, readonly EntryFormatName[]>> = {
  keySeparator: ['lines', 'nul'],
  key: ['csv', 'tsv', 'jsonl', 'json'],
  value: ['csv', 'tsv', 'jsonl', 'json'],
  keepKey: ['csv', 'tsv', 'jsonl', 'json'],
  columns: ['csv', 'tsv'],
  numbers: ['csv', 'tsv'],
  padRows: ['csv', 'tsv'],
  delimiter: ['csv'],
  quote: ['csv'],
  emptyAsNull: ['csv', 'tsv'],
  missingAsNull: ['jsonl', 'json'],
  crlf: ['lines'],
  collapseSeparators: ['lines'],
  skipLines: ['lines', 'csv', 'tsv', 'jsonl'],
  keyFormat: ['lines', 'csv', 'tsv', 'nul'],
};

/** Whether a format has rows of cells in named columns. */
export function isTable(format: EntryFormatName | undefined): boolean {
  return format === 'csv' || format === 'tsv';
}

/** How rows are split, as the command line says it. */
export function rowOptions({ format, delimiter, quote, skipLines }: FormatOptions): CsvRowOptions {
  if (format === 'tsv') return { delimiter: '\t', quote: null, skipLines };
  return {
    delimiter: delimiter === undefined ? undefined : unescaped(delimiter),
    quote: quote === 'none' ? null : quote,
    skipLines,
  };
}

/** Refuses options that the format doesn't know. @throws {CairnError} `INVALID_ARGUMENT`. */
export function checkFormatOptions(options: FormatOptions): void {
  const { format = 'lines' } = options;
  for (const [name, formats] of Object.entries(KNOWN_BY)) {
    if (options[name as keyof FormatOptions] === undefined || formats.includes(format)) continue;
    throw invalidArgument(
      name,
      `${flagOf(name)} belongs to the format ${formats.join(', ').replace(/, ([^,]*)$/, ' or $1')}, not to ${format}`,
    );
  }
  if (options.keepKey !== true) return;
  if (options.value !== undefined) {
    throw invalidArgument(
      'keepKey',
      '--keep-key cannot be combined with --value: add the key to the names of --value',
    );
  }
  if (options.key === undefined && !isTable(format)) {
    throw invalidArgument(
      'keepKey',
      `--keep-key needs --key: ${format} has the value in a member of its own without`,
    );
  }
}

/** Whether a format knows all format options of a command line. */
export function takesOptions(format: EntryFormatName, options: FormatOptions): boolean {
  return Object.entries(KNOWN_BY).every(
    ([name, formats]) => options[name as keyof FormatOptions] === undefined || formats.includes(format),
  );
}

const SUFFIXES: Readonly<Record<string, EntryFormatName>> = {
  csv: 'csv',
  tsv: 'tsv',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  json: 'json',
  msgpack: 'msgpack',
};

/** The format that the end of a file's name says, before that of its compression. */
export function formatOfName(name: string): EntryFormatName | undefined {
  const suffix = /\.([a-z]+)(?:\.(?:gz|zst))?$/i.exec(name)?.[1].toLowerCase() ?? '';
  return Object.hasOwn(SUFFIXES, suffix) ? SUFFIXES[suffix] : undefined;
}

/** Whether keys that are bytes can be written as text in a format. */
export function takesKeyFormat(format: EntryFormatName): boolean {
  return KNOWN_BY.keyFormat.includes(format);
}

/** The encoding of keys unless the command line names one. */
export function defaultKeyEncoding({ key, keyFormat }: FormatOptions): TextKeyEncoding {
  if (keyFormat !== undefined) return 'binary';
  return key !== undefined && key.length > 1 ? 'tuple' : 'utf8';
}

/** The encoding of values unless the command line names one; `columns` of CSV make the value. */
export function defaultValueEncoding({ format }: FormatOptions, columns: number): TextValueEncoding {
  if (format === 'msgpack') return 'msgpack';
  if (format === 'length-prefixed') return 'binary';
  return format === 'jsonl' || format === 'json' || (isTable(format) && columns > 1) ? 'json' : 'utf8';
}

/**
 * @param expected the columns of the first input of CSV, which the others must have.
 * @throws {CairnError} `INVALID_ARGUMENT` for options that don't go together.
 */
export function entryFormat(
  options: FormatOptions,
  encodings: TextEncodings,
  expected?: readonly string[],
): EntryFormat {
  checkFormatOptions(options);
  const { format = 'lines', skipLines } = options;
  const keyFormat = keyFormatOf(options, encodings);
  const shared = { ...encodings, skipLines, keyFormat };
  switch (format) {
    case 'csv':
    case 'tsv': {
      const csv = {
        ...shared,
        ...rowOptions(options),
        key: options.key,
        value: options.value,
        keepKey: options.keepKey,
        columns: options.columns,
        numbers: options.numbers,
        emptyAsNull: options.emptyAsNull,
        padRows: options.padRows,
        expected,
        canonicalJson: options.canonicalJson,
      };
      return {
        unit: 'line',
        parser: (onInvalid) => [csvLineEnds(csv), lineBlocks(), parseCsv(csv, onInvalid)],
        formatter: () => {
          refuseKeepKey(options);
          return formatCsv({ ...csv, members: options.columns });
        },
      };
    }
    case 'jsonl':
    case 'json': {
      const json: JsonLineOptions = {
        ...shared,
        key: options.key,
        value: options.value,
        keepKey: options.keepKey,
        missingAsNull: options.missingAsNull,
        canonicalJson: options.canonicalJson,
      };
      if (format === 'jsonl') {
        return {
          unit: 'line',
          parser: (onInvalid) => [lineBlocks(), parseJsonLines(json, onInvalid)],
          formatter: () => formatJsonLines(json),
        };
      }
      return {
        unit: 'element',
        parser: (onInvalid) => [parseJsonArray(json, onInvalid)],
        formatter: () => formatJsonArray(json),
      };
    }
    case 'msgpack':
      return {
        unit: 'byte',
        parser: (onInvalid) => [parseMsgpackPairs(onInvalid)],
        formatter: () => formatMsgpackPairs(),
      };
    case 'length-prefixed':
      return {
        unit: 'byte',
        parser: (onInvalid) => [parseLengthPrefixed(encodings, onInvalid)],
        formatter: () => formatLengthPrefixed(encodings),
      };
    case 'nul':
      if (options.keySeparator === undefined) {
        return {
          unit: 'record',
          parser: (onInvalid) => [lineBlocks({ terminator: 0 }), parseNulFields(shared, onInvalid)],
          formatter: () => formatNulFields(shared),
        };
      }
      return lineFormat(
        { ...shared, separator: separatorOf(options.keySeparator, '\0'), terminator: '\0' },
        'record',
      );
    case 'lines':
      return lineFormat(
        {
          ...shared,
          separator: separatorOf(options.keySeparator ?? '\\t'),
          crlf: options.crlf,
          collapseSeparators: options.collapseSeparators,
        },
        'line',
      );
  }
}

function refuseKeepKey({ keepKey }: FormatOptions): void {
  if (keepKey !== true) return;
  throw invalidArgument(
    'keepKey',
    '--keep-key: exported rows have columns of their own for the key; leave it out',
  );
}

function lineFormat(lines: KeyValueLineOptions, unit: 'line' | 'record'): EntryFormat {
  const terminator = (lines.terminator ?? '\n').charCodeAt(0);
  return {
    unit,
    parser: (onInvalid) => [lineBlocks({ terminator }), parseKeyValueLines(lines, onInvalid)],
    formatter: () => formatKeyValueLines(lines),
  };
}

function keyFormatOf({ keyFormat }: FormatOptions, { keyEncoding }: TextEncodings): KeyFormat | undefined {
  if (keyFormat === undefined) return undefined;
  if (keyEncoding !== 'binary') {
    throw invalidArgument(
      'keyFormat',
      `--key-format ${keyFormat} is for keys that are bytes, not ${keyEncoding}`,
    );
  }
  return keyFormat === 'hex' ? hexKeys() : ipKeys({ mapped: keyFormat === 'ip6' });
}

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', '0': '\0', '\\': '\\' };

/** A text of the command line with `\t`, `\0` and `\\` put in place. */
export function unescaped(text: string): string {
  return text.replace(/\\([t0\\])/g, (_, name: string) => ESCAPES[name]);
}

/** The separator that `--key-separator` says. @throws {CairnError} `INVALID_ARGUMENT`. */
export function separatorOf(text: string, terminator: '\n' | '\0' = '\n'): string {
  const separator = unescaped(text);
  if (separator !== '' && !separator.includes(terminator)) return separator;
  throw badSeparator(terminator === '\n' ? 'newline' : 'NUL');
}

function badSeparator(without: string): CairnError {
  return invalidArgument(
    'keySeparator',
    `--key-separator must have at least one character, and no ${without} among them`,
  );
}
