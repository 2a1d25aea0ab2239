import { decodeUtf8 } from '../bytes/utf8.ts';
import { invalidArgument } from '../errors.ts';
import type { EntryBatch, InvalidLineReason, OnInvalidLine } from './entry-batch.ts';
import { findInvalidUtf8 } from './invalid-utf8.ts';
import { jsonProblem } from './json-text.ts';
import type { LineBlock } from './line-blocks.ts';
import { quoteKey } from './quote-key.ts';
import { parserOfBytes, parserOfText, type TextEncodings, textOf } from './text-fields.ts';

const NEWLINE = 0x0a;

/** How `key<separator>value` lines are read and written. */
export interface KeyValueLineOptions extends TextEncodings {
  /** Between key and value; not empty, without a newline. The first one in a line separates. */
  readonly separator: string;
}

/**
 * A stage of a stream-chain pipeline that takes {@link LineBlock}s and gives the entries in them. One for each input.
 *
 * A line is `key<separator>value`, and every byte of it counts, a carriage return or byte-order mark too. Keys and
 * values are text (`utf8`, `uuid`), or bytes as they are (`binary`), or digits (`number`, `bigint`), or JSON (`tuple`,
 * `json`, `msgpack`, `typed`: see `parseTaggedJson`).
 *
 * @param onInvalid is told of lines without a separator, with an empty key, broken UTF-8 or broken JSON.
 *
 * @example
 * ```ts
 * import { type EntryBatch, lineBlocks, parseKeyValueLines } from 'cairnkv/text';
 * import { gen } from 'stream-chain/core';
 * import { pipe } from 'stream-chain/utils/pipe.js';
 *
 * async function* chunks(texts: string[]) {
 *   for (const text of texts) yield new TextEncoder().encode(text);
 * }
 * const parse = parseKeyValueLines({ keyEncoding: 'utf8', valueEncoding: 'json', separator: '=' }, (invalid) => {
 *   throw new Error(`line ${invalid.line}: ${invalid.problem}`);
 * });
 * for await (const { keys, values } of pipe(gen(chunks, lineBlocks(), parse))<EntryBatch>(['a=1\nb', '=[2]'])) {
 *   console.log(keys, values); // [ 'a' ] [ 1 ], then [ 'b' ] [ [ 2 ] ]
 * }
 * ```
 */
export function parseKeyValueLines(
  options: KeyValueLineOptions,
  onInvalid: OnInvalidLine,
): (block: LineBlock) => EntryBatch {
  const { separator, keyEncoding, valueEncoding, temporal } = options;
  const binary = keyEncoding === 'binary' || valueEncoding === 'binary';
  const separatorBytes = new TextEncoder().encode(separator);
  const keyOfText = parserOfText(keyEncoding, temporal);
  const valueOfText = parserOfText(valueEncoding, temporal);
  const keyOfBytes = parserOfBytes(keyEncoding, temporal);
  const valueOfBytes = parserOfBytes(valueEncoding, temporal);
  const plain = keyEncoding === 'utf8' && valueEncoding === 'utf8';
  let line = 0;

  /** All lines at once: one decoding for thousands of them. `undefined` when a line needs a closer look. */
  const readText = (block: LineBlock, first: number): EntryBatch | undefined => {
    let text: string;
    try {
      text = decodeUtf8(block.bytes, block.start, block.end);
    } catch {
      return undefined;
    }
    const batch: EntryBatch = { keys: [], values: [], lines: [] };
    const { keys, values, lines } = batch;
    let number = first;
    for (let at = 0; at < text.length; ) {
      const newline = text.indexOf('\n', at);
      const end = newline < 0 ? text.length : newline;
      const split = text.indexOf(separator, at);
      number++;
      if (split <= at || split >= end) return undefined;
      const key = text.substring(at, split);
      const value = text.substring(split + separator.length, end);
      if (plain) {
        keys.push(key);
        values.push(value);
      } else {
        try {
          const parsed = keyOfText(key);
          values.push(valueOfText(value));
          keys.push(parsed);
        } catch {
          return undefined;
        }
      }
      lines.push(number);
      at = end + 1;
    }
    line = number;
    return batch;
  };

  /** Line by line, as bytes: the way for bytes, and for telling which line is wrong, and where. */
  const readBytes = ({ bytes, start, end, offset }: LineBlock): EntryBatch => {
    const batch: EntryBatch = { keys: [], values: [], lines: [] };
    const refuse = (at: number, reason: InvalidLineReason, problem: string): void =>
      onInvalid({ line, offset: offset + at - start, reason, problem });
    for (let at = start; at < end; ) {
      const newline = bytes.indexOf(NEWLINE, at);
      const lineEnd = newline < 0 || newline >= end ? end : newline;
      line++;
      const split = indexOfBytes(bytes, separatorBytes, at, lineEnd);
      if (lineEnd === at) {
        refuse(at, 'separator', 'the line is empty');
      } else if (split < 0) {
        refuse(at, 'separator', `no ${showSeparator(separator)} separates a key from a value`);
      } else if (split === at) {
        refuse(at, 'empty-key', 'the key is empty');
      } else {
        const valueStart = split + separatorBytes.length;
        try {
          const key = keyOfBytes(bytes, at, split);
          const value = valueOfBytes(bytes, valueStart, lineEnd);
          batch.keys.push(key);
          batch.values.push(value);
          batch.lines.push(line);
        } catch (error) {
          let broken = keyEncoding === 'binary' ? -1 : findInvalidUtf8(bytes, at, split);
          if (broken < 0 && valueEncoding !== 'binary') broken = findInvalidUtf8(bytes, valueStart, lineEnd);
          if (broken < 0) refuse(at, 'json', jsonProblem(error));
          else refuse(broken, 'utf8', brokenUtf8(bytes[broken], offset + broken - start));
        }
      }
      at = lineEnd + 1;
    }
    return batch;
  };

  return (block) => (binary ? undefined : readText(block, line)) ?? readBytes(block);
}

/** The problem of a line with a byte in it that doesn't belong there. */
export function brokenUtf8(byte: number, offset: number): string {
  const shown = `0x${byte.toString(16).padStart(2, '0')}`;
  return `the byte ${shown} at offset ${offset} is not UTF-8`;
}

function showSeparator(separator: string): string {
  return separator === '\t' ? 'TAB' : JSON.stringify(separator);
}

/** Where `wanted` first begins in `bytes[start…end)`, all of it within; −1 when it doesn't. */
function indexOfBytes(bytes: Uint8Array, wanted: Uint8Array, start: number, end: number): number {
  const last = end - wanted.length;
  for (let at = start; ; at++) {
    at = bytes.indexOf(wanted[0], at);
    if (at < 0 || at > last) return -1;
    let same = 1;
    while (same < wanted.length && bytes[at + same] === wanted[same]) same++;
    if (same === wanted.length) return at;
  }
}

/**
 * A stage of a stream-chain pipeline that takes arrays of entries and gives `key<separator>value` lines, as text or,
 * where a field is bytes, as bytes. {@link parseKeyValueLines} with the same options reads the same entries.
 *
 * @throws {CairnError} `INVALID_ARGUMENT` for an entry that no such line can hold.
 *
 * @example
 * ```ts
 * import { formatKeyValueLines } from 'cairnkv/text';
 *
 * const format = formatKeyValueLines({ keyEncoding: 'tuple', valueEncoding: 'utf8', separator: '\t' });
 * console.log(format([[['DE', 42], 'a value']])); // ["DE",42] TAB a value NEWLINE
 * ```
 */
export function formatKeyValueLines(
  options: KeyValueLineOptions,
): (entries: readonly (readonly [unknown, unknown])[]) => string | Uint8Array {
  const { separator, keyEncoding, valueEncoding } = options;
  const keyText = textOf(keyEncoding);
  const valueText = textOf(valueEncoding);
  if (keyEncoding === 'binary' || valueEncoding === 'binary') return formatBytes(options);
  return (entries) => {
    let text = '';
    for (const [key, value] of entries) {
      const before = keyText(key);
      const after = valueText(value);
      // The end of a key and the beginning of the separator may make another one.
      if (`${before}${separator}`.indexOf(separator) !== before.length)
        throw unfit(before, 'the separator', separator);
      if (before.includes('\n')) throw unfit(before, 'a newline', separator);
      if (after.includes('\n')) throw unfit(before, 'a newline in its value', separator);
      text += `${before}${separator}${after}\n`;
    }
    return text;
  };
}

const utf8Encoder = new TextEncoder();

function formatBytes({
  separator,
  keyEncoding,
  valueEncoding,
}: KeyValueLineOptions): (entries: readonly (readonly [unknown, unknown])[]) => Uint8Array {
  const keyBytes = bytesOf(keyEncoding);
  const valueBytes = bytesOf(valueEncoding);
  const middle = utf8Encoder.encode(separator);
  return (entries) => {
    const pieces: Uint8Array[] = [];
    let length = 0;
    for (const [key, value] of entries) {
      const before = keyBytes(key);
      const after = valueBytes(value);
      const line = new Uint8Array(before.length + middle.length + after.length + 1);
      line.set(before);
      line.set(middle, before.length);
      line.set(after, before.length + middle.length);
      if (indexOfBytes(line, middle, 0, line.length) !== before.length)
        throw unfit(before, 'the separator', separator);
      if (before.includes(NEWLINE)) throw unfit(before, 'a newline', separator);
      if (after.includes(NEWLINE)) throw unfit(before, 'a newline in its value', separator);
      line[line.length - 1] = NEWLINE;
      pieces.push(line);
      length += line.length;
    }
    const bytes = new Uint8Array(length);
    let at = 0;
    for (const piece of pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  };
}

function bytesOf(
  encoding: TextEncodings['keyEncoding'] | TextEncodings['valueEncoding'],
): (field: unknown) => Uint8Array {
  if (encoding === 'binary') return (field) => field as Uint8Array;
  const text = textOf(encoding);
  return (field) => utf8Encoder.encode(text(field));
}

function unfit(key: string | Uint8Array, what: string, separator: string): Error {
  const advice =
    what === 'the separator' ? 'choose another separator or the format jsonl' : 'choose the format jsonl';
  const named = what === 'the separator' ? `the separator ${showSeparator(separator)}` : what;
  return invalidArgument(
    'key',
    `the entry with the key ${quoteKey(key)} has ${named}, which a line can't hold: ${advice}`,
  );
}
