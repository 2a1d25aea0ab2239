import { type Flushable, flushable, type Many, many, none } from 'stream-chain/core';
import { type InvalidEntry, MAX_RECORD_BYTES } from './entry-batch.ts';

/** Whole lines of an input, in `bytes[start…end)`. All but the input's last one end in the terminator. */
export interface LineBlock {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** Bytes of the input before `bytes[start]`. */
  readonly offset: number;
  /** Whether this stands for one line that is too long; it then has no bytes. */
  readonly oversized: boolean;
}

/** How an input is split into lines. */
export interface LineBlockOptions {
  /** The byte that ends a line. Default: a newline (10). */
  readonly terminator?: number | undefined;
  /** The most bytes of a line. Default: 256 MiB. */
  readonly mostBytes?: number | undefined;
}

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const NO_BYTES: Uint8Array = new Uint8Array(0);

/**
 * Creates a stage of a stream-chain pipeline that turns chunks of bytes into whole lines. Each input needs
 * its own.
 *
 * Copies only lines that span chunks; otherwise the blocks are views of the chunks. A carriage return before
 * the newline is part of the line. Of a line that is too long, at most `mostBytes` are held: the rest is
 * skipped, and an `oversized` block stands for it.
 */
export function lineBlocks({
  terminator = NEWLINE,
  mostBytes = MAX_RECORD_BYTES,
}: LineBlockOptions = {}): Flushable<Uint8Array, LineBlock | Many<LineBlock> | typeof none> {
  /** The beginning of a line whose end has not arrived yet. */
  let pieces: Uint8Array[] = [];
  let pending = 0;
  let offset = 0;
  /** Whether a line that is too long is being skipped. */
  let passing = false;

  const take = (bytes: Uint8Array, start: number, end: number): LineBlock => {
    const block: LineBlock = { bytes, start, end, offset, oversized: false };
    offset += end - start;
    return block;
  };
  /** Adds to the unfinished line, or returns a block if that makes it too long. */
  const keep = (piece: Uint8Array): LineBlock | undefined => {
    pieces.push(piece);
    pending += piece.length;
    if (pending <= mostBytes) return undefined;
    const block: LineBlock = { bytes: NO_BYTES, start: 0, end: 0, offset, oversized: true };
    offset += pending;
    pieces = [];
    pending = 0;
    return block;
  };
  const takePending = (): LineBlock => {
    const bytes = pieces.length === 1 ? pieces[0] : concatenate(pieces, pending);
    pieces = [];
    pending = 0;
    return take(bytes, 0, bytes.length);
  };

  return flushable(
    (chunk) => {
      let start = 0;
      if (passing) {
        start = chunk.indexOf(terminator) + 1;
        passing = start === 0;
        offset += passing ? chunk.length : start;
        if (passing) return none;
      }
      const blocks: LineBlock[] = [];
      const last = Math.max(start, chunk.lastIndexOf(terminator) + 1);
      if (pending > 0 && last > 0) {
        start = chunk.indexOf(terminator) + 1;
        blocks.push(keep(chunk.subarray(0, start)) ?? takePending());
      }
      if (start < last) blocks.push(take(chunk, start, last));
      if (last < chunk.length) {
        const oversized = keep(chunk.subarray(last));
        if (oversized !== undefined) {
          blocks.push(oversized);
          passing = true;
        }
      }
      if (blocks.length === 0) return none;
      return blocks.length === 1 ? blocks[0] : many(blocks);
    },
    () => (pending > 0 ? takePending() : none),
  );
}

/** Words the problem of an `oversized` block. */
export function oversizedLine({ offset }: LineBlock, place: number, what = 'line'): InvalidEntry {
  const problem = `the ${what} is longer than ${MAX_RECORD_BYTES >> 20} MiB: most likely the input has another format`;
  return { place, offset, reason: 'too-long', problem, final: false };
}

/** Shorter spans are searched byte by byte: faster than a call. */
const SHORT_SPAN = 48;

/** The index of the first `byte` in `bytes[start…end)`, or −1. Reads nothing beyond `end`. */
export function indexWithin(bytes: Uint8Array, byte: number, start: number, end: number): number {
  if (end - start > SHORT_SPAN) {
    const at = bytes.subarray(start, end).indexOf(byte);
    return at < 0 ? -1 : start + at;
  }
  for (let at = start; at < end; at++) if (bytes[at] === byte) return at;
  return -1;
}

/** Joins pieces of bytes. */
export function concatenate(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** Whether `bytes[start…end)` begins with a byte-order mark. */
export function startsWithMark(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start >= 3 && bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf;
}

/** Whether a block is a whole input without a newline, in which carriage returns stand: perhaps they end its lines. */
export function hasOnlyReturns({ bytes, start, end, offset }: LineBlock): boolean {
  if (offset !== 0 || end === start || bytes[end - 1] === NEWLINE) return false;
  return bytes.subarray(start, end).includes(CARRIAGE_RETURN);
}
