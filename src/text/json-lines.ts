import { decodeUtf8, utf8Length } from '../bytes/utf8.ts';
import type { EntryBatch, OnInvalidLine } from './entry-batch.ts';
import { findInvalidUtf8 } from './invalid-utf8.ts';
import { jsonProblem, mayAlterNumbers, parseJsonExactly } from './json-text.ts';
import { brokenUtf8 } from './key-value-lines.ts';
import type { LineBlock } from './line-blocks.ts';
import { jsonOf, parserOfMember, type TextEncodings } from './text-fields.ts';

const NEWLINE = 0x0a;
const BLANK = /^[ \t\r]*$/;

/** How lines of JSON are read and written: each is an object with a key and a value among its members. */
export interface JsonLineOptions extends TextEncodings {
  /** The name of the member that is the key. */
  readonly keyField: string;
  /** The name of the member that is the value. */
  readonly valueField: string;
}

/**
 * A stage of a stream-chain pipeline that takes {@link LineBlock}s of JSON lines and gives the entries in them. One
 * for each input.
 *
 * Blank lines and a byte-order mark at the beginning are passed over, other members of the objects too. What JSON
 * can't say is read as `parseTaggedJson` does where the encoding keeps it: bytes may also be text.
 *
 * @param onInvalid is told of lines that are no JSON object, lack a member, or have broken UTF-8.
 */
export function parseJsonLines(
  options: JsonLineOptions,
  onInvalid: OnInvalidLine,
): (block: LineBlock) => EntryBatch {
  const { keyField, valueField } = options;
  const readKey = parserOfMember(options.keyEncoding, options.temporal);
  const readValue = parserOfMember(options.valueEncoding, options.temporal);
  let line = 0;

  /** Adds the entry of a line to the batch, or says what is wrong. `exact`: numbers need a look. */
  const readLine = (text: string, exact: boolean, batch: EntryBatch): string | undefined => {
    line++;
    if (BLANK.test(text)) return undefined;
    try {
      const record: unknown = exact ? parseJsonExactly(text) : JSON.parse(text);
      if (typeof record !== 'object' || record === null || Array.isArray(record)) return 'not a JSON object';
      for (const field of [keyField, valueField]) {
        if (!Object.hasOwn(record, field)) return `the object has no member ${JSON.stringify(field)}`;
      }
      const members = record as Record<string, unknown>;
      const key = readKey(members[keyField]);
      const value = readValue(members[valueField]);
      batch.keys.push(key);
      batch.values.push(value);
      batch.lines.push(line);
      return undefined;
    } catch (error) {
      return jsonProblem(error);
    }
  };

  /** All lines at once: one decoding for thousands of them. `undefined` when not all of it is UTF-8. */
  const readText = ({ bytes, start, end, offset }: LineBlock): EntryBatch | undefined => {
    let text: string;
    try {
      text = decodeUtf8(bytes, start, end);
    } catch {
      return undefined;
    }
    const batch: EntryBatch = { keys: [], values: [], lines: [] };
    const exact = mayAlterNumbers(text);
    for (let at = offset === 0 && text.startsWith('\ufeff') ? 1 : 0; at < text.length; ) {
      const newline = text.indexOf('\n', at);
      const lineEnd = newline < 0 ? text.length : newline;
      const problem = readLine(text.substring(at, lineEnd), exact, batch);
      if (problem !== undefined) {
        onInvalid({ line, offset: offset + utf8Length(text.substring(0, at)), reason: 'json', problem });
      }
      at = lineEnd + 1;
    }
    return batch;
  };

  /** Line by line, as bytes: finds out which line isn't UTF-8, and where. */
  const readBytes = ({ bytes, start, end, offset }: LineBlock): EntryBatch => {
    const batch: EntryBatch = { keys: [], values: [], lines: [] };
    for (let at = offset === 0 && startsWithMark(bytes, start, end) ? start + 3 : start; at < end; ) {
      const newline = bytes.indexOf(NEWLINE, at);
      const lineEnd = newline < 0 || newline >= end ? end : newline;
      const broken = findInvalidUtf8(bytes, at, lineEnd);
      if (broken >= 0) {
        line++;
        const place = offset + broken - start;
        onInvalid({ line, offset: place, reason: 'utf8', problem: brokenUtf8(bytes[broken], place) });
      } else {
        const problem = readLine(decodeUtf8(bytes, at, lineEnd), true, batch);
        if (problem !== undefined) onInvalid({ line, offset: offset + at - start, reason: 'json', problem });
      }
      at = lineEnd + 1;
    }
    return batch;
  };

  return (block) => readText(block) ?? readBytes(block);
}

function startsWithMark(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start >= 3 && bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf;
}

/**
 * A stage of a stream-chain pipeline that takes arrays of entries and gives lines of JSON. {@link parseJsonLines} with
 * the same options reads the same entries.
 *
 * @example
 * ```ts
 * import { formatJsonLines } from 'cairnkv/text';
 *
 * const options = { keyEncoding: 'utf8', valueEncoding: 'binary', keyField: 'key', valueField: 'value' } as const;
 * console.log(formatJsonLines(options)([['a', Uint8Array.of(0, 255)]])); // {"key":"a","value":{"$bytes":"00ff"}}
 * ```
 */
export function formatJsonLines(
  options: JsonLineOptions,
): (entries: readonly (readonly [unknown, unknown])[]) => string {
  const keyJson = jsonOf(options.keyEncoding);
  const valueJson = jsonOf(options.valueEncoding);
  const beforeKey = `{${JSON.stringify(options.keyField)}:`;
  const beforeValue = `,${JSON.stringify(options.valueField)}:`;
  return (entries) => {
    let text = '';
    for (const [key, value] of entries)
      text += `${beforeKey}${keyJson(key)}${beforeValue}${valueJson(value)}}\n`;
    return text;
  };
}
