import { Buffer, isAscii } from 'node:buffer';
import type { TextPlatform } from '../bytes/utf8.ts';

// Node's own, documented only as `buffer.toString(encoding, start, end)`, which is half as fast.
type Slices = Record<'latin1Slice' | 'utf8Slice', (this: Uint8Array, start: number, end: number) => string>;
const { latin1Slice, utf8Slice } = Buffer.prototype as unknown as Slices;

/** Bytes to text by V8's own routines. */
export const nodeText: TextPlatform = {
  latin1: (bytes, start, end) => latin1Slice.call(bytes, start, end),
  utf8: (bytes, start, end) => utf8Slice.call(bytes, start, end),
  isAscii: (bytes, start, end) => isAscii(bytes.subarray(start, end)),
};
