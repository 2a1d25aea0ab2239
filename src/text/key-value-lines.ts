import { decodeUtf8 } from '../bytes/utf8.ts';
import { type EntryBatch, emptyBatch, type InvalidReason, type OnInvalidEntry } from './entry-batch.ts';
import { brokenUtf8, findInvalidUtf8 } from './invalid-utf8.ts';
import { jsonProblem } from './json-text.ts';
import { type KeyFormat, parserOfKeyText } from './key-format.ts';
import { hasOnlyReturns, type LineBlock, oversizedLine, startsWithMark } from './line-blocks.ts';
import { parserOfBytes, parserOfText, type TextEncodings } from './text-fields.ts';

const CARRIAGE_RETURN = 0x0d;

/** How `key<separator>value` lines are read and written. */
export interface KeyValueLineOptions extends TextEncodings {
  /** Separates key and value, at its first occurrence in a line. Not empty, and without the terminator. */
  readonly separator: string;
  /** Ends a line. Default: a newline. */
  readonly terminator?: '\n' | '\0' | undefined;
  /** How binary keys are written. Default: as plain bytes. */
  readonly keyFormat?: KeyFormat | undefined;
  /** Reading: a carriage return before the newline does not belong to the line. */
  readonly crlf?: boolean | undefined;
  /**
   * Reading: separators that follow each other count as one, and those at the beginning of a line as none.
   */
  readonly collapseSeparators?: boolean | undefined;
  /** Reading: lines that match are skipped. Must not have the flags `g` and `y`. */
  readonly skipLines?: RegExp | undefined;
}

/**
 * Creates a stage of a stream-chain pipeline that turns {@link LineBlock}s into entries. Each input needs its
 * own.
 *
 * A line is `key<separator>value`, and every byte of it counts, including a carriage return (without `crlf`).
 * Only a byte-order mark at the beginning of the input is left out, unless keys are plain bytes or lines end in
 * NUL. Keys and values are text (`utf8`, `uuid`), plain bytes (`binary`), digits (`number`,
 * `bigint`), or JSON (`tuple`, `json`, `msgpack`, `typed`: see `parseTaggedJson`).
 *
 * @param onInvalid is called for lines without a separator, with an empty key, invalid UTF-8 or malformed
 * JSON.
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
 *   throw new Error(`line ${invalid.place}: ${invalid.problem}`);
 * });
 * for await (const { keys, values } of pipe(gen(chunks, lineBlocks(), parse))<EntryBatch>(['a=1\nb', '=[2]'])) {
 *   console.log(keys, values); // [ 'a' ] [ 1 ], then [ 'b' ] [ [ 2 ] ]
 * }
 * ```
 */
export function parseKeyValueLines(
  options: KeyValueLineOptions,
  onInvalid: OnInvalidEntry,
): (block: LineBlock) => EntryBatch {
  const {
    separator,
    terminator = '\n',
    keyEncoding,
    valueEncoding,
    keyFormat,
    crlf = false,
    skipLines,
    collapseSeparators = false,
    temporal,
  } = options;
  const mayHaveMark = hasTextKeys(options);
  const asBytes = (keyEncoding === 'binary' && keyFormat === undefined) || valueEncoding === 'binary';
  const terminatorByte = terminator.charCodeAt(0);
  const separatorBytes = utf8Encoder.encode(separator);
  const keyOfText = parserOfKeyText(keyEncoding, keyFormat, temporal);
  const valueOfText = parserOfText(valueEncoding, temporal);
  const keyOfBytes: (bytes: Uint8Array, start: number, end: number) => unknown =
    keyFormat === undefined
      ? parserOfBytes(keyEncoding, temporal)
      : (bytes, start, end) => keyOfText(decodeUtf8(bytes, start, end));
  const valueOfBytes = parserOfBytes(valueEncoding, temporal);
  const plain = keyEncoding === 'utf8' && valueEncoding === 'utf8';
  let line = 0;

  /**
   * Reads all lines at once, with one decoding for thousands of them. `undefined` if a line may be invalid.
   */
  const readText = (block: LineBlock, first: number): EntryBatch | undefined => {
    let text: string;
    try {
      text = decodeUtf8(block.bytes, block.start, block.end);
    } catch {
      return undefined;
    }
    const batch = emptyBatch();
    const { keys, values, places } = batch;
    let number = first;
    let skippedLines = 0;
    const skippedMark = mayHaveMark && block.offset === 0 && text.startsWith('\ufeff');
    for (let at = skippedMark ? 1 : 0; at < text.length; ) {
      const next = text.indexOf(terminator, at);
      let end = next < 0 ? text.length : next;
      if (crlf && next > at && text.charCodeAt(next - 1) === CARRIAGE_RETURN) end--;
      number++;
      if (skipLines === undefined || !skipLines.test(text.substring(at, end))) {
        const begin = collapseSeparators ? afterSeparators(text, separator, at, end) : at;
        const split = text.indexOf(separator, begin);
        if (split <= begin || split + separator.length > end) return undefined;
        const key = text.substring(begin, split);
        const after = split + separator.length;
        const value = text.substring(
          collapseSeparators ? afterSeparators(text, separator, after, end) : after,
          end,
        );
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
        places.push(number);
      } else {
        skippedLines++;
      }
      at = next < 0 ? text.length : next + 1;
    }
    line = number;
    return withSkipped(batch, skippedLines, skippedMark);
  };

  /** Reads line by line, as bytes: for binary fields, and to find out which line is invalid, and where. */
  const readBytes = ({ bytes, start, end, offset }: LineBlock): EntryBatch => {
    const batch = emptyBatch();
    let skippedLines = 0;
    const skippedMark = mayHaveMark && offset === 0 && startsWithMark(bytes, start, end);
    // Of all lines: where most have none, it is searched for once and not in each of them.
    let nextSplit = -1;
    const refuse = (at: number, reason: InvalidReason, problem: string): void =>
      onInvalid({ place: line, offset: offset + at - start, reason, problem, final: false });
    for (let lineStart = skippedMark ? start + 3 : start; lineStart < end; ) {
      let at = lineStart;
      const next = bytes.indexOf(terminatorByte, at);
      const nextStart = next < 0 || next >= end ? end : next + 1;
      let lineEnd = next < 0 || next >= end ? end : next;
      if (crlf && nextStart > lineEnd && lineEnd > at && bytes[lineEnd - 1] === CARRIAGE_RETURN) lineEnd--;
      line++;
      if (skipLines === undefined || !skipLines.test(lenientDecoder.decode(bytes.subarray(at, lineEnd)))) {
        if (collapseSeparators) at = afterSeparatorBytes(bytes, separatorBytes, at, lineEnd);
        if (nextSplit < at) nextSplit = indexOfBytes(bytes, separatorBytes, at, end);
        if (nextSplit < 0) nextSplit = end;
        const split = nextSplit + separatorBytes.length > lineEnd ? -1 : nextSplit;
        if (lineEnd === at) {
          refuse(at, 'separator', 'the line is empty');
        } else if (split < 0) {
          refuse(at, 'separator', `no ${showSeparator(separator)} separates a key from a value`);
        } else if (split === at) {
          refuse(at, 'empty-key', 'the key is empty');
        } else {
          const after = split + separatorBytes.length;
          const valueStart = collapseSeparators
            ? afterSeparatorBytes(bytes, separatorBytes, after, lineEnd)
            : after;
          try {
            const key = keyOfBytes(bytes, at, split);
            const value = valueOfBytes(bytes, valueStart, lineEnd);
            batch.keys.push(key);
            batch.values.push(value);
            batch.places.push(line);
          } catch (error) {
            let broken =
              keyEncoding === 'binary' && keyFormat === undefined ? -1 : findInvalidUtf8(bytes, at, split);
            if (broken < 0 && valueEncoding !== 'binary')
              broken = findInvalidUtf8(bytes, valueStart, lineEnd);
            if (broken >= 0) refuse(broken, 'utf8', brokenUtf8(bytes[broken], offset + broken - start));
            else if (keyFormat !== undefined && !isKey(keyOfBytes, bytes, at, split))
              refuse(at, 'key', jsonProblem(error));
            else refuse(at, 'json', jsonProblem(error));
          }
        }
      } else {
        skippedLines++;
      }
      lineStart = nextStart;
    }
    return withSkipped(batch, skippedLines, skippedMark);
  };

  return (block) => {
    if (!block.oversized) {
      const batch = (asBytes ? undefined : readText(block, line)) ?? readBytes(block);
      return terminator === '\n' && hasOnlyReturns(block) ? { ...batch, keptReturns: true } : batch;
    }
    line++;
    onInvalid(oversizedLine(block, line));
    return emptyBatch();
  };
}

/** Whether keys are text, which a byte-order mark at the beginning of the input is not part of. */
export function hasTextKeys({ keyEncoding, keyFormat, terminator = '\n' }: KeyValueLineOptions): boolean {
  return terminator === '\n' && (keyEncoding !== 'binary' || keyFormat !== undefined);
}

function withSkipped(batch: EntryBatch, skippedLines: number, skippedMark: boolean): EntryBatch {
  return skippedLines > 0 || skippedMark ? { ...batch, skippedLines, skippedMark } : batch;
}

function afterSeparators(text: string, separator: string, from: number, end: number): number {
  let at = from;
  while (at + separator.length <= end && text.startsWith(separator, at)) at += separator.length;
  return at;
}

function afterSeparatorBytes(bytes: Uint8Array, separator: Uint8Array, from: number, end: number): number {
  let at = from;
  for (;;) {
    let same = 0;
    while (same < separator.length && at + same < end && bytes[at + same] === separator[same]) same++;
    if (same < separator.length) return at;
    at += same;
  }
}

function isKey(
  parse: (bytes: Uint8Array, start: number, end: number) => unknown,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  try {
    parse(bytes, start, end);
    return true;
  } catch {
    return false;
  }
}

const utf8Encoder = new TextEncoder();
// Only for matching lines: no entry is made of its text.
const lenientDecoder = new TextDecoder('utf-8', { ignoreBOM: true });

export function showSeparator(separator: string): string {
  return separator === '\t' ? 'TAB' : JSON.stringify(separator);
}

/** The index of the first `wanted` that lies entirely in `bytes[start…end)`, or −1. */
export function indexOfBytes(bytes: Uint8Array, wanted: Uint8Array, start: number, end: number): number {
  const last = end - wanted.length;
  for (let at = start; ; at++) {
    at = bytes.indexOf(wanted[0], at);
    if (at < 0 || at > last) return -1;
    let same = 1;
    while (same < wanted.length && bytes[at + same] === wanted[same]) same++;
    if (same === wanted.length) return at;
  }
}
