import * as fc from 'fast-check';
import { getManyValues, isMany, none } from 'stream-chain/core';
import { describe, expect, it } from 'vitest';
import { type LineBlock, type LineBlockOptions, lineBlocks } from '../../src/text/line-blocks.ts';

/** The blocks that a stage gives for chunks, the flush at the end included. */
function blocksOf(chunks: readonly Uint8Array[], options: LineBlockOptions = {}): LineBlock[] {
  const stage = lineBlocks(options);
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

  it('cuts at another terminator', () => {
    const stage = lineBlocks({ terminator: 0 });
    expect(stage(Buffer.from('a\nb\0c'))).toMatchObject({ start: 0, end: 4, offset: 0 });
  });

  it('gives an empty block for a line that is too long, wherever chunks end, and goes on after it', () => {
    const lines = fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 12 });
    const sizes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(lines, sizes, (lengths, cuts) => {
        const input = Buffer.from(lengths.map((length) => `${'x'.repeat(length)}\n`).join(''));
        const chunks: Buffer[] = [];
        for (let at = 0, i = 0; at < input.length; i++) {
          const size = cuts[i % cuts.length];
          chunks.push(input.subarray(at, at + size));
          at += size;
        }
        let next = 0;
        let offset = 0;
        let held = 0;
        for (const block of blocksOf(chunks, { mostBytes: 8 })) {
          expect(block.offset).toBe(offset);
          if (block.oversized) {
            expect([block.start, block.end]).toEqual([0, 0]);
            expect(lengths[next]).toBeGreaterThanOrEqual(8);
            offset += lengths[next++] + 1;
            continue;
          }
          const text = Buffer.from(block.bytes).toString('utf8', block.start, block.end);
          held = Math.max(held, block.bytes.length);
          for (const line of text.split('\n').slice(0, -1)) expect(line.length).toBe(lengths[next++]);
          offset += text.length;
        }
        expect(next).toBe(lengths.length);
        expect(held).toBeLessThanOrEqual(8);
      }),
    );
  });

  it('takes a line of 300 MiB for one that is too long', () => {
    const chunk = new Uint8Array(64 * 1024 * 1024);
    const blocks = blocksOf([chunk, chunk, chunk, chunk, chunk, Buffer.from('\nok\n')]);
    expect(blocks.map(({ oversized }) => oversized)).toEqual([true, false]);
    expect(blocks[1].offset).toBe(5 * chunk.length + 1);
  });
});
