/**
 * The hash index finds an entry by the XXH32 of its key, touching one slot and one entry.
 *
 * ```
 * section:  slot × n, each a u32
 * slot:     0 = empty, else  tag << offsetBits | entry offset + 1
 * ```
 * The entry offset counts from the start of the first block, in uncompressed bytes. `offsetBits` is the bit
 * length of the partition's uncompressed data; the tag is the low `32 − offsetBits` bits of the hash. A key's
 * home slot is ⌊(hash >> 4) · slots / 2^28⌋; entries whose home is taken lie in the next free slots, ordered
 * by home, and may run on behind the last home slot. The section ends with an empty slot, so a probe always
 * ends.
 *
 * Spec: FORMAT.md §4. Source: the layout of DJB's cdb (linear probing from a home slot), packed into one
 * word.
 */

/** Entries per home slot: 5.33 bytes an entry, and a miss reads 8 slots on average. */
const LOAD = 0.75;

/**
 * The most slots that entries displaced beyond the last home may use; with more, the partition gets no hash
 * index.
 */
const MAX_OVERFLOW = 256;

/** The hash bits that choose the home slot: hash >>> 4, so that the product below is exact in a double. */
export const HOME_SHIFT: number = 4;
export const HOME_RANGE: number = 0x10000000;

/** Home slots of an index for `entries` entries. */
export function homeSlots(entries: number): number {
  return Math.max(1, Math.ceil(entries / LOAD));
}

/** The most bytes that a hash index of `entries` entries takes. */
export function mostHashBytes(entries: number): number {
  return entries === 0 ? 0 : 4 * (homeSlots(entries) + Math.min(entries, MAX_OVERFLOW) + 1);
}

/** Bits needed for any entry offset + 1 of a partition with `dataBytes` uncompressed bytes: at most 30. */
export function offsetBitsOf(dataBytes: number): number {
  return 32 - Math.clz32(dataBytes);
}

/**
 * Builds the slots from the hashes and offsets of `count` entries; about 30 ns an entry.
 *
 * Returns `undefined` if so many keys share their hash (crafted input) that their slots would run too far:
 * the partition then has no hash index, and is searched through its sparse index.
 */
export function buildHashIndex(
  hashes: Int32Array,
  offsets: Int32Array,
  count: number,
  dataBytes: number,
): Uint32Array | undefined {
  const homes = homeSlots(count);
  const scale = homes / HOME_RANGE;
  // A counting sort by home slot: first the number of entries of each, then where its run starts.
  const next = new Uint32Array(homes);
  for (let i = 0; i < count; i++) next[Math.floor((hashes[i] >>> HOME_SHIFT) * scale)]++;
  let free = 0;
  for (let home = 0; home < homes; home++) {
    const entries = next[home];
    if (free < home) free = home;
    next[home] = free;
    free += entries;
  }
  const length = Math.max(homes, free) + 1;
  if (length > homes + MAX_OVERFLOW + 1) return undefined;
  const bits = offsetBitsOf(dataBytes);
  const slots = new Uint32Array(length);
  for (let i = 0; i < count; i++) {
    const hash = hashes[i];
    slots[next[Math.floor((hash >>> HOME_SHIFT) * scale)]++] = (hash << bits) | (offsets[i] + 1);
  }
  return slots;
}
