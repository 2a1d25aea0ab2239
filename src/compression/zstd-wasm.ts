import type { Compressor } from './compressor.ts';
import { zstdContentSize } from './zstd-frame.ts';

/** zstd in WebAssembly, for platforms without a native one; 4 ms to load. */
export async function loadZstdWasm(level: number): Promise<Compressor> {
  const zstd = await import('@bokuweb/zstd-wasm');
  await zstd.init();
  return {
    name: 'zstd',
    compress: (bytes) => zstd.compress(bytes, level),
    decompress(bytes, length) {
      // The module allocates whatever the frame claims: ask the frame first.
      const claimed = zstdContentSize(bytes);
      if (claimed !== length) throw new RangeError(`the zstd frame holds ${claimed} bytes, not ${length}`);
      const data = zstd.decompress(bytes);
      if (data.length !== length) throw new RangeError(`the zstd frame gave ${data.length} bytes`);
      return data;
    },
  };
}
