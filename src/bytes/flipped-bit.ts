import type { Checksum } from './checksum.ts';
import { FLIPPED_BIT_WASM } from './flipped-bit-wasm.ts';
import { WasmModule } from './wasm-module.ts';

interface Exports {
  readonly memory: WebAssembly.Memory;
  /** The bit within the whole stripes of 32 bytes (at least one), or −1. */
  find(length: number, wanted: bigint): number;
}

const compiled: WasmModule<Exports> = new WasmModule(FLIPPED_BIT_WASM);

let instance: Promise<Exports> | undefined;

const PAGE_BYTES = 65_536;
const STRIPE_BYTES = 32;

/**
 * Rounds of XXH64 that a search in `length` bytes takes, about 0.5 ns each; they grow with the square of the
 * length.
 */
export function searchRounds(length: number): number {
  const stripes = Math.floor(length / STRIPE_BYTES);
  return 128 * stripes * (stripes + 1);
}

/**
 * Returns the bit whose flip makes the XXH64 of `bytes` equal `wanted`, counted from the lowest bit of the
 * first byte, or undefined if no single bit does. Each other bit matches by chance with a probability of
 * 2^-64.
 */
export async function findFlippedBit(
  bytes: Uint8Array,
  wanted: bigint,
  checksum: Checksum,
): Promise<number | undefined> {
  const rest = bytes.length - (bytes.length % STRIPE_BYTES);
  if (rest > 0) {
    // One instance for all searches is enough: none awaits anything between filling the memory and returning.
    instance ??= compiled.instantiate();
    const { memory, find } = await instance;
    const pages = Math.ceil(bytes.length / PAGE_BYTES) - memory.buffer.byteLength / PAGE_BYTES;
    if (pages > 0) memory.grow(pages);
    new Uint8Array(memory.buffer).set(bytes);
    const bit = find(bytes.length, BigInt.asIntN(64, wanted));
    if (bit >= 0) return bit;
  }
  return tryBits(bytes, rest * 8, bytes.length * 8, (copy) => checksum.hash(copy) === wanted);
}

/** Returns the first of the bits `from…to − 1` whose flip satisfies `isRight`, or undefined. */
export function tryBits(
  bytes: Uint8Array,
  from: number,
  to: number,
  isRight: (copy: Uint8Array) => boolean,
): number | undefined {
  const copy = bytes.slice();
  for (let bit = from; bit < to; bit++) {
    copy[bit >>> 3] ^= 1 << (bit & 7);
    if (isRight(copy)) return bit;
    copy[bit >>> 3] ^= 1 << (bit & 7);
  }
  return undefined;
}
