import { ENTRY_DIGEST_WASM } from './entry-digest-wasm.ts';
import { WasmModule } from './wasm-module.ts';
import type { Xxh64Exports } from './xxh64.ts';

interface Exports extends Xxh64Exports {
  digest(at: number, end: number, hashes: number): bigint;
}

const compiled: WasmModule<Exports> = new WasmModule(ENTRY_DIGEST_WASM);

const PAGE_BYTES = 65_536;

/**
 * Memory in which a block is composed and then hashed in place: about 20 ns for an entry of 120 bytes,
 * against 150 with one call of a hash function per entry.
 */
export class EntryDigest {
  /** Holds the block, from offset 0. */
  readonly bytes: Uint8Array;
  /** The same memory as `bytes`. */
  readonly view: DataView;
  /** After {@link digest}: XXH32 of each entry's key, as signed integers. */
  readonly hashes: Int32Array;
  readonly #exports: Exports;
  readonly #hashesAt: number;

  private constructor(exports: Exports, capacity: number, entries: number) {
    this.#exports = exports;
    this.#hashesAt = Math.ceil(capacity / 8) * 8;
    const needed = Math.ceil((this.#hashesAt + entries * 4) / PAGE_BYTES);
    const pages = exports.memory.buffer.byteLength / PAGE_BYTES;
    if (needed > pages) exports.memory.grow(needed - pages);
    this.bytes = new Uint8Array(exports.memory.buffer, 0, capacity);
    this.view = new DataView(exports.memory.buffer, 0, capacity);
    this.hashes = new Int32Array(exports.memory.buffer, this.#hashesAt, entries);
  }

  /**
   * Allocates for a block of `capacity` bytes with at most `entries` entries. Compiles the code once per
   * process.
   */
  static async create(capacity: number, entries: number): Promise<EntryDigest> {
    return new EntryDigest(await compiled.instantiate(), capacity, entries);
  }

  /**
   * Fills {@link hashes} for the entries in `bytes[start…end)`; returns the sum of their XXH64, modulo 2^64.
   */
  digest(end: number, start = 0): bigint {
    return BigInt.asUintN(64, this.#exports.digest(start, end, this.#hashesAt));
  }

  /** XXH64 of `bytes[start…start + length)`. */
  checksum(length: number, start = 0): bigint {
    return BigInt.asUintN(64, this.#exports.xxh64(start, length, 0n, 0));
  }
}
