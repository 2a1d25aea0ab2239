import { deflateSync, inflateSync } from 'fflate';
import type { Compressor, Decompressor } from './compressor.ts';
import { expectLength } from './expect-length.ts';

const LEVEL = 6;

/** Deflate in JavaScript, for platforms without a native one that does not wait; about 8 KB of code. */
export const deflate: Compressor & Decompressor = {
  name: 'deflate',
  compress: (bytes) => deflateSync(bytes, { level: LEVEL }),
  decompress(bytes, length) {
    if (bytes.length === 0) throw new RangeError('deflate: there is no block');
    // What doesn't fit is dropped without a word: the byte more is where it shows.
    const data = inflateSync(bytes, { out: new Uint8Array(length + 1) });
    return expectLength(data, length);
  },
};
