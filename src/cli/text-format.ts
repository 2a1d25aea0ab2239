import { invalidArgument } from '../errors.ts';
import type { EntryBatch, OnInvalidLine } from '../text/entry-batch.ts';
import { formatJsonLines, type JsonLineOptions, parseJsonLines } from '../text/json-lines.ts';
import {
  formatKeyValueLines,
  type KeyValueLineOptions,
  parseKeyValueLines,
} from '../text/key-value-lines.ts';
import type { LineBlock } from '../text/line-blocks.ts';
import type { TextEncodings } from '../text/text-fields.ts';
import type { TEXT_FORMATS } from './choices.ts';

/** A text format as the command line says it. */
export interface TextFormatOptions {
  readonly format?: (typeof TEXT_FORMATS)[number];
  /** `lines`: a TAB unless given; `\t`, `\0` and `\\` are escapes. */
  readonly keySeparator?: string;
  /** `jsonl`: the name of the member that is the key. */
  readonly key?: string;
  /** `jsonl`: the name of the member that is the value. */
  readonly value?: string;
}

/** A text format made ready for a store's encodings: stages for stream-chain pipelines. */
export interface TextFormat extends TextEncodings {
  readonly parser: (onInvalid: OnInvalidLine) => (block: LineBlock) => EntryBatch;
  readonly formatter: () => (entries: readonly (readonly [unknown, unknown])[]) => string | Uint8Array;
}

/** @throws {CairnError} `INVALID_ARGUMENT` for options that don't go together. */
export function textFormat(options: TextFormatOptions, encodings: TextEncodings): TextFormat {
  if (options.format === 'jsonl') {
    if (options.keySeparator !== undefined) {
      throw invalidArgument(
        'keySeparator',
        '--key-separator belongs to the format lines; jsonl has --key and --value',
      );
    }
    const json: JsonLineOptions = {
      ...encodings,
      keyField: options.key ?? 'key',
      valueField: options.value ?? 'value',
    };
    return {
      ...encodings,
      parser: (onInvalid) => parseJsonLines(json, onInvalid),
      formatter: () => formatJsonLines(json),
    };
  }
  if (options.key !== undefined || options.value !== undefined) {
    throw invalidArgument('key', '--key and --value belong to the format jsonl; lines have --key-separator');
  }
  const lines: KeyValueLineOptions = { ...encodings, separator: separatorOf(options.keySeparator ?? '\t') };
  return {
    ...encodings,
    parser: (onInvalid) => parseKeyValueLines(lines, onInvalid),
    formatter: () => formatKeyValueLines(lines),
  };
}

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', '0': '\0', '\\': '\\' };

/** The separator that `--key-separator` says. @throws {CairnError} `INVALID_ARGUMENT`. */
export function separatorOf(text: string): string {
  const separator = text.replace(/\\([t0\\])/g, (_, name: string) => ESCAPES[name]);
  if (separator !== '' && !separator.includes('\n')) return separator;
  throw invalidArgument(
    'keySeparator',
    '--key-separator must have at least one character, and no newline among them',
  );
}
