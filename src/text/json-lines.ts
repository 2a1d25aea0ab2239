import { decodeUtf8, utf8Length } from '../bytes/utf8.ts';
import { type EntryBatch, emptyBatch, type OnInvalidEntry } from './entry-batch.ts';
import { brokenUtf8, findInvalidUtf8 } from './invalid-utf8.ts';
import {
  canonicalRecordReader,
  type JsonRecordOptions,
  jsonRecordFormatter,
  jsonRecordReader,
  numberChecker,
  type RecordProblem,
  takenMembers,
} from './json-record.ts';
import { eachMember, jsonProblem, mayAlterNumbers, memberTwice } from './json-text.ts';
import { type LineBlock, oversizedLine, startsWithMark } from './line-blocks.ts';
import { repeatedName } from './repeated-members.ts';

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const BLANK = /^[ \t\r]*$/;

/** How lines of JSON are read and written: each is an object with members for the key and the value. */
export interface JsonLineOptions extends JsonRecordOptions {
  /** Reading: lines that match are skipped. Must not have the flags `g` and `y`. */
  readonly skipLines?: RegExp | undefined;
}

/**
 * Creates a stage of a stream-chain pipeline that turns {@link LineBlock}s of JSON lines into entries. Each
 * input needs its own.
 *
 * Skips blank lines and a byte-order mark at the beginning, and, if the members of the value are named, all
 * other members. Reads types that JSON lacks as `parseTaggedJson` does, if the encoding keeps them; bytes may
 * also be text.
 *
 * @param onInvalid is called for lines that are not a JSON object, lack a member or have one twice, or
 * contain invalid UTF-8.
 * @throws {CairnError} `INVALID_ARGUMENT` for conflicting options.
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
  const checkNumbers = numberChecker(options);
  const problemOfNames = repetitionFinder(options);
  const readCanonical = skipLines === undefined ? canonicalRecordReader(options) : undefined;
  let line = 0;
  let skippedLines = 0;

  /** Adds the entry of a line to the batch, or returns the problem. `exact`: numbers must be checked. */
  const readLine = (text: string, exact: boolean, batch: EntryBatch): RecordProblem | undefined => {
    line++;
    if (BLANK.test(text)) return undefined;
    if (skipLines?.test(text) === true) {
      skippedLines++;
      return undefined;
    }
    try {
      const record: unknown = JSON.parse(text);
      const repeated = problemOfNames(record, text);
      if (repeated !== undefined) return { reason: 'json', problem: repeated };
      const problem = readRecord(record, batch, exact ? checkNumbers(text) : undefined);
      if (problem === undefined) batch.places.push(line);
      return problem;
    } catch (error) {
      return { reason: 'json', problem: jsonProblem(error) };
    }
  };

  /**
   * Reads all lines at once, with one decoding for thousands of them. `undefined` if not all of it is UTF-8.
   */
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
          onInvalid({ place: line, offset: offset + countedBytes, ...problem, final: false });
        }
      }
      at = lineEnd + 1;
    }
    return batch;
  };

  /** Reads line by line, as bytes, to find out which line is not UTF-8, and where. */
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
          onInvalid({ place: line, offset: offset + at - start, ...problem, final: false });
        }
      }
      at = lineEnd + 1;
    }
    return batch;
  };

  return (block) => {
    if (!block.oversized) {
      skippedLines = 0;
      const batch = readText(block) ?? readBytes(block);
      return skippedLines === 0 ? batch : { ...batch, skippedLines };
    }
    line++;
    onInvalid(oversizedLine(block, line));
    return emptyBatch();
  };
}

/**
 * The function returns the problem if a member occurs twice in an object, of those that make key and value and of
 * the objects within them.
 */
function repetitionFinder(options: JsonLineOptions): (record: unknown, text: string) => string | undefined {
  const taken = takenMembers(options);
  return (record, text) => {
    if (typeof record !== 'object' || record === null || Array.isArray(record)) return undefined;
    if (repeatedName(text, record) === undefined) return undefined;
    const seen = new Set<string>();
    let repeated: string | undefined;
    eachMember(text, (name, start, end) => {
      if (taken?.has(name) === false) return;
      if (seen.has(name)) repeated ??= name;
      seen.add(name);
      const member = text.substring(start, end);
      repeated ??= repeatedName(member, JSON.parse(member));
    });
    return repeated === undefined ? undefined : memberTwice(repeated);
  };
}

/**
 * Creates a stage of a stream-chain pipeline that turns arrays of entries into lines of JSON. {@link
 * parseJsonLines} with the same options reads the same entries.
 *
 * @throws {CairnError} `INVALID_ARGUMENT` for conflicting options, or an entry that the members cannot hold.
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
