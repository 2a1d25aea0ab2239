import { type EncodedRange, EVERYTHING } from '../../store/read/range.ts';
import type { GenerationReader } from '../read/generation-reader.ts';
import { MergeScan } from '../read/merge-scan.ts';
import type { GenerationSink } from './generation-sink.ts';

/** Entries between two looks at the signal. */
const ENTRIES_PER_CHECK = 4096;

/** How generations are merged. */
export interface MergeGenerationsOptions {
  /** Whether tombstones are kept: where older generations may have their keys. */
  readonly tombstones: boolean;
  readonly range?: EncodedRange | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called from time to time with the number of entries that were added. */
  readonly onProgress?: ((entries: number) => void) | undefined;
}

/**
 * Adds the entries of some generations, the newest first, to a sink: of equal keys the newest one's.
 *
 * @throws {CairnError} (as a rejection) `CORRUPTION`, `TOO_LARGE`, `IO`; the signal's reason.
 */
export async function mergeGenerations(
  generations: readonly GenerationReader[],
  sink: Pick<GenerationSink, 'key' | 'add'>,
  { tombstones, range = EVERYTHING, signal, onProgress }: MergeGenerationsOptions,
): Promise<number> {
  const scan = new MergeScan(generations, range, { tombstones });
  let entries = 0;
  try {
    for (;;) {
      const next = scan.next();
      if (!(typeof next === 'boolean' ? next : await next)) return entries;
      const { current, from, spans } = scan;
      const { keyStarts, keyEnds, valueEnds } = current.spans;
      const markBytes = generations[scan.order].isMarked ? 1 : 0;
      for (let i = from; i < from + spans.count; i++) {
        const keyEnd = keyEnds[i];
        sink.key.setRange(current.bytes, keyStarts[i], keyEnd);
        const isTombstone = markBytes === 1 && scan.isTombstone(i - from);
        const waiting = sink.add(
          isTombstone ? undefined : current.bytes.subarray(keyEnd + markBytes, valueEnds[i]),
        );
        if (waiting !== undefined) await waiting;
        if (++entries % ENTRIES_PER_CHECK === 0) {
          signal?.throwIfAborted();
          onProgress?.(entries);
        }
      }
    }
  } finally {
    scan.close();
  }
}
