import { checkOptions } from '../check-options.ts';
import { invalidArgument } from '../errors.ts';
import { storeInfo } from '../store/store-info.ts';
import type { Split } from './split.ts';

/** How stores are split. */
export interface SplitOptions {
  /**
   * The number of splits over all stores: their sizes are those of an even division of each store. Each store with entries
   * has at least one split, and none is without entries.
   */
  readonly splits?: number | undefined;
  /** The size of a split in bytes of uncompressed data; not together with `splits`. */
  readonly bytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A store, as far as its splits are concerned. */
interface Sized {
  readonly uri: string;
  readonly id: string;
  readonly count: number;
  readonly bytes: number;
  readonly partitions: readonly { readonly count: number }[];
}

/**
 * Divides the entries of stores into splits: in the order of the stores and of their keys, each entry in one split. By
 * default a split is one partition. Reads only the manifests.
 *
 * @throws {CairnError} (as a rejection) `NOT_FOUND`, `INCOMPLETE`, `NOT_A_STORE`, `INVALID_ARGUMENT`, `CORRUPTION`, `IO`.
 *
 * @example
 * ```ts
 * import { createStore } from 'cairnkv';
 * import { planSplits, readSplit } from 'cairnkv/batch';
 *
 * await createStore('memory:letters').put('a', 1).put('b', 2).put('c', 3).close();
 * const [, second] = await planSplits('memory:letters', { splits: 2 });
 * const reader = await readSplit(second);
 * for await (const [key, value] of reader.entries()) console.log(key, value); // c 3
 * await reader.close();
 * ```
 */
export async function planSplits(
  uris: string | URL | readonly (string | URL)[],
  options: SplitOptions = {},
): Promise<Split[]> {
  const { splits, bytes, signal } = checkOptions(options, ['splits', 'bytes', 'signal']);
  checkCount('splits', splits);
  checkCount('bytes', bytes);
  if (splits !== undefined && bytes !== undefined)
    throw invalidArgument('bytes', 'splits and bytes are two ways to say the same; give one of them');
  const list: readonly (string | URL)[] = Array.isArray(uris) ? uris : [uris as string | URL];
  if (list.length === 0) throw invalidArgument('uris', 'uris must name at least one store');
  const stores: Sized[] = [];
  for (const uri of list) {
    const info = await storeInfo(uri, { signal });
    // The URI as the caller wrote it: a relative path stays one.
    stores.push({ ...info, uri: String(uri) });
  }
  if (splits === undefined && bytes === undefined) return stores.flatMap(splitByPartition);
  const counts =
    splits === undefined
      ? stores.map((store) => Math.ceil(store.bytes / (bytes as number)))
      : shares(
          stores.map(({ count }) => count),
          splits,
        );
  return stores.flatMap((store, i) => splitEvenly(store, counts[i]));
}

function splitByPartition({ uri, id, partitions }: Sized): Split[] {
  let from = 0;
  return partitions.map(({ count }) => {
    const split: Split = { version: 1, uri, id, from, count };
    from += count;
    return split;
  });
}

function splitEvenly({ uri, id, count }: Sized, wanted: number): Split[] {
  const number = Math.min(wanted, count);
  return Array.from({ length: number }, (_, i): Split => {
    const from = Math.floor((count * i) / number);
    return { version: 1, uri, id, from, count: Math.floor((count * (i + 1)) / number) - from };
  });
}

/** Divides a number of splits among stores by their counts: at least one for each that has entries. */
function shares(counts: readonly number[], splits: number): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const result = counts.map((count) => (count === 0 ? 0 : Math.max(1, Math.floor((splits * count) / total))));
  for (let left = splits - result.reduce((sum, n) => sum + n, 0); left > 0; left--) {
    let largest = 0;
    for (const [i, count] of counts.entries())
      if (count * result[largest] > counts[largest] * result[i]) largest = i;
    result[largest]++;
  }
  return result;
}

function checkCount(name: string, value: number | undefined): void {
  if (value === undefined || (Number.isSafeInteger(value) && value > 0)) return;
  throw invalidArgument(name, `${name} must be a positive integer, not ${String(value)}`);
}
