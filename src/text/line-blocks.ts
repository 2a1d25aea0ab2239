import { type Flushable, flushable, type Many, many, none } from 'stream-chain/core';
import { CairnError } from '../errors.ts';

/** Whole lines of an input: they stand in `bytes[start…end)`, and all but the input's last one end in a newline. */
export interface LineBlock {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** Bytes of the input before `bytes[start]`. */
  readonly offset: number;
}

/** A line longer than this is taken for a file that is not text, before it fills the memory. */
const MOST_LINE_BYTES = 256 * 1024 * 1024;

const NEWLINE = 0x0a;

/**
 * A stage of a stream-chain pipeline that turns chunks of bytes into whole lines. One for each input.
 *
 * Only a line that spans chunks is copied; the blocks are views of the chunks otherwise. A carriage return
 * before the newline is part of the line.
 *
 * @param name stands for the input in messages.
 * @throws {CairnError} `TOO_LARGE` for a line of more than 256 MiB.
 */
export function lineBlocks(
  name = 'the input',
): Flushable<Uint8Array, LineBlock | Many<LineBlock> | typeof none> {
  /** The beginning of a line whose end hasn't come yet. */
  let pieces: Uint8Array[] = [];
  let pending = 0;
  let offset = 0;

  const take = (bytes: Uint8Array, start: number, end: number): LineBlock => {
    const block: LineBlock = { bytes, start, end, offset };
    offset += end - start;
    return block;
  };
  const keep = (piece: Uint8Array): void => {
    pieces.push(piece);
    pending += piece.length;
    if (pending > MOST_LINE_BYTES) {
      throw new CairnError(
        'TOO_LARGE',
        `${name}: the line at offset ${offset} is longer than ${MOST_LINE_BYTES} bytes; is this a text file?`,
        { limit: MOST_LINE_BYTES },
      );
    }
  };
  const takePending = (): LineBlock => {
    const bytes = pieces.length === 1 ? pieces[0] : concatenate(pieces, pending);
    pieces = [];
    pending = 0;
    return take(bytes, 0, bytes.length);
  };

  return flushable(
    (chunk) => {
      const last = chunk.lastIndexOf(NEWLINE) + 1;
      if (last === 0) {
        if (chunk.length > 0) keep(chunk);
        return none;
      }
      let start = 0;
      let completed: LineBlock | undefined;
      if (pending > 0) {
        start = chunk.indexOf(NEWLINE) + 1;
        keep(chunk.subarray(0, start));
        completed = takePending();
      }
      const whole = start < last ? take(chunk, start, last) : undefined;
      if (last < chunk.length) keep(chunk.subarray(last));
      if (completed === undefined) return whole ?? none;
      return whole === undefined ? completed : many([completed, whole]);
    },
    () => (pending > 0 ? takePending() : none),
  );
}

function concatenate(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
