import { compareRanges } from '../../bytes/compare.ts';
import { corruption } from '../../bytes/corruption.ts';
import { type CairnError, isCairnError } from '../../errors.ts';
import type { PartitionReader } from '../../partition/cache/partition-reader.ts';
import { type EncodedRange, EVERYTHING } from '../../store/read/range.ts';
import type { GenerationReader } from '../read/generation-reader.ts';
import { MergeScan } from '../read/merge-scan.ts';
import type { ChangeSet } from './change-set.ts';
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

/** What entries are added to. */
export type MergeSink = Pick<GenerationSink, 'key' | 'add'>;

/**
 * Adds the entries of some generations, the newest first, to a sink: of equal keys the newest one's.
 *
 * @throws {CairnError} (as a rejection) `CORRUPTION`, `TOO_LARGE`, `IO`; the signal's reason.
 */
export async function mergeGenerations(
  generations: readonly GenerationReader[],
  sink: MergeSink,
  { tombstones, range = EVERYTHING, signal, onProgress }: MergeGenerationsOptions,
): Promise<number> {
  const scan = new MergeScan(generations, range, { tombstones });
  let entries = 0;
  try {
    for (;;) {
      const next = scan.next();
      if (!(typeof next === 'boolean' ? next : await next)) return entries;
      const { isMarked } = generations[scan.order];
      for (let i = 0; i < scan.spans.count; i++) {
        const waiting = addEntry(scan, i, sink, isMarked);
        if (waiting !== undefined) await waiting;
        if (++entries % ENTRIES_PER_CHECK === 0) {
          signal?.throwIfAborted();
          onProgress?.(entries);
        }
      }
    }
  } catch (error) {
    throw disorder(error, scan) ?? error;
  } finally {
    scan.close();
  }
}

/**
 * Adds changes, and what a generation has besides them, to a sink: without making a generation of the changes first.
 *
 * @param tombstones whether these are kept, of the changes and of the generation.
 * @throws {CairnError} (as a rejection) as {@link mergeGenerations}.
 */
export async function mergeChanges(
  changes: ChangeSet,
  below: GenerationReader,
  sink: MergeSink,
  tombstones: boolean,
): Promise<void> {
  const scan = new MergeScan([below], EVERYTHING, { tombstones });
  const newer = changes.sorted();
  let change = newer.next().value;
  const addChange = (): Promise<void> | undefined => {
    const { key, value } = change as NonNullable<typeof change>;
    change = newer.next().value;
    if (value === undefined && !tombstones) return undefined;
    sink.key.set(key);
    return sink.add(value);
  };
  try {
    for (;;) {
      const next = scan.next();
      if (!(typeof next === 'boolean' ? next : await next)) break;
      const { bytes, spans } = scan.current;
      for (let i = 0; i < scan.spans.count; i++) {
        const at = scan.from + i;
        let order = 1;
        while (change !== undefined) {
          const { key } = change;
          order = compareRanges(key, 0, key.length, bytes, spans.keyStarts[at], spans.keyEnds[at]);
          if (order > 0) break;
          const waiting = addChange();
          if (waiting !== undefined) await waiting;
          if (order === 0) break;
        }
        if (order === 0) continue;
        const waiting = addEntry(scan, i, sink, below.isMarked);
        if (waiting !== undefined) await waiting;
      }
    }
    while (change !== undefined) {
      const waiting = addChange();
      if (waiting !== undefined) await waiting;
    }
  } catch (error) {
    throw disorder(error, scan) ?? error;
  } finally {
    scan.close();
  }
}

/** The error for entries that are out of order, which only a file that lies about its keys has. */
function disorder(error: unknown, scan: MergeScan): CairnError | undefined {
  if (!isCairnError(error, 'KEY_ORDER', 'DUPLICATE_KEY')) return undefined;
  const file = (scan.current.partition as PartitionReader).file.source.name;
  return corruption({ file, section: 'entry', offset: 0 }, 'keys are out of order', { cause: error });
}

/** Adds entry `index` of a run to a sink. */
function addEntry(
  scan: MergeScan,
  index: number,
  sink: MergeSink,
  isMarked: boolean,
): Promise<void> | undefined {
  const { bytes, spans } = scan.current;
  const at = scan.from + index;
  const keyEnd = spans.keyEnds[at];
  sink.key.setRange(bytes, spans.keyStarts[at], keyEnd);
  if (!isMarked) return sink.add(bytes.subarray(keyEnd, spans.valueEnds[at]));
  return sink.add(scan.isTombstone(index) ? undefined : bytes.subarray(keyEnd + 1, spans.valueEnds[at]));
}
