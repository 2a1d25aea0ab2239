import { compareBytes } from '../../bytes/compare.ts';
import { copyBytes } from '../../bytes/copy-bytes.ts';
import { FOUND, MISSING } from '../../partition/cache/outcome.ts';
import type { PartitionReader } from '../../partition/cache/partition-reader.ts';
import type { EncodedRange } from '../../store/read/range.ts';
import { nameOf } from '../version/version-state.ts';
import type { GenerationReader } from './generation-reader.ts';
import { LayeredLookup } from './layered-lookup.ts';
import { MergeScan } from './merge-scan.ts';
import type { OpenVersion } from './open-version.ts';

/** What two versions have of a key; undefined where there is none. */
export interface RawDifference {
  readonly key: Uint8Array;
  /** A partition that has the key. */
  readonly partition: PartitionReader;
  readonly before: StoredValue | undefined;
  readonly after: StoredValue | undefined;
}

/** The bytes of a value, copied, and the partition that has them. */
export interface StoredValue {
  readonly bytes: Uint8Array;
  readonly partition: PartitionReader;
}

/**
 * Yields what differs between two versions, in key order. Only keys of generations that one of them has and the other has
 * not can differ: these are looked up in both.
 */
export async function* diffVersions(
  from: OpenVersion,
  to: OpenVersion,
  range: EncodedRange,
): AsyncIterableIterator<RawDifference> {
  const scan = new MergeScan(
    unshared(from, to),
    { ...range, limit: Number.POSITIVE_INFINITY },
    { tombstones: true },
  );
  const lookup = new LayeredLookup();
  let left = range.limit;
  try {
    while (left > 0) {
      const next = scan.next();
      if (!(typeof next === 'boolean' ? next : await next)) return;
      const { bytes, spans } = scan.current;
      for (let i = scan.from; i < scan.from + scan.spans.count && left > 0; i++) {
        const key = bytes.slice(spans.keyStarts[i], spans.keyEnds[i]);
        const before = await storedValue(lookup, key, from.generations, range.signal);
        const after = await storedValue(lookup, key, to.generations, range.signal);
        if (before === after) continue;
        if (before && after && compareBytes(before.bytes, after.bytes) === 0) continue;
        left--;
        const { partition } = (after ?? before) as StoredValue;
        yield { key, partition, before, after };
      }
    }
  } finally {
    scan.close();
  }
}

function unshared(from: OpenVersion, to: OpenVersion): GenerationReader[] {
  const names = (version: OpenVersion): Set<string> =>
    new Set(version.generations.map(({ generation }) => nameOf(generation)));
  const [older, newer] = [names(from), names(to)];
  return [
    ...to.generations.filter(({ generation }) => !older.has(nameOf(generation))),
    ...from.generations.filter(({ generation }) => !newer.has(nameOf(generation))),
  ];
}

async function storedValue(
  lookup: LayeredLookup,
  key: Uint8Array,
  generations: readonly GenerationReader[],
  signal: AbortSignal | undefined,
): Promise<StoredValue | undefined> {
  const take = (): StoredValue => {
    const partition = lookup.partition as PartitionReader;
    return { partition, bytes: copyBytes(partition.bytes, partition.valueStart, partition.valueEnd) };
  };
  lookup.key.set(key);
  const outcome = lookup.find(generations, false);
  if (outcome === FOUND) return take();
  return outcome === MISSING ? lookup.findLater(generations, take, () => undefined, signal) : undefined;
}
