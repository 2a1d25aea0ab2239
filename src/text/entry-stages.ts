import { invalidArgument } from '../errors.ts';
import { parseCsv } from './csv.ts';
import { csvLineEnds } from './csv-line-ends.ts';
import type { CsvRowOptions } from './csv-rows.ts';
import type { OnInvalidEntry } from './entry-batch.ts';
import { parseJsonArray } from './json-array.ts';
import { parseJsonLines } from './json-lines.ts';
import { parseKeyValueLines } from './key-value-lines.ts';
import { parseLengthPrefixed } from './length-prefixed.ts';
import { lineBlocks } from './line-blocks.ts';
import { parseMsgpackPairs } from './msgpack-pairs.ts';
import { parseNulFields } from './nul-fields.ts';
import type { TextEncodings } from './text-fields.ts';

/** A format of entries by its name, and its options. */
export interface NamedFormat {
  readonly format?:
    | 'lines'
    | 'csv'
    | 'tsv'
    | 'jsonl'
    | 'json'
    | 'msgpack'
    | 'length-prefixed'
    | 'nul'
    | undefined;
  readonly keySeparator?: string | undefined;
  readonly crlf?: boolean | undefined;
  readonly collapseSeparators?: boolean | undefined;
  readonly key?: readonly string[] | undefined;
  readonly value?: readonly string[] | undefined;
  readonly keepKey?: boolean | undefined;
  readonly columns?: readonly string[] | undefined;
  readonly numbers?: readonly string[] | undefined;
  readonly emptyAsNull?: boolean | undefined;
  readonly missingAsNull?: boolean | undefined;
  readonly padRows?: boolean | undefined;
  readonly delimiter?: string | undefined;
  readonly quote?: string | null | undefined;
}

/** The stages of a stream-chain pipeline from chunks of bytes to `EntryBatch`es, and what places are counted in. */
export interface EntryStages {
  readonly unit: 'line' | 'element' | 'record' | 'byte';
  readonly stages: readonly ((input: never) => unknown)[];
}

/** How the rows of a table are split. */
export function rowOptionsOf({ format, delimiter, quote }: NamedFormat): CsvRowOptions {
  return format === 'tsv' ? { delimiter: '\t', quote: null } : { delimiter, quote };
}

/**
 * Returns the stages that read one input of a format.
 *
 * @throws {CairnError} `INVALID_ARGUMENT` for options that contradict each other.
 */
export function entryStages(
  options: NamedFormat,
  encodings: TextEncodings,
  onInvalid: OnInvalidEntry,
): EntryStages {
  const { format = 'lines', key, value, keepKey, missingAsNull } = options;
  const records = { ...encodings, key, value, keepKey };
  switch (format) {
    case 'csv':
    case 'tsv': {
      const { columns, numbers, emptyAsNull, padRows } = options;
      const csv = { ...records, ...rowOptionsOf(options), columns, numbers, emptyAsNull, padRows };
      return { unit: 'line', stages: [csvLineEnds(csv), lineBlocks(), parseCsv(csv, onInvalid)] };
    }
    case 'jsonl':
      return {
        unit: 'line',
        stages: [lineBlocks(), parseJsonLines({ ...records, missingAsNull }, onInvalid)],
      };
    case 'json':
      return { unit: 'element', stages: [parseJsonArray({ ...records, missingAsNull }, onInvalid)] };
    case 'msgpack':
      return { unit: 'byte', stages: [parseMsgpackPairs(onInvalid)] };
    case 'length-prefixed':
      return { unit: 'byte', stages: [parseLengthPrefixed(encodings, onInvalid)] };
    case 'nul':
      if (options.keySeparator === undefined)
        return {
          unit: 'record',
          stages: [lineBlocks({ terminator: 0 }), parseNulFields(encodings, onInvalid)],
        };
      return lineStages(options, encodings, onInvalid, '\0');
    case 'lines':
      return lineStages(options, encodings, onInvalid, '\n');
  }
}

function lineStages(
  { keySeparator: separator = '\t', crlf, collapseSeparators }: NamedFormat,
  encodings: TextEncodings,
  onInvalid: OnInvalidEntry,
  terminator: '\n' | '\0',
): EntryStages {
  if (typeof separator !== 'string' || separator === '' || separator.includes(terminator))
    throw invalidArgument(
      'keySeparator',
      'keySeparator must be text of at least one character, without the end of lines',
    );
  const lines = { ...encodings, separator, terminator, crlf, collapseSeparators };
  return {
    unit: terminator === '\n' ? 'line' : 'record',
    stages: [lineBlocks({ terminator: terminator.charCodeAt(0) }), parseKeyValueLines(lines, onInvalid)],
  };
}
