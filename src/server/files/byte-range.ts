/** A part of a file: from `start` up to `end`, exclusive. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Returns the one range that a `Range` header asks of a file; `'all'` for no header, for one that is malformed or of another
 * unit, and for several ranges, which may be answered with everything; `'none'` if the file ends before it.
 */
export function rangeOf(header: string | null, bytes: number): ByteRange | 'all' | 'none' {
  const match = header === null ? null : /^bytes=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(header);
  if (match === null) return 'all';
  const [, first, last] = match;
  if (first === '') {
    if (last === '') return 'all';
    const length = Math.min(Number(last), bytes);
    return length === 0 ? 'none' : { start: bytes - length, end: bytes };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return 'all';
  if (start >= bytes) return 'none';
  return { start, end: last === '' ? bytes : Math.min(Number(last) + 1, bytes) };
}
