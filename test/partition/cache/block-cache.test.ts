import { describe, expect, it } from 'vitest';
import { BlockCache, type FrameOwner } from '../../../src/partition/cache/block-cache.ts';

const FRAME = 1024;

class Owner implements FrameOwner {
  readonly uses = new Uint8Array(8192);
  readonly frames = new Map<number, number>();

  evict(block: number): void {
    if (!this.frames.delete(block)) expect(block).toBe('in a frame');
  }

  load(cache: BlockCache, block: number, mustEarn = false): boolean {
    const frame = cache.admit(this, block, FRAME, mustEarn);
    if (frame < 0) return false;
    this.frames.set(block, frame);
    const bytes = cache.frame(frame);
    bytes.fill(block);
    return true;
  }

  /** Every block that has a frame is in it, whole. */
  check(cache: BlockCache): void {
    expect(new Set(this.frames.values()).size).toBe(this.frames.size);
    for (const [block, frame] of this.frames)
      if (!cache.frame(frame).every((byte) => byte === (block & 0xff))) expect(block).toBe('in its frame');
  }
}

describe('a cache of blocks', () => {
  it('allocates a frame for each block while there is memory, over several slabs', () => {
    const cache = new BlockCache(3000 * FRAME, FRAME);
    const owner = new Owner();
    for (let block = 0; block < 3000; block++) expect(owner.load(cache, block, true)).toBe(true);
    expect(owner.load(cache, 3000, true)).toBe(false);
    owner.check(cache);
    expect(owner.frames.size).toBe(3000);
    expect(owner.load(cache, 3000)).toBe(true);
    expect(owner.frames.size).toBe(3000);
  });

  it('admits a block that was used more than the one that goes, and nothing too large', () => {
    const cache = new BlockCache(2 * FRAME, FRAME);
    const owner = new Owner();
    owner.load(cache, 1);
    owner.load(cache, 2);
    expect(cache.countUse(owner, 3, FRAME)).toBe(false);
    expect(cache.countUse(owner, 3, FRAME)).toBe(false);
    expect(owner.load(cache, 3, true)).toBe(false);
    expect(cache.countUse(owner, 3, FRAME)).toBe(true);
    expect(owner.load(cache, 4, true)).toBe(false);
    expect(owner.load(cache, 3, true)).toBe(true);
    // It is admitted once.
    expect(owner.load(cache, 1, true)).toBe(false);
    owner.check(cache);
    for (let i = 0; i < 300; i++) expect(cache.countUse(owner, 5, FRAME + 1)).toBe(false);
    expect(cache.admit(owner, 5, FRAME + 1, false)).toBe(-1);
  });

  it('holds nothing where there is no room for two', () => {
    const cache = new BlockCache(2 * FRAME - 1, FRAME);
    const owner = new Owner();
    expect(owner.load(cache, 1)).toBe(false);
    for (let i = 0; i < 300; i++) expect(cache.countUse(owner, 1, FRAME)).toBe(false);
  });

  it('frees what is too much when it gets smaller, and fills up when it gets larger again', () => {
    const cache = new BlockCache(2500 * FRAME, FRAME);
    const owner = new Owner();
    for (let block = 0; block < 2500; block++) owner.load(cache, block);
    for (const frames of [2048, 1025, 7, 2, 0, 1500, 3]) {
      cache.resize(frames * FRAME);
      expect(owner.frames.size).toBeLessThanOrEqual(frames);
      for (let block = 0; block < 2500; block++) {
        if (!owner.frames.has(block)) owner.load(cache, block);
      }
      expect(owner.frames.size).toBe(frames);
      owner.check(cache);
    }
  });
});
