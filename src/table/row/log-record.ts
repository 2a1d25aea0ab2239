import { fromHex } from '../../bytes/hex.ts';
import { RowReader } from './row-reader.ts';
import { RowWriter } from './row-writer.ts';

/** Bytes of the word that marks the first record of a flush. */
const WORD_BYTES = 8;

/** The greatest time that a record can have, in milliseconds: its double, and one, is exact. */
export const MAX_TIMESTAMP: number = 2 ** 51;

/**
 * Puts the head of a record before its row:
 *
 * ```text
 * T …    LEB128 of 2t, or 2t + 1 if a word follows; t is milliseconds since 1970
 * W × 8  a random word, in the first record of a flush: by it, a writer finds out whether a flush is there
 * R …    the row, as `RowEncoder` writes it
 * ```
 */
export function encodeRecord(timestamp: number, word: string | undefined, row: Uint8Array): Uint8Array {
  const writer = new RowWriter();
  writer.varint(2 * timestamp + (word === undefined ? 0 : 1));
  if (word !== undefined) writer.raw(fromHex(word) as Uint8Array);
  writer.raw(row);
  return writer.copy();
}

/** What a record has before its row, and where that begins. */
export interface RecordHead {
  readonly timestamp: number;
  readonly rowStart: number;
}

const reader: RowReader = new RowReader();

/** Reads the head of the record in `bytes[start…end)`. @throws {RangeError}. */
export function readRecordHead(bytes: Uint8Array, view: DataView, start: number, end: number): RecordHead {
  reader.open(bytes, view, start, end);
  const first = reader.varint();
  if (first % 2 === 1) reader.skip(WORD_BYTES);
  reader.check();
  return { timestamp: Math.floor(first / 2), rowStart: reader.at };
}

/** Whether a record has this word. */
export function hasWord(record: Uint8Array, word: string): boolean {
  const wanted = fromHex(word) as Uint8Array;
  let at = 0;
  while (at < record.length && record[at] >= 0x80) at++;
  if ((record[0] & 1) === 0) return false;
  return wanted.every((byte, i) => record[at + 1 + i] === byte);
}
