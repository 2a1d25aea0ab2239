import { Decompress } from 'fzstd';
import type { Decompressor } from './compressor.ts';
import { checkZstdFrame } from './zstd-frame.ts';

/**
 * Decompresses zstd in JavaScript: a third as fast as WebAssembly, and a fortieth of its size (6 KB).
 *
 * Works block by block: fzstd's function for a whole frame is slower, and returns zeros for missing data.
 */
export const zstdDecompressor: Decompressor = {
  decompress(bytes, length) {
    checkZstdFrame(bytes, length);
    const data = new Uint8Array(length);
    let at = 0;
    // `set` throws if the block does not fit.
    const stream = new Decompress((block) => {
      data.set(block, at);
      at += block.length;
    });
    stream.push(bytes, true);
    if (at !== length) throw new RangeError(`the block holds ${at} bytes, not ${length}`);
    return data;
  },
};
