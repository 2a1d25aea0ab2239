/**
 * A block is a run of entries, followed by the offsets of every sixteenth one ("restarts").
 *
 * ```
 * entry:    key length (varint) | value length (varint) | key | value
 * block:    entry × n | restart × ⌊(n − 1) / 16⌋
 * restart:  offset of entry 16, 32, 48 … in the block; u16 when the block has at most 65,535 bytes, else u32
 * ```
 * Spec: FORMAT.md §3. Source: LevelDB's table_format.md (restart points), without its prefix compression: a
 * look-up could then not read an entry on its own.
 */

/** Entries between two restarts. */
export const RESTART_INTERVAL: number = 16;
const RESTART_SHIFT = 4;

/** Restarts in a block of `entries` entries. */
export function restartCount(entries: number): number {
  return entries === 0 ? 0 : (entries - 1) >>> RESTART_SHIFT;
}

/** Bytes of the restarts of a block whose entries have `entryBytes` bytes. */
export function restartBytes(entries: number, entryBytes: number): number {
  const restarts = restartCount(entries);
  return entryBytes + restarts * 2 <= 0xffff ? restarts * 2 : restarts * 4;
}

/** Bytes of one restart in a block of that length. */
export function restartWidth(blockLength: number): number {
  return blockLength <= 0xffff ? 2 : 4;
}

/**
 * Walks and searches the entries of one block in place: `bytes[start…start + length)`.
 *
 * A cursor is created once and moved from block to block. Its methods return nothing from outside the block:
 * they return −1 for an entry whose lengths do not fit, and the caller reports the corruption.
 */
export class BlockCursor {
  bytes: Uint8Array = new Uint8Array(0);
  /** Where the block starts in `bytes`. */
  start = 0;
  /** Where its entries end and the restarts begin. */
  entriesEnd = 0;
  /** Entries in the block. */
  count = 0;
  #width = 2;

  /** Where the key of the entry last read starts; its value begins at `keyEnd`. */
  keyStart = 0;
  keyEnd = 0;
  valueEnd = 0;

  /** Moves to a block; returns false if its restarts do not fit its length. */
  open(bytes: Uint8Array, start: number, length: number, count: number): boolean {
    this.bytes = bytes;
    this.start = start;
    this.count = count;
    this.#width = restartWidth(length);
    this.entriesEnd = start + length - restartCount(count) * this.#width;
    return count > 0 && this.entriesEnd > start;
  }

  /**
   * Reads the entry at `at` and returns where the next one starts, or −1 if it does not fit. Returns −1 at
   * −1, which is outside of memory, and at the end of the entries.
   */
  read(at: number): number {
    const bytes = this.bytes;
    const end = this.entriesEnd;
    let position = at;
    let keyLength = bytes[position++];
    if (keyLength >= 0x80) {
      let shift = 7;
      keyLength &= 0x7f;
      let byte: number;
      do {
        if (shift > 14) return -1;
        byte = bytes[position++];
        keyLength |= (byte & 0x7f) << shift;
        shift += 7;
      } while (byte >= 0x80);
      // Only the shortest form is valid, and no key is longer.
      if (byte === 0 || keyLength > 0xffff) return -1;
    }
    let valueLength = bytes[position++];
    if (valueLength >= 0x80) {
      let shift = 7;
      valueLength &= 0x7f;
      let byte: number;
      do {
        if (shift > 28) return -1;
        byte = bytes[position++];
        valueLength |= (byte & 0x7f) << shift;
        shift += 7;
      } while (byte >= 0x80);
      // A fifth byte holds the bits from 2^28 on, and every value is shorter than 2^31.
      if (byte === 0 || (shift > 28 && byte > 7)) return -1;
    }
    const keyEnd = position + keyLength;
    const valueEnd = keyEnd + valueLength;
    this.keyStart = position;
    this.keyEnd = keyEnd;
    this.valueEnd = valueEnd;
    // Written so that NaN, from a read outside of the memory, is refused too. Anything read beyond the end of
    // the entries makes `valueEnd` exceed it as well.
    return valueEnd <= end && keyLength > 0 ? valueEnd : -1;
  }

  /** Reads the entry at `at` in memory that is not a block, up to the end of the memory; see {@link read}. */
  readAnywhere(bytes: Uint8Array, at: number): number {
    this.bytes = bytes;
    this.entriesEnd = bytes.length;
    return this.read(at);
  }

  /** Reads entry `ordinal` (from 0) and returns its start, or −1 if the block is damaged. */
  seekOrdinal(ordinal: number): number {
    let at = this.restart(ordinal >>> RESTART_SHIFT);
    for (let skip = ordinal & (RESTART_INTERVAL - 1); skip > 0; skip--) at = this.read(at);
    return this.read(at) < 0 ? -1 : at;
  }

  /**
   * Returns the ordinal of the first entry whose key is ≥ `key[0…length)` (`count` if there is none), or −1
   * if the block is damaged. If that entry's key is equal, {@link found} is true and the entry has been read.
   */
  lowerBound(key: Uint8Array, length: number): number {
    this.found = false;
    // The last restart whose key is ≤ the wanted one: the result is one of its entries, or the one after
    // them.
    let low = 0;
    let high = restartCount(this.count);
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.read(this.restart(middle)) < 0) return -1;
      if (this.compare(key, length) <= 0) low = middle;
      else high = middle - 1;
    }
    let ordinal = low << RESTART_SHIFT;
    let at = this.restart(low);
    const last = Math.min(this.count, ordinal + RESTART_INTERVAL);
    for (; ordinal < last; ordinal++) {
      at = this.read(at);
      if (at < 0) return -1;
      const order = this.compare(key, length);
      if (order >= 0) {
        this.found = order === 0;
        return ordinal;
      }
    }
    return ordinal;
  }
  found = false;

  /** Compares the key of the entry last read with `key[0…length)`. */
  compare(key: Uint8Array, length: number): number {
    const bytes = this.bytes;
    const keyStart = this.keyStart;
    const own = this.keyEnd - keyStart;
    const shared = Math.min(own, length);
    for (let i = 0; i < shared; i++) {
      const difference = bytes[keyStart + i] - key[i];
      if (difference !== 0) return difference;
    }
    return own - length;
  }

  /** Where entry `index` × 16 starts according to the restarts; −1 if that is outside the block. */
  restart(index: number): number {
    if (index === 0) return this.start;
    const bytes = this.bytes;
    const at = this.entriesEnd + (index - 1) * this.#width;
    let offset = bytes[at] | (bytes[at + 1] << 8);
    if (this.#width === 4) offset = (offset | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;
    const position = this.start + offset;
    return position < this.entriesEnd ? position : -1;
  }
}

// Arrays grow with the entries: a short range should not pay for a long one.
const NONE: Int32Array = new Int32Array(0);

/** Where consecutive entries of a block lie, one element for each; a value starts where its key ends. */
export class EntrySpans {
  keyStarts: Int32Array = NONE;
  keyEnds: Int32Array = NONE;
  valueEnds: Int32Array = NONE;
  count = 0;

  /**
   * Records `count` entries from `at` on, none of them beyond `end`; about 5 ns each. Returns false if they
   * do not fit.
   */
  read(bytes: Uint8Array, at: number, end: number, count: number): boolean {
    if (this.keyStarts.length < count) this.#reserve(count);
    const { keyStarts, keyEnds, valueEnds } = this;
    this.count = count;
    let position = at;
    for (let i = 0; i < count; i++) {
      let keyLength = bytes[position];
      let valueLength = bytes[position + 1];
      if (keyLength < 0x80 && valueLength < 0x80 && keyLength > 0) {
        position += 2;
      } else {
        const cursor = this.#cursor;
        cursor.bytes = bytes;
        cursor.entriesEnd = end;
        if (cursor.read(position) < 0) return false;
        position = cursor.keyStart;
        keyLength = cursor.keyEnd - position;
        valueLength = cursor.valueEnd - cursor.keyEnd;
      }
      keyStarts[i] = position;
      position += keyLength;
      keyEnds[i] = position;
      position += valueLength;
      valueEnds[i] = position;
      if (!(position <= end)) return false;
    }
    return true;
  }

  /** Reverses the order. */
  reverse(): void {
    for (const array of [this.keyStarts, this.keyEnds, this.valueEnds])
      array.subarray(0, this.count).reverse();
  }

  readonly #cursor = new BlockCursor();

  #reserve(count: number): void {
    const length = Math.max(count, this.keyStarts.length * 2);
    this.keyStarts = new Int32Array(length);
    this.keyEnds = new Int32Array(length);
    this.valueEnds = new Int32Array(length);
  }
}
