/** The most entries of one partition: bounds what a writer and a hash index hold in memory. */
export const MOST_ENTRIES: number = 1 << 22;

/** Hash and place of every entry of the partition being written: 8 bytes each, reused for the next one. */
export class EntryTable {
  hashes: Int32Array = new Int32Array(1024);
  offsets: Int32Array = new Int32Array(1024);
  count = 0;

  /** `offset` is the entry's place in the uncompressed data. */
  add(hash: number, offset: number): void {
    if (this.count === this.hashes.length) this.#grow();
    this.hashes[this.count] = hash;
    this.offsets[this.count++] = offset;
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
