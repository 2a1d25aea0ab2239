import { decodeUtf8, utf8Length } from '../bytes/utf8.ts';
import { type EntryBatch, emptyBatch, type OnInvalidEntry } from './entry-batch.ts';
import { brokenUtf8, findInvalidUtf8 } from './invalid-utf8.ts';
import {
  canonicalRecordReader,
  type JsonRecordOptions,
  jsonRecordFormatter,
  jsonRecordReader,
  takenMembers,
} from './json-record.ts';
import { jsonProblem, mayAlterNumbers, memberTwice, parseJsonExactly, repeatedMember } from './json-text.ts';
import { type LineBlock, oversizedLine, startsWithMark } from './line-blocks.ts';

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const BLANK = /^[ \t\r]*$/;

/** How lines of JSON are read and written: each is an object whose members are the key and the value, or make them. */
export interface JsonLineOptions extends JsonRecordOptions {
  /** Reading: lines that match are no data. It has neither of the flags `g` and `y`. */
  readonly skipLines?: RegExp | undefined;
}

/**
 * A stage of a stream-chain pipeline that takes {@link LineBlock}s of JSON lines and gives the entries in them. One
 * for each input.
 *
 * Blank lines and a byte-order mark at the beginning are passed over, and where the value has names, other members of the
 * objects too. What JSON can't say is read as `parseTaggedJson` does where the encoding keeps it: bytes may also be text.
 *
 * @param onInvalid is called with lines that are no JSON object, lack a member or have one twice, or have broken UTF-8.
 * @throws {CairnError} `INVALID_ARGUMENT` for options that don't go together.
 *
 * @example
 * ```ts
 * import { type EntryBatch, lineBlocks, parseJsonLines } from 'cairnkv/text';
 * import { gen } from 'stream-chain/core';
 * import { pipe } from 'stream-chain/utils/pipe.js';
 *
 * async function* chunks(texts: string[]) {
 *   for (const text of texts) yield new TextEncoder().encode(text);
 * }
 * const parse = parseJsonLines({ keyEncoding: 'utf8', valueEncoding: 'json', key: ['sku'] }, (invalid) => {
 *   throw new Error(`line ${invalid.place}: ${invalid.problem}`);
 * });
 * const jsonl = ['{"sku":"nut","price":0.5}\n', '{"sku":"bolt","price":0.75,"stock":4}\n'];
 * for await (const { keys, values } of pipe(gen(chunks, lineBlocks(), parse))<EntryBatch>(jsonl)) {
 *   console.log(keys, values); // [ 'nut' ] [ { price: 0.5 } ], then [ 'bolt' ] [ { price: 0.75, stock: 4 } ]
 * }
 * ```
 */
export function parseJsonLines(
  options: JsonLineOptions,
  onInvalid: OnInvalidEntry,
): (block: LineBlock) => EntryBatch {
  const { skipLines } = options;
  const readRecord = jsonRecordReader(options);
  const problemOfNames = repetitionFinder(options);
  const readCanonical = skipLines === undefined ? canonicalRecordReader(options) : undefined;
  let line = 0;

  /** Adds the entry of a line to the batch, or says what is wrong. `exact`: numbers need a look. */
  const readLine = (text: string, exact: boolean, batch: EntryBatch): string | undefined => {
    line++;
    if (BLANK.test(text) || skipLines?.test(text) === true) return undefined;
    try {
      const record: unknown = exact ? parseJsonExactly(text) : JSON.parse(text);
      const problem = problemOfNames(record, text) ?? readRecord(record, batch);
      if (problem === undefined) batch.places.push(line);
      return problem;
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
    const batch = emptyBatch();
    let exact: boolean | undefined;
    let counted = 0;
    let countedBytes = 0;
    for (let at = offset === 0 && text.startsWith('\ufeff') ? 1 : 0; at < text.length; ) {
      const newline = text.indexOf('\n', at);
      const lineEnd = newline < 0 ? text.length : newline;
      const end = text.charCodeAt(lineEnd - 1) === CARRIAGE_RETURN ? lineEnd - 1 : lineEnd;
      if (readCanonical?.(text, at, end, batch) === true) {
        batch.places.push(++line);
      } else {
        exact ??= mayAlterNumbers(text);
        const problem = readLine(text.substring(at, lineEnd), exact, batch);
        if (problem !== undefined) {
          countedBytes += utf8Length(text.substring(counted, at));
          counted = at;
          onInvalid({ place: line, offset: offset + countedBytes, reason: 'json', problem, final: false });
        }
      }
      at = lineEnd + 1;
    }
    return batch;
  };

  /** Line by line, as bytes: finds out which line isn't UTF-8, and where. */
  const readBytes = ({ bytes, start, end, offset }: LineBlock): EntryBatch => {
    const batch = emptyBatch();
    for (let at = offset === 0 && startsWithMark(bytes, start, end) ? start + 3 : start; at < end; ) {
      const newline = bytes.indexOf(NEWLINE, at);
      const lineEnd = newline < 0 || newline >= end ? end : newline;
      const broken = findInvalidUtf8(bytes, at, lineEnd);
      if (broken >= 0) {
        line++;
        const place = offset + broken - start;
        onInvalid({
          place: line,
          offset: place,
          reason: 'utf8',
          problem: brokenUtf8(bytes[broken], place),
          final: false,
        });
      } else {
        const problem = readLine(decodeUtf8(bytes, at, lineEnd), true, batch);
        if (problem !== undefined) {
          onInvalid({ place: line, offset: offset + at - start, reason: 'json', problem, final: false });
        }
      }
      at = lineEnd + 1;
    }
    return batch;
  };

  return (block) => {
    if (!block.oversized) return readText(block) ?? readBytes(block);
    line++;
    onInvalid(oversizedLine(block, line));
    return emptyBatch();
  };
}

/** Finds members that an object has twice, of those that make its key and value: the function returns the problem. */
function repetitionFinder(options: JsonLineOptions): (record: unknown, text: string) => string | undefined {
  const taken = takenMembers(options);
  const quoted = taken?.map((name) => JSON.stringify(name));
  // Cheaper than to look at every character. A name with an escape in it has a backslash.
  const mayRepeat = (text: string): boolean =>
    quoted === undefined ||
    text.includes('\\') ||
    quoted.some((name) => text.includes(name, text.indexOf(name) + 1));
  return (record, text) => {
    if (typeof record !== 'object' || record === null || Array.isArray(record)) return undefined;
    const name = mayRepeat(text) ? repeatedMember(text, record, taken) : undefined;
    return name === undefined ? undefined : memberTwice(name);
  };
}

/**
 * A stage of a stream-chain pipeline that takes arrays of entries and gives lines of JSON. {@link parseJsonLines} with
 * the same options reads the same entries.
 *
 * @throws {CairnError} `INVALID_ARGUMENT` for options that don't go together, or an entry that the members can't hold.
 *
 * @example
 * ```ts
 * import { formatJsonLines } from 'cairnkv/text';
 *
 * const options = { keyEncoding: 'utf8', valueEncoding: 'binary' } as const;
 * console.log(formatJsonLines(options)([['a', Uint8Array.of(0, 255)]])); // {"key":"a","value":{"$bytes":"00ff"}}
 * ```
 */
export function formatJsonLines(
  options: JsonLineOptions,
): (entries: readonly (readonly [unknown, unknown])[]) => string {
  const format = jsonRecordFormatter(options);
  return (entries) => {
    let text = '';
    for (const [key, value] of entries) text += `${format(key, value)}\n`;
    return text;
  };
}
