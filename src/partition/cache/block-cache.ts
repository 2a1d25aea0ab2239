/** A partition whose blocks lie in frames. */
export interface FrameOwner {
  /** Whether a block of its own leaves its frame to one with this many uses. */
  yields(block: number, uses: number): boolean;
  /** Is called when a block has lost its frame. */
  evict(block: number): void;
}

/**
 * A bounded number of equally large frames that hold blocks of any partition of a store, replaced by CLOCK: a
 * hand goes round and takes the first frame that nobody has used since it last came by.
 *
 * Frames are allocated when first needed and reused for ever: nothing here is left to the garbage collector.
 */
export class BlockCache {
  readonly frameBytes: number;
  #most = 0;
  readonly #frames: Uint8Array[] = [];
  readonly #owners: FrameOwner[] = [];
  readonly #blocks: number[] = [];
  #used: Uint8Array = new Uint8Array(64);
  #hand = 0;

  constructor(bytes: number, frameBytes: number) {
    this.frameBytes = frameBytes;
    this.resize(bytes);
  }

  /** Holds frames of this many bytes together from now on; those beyond are freed. */
  resize(bytes: number): void {
    // The hand never takes the frame that it gave last: with two, an operation on two blocks gets on.
    const most = Math.floor(bytes / this.frameBytes);
    this.#most = most < 2 ? 0 : most;
    while (this.#frames.length > this.#most) {
      this.#frames.pop();
      (this.#owners.pop() as FrameOwner).evict(this.#blocks.pop() as number);
    }
    if (this.#hand >= this.#frames.length) this.#hand = 0;
  }

  /** Whether there are frames that hold nothing yet. */
  get hasRoom(): boolean {
    return this.#frames.length < this.#most;
  }

  /** The bytes of a frame. They change when the frame is given to another block. */
  frame(frame: number): Uint8Array {
    this.#used[frame] = 1;
    return this.#frames[frame];
  }

  /** The block that would have to go for another one; undefined while there is room, or when nothing can be held. */
  victim(): { readonly owner: FrameOwner; readonly block: number } | undefined {
    if (this.hasRoom || this.#most === 0) return undefined;
    const frame = this.#advance();
    return { owner: this.#owners[frame], block: this.#blocks[frame] };
  }

  /**
   * Gives a frame to a block: a new one, or the victim's. Returns −1 when there are none. The caller fills it,
   * and tells the victim's owner that it lost its frame.
   */
  take(owner: FrameOwner, block: number): number {
    if (this.#most === 0) return -1;
    let frame: number;
    if (this.hasRoom) {
      frame = this.#frames.length;
      this.#frames.push(new Uint8Array(this.frameBytes));
      if (frame >= this.#used.length) {
        const grown = new Uint8Array(this.#used.length * 2);
        grown.set(this.#used);
        this.#used = grown;
      }
    } else {
      frame = this.#advance();
      this.#hand = (frame + 1) % this.#frames.length;
    }
    this.#owners[frame] = owner;
    this.#blocks[frame] = block;
    this.#used[frame] = 1;
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
