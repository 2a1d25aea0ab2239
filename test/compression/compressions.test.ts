import zlib from 'node:zlib';
import * as zstdWasm from '@bokuweb/zstd-wasm';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadDecompressor } from '../../src/compression/compressions.ts';
import type { Compressor, Decompressor } from '../../src/compression/compressor.ts';
import { loadCompressor } from '../../src/compression/compressors.ts';

// Nothing here imports the entry for Node: these are the compressions of every other platform.
let deflate: Compressor & Decompressor;
let zstd: Compressor & Decompressor;

beforeAll(async () => {
  await zstdWasm.init();
  deflate = await both('deflate');
  zstd = await both('zstd');
});

async function both(name: string): Promise<Compressor & Decompressor> {
  const compressor = (await loadCompressor(name)) as Compressor;
  const decompressor = (await loadDecompressor(name)) as Decompressor;
  return {
    name: compressor.name,
    compress: (bytes) => compressor.compress(bytes),
    decompress: (bytes, length) => decompressor.decompress(bytes, length),
  };
}

/** Bytes of the kinds that compressors treat in different ways: noise, one byte again and again, words. */
const contents = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 3000 }),
  fc.tuple(fc.nat(255), fc.integer({ min: 1, max: 400_000 })).map(([byte, length]) => filled(byte, length)),
  fc
    .tuple(
      fc.array(fc.string({ minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 30 }),
      fc.nat(20_000),
    )
    .map(([words, count]) => text(words, count + 1)),
);

function filled(byte: number, length: number): Uint8Array {
  return new Uint8Array(length).fill(byte);
}

function text(words: readonly string[], count: number): Uint8Array {
  let state = count;
  const next = (): number => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) >>> 8;
  const all = Array.from({ length: count }, () => words[next() % words.length]);
  return new TextEncoder().encode(`${all.join(' ')}.`);
}

/** Raw blocks, a repeated byte, several blocks with matches across them. */
const SAMPLES: readonly Uint8Array[] = [
  Uint8Array.of(7),
  filled(0, 1_000_000),
  text(['cairn', 'stone', 'heap'], 60_000),
  text(['a'.repeat(300), 'b', 'cd'], 3000),
  Uint8Array.from({ length: 5000 }, (_, i) => Math.imul(i, 2_654_435_761) >>> 24),
];

describe('deflate in JavaScript', () => {
  it('reads what zlib writes, and zlib reads what it writes', () => {
    const check = (data: Uint8Array): void => {
      for (const level of [0, 1, 6, 9]) {
        expectSame(deflate.decompress(zlib.deflateRawSync(data, { level }), data.length), data);
      }
      expectSame(zlib.inflateRawSync(deflate.compress(data)), data);
    };
    for (const sample of SAMPLES) check(sample);
    fc.assert(fc.property(contents, check), { numRuns: 60 });
  });

  it('refuses bytes that give more or less than the length, or end early', () => {
    for (const data of SAMPLES) {
      const bytes = zlib.deflateRawSync(data);
      refuses(deflate, bytes, [0, data.length - 1, data.length + 1, data.length + 70_000]);
      for (const cut of [0, 1, bytes.length >> 1, bytes.length - 1]) {
        refuses(deflate, bytes.subarray(0, cut), [data.length]);
      }
    }
  });
});

describe('zstd in JavaScript', () => {
  it('reads what zstd writes, at every level', () => {
    const check = (data: Uint8Array): void => {
      for (const level of [1, 3, 12, 19]) {
        expectSame(zstd.decompress(zstdWasm.compress(data, level), data.length), data);
      }
      expectSame(zstd.decompress(zstd.compress(data), data.length), data);
    };
    for (const sample of SAMPLES) check(sample);
    fc.assert(fc.property(contents, check), { numRuns: 60 });
  });

  it('reads a frame larger than its window', () => {
    const data = text(['window', 'beyond', 'the', 'last', 'block'], 1_200_000);
    const bytes = zstdWasm.compress(data, 1);
    expect(bytes[4] & 0x20, 'a frame of several windows').toBe(0);
    expectSame(zstd.decompress(bytes, data.length), data);
  });

  it('refuses a frame that is cut, followed by anything, or declares another length', () => {
    for (const data of SAMPLES) {
      const bytes = zstdWasm.compress(data, 3);
      refuses(zstd, bytes, [0, data.length - 1, data.length + 1, 2 ** 40]);
      for (let cut = 0; cut < bytes.length; cut += Math.max(1, bytes.length >> 6)) {
        refuses(zstd, bytes.subarray(0, cut), [data.length]);
      }
      refuses(zstd, Buffer.concat([bytes, Buffer.of(0)]), [data.length]);
      refuses(zstd, Buffer.concat([bytes, bytes]), [data.length, 2 * data.length]);
    }
  });

  it('refuses a frame whose blocks give more or less than it declares', () => {
    const frame = (size: number, ...blocks: number[][]): Uint8Array =>
      Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x20, size, ...blocks.flat());
    const raw = (last: boolean, ...bytes: number[]): number[] => [
      (bytes.length << 3) | Number(last),
      bytes.length >> 5,
      0,
      ...bytes,
    ];
    const repeated = (last: boolean, byte: number, count: number): number[] => [
      ((count << 3) & 0xff) | 2 | Number(last),
      (count >> 5) & 0xff,
      count >> 13,
      byte,
    ];
    expectSame(zstd.decompress(frame(3, raw(true, 1, 2, 3)), 3), Uint8Array.of(1, 2, 3));
    expectSame(
      zstd.decompress(frame(5, raw(false, 1), repeated(true, 9, 4)), 5),
      Uint8Array.of(1, 9, 9, 9, 9),
    );
    for (const wrong of [
      frame(3, raw(true, 1, 2)),
      frame(3, raw(true, 1, 2, 3, 4)),
      frame(3, raw(false, 1, 2), raw(true, 3, 4)),
      frame(3, repeated(true, 1, 100)),
      frame(3, repeated(true, 1, 200_000)),
      frame(3, raw(false, 1, 2, 3)),
      frame(3, [7, 0, 0]),
    ]) {
      refuses(zstd, wrong, [3]);
    }
  });

  it('refuses a window that no block of ours needs, before it makes room for it', () => {
    // A frame of one byte under a window of 2 GiB − 256 MiB: its decoder would take as much.
    const frame = (window: number): Uint8Array =>
      Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x80, window, 1, 0, 0, 0, 9, 0, 0, 5);
    expectSame(zstd.decompress(frame(0), 1), Uint8Array.of(5));
    for (const window of [(20 << 3) | 6, 0xff]) refuses(zstd, frame(window), [1]);
  });

  it('refuses damage or gives as many bytes as there should be', () => {
    const data = text(['flip', 'any', 'bit', 'of', 'these'], 400);
    const bytes = zstdWasm.compress(data, 3);
    for (let bit = 0; bit < bytes.length * 8; bit += 3) {
      const damaged = bytes.slice();
      damaged[bit >> 3] ^= 1 << (bit & 7);
      const length = lengthOf(() => zstd.decompress(damaged, data.length));
      if (length !== undefined) expect(length, `bit ${bit}`).toBe(data.length);
    }
  });
});

describe('compressions', () => {
  it("that nobody has are UNSUPPORTED, and 'none' is nothing", async () => {
    for (const load of [loadCompressor, loadDecompressor]) {
      expect(await load('none')).toBeUndefined();
      await expect(load('snappy')).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    }
  });
});

function refuses(decoder: Decompressor, bytes: Uint8Array, lengths: readonly number[]): void {
  for (const length of lengths) {
    expect(
      lengthOf(() => decoder.decompress(bytes, length)),
      `${bytes.length} bytes for ${length}`,
    ).toBeUndefined();
  }
}

/** How many bytes it gave; undefined when it refused. */
function lengthOf(decompress: () => Uint8Array): number | undefined {
  try {
    return decompress().length;
  } catch {
    return undefined;
  }
}

/** `toEqual()` looks at long arrays one element after the other. */
function expectSame(actual: Uint8Array, expected: Uint8Array): void {
  expect(actual.length).toBe(expected.length);
  if (Buffer.compare(actual, expected) !== 0) expect(actual).toEqual(expected);
}
