import { readFileSync, renameSync, writeFileSync } from 'node:fs';

/** @typedef {import('./workloads.js').KeyForm} KeyForm */

const BATCH_KEYS = 10_000;
const INDEX_BYTES = 4;

/**
 * Sampled keys in the order in which they are looked up, in a file: the number of keys, the index of the entry that each
 * belongs to (little-endian, 4 bytes each), and the keys, each behind a byte that holds its length. A process that
 * measures reads them in milliseconds instead of making them in seconds, and without traces in its memory.
 */
export class KeyFile {
  #bytes;
  #form;
  #keysStart;

  /** @type {Uint32Array} `indexes[i]` is the entry that key `i` belongs to, or, of absent keys, lies behind */
  indexes;

  /**
   * @param {Uint8Array} bytes  the file's content, of which the keys may be views
   * @param {KeyForm} form
   */
  constructor(bytes, form) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#form = form;
    this.#keysStart = INDEX_BYTES * (1 + this.#bytes.readUInt32LE(0));
    // Not Buffer's slice, which shares the memory.
    const indexBytes = Uint8Array.prototype.slice.call(bytes, INDEX_BYTES, this.#keysStart);
    this.indexes = new Uint32Array(indexBytes.buffer);
  }

  /**
   * Writes sampled keys into a file.
   * @param {string} path
   * @param {import('./workloads.js').Workload} workload
   * @param {number} lookups
   * @param {{ absent: boolean }} options
   */
  static write(path, workload, lookups, { absent }) {
    const { slab, lengths, indexes } = workload.sampleKeyBytes(lookups, { absent });
    const keysStart = INDEX_BYTES * (1 + lengths.length);
    const bytes = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + 1 + length, keysStart));
    bytes.writeUInt32LE(lengths.length);
    bytes.set(new Uint8Array(indexes.buffer), INDEX_BYTES);
    let at = keysStart;
    for (let i = 0; i < lengths.length; i++) {
      const start = i * workload.maxKeyBytes;
      bytes[at++] = lengths[i];
      at += slab.copy(bytes, at, start, start + lengths[i]);
    }
    // A file under its own name is a whole one.
    writeFileSync(`${path}.part`, bytes);
    renameSync(`${path}.part`, path);
  }

  /**
   * @param {string} path
   * @param {KeyForm} form
   */
  static read(path, form) {
    return new KeyFile(readFileSync(path), form);
  }

  /** @returns {Generator<any[], void, void>} all keys, up to 10,000 at a time */
  *batches() {
    const bytes = this.#bytes;
    for (let at = this.#keysStart; at < bytes.length; ) {
      const keys = [];
      while (at < bytes.length && keys.length < BATCH_KEYS) {
        const end = at + 1 + bytes[at];
        keys.push(
          this.#form === 'string' ? bytes.toString('latin1', at + 1, end) : bytes.subarray(at + 1, end),
        );
        at = end;
      }
      yield keys;
    }
  }

  /** @returns {any[]} */
  all() {
    return [...this.batches()].flat();
  }
}
