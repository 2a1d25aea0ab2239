import type { PartitionRecord } from '../partition-record.ts';

/** 1 for each block whose checked bytes are in place. */
const HERE = 1;

/**
 * The memory of one partition that readers in several threads use: its data, its hash index, and a byte for each block
 * that says whether the block is here.
 *
 * The hash index is complete before the memory is handed to another thread. A block is read and checked in memory of the
 * thread that needs it, copied into its place, and published by an atomic store; a thread reads a place only after an atomic
 * load has found the block published. Two threads may copy the same block at once: both write the same checked bytes,
 * so that no reader sees others. No thread waits for another, so a thread that is terminated blocks none.
 *
 * ```text
 * 0        dataBytes, to a multiple of 8         + 8              + hashBytes
 * ├─ data ─┼─ u64: checksum of the file's tail ──┼─ u32 per slot ─┼─ u8 per block ─┤
 * ```
 */
export class SharedMemory {
  readonly data: Uint8Array<SharedArrayBuffer>;
  readonly slots: Int32Array | undefined;
  /** One number: the record's `tailChecksum`, which binds the memory to the bytes of one file. */
  readonly identity: BigUint64Array;
  readonly #here: Uint8Array;

  /** The buffer must have {@link bytesFor} the partition. */
  constructor(buffer: SharedArrayBuffer, { dataBytes, hashBytes }: PartitionRecord) {
    const identityStart = roundedUp(dataBytes);
    const slotsStart = identityStart + 8;
    this.data = new Uint8Array(buffer, 0, dataBytes);
    this.identity = new BigUint64Array(buffer, identityStart, 1);
    this.slots = hashBytes === 0 ? undefined : new Int32Array(buffer, slotsStart, hashBytes / 4);
    this.#here = new Uint8Array(buffer, slotsStart + hashBytes);
  }

  static bytesFor({ dataBytes, hashBytes }: PartitionRecord, blocks: number): number {
    return roundedUp(dataBytes) + 8 + hashBytes + blocks;
  }

  /** Whether any thread has loaded the block. */
  has(block: number): boolean {
    return Atomics.load(this.#here, block) === HERE;
  }

  /** Publishes to all threads that blocks `first…end − 1` are in place. */
  publish(first: number, end: number): void {
    for (let block = first; block < end; block++) Atomics.store(this.#here, block, HERE);
  }
}

/** The next multiple of 8. Not by bit operations, which end at 2 GiB. */
function roundedUp(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}
