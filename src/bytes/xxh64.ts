import type { Checksum } from './checksum.ts';
import { WasmModule } from './wasm-module.ts';
import { XXH64_WASM } from './xxh64-wasm.ts';

/** What xxh64.wat exports, with a memory of two pages. */
export interface Xxh64Exports {
  readonly memory: WebAssembly.Memory;
  /**
   * XXH64, as a signed integer, of the `before` bytes hashed in earlier pieces and of `length` more from `at`
   * on. If `more` is not 0, another piece follows: then `length` is a multiple of 32, and the result has no
   * meaning.
   */
  xxh64(at: number, length: number, before: bigint, more: number): bigint;
}

// The input is copied into the module's memory; hashing larger inputs in pieces bounds that memory.
const PIECE_BYTES = 1 << 20;
const PAGE_BYTES = 65_536;

let loading: Promise<Checksum> | undefined;

/** Compiles the hash function once per process; about a millisecond. */
export function loadChecksum(): Promise<Checksum> {
  loading ??= new WasmModule<Xxh64Exports>(XXH64_WASM).instantiate().then(checksumOf);
  return loading;
}

function checksumOf(hashes: Xxh64Exports): Checksum {
  const { memory } = hashes;
  memory.grow((PIECE_BYTES - memory.buffer.byteLength) / PAGE_BYTES);
  const target = new Uint8Array(memory.buffer);
  const piece = (bytes: Uint8Array, before: bigint, more: number): bigint => {
    target.set(bytes);
    return hashes.xxh64(0, bytes.length, before, more);
  };
  return {
    hash(bytes) {
      let at = 0;
      for (; bytes.length - at > PIECE_BYTES; at += PIECE_BYTES) {
        piece(bytes.subarray(at, at + PIECE_BYTES), BigInt(at), 1);
      }
      const hash = at === 0 ? piece(bytes, 0n, 0) : piece(bytes.subarray(at), BigInt(at), 0);
      return BigInt.asUintN(64, hash);
    },
  };
}
