import * as zstd from '@bokuweb/zstd-wasm';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { ZstdStream } from '../../src/compression/zstd-stream.ts';
import { cut } from '../support/stage.ts';

beforeAll(() => zstd.init());

/** What `printf 'cairn%.0s' $(seq 40) | zstd` writes: a frame with a checksum. */
const CHECKED = Buffer.from('KLUv/QRYZQAAKGNhaXJuAQBAUEULo1fJVA==', 'base64');
const CHECKED_TEXT = 'cairn'.repeat(40);
/** A frame to be skipped, of three bytes. */
const SKIPPABLE = Uint8Array.of(0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3);

async function unzstd(chunks: readonly Uint8Array[]): Promise<Buffer> {
  const stream = await ZstdStream.create();
  const pieces = chunks.flatMap((chunk) => stream.push(chunk));
  stream.finish();
  return Buffer.concat(pieces);
}

describe('ZstdStream', () => {
  it('reads frames that follow each other, wherever chunks end', async () => {
    const content = fc.oneof(
      fc.uint8Array({ maxLength: 50 }),
      fc
        .tuple(fc.string({ minLength: 1, maxLength: 20 }), fc.integer({ min: 1, max: 20_000 }))
        .map(([text, times]) => new Uint8Array(Buffer.from(text.repeat(times)))),
      fc.uint8Array({ minLength: 1000, maxLength: 5000 }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(content, { minLength: 1, maxLength: 3 }),
        fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1 }),
        fc.constantFrom(1, 3, 19),
        async (contents, sizes, level) => {
          const frames = contents.map((bytes) => zstd.compress(bytes, level));
          const input = Buffer.concat([SKIPPABLE, ...frames, CHECKED, SKIPPABLE]);
          const wanted = Buffer.concat([...contents, Buffer.from(CHECKED_TEXT)]);
          expect((await unzstd(cut(input, sizes))).equals(wanted)).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
    for (let size = 1; size < CHECKED.length; size++) {
      expect((await unzstd(cut(CHECKED, [size]))).toString()).toBe(CHECKED_TEXT);
    }
    expect((await unzstd([])).length).toBe(0);
  });

  it('refuses every truncation of a frame, and what follows one that is none', async () => {
    for (let length = 1; length < CHECKED.length; length++) {
      await expect(unzstd([CHECKED.subarray(0, length)]), `${length} bytes`).rejects.toThrow();
    }
    await expect(unzstd([CHECKED, Buffer.from('more')])).rejects.toThrow(
      'no zstd frame begins where one should',
    );
    await expect(unzstd([CHECKED, Buffer.from([0x28])])).rejects.toThrow('it ends within a frame');
  });

  it('gives the right text or an error for every bit that is flipped', async () => {
    for (let bit = 0; bit < CHECKED.length * 8; bit++) {
      const damaged = Buffer.from(CHECKED);
      damaged[bit >> 3] ^= 1 << (bit & 7);
      const read = await unzstd([damaged]).catch(() => undefined);
      if (read !== undefined) expect(read.toString(), `bit ${bit}`).toBe(CHECKED_TEXT);
    }
    const checksum = Buffer.from(CHECKED);
    checksum[checksum.length - 1] ^= 1;
    await expect(unzstd([checksum])).rejects.toThrow('a checksum does not match');
  });

  it('refuses a window of gigabytes, a dictionary and a wrong content size', async () => {
    const head = [0x28, 0xb5, 0x2f, 0xfd];
    await expect(unzstd([Uint8Array.of(...head, 0, 0xa8, 1, 0, 0)])).rejects.toThrow('its window of');
    await expect(unzstd([Uint8Array.of(...head, 0x01, 0, 7, 1, 0, 0)])).rejects.toThrow(
      'it needs a dictionary',
    );
    // A single segment that declares two bytes and has a raw block of one.
    await expect(unzstd([Uint8Array.of(...head, 0x20, 2, 0x09, 0, 0, 97)])).rejects.toThrow(
      'a frame has 1 bytes',
    );
    expect((await unzstd([Uint8Array.of(...head, 0x20, 1, 0x09, 0, 0, 97)])).toString()).toBe('a');
  });
});
