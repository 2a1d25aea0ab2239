import { decodeUtf8 } from '../bytes/utf8.ts';
import type { EntryBatch, InvalidLineReason, OnInvalidLine } from './entry-batch.ts';
import { findInvalidUtf8 } from './invalid-utf8.ts';
import { jsonProblem, parseJsonExactly } from './json-text.ts';
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
  const readKey = parserOfMember(options.keyEncoding);
  const readValue = parserOfMember(options.valueEncoding);
  let line = 0;

  const readLine = (text: string, batch: EntryBatch): string | undefined => {
    if (BLANK.test(text)) return undefined;
    let record: unknown;
    try {
      record = parseJsonExactly(text);
    } catch (error) {
      return jsonProblem(error);
    }
    if (typeof record !== 'object' || record === null || Array.isArray(record)) {
      return `not a JSON object with the members ${JSON.stringify(keyField)} and ${JSON.stringify(valueField)}`;
    }
    for (const field of [keyField, valueField]) {
      if (!Object.hasOwn(record, field)) return `the object has no member ${JSON.stringify(field)}`;
    }
    const members = record as Record<string, unknown>;
    try {
      const key = readKey(members[keyField]);
      const value = readValue(members[valueField]);
      batch.keys.push(key);
      batch.values.push(value);
      batch.lines.push(line);
    } catch (error) {
      return (error as Error).message;
    }
    return undefined;
  };

  return ({ bytes, start, end, offset }) => {
    const batch: EntryBatch = { keys: [], values: [], lines: [] };
    let from = start;
    if (
      offset === 0 &&
      end - start >= 3 &&
      bytes[start] === 0xef &&
      bytes[start + 1] === 0xbb &&
      bytes[start + 2] === 0xbf
    ) {
      from += 3;
    }
    for (let at = from; at < end; ) {
      const newline = bytes.indexOf(NEWLINE, at);
      const lineEnd = newline < 0 || newline >= end ? end : newline;
      line++;
      let problem: string | undefined;
      let place = at;
      let reason: InvalidLineReason = 'json';
      try {
        problem = readLine(decodeUtf8(bytes, at, lineEnd), batch);
      } catch {
        place = findInvalidUtf8(bytes, at, lineEnd);
        reason = 'utf8';
        problem = brokenUtf8(bytes[place], offset + place - start);
      }
      if (problem !== undefined) onInvalid({ line, offset: offset + place - start, reason, problem });
      at = lineEnd + 1;
    }
    return batch;
  };
}

/**
 * A stage of a stream-chain pipeline that takes arrays of entries and gives lines of JSON. {@link parseJsonLines} with
 * the same options reads the same entries.
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
