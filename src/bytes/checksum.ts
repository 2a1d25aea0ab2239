import xxhash, { type XXHashAPI } from 'xxhash-wasm';

/** XXH64 with seed 0 over bytes: the checksum of every section and block, and the hash of entries. */
export interface Checksum {
  /** The hash of `bytes`. About 0.07 ns a byte, plus 80 ns. */
  hash(bytes: Uint8Array): bigint;
}

// xxhash-wasm copies its input into wasm memory and grows that to fit. Larger inputs go in pieces, so that
// one huge value does not pin as much wasm memory for the life of the process.
const PIECE_BYTES = 1 << 20;

let loading: Promise<Checksum> | undefined;

/** Compiles the hash function once per process; about a millisecond. */
export function loadChecksum(): Promise<Checksum> {
  loading ??= xxhash().then(fromXxhash);
  return loading;
}

function fromXxhash(api: XXHashAPI): Checksum {
  return {
    hash(bytes) {
      if (bytes.length <= PIECE_BYTES) return api.h64Raw(bytes, 0n);
      const state = api.create64(0n);
      for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
        state.update(bytes.subarray(at, at + PIECE_BYTES));
      }
      return state.digest();
    },
  };
}

/** The 16 lower-case hex digits of a 64-bit hash. */
export function hex64(hash: bigint): string {
  return hash.toString(16).padStart(16, '0');
}
