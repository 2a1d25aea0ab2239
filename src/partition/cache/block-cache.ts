/** A partition whose blocks lie in frames. */
export interface FrameOwner {
  /** How often each of its blocks was used, as far as that was counted. The cache lowers what has not been used lately. */
  readonly uses: Uint8Array;
  /** Is called when a block has lost its frame. */
  evict(block: number): void;
}

/** Frames are allocated in slabs of about this size: one by one, allocating would take longer than filling them. */
const SLAB_BYTES = 1 << 20;

/** How many more uses than a block in the cache another one needs to replace it. */
const ADMISSION_MARGIN = 2;

const MAX_USES = 255;

/**
 * A bounded number of equally large frames that hold blocks of any partition of a store. CLOCK chooses the block that
 * may have to go: a hand goes round and stops at the first frame that was not used since it last came by. A block that
 * can be done without is admitted in its place when it was used more.
 *
 * Frames are allocated when first needed and used again: nothing here is left to the garbage collector.
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
  /** The block that has earned a frame and is to be loaded into it. */
  #admittedOwner: FrameOwner | undefined;
  #admittedBlock = -1;

  constructor(bytes: number, frameBytes: number) {
    this.frameBytes = frameBytes;
    this.#framesPerSlab = Math.max(1, Math.floor(SLAB_BYTES / frameBytes));
    this.resize(bytes);
  }

  /** Holds frames of this many bytes together from now on; those beyond are freed. */
  resize(bytes: number): void {
    // The hand never takes the frame that it gave last: with two, an operation on two blocks gets on.
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

  /** The bytes of a frame. They change when the frame is given to another block. */
  frame(frame: number): Uint8Array {
    this.#used[frame] = 1;
    return this.#frames[frame];
  }

  /**
   * Counts a use of a block that is not here and that its owner can do without. Returns whether it has earned a frame,
   * which {@link admit} gives it when it is loaded.
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
   * Gives a frame to a block that is being loaded, evicting another one if need be; −1 without a frame. With `mustEarn`,
   * a block replaces none unless {@link countUse} said so. The caller fills the frame.
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
