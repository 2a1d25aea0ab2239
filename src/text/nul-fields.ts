import { type Flushable, flushable, none } from 'stream-chain/core';
import { decodeUtf8 } from '../bytes/utf8.ts';
import { invalidArgument } from '../errors.ts';
import {
  type EntryBatch,
  emptyBatch,
  giveUp,
  type InvalidReason,
  type OnInvalidEntry,
} from './entry-batch.ts';
import { brokenUtf8, findInvalidUtf8 } from './invalid-utf8.ts';
import { jsonProblem } from './json-text.ts';
import { type KeyFormat, parserOfKeyText, showKey, textOfKey } from './key-format.ts';
import { concatenate, type LineBlock, oversizedLine, startsWithMark } from './line-blocks.ts';
import { bytesOf, encoded, parserOfBytes, type TextEncodings } from './text-fields.ts';

const NUL = 0;

/** How NUL-terminated fields are read and written. */
export interface NulFieldOptions extends TextEncodings {
  /** How binary keys are written. Default: as plain bytes. */
  readonly keyFormat?: KeyFormat | undefined;
}

/**
 * Creates a stage of a stream-chain pipeline that turns the blocks of `lineBlocks({ terminator: 0 })`, whose
 * fields are keys and values in turn, into entries. Each input needs its own.
 *
 * A field is any bytes but NUL, which ends it; newlines have no meaning. Fields are text, plain bytes
 * (`binary`; views of the input), or JSON (`tuple`, `json`, `msgpack`: see `parseTaggedJson`). Places are
 * records of a key and a value, from 1.
 *
 * @param onInvalid is called for records with invalid UTF-8 or malformed JSON. A key without a value, and a
 * last field without a NUL, are final.
 */
export function parseNulFields(
  { keyEncoding, valueEncoding, keyFormat, temporal }: NulFieldOptions,
  onInvalid: OnInvalidEntry,
): Flushable<LineBlock, EntryBatch | typeof none> {
  const readValue = parserOfBytes(valueEncoding, temporal);
  const keyOfText = parserOfKeyText(keyEncoding, keyFormat, temporal);
  const readKey: (bytes: Uint8Array, start: number, end: number) => unknown =
    keyFormat === undefined
      ? parserOfBytes(keyEncoding, temporal)
      : (bytes, start, end) => keyOfText(decodeUtf8(bytes, start, end));
  const hasTextKeys = keyEncoding !== 'binary' || keyFormat !== undefined;
  let place = 0;
  let key: unknown;
  let inRecord = false;
  /** Whether the key was invalid, so that its value is skipped. */
  let passing = false;
  let offset = 0;

  const refuse = (reason: InvalidReason, problem: string, at: number): never =>
    giveUp(onInvalid, { place, offset: at, reason, problem });

  /** Returns a field, or `undefined` if it is invalid, which it has then reported. */
  const readField = (
    read: (bytes: Uint8Array, start: number, end: number) => unknown,
    block: LineBlock,
    start: number,
    end: number,
  ): unknown => {
    try {
      return read(block.bytes, start, end);
    } catch (error) {
      const broken = findInvalidUtf8(block.bytes, start, end);
      const at = block.offset + (broken < 0 ? start : broken) - block.start;
      const reason = broken >= 0 ? 'utf8' : error instanceof SyntaxError ? 'json' : 'key';
      const problem = broken < 0 ? jsonProblem(error) : brokenUtf8(block.bytes[broken], at);
      onInvalid({ place, offset: at, reason, problem, final: false });
      return undefined;
    }
  };

  return flushable(
    (block) => {
      const { bytes, start, end } = block;
      if (block.oversized) {
        if (!inRecord) place++;
        refuse('too-long', oversizedLine(block, place, 'field').problem, block.offset);
      }
      const batch = emptyBatch();
      for (let at = start; at < end; ) {
        const stop = bytes.indexOf(NUL, at);
        if (!inRecord) place++;
        if (stop < 0 || stop >= end)
          refuse('bytes', 'the input ends without a NUL', block.offset + at - start);
        if (!inRecord) {
          key = readField(readKey, block, at, stop);
          passing = key === undefined;
        } else if (!passing) {
          const value = readField(readValue, block, at, stop);
          if (value !== undefined) {
            batch.keys.push(key);
            batch.values.push(value);
            batch.places.push(place);
          }
        }
        inRecord = !inRecord;
        at = stop + 1;
      }
      offset = block.offset + end - start;
      if (batch.keys.length === 0) return none;
      return hasTextKeys && block.offset === 0 && startsWithMark(bytes, start, end)
        ? { ...batch, keptMark: true }
        : batch;
    },
    () => (inRecord ? refuse('bytes', 'the input ends after a key, before its value', offset) : none),
  );
}

/**
 * Creates a stage of a stream-chain pipeline that turns arrays of entries into NUL-terminated fields, keys
 * and values in turn. {@link parseNulFields} with the same options reads the same entries.
 *
 * @throws {CairnError} `INVALID_ARGUMENT` for an entry that contains a NUL.
 *
 * @example
 * ```ts
 * import { formatNulFields } from 'cairnkv/text';
 *
 * const format = formatNulFields({ keyEncoding: 'utf8', valueEncoding: 'utf8' });
 * console.log(format([['a', 'b']])); // Uint8Array(4) [ 97, 0, 98, 0 ]
 * ```
 */
export function formatNulFields({
  keyEncoding,
  valueEncoding,
  keyFormat,
}: NulFieldOptions): (entries: readonly (readonly [unknown, unknown])[]) => Uint8Array {
  const keyBytes =
    keyFormat === undefined ? bytesOf(keyEncoding) : encoded(textOfKey(keyEncoding, keyFormat));
  const valueBytes = bytesOf(valueEncoding);
  const end = Uint8Array.of(NUL);
  return (entries) => {
    const pieces: Uint8Array[] = [];
    let length = 0;
    for (const [key, value] of entries) {
      const before = keyBytes(key);
      const after = valueBytes(value);
      if (before.includes(NUL) || after.includes(NUL)) {
        const where = before.includes(NUL) ? 'a NUL' : 'a NUL in its value';
        throw invalidArgument(
          'key',
          `the entry with the key ${showKey(key, { keyEncoding, keyFormat })} has ${where}, which a field can't hold: choose the format length-prefixed`,
        );
      }
      pieces.push(before, end, after, end);
      length += before.length + after.length + 2;
    }
    return concatenate(pieces, length);
  };
}
