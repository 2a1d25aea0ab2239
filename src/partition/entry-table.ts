/** The most entries of one partition: bounds what a writer and a hash index hold in memory. */
export const MAX_ENTRIES: number = 1 << 22;

/** Hash and place of every entry of the partition being written: 8 bytes each, reused for the next one. */
export class EntryTable {
  hashes: Int32Array = new Int32Array(1024);
  offsets: Int32Array = new Int32Array(1024);
  count = 0;
  #starts: Int32Array = new Int32Array(0);

  /** Memory for where the entries of one block start in it: the same for every block. */
  starts(entries: number): Int32Array {
    if (this.#starts.length < entries) this.#starts = new Int32Array(entries);
    return this.#starts;
  }

  /** Adds the entries of a block: their hashes, and where they start in it; the block starts at `origin`. */
  append(hashes: ArrayLike<number>, starts: ArrayLike<number>, entries: number, origin: number): void {
    while (this.count + entries > this.hashes.length) this.#grow();
    for (let i = 0; i < entries; i++) {
      this.hashes[this.count] = hashes[i];
      this.offsets[this.count++] = origin + starts[i];
    }
  }

  clear(): void {
    this.count = 0;
  }

  #grow(): void {
    const hashes = new Int32Array(this.hashes.length * 2);
    const offsets = new Int32Array(hashes.length);
    hashes.set(this.hashes);
    offsets.set(this.offsets);
    this.hashes = hashes;
    this.offsets = offsets;
  }
}
