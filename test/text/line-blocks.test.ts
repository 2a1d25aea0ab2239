import * as fc from 'fast-check';
import { getManyValues, isMany, none } from 'stream-chain/core';
import { describe, expect, it } from 'vitest';
import { isCairnError } from '../../src/errors.ts';
import { type LineBlock, lineBlocks } from '../../src/text/line-blocks.ts';

/** The blocks that a stage gives for chunks, the flush at the end included. */
function blocksOf(chunks: readonly Uint8Array[]): LineBlock[] {
  const stage = lineBlocks();
  const blocks: LineBlock[] = [];
  const take = (result: unknown): void => {
    if (result === none) return;
    if (isMany(result)) blocks.push(...(getManyValues(result) as LineBlock[]));
    else blocks.push(result as LineBlock);
  };
  for (const chunk of chunks) take(stage(chunk));
  take(stage(none as unknown as Uint8Array));
  return blocks;
}

describe('lineBlocks()', () => {
  it('gives whole lines, each byte once, wherever chunks end', () => {
    const byte = fc.constantFrom(10, 10, 13, 97, 98, 0);
    fc.assert(
      fc.property(fc.array(fc.array(byte, { maxLength: 8 }), { maxLength: 8 }), (lists) => {
        const input = lists.flat();
        const blocks = blocksOf(lists.map((list) => Uint8Array.from(list)));
        let offset = 0;
        for (const [i, block] of blocks.entries()) {
          expect(block.offset).toBe(offset);
          expect(block.end).toBeGreaterThan(block.start);
          const bytes = [...block.bytes.subarray(block.start, block.end)];
          expect(bytes).toEqual(input.slice(offset, offset + bytes.length));
          if (i < blocks.length - 1) expect(bytes.at(-1)).toBe(10);
          offset += bytes.length;
        }
        expect(offset).toBe(input.length);
      }),
    );
  });

  it('lends views of a chunk that holds whole lines', () => {
    const chunk = Buffer.from('a\nb\n');
    const [block] = blocksOf([chunk]);
    expect(block.bytes).toBe(chunk);
  });

  it('refuses a line that fills the memory', () => {
    const chunk = new Uint8Array(64 * 1024 * 1024);
    const stage = lineBlocks('core.dump');
    const feed = (): void => {
      for (let i = 0; i < 5; i++) stage(chunk);
    };
    expect(feed).toThrow(
      expect.objectContaining({ code: 'TOO_LARGE', message: expect.stringContaining('core.dump: ') }),
    );
    try {
      lineBlocks()(new Uint8Array(300 * 1024 * 1024));
      expect.unreachable();
    } catch (error) {
      expect(isCairnError(error, 'TOO_LARGE')).toBe(true);
    }
  });
});
