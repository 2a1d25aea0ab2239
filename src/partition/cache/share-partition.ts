import { invalidArgument } from '../../errors.ts';
import { BlockCursor } from '../../format/block.ts';
import type { SparseIndex } from '../../format/sparse-index.ts';
import { FOUND } from './outcome.ts';
import type { ResidentPartition } from './resident-partition.ts';
import { SharedMemory } from './shared-memory.ts';

/** The memory of shared partitions, so that sharing again returns the same. */
const buffers = new WeakMap<ResidentPartition, SharedArrayBuffer>();

/**
 * Moves a partition to memory that other threads may use, and returns that. Reads its tail and its hash index
 * as far as they have not been read. What is in memory is copied, and takes twice its size until the original
 * is collected.
 *
 * @throws {CairnError} `CORRUPTION`, `IO`, `CLOSED`.
 */
export function sharePartition(partition: ResidentPartition): SharedArrayBuffer {
  const known = buffers.get(partition);
  if (known !== undefined) return known;
  if (!partition.hasIndex()) partition.loadSync();
  const index = partition.index as SparseIndex;
  const { file } = partition;
  const buffer = new SharedArrayBuffer(SharedMemory.bytesFor(file.record, index.blocks));
  const memory = new SharedMemory(buffer, file.record);
  memory.identity[0] = file.record.tailChecksum;
  memory.slots?.set(partition.slots ?? file.readHashIndexSync());
  const cursor = new BlockCursor();
  for (let block = 0; block < index.blocks; block++) {
    if (partition.openBlock(block, cursor, undefined) !== FOUND) continue;
    const start = index.dataStart(block);
    memory.data.set(cursor.bytes.subarray(start, index.dataStart(block + 1)), start);
    memory.publish(block, block + 1);
  }
  partition.moveTo(memory);
  buffers.set(partition, buffer);
  return buffer;
}

/**
 * Makes a partition that has read nothing use the memory of another thread's.
 *
 * @throws {CairnError} `INVALID_ARGUMENT` if the memory is that of another file.
 */
export function useSharedMemory(buffer: SharedArrayBuffer, partition: ResidentPartition): void {
  const { record } = partition.file;
  const isLarge = buffer.byteLength >= SharedMemory.bytesFor(record, 0);
  const memory = isLarge ? new SharedMemory(buffer, record) : undefined;
  if (memory?.identity[0] !== record.tailChecksum) {
    throw invalidArgument(
      'uri',
      `the handle is damaged: its memory is not that of the partition ${record.name}. Take one from reader.share()`,
    );
  }
  partition.moveTo(memory);
  buffers.set(partition, buffer);
}
