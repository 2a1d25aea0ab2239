import { type Checksum, hex64 } from '../bytes/checksum.ts';
import { corruption, type Region } from '../bytes/corruption.ts';
import { checkHeader } from '../format/header.ts';
import { checkSection, HEADER } from '../format/layout.ts';
import type { ByteSink } from '../io/byte-sink.ts';
import { readForward } from '../io/read-forward.ts';
import { unlessAborted } from '../wait-options.ts';
import type { PartitionFile } from './partition-file.ts';

/** Blocks that are read, checked and written at once, at least one. */
const STRETCH_BYTES = 1 << 20;

/** Follows a copy, and can end it. */
export interface CopyObserver {
  readonly signal?: AbortSignal | undefined;
  /** Called with the number of bytes that have been checked, and written. */
  readonly onBytes: (bytes: number) => void;
}

/**
 * Reads a partition from front to back, checks every byte of it that this version knows, and writes it to a sink, if there is one. The sink is
 * left to the caller to finish or abort.
 *
 * @throws {CairnError} (as a rejection) `CORRUPTION`, `IO`.
 */
export async function copyPartition(
  file: PartitionFile,
  checksum: Checksum,
  sink: ByteSink | undefined,
  { signal, onBytes }: CopyObserver,
): Promise<void> {
  const { source, record } = file;
  const { index, footer } = await file.readTail(signal);
  const stream = readForward(source, 0, record.bytes, signal);
  const take = async (length: number, check: (bytes: Uint8Array) => void): Promise<void> => {
    const bytes = new Uint8Array(length);
    await stream.read(bytes);
    check(bytes);
    const waiting = sink?.write(bytes);
    if (waiting !== undefined) await unlessAborted(waiting, signal);
    onBytes(length);
  };
  try {
    await take(HEADER.length, (bytes) => checkHeader(bytes, source.name, checksum));
    for (let first = 0; first < index.blocks; ) {
      let end = first + 1;
      while (end < index.blocks && index.fileStart(end + 1) - index.fileStart(first) <= STRETCH_BYTES) end++;
      const start = index.fileStart(first);
      const blocks = [first, end] as const;
      await take(index.fileStart(end) - start, (bytes) => {
        for (let block = blocks[0]; block < blocks[1]; block++) {
          const at = index.fileStart(block) - start;
          const part = bytes.subarray(at, at + index.storedLength(block));
          checkSection(part, index.checksum(block), file.blockRegion(block), checksum);
        }
      });
      first = end;
    }
    const hashRegion: Region = { file: source.name, section: 'hash index', offset: footer.hashOffset };
    await take(footer.hashLength, (bytes) => checkSection(bytes, footer.hashChecksum, hashRegion, checksum));
    // Sections of optional features have checksums of their own, which only who knows them can check.
    const tailOffset = record.bytes - record.tailBytes;
    for (let at = footer.hashOffset + footer.hashLength; at < tailOffset; at += STRETCH_BYTES)
      await take(Math.min(STRETCH_BYTES, tailOffset - at), () => undefined);
    await take(record.tailBytes, (bytes) => {
      const found = checksum.hash(bytes);
      if (found === record.tailChecksum) return;
      const region: Region = { file: source.name, section: 'tail', offset: tailOffset };
      throw corruption(region, 'the tail changed', {
        expected: hex64(record.tailChecksum),
        actual: hex64(found),
      });
    });
  } finally {
    stream.close();
  }
}
