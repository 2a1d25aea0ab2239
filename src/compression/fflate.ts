import { deflateSync, inflateSync } from 'fflate';
import type { Compressor, Decompressor } from './compressor.ts';
import { expectLength } from './expect-length.ts';

const LEVEL = 6;

/** Deflate in JavaScript, for platforms without a synchronous native one; about 8 KB of code. */
export const deflate: Compressor & Decompressor = {
  name: 'deflate',
  compress: (bytes) => deflateSync(bytes, { level: LEVEL }),
  decompress(bytes, length) {
    if (bytes.length === 0) throw new RangeError('deflate: the block is empty');
    // fflate silently drops what does not fit. With one byte more than expected, too much output shows.
    const data = inflateSync(bytes, { out: new Uint8Array(length + 1) });
    return expectLength(data, length);
  },
};
