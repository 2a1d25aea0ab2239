import { BlockCursor, RESTART_INTERVAL, restartWidth } from '../format/block.ts';

/** Where an entry and its parts lie in its block. */
export interface EntryPlace {
  readonly start: number;
  readonly valueLengthAt: number;
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly valueEnd: number;
}

/** The parts of a block, as far as they can be told apart. */
export interface BlockOutline {
  /** The block, decompressed. */
  readonly data: Uint8Array;
  /** The first entries, at most the number asked for. */
  readonly entries: readonly EntryPlace[];
  /** Where the restarts begin, and the bytes of each. */
  readonly restartsAt: number;
  readonly restartWidth: number;
  /** The first thing wrong, and its offset in the block; absent if all is well. */
  readonly problem?: { readonly at: number; readonly message: string };
}

/** Outlines a block of `count` entries: reads and checks all, and keeps the first `most`. */
export function outlineBlock(data: Uint8Array, count: number, most: number): BlockOutline {
  const entries: EntryPlace[] = [];
  const width = restartWidth(data.length);
  const cursor = new BlockCursor();
  const outline = (at: number, message?: string): BlockOutline => ({
    data,
    entries,
    restartsAt: cursor.entriesEnd,
    restartWidth: width,
    ...(message === undefined ? {} : { problem: { at, message } }),
  });
  if (!cursor.open(data, 0, data.length, count)) {
    cursor.entriesEnd = data.length;
    return outline(0, `${data.length} bytes cannot hold ${count} entries and their restarts`);
  }
  let start = 0;
  for (let i = 0; i < count; i++) {
    if (i % RESTART_INTERVAL === 0 && cursor.restart(i / RESTART_INTERVAL) !== start) {
      const at = cursor.entriesEnd + (i / RESTART_INTERVAL - 1) * width;
      return outline(at, `the restart of entry ${i} is not ${start}, where the entry is`);
    }
    const end = start < cursor.entriesEnd ? cursor.read(start) : -1;
    if (end < 0) return outline(start, `entry ${i} does not fit into the block`);
    if (i < most) {
      const { keyStart, keyEnd, valueEnd } = cursor;
      entries.push({ start, valueLengthAt: varintEnd(data, start), keyStart, keyEnd, valueEnd });
    }
    start = end;
  }
  if (start !== cursor.entriesEnd) {
    return outline(start, `${cursor.entriesEnd - start} bytes lie between the last entry and the restarts`);
  }
  return outline(start);
}

function varintEnd(data: Uint8Array, start: number): number {
  let at = start;
  while (data[at] >= 0x80) at++;
  return at + 1;
}
