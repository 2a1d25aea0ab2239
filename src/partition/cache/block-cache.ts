/** A partition whose blocks lie in frames. */
export interface FrameOwner {
  /** Counted uses of each block. The cache lowers the counts of blocks that were not used lately. */
  readonly uses: Uint8Array;
  /** Called after a block was evicted. */
  evict(block: number): void;
}

/**
 * Frames are allocated in slabs of about this size, because allocating them singly takes longer than filling
 * them.
 */
const SLAB_BYTES = 1 << 20;

/** Uses that a block needs beyond those of a cached block to replace it. */
const ADMISSION_MARGIN = 2;

const MAX_USES = 255;

/**
 * A bounded number of equally large frames that hold blocks of any partition of a store. CLOCK chooses the
 * candidate for eviction: a hand stops at the first frame that was not used since its last pass. A block
 * whose entries can also be read singly is admitted only if it was used more than the candidate.
 *
 * Frames are allocated when first needed, and reused: the garbage collector has no part in it.
 */
export class BlockCache {
  readonly frameBytes: number;
  readonly #framesPerSlab: number;
  #maxFrames = 0;
  readonly #slabs: Uint8Array[] = [];
  readonly #frames: Uint8Array[] = [];
  readonly #owners: FrameOwner[] = [];
  readonly #blocks: number[] = [];
  #used: Uint8Array = new Uint8Array(64);
  #hand = 0;
  /** The block that was used often enough and is to be loaded. */
  #admittedOwner: FrameOwner | undefined;
  #admittedBlock = -1;

  constructor(bytes: number, frameBytes: number) {
    this.frameBytes = frameBytes;
    this.#framesPerSlab = Math.max(1, Math.floor(SLAB_BYTES / frameBytes));
    this.resize(bytes);
  }

  /** Changes the size of all frames together, in bytes; frames beyond it are freed. */
  resize(bytes: number): void {
    // The hand never takes the frame that it took last, so two frames are enough for an operation on two
    // blocks.
    const frames = Math.floor(bytes / this.frameBytes);
    this.#maxFrames = frames < 2 ? 0 : frames;
    while (this.#frames.length > this.#maxFrames) {
      this.#frames.pop();
      (this.#owners.pop() as FrameOwner).evict(this.#blocks.pop() as number);
    }
    while ((this.#slabs.length - 1) * this.#framesPerSlab >= this.#frames.length && this.#slabs.length > 0)
      this.#slabs.pop();
    if (this.#hand >= this.#frames.length) this.#hand = 0;
  }

  /** The bytes of a frame; a view, which changes when the frame is filled with another block. */
  frame(frame: number): Uint8Array {
    this.#used[frame] = 1;
    return this.#frames[frame];
  }

  /**
   * Counts a use of a block that is not cached and whose entries can be read singly. Returns whether it was
   * used often enough for {@link admit}.
   */
  countUse(owner: FrameOwner, block: number, length: number): boolean {
    if (length > this.frameBytes || this.#maxFrames === 0) return false;
    const uses = ++owner.uses[block];
    if (uses === MAX_USES) for (let i = 0; i < owner.uses.length; i++) owner.uses[i] >>>= 1;
    if (!this.#hasRoom) {
      const victim = this.#advance();
      const { uses: victimUses } = this.#owners[victim];
      const victimBlock = this.#blocks[victim];
      if (uses <= victimUses[victimBlock] + ADMISSION_MARGIN) {
        if (victimUses[victimBlock] > 0) victimUses[victimBlock]--;
        return false;
      }
    }
    this.#admittedOwner = owner;
    this.#admittedBlock = block;
    return true;
  }

  /**
   * Returns a frame for a block that is being loaded, which the caller fills, or −1. Evicts another block if
   * necessary; with `mustEarn` only if {@link countUse} has returned true.
   */
  admit(owner: FrameOwner, block: number, length: number, mustEarn: boolean): number {
    if (length > this.frameBytes || this.#maxFrames === 0) return -1;
    const frame = this.#hasRoom ? this.#addFrame() : this.#replace(owner, block, mustEarn);
    if (frame < 0) return -1;
    this.#owners[frame] = owner;
    this.#blocks[frame] = block;
    this.#used[frame] = 1;
    return frame;
  }

  get #hasRoom(): boolean {
    return this.#frames.length < this.#maxFrames;
  }

  #addFrame(): number {
    const frame = this.#frames.length;
    const slab = Math.floor(frame / this.#framesPerSlab);
    if (slab === this.#slabs.length) this.#slabs.push(new Uint8Array(this.#framesPerSlab * this.frameBytes));
    const start = (frame - slab * this.#framesPerSlab) * this.frameBytes;
    this.#frames.push(this.#slabs[slab].subarray(start, start + this.frameBytes));
    if (frame >= this.#used.length) {
      const grown = new Uint8Array(this.#used.length * 2);
      grown.set(this.#used);
      this.#used = grown;
    }
    return frame;
  }

  #replace(owner: FrameOwner, block: number, mustEarn: boolean): number {
    if (mustEarn && !(this.#admittedOwner === owner && this.#admittedBlock === block)) return -1;
    this.#admittedOwner = undefined;
    const frame = this.#advance();
    this.#hand = (frame + 1) % this.#frames.length;
    this.#owners[frame].evict(this.#blocks[frame]);
    return frame;
  }

  /** Moves the hand to the first frame that was not used since it was last there. */
  #advance(): number {
    const count = this.#frames.length;
    while (this.#used[this.#hand] === 1) {
      this.#used[this.#hand] = 0;
      this.#hand = (this.#hand + 1) % count;
    }
    return this.#hand;
  }
}
