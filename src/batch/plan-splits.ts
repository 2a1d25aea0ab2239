import { checkOptions } from '../check-options.ts';
import { asText, invalidArgument, isCairnError } from '../errors.ts';
import { storeInfo } from '../store/store-info.ts';
import {
  hasInputKinds,
  type InputDescription,
  inputKinds,
  type SplitInput,
  type SplitWish,
} from './input-kinds.ts';
import type { JobInput, OneInput } from './job-input.ts';
import { checkSplit } from './read-split.ts';
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
interface Sized extends InputDescription {
  readonly uri: string;
  readonly id: string;
  readonly count: number;
  readonly bytes: number;
  readonly partitions: readonly { readonly count: number }[];
}

/**
 * Divides the entries of stores, collections and files into splits: in the order of the inputs and of their keys, each entry in
 * one split. By default a split is one partition, and a file is always one. Reads of stores only the manifests.
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
export async function planSplits(input: JobInput, options: SplitOptions = {}): Promise<Split[]> {
  const { splits, bytes, signal } = checkOptions(options, ['splits', 'bytes', 'signal']);
  checkCount('splits', splits);
  checkCount('bytes', bytes);
  if (splits !== undefined && bytes !== undefined)
    throw invalidArgument('bytes', 'splits and bytes are two ways to say the same; give one of them');
  return (await planInput(input, { splits, bytes, signal })).splits;
}

/** What is planned for the input of a job. */
export interface PlannedInput {
  readonly splits: Split[];
  /** The encodings and metadata of the first input. */
  readonly description: InputDescription;
  /** A split of the first input without entries. */
  readonly nothing: Split;
}

/** Divides inputs into splits, and describes the first of them. */
export async function planInput(input: JobInput, wish: SplitWish): Promise<PlannedInput> {
  const list = (Array.isArray(input) ? input : [input]) as readonly OneInput[];
  if (list.length === 0) throw invalidArgument('input', 'input must name at least one store');
  const found: (Sized | SplitInput)[] = [];
  for (const one of list) found.push(await examine(one, wish));
  // A file is one split, and a split stays what it is.
  const fixed = found.reduce((sum, one) => sum + ('splits' in one ? one.splits.length : 0), 0);
  const stores = found.filter((one) => !('splits' in one)) as Sized[];
  const counts = wantedOf(stores, wish, fixed);
  const splits: Split[] = [];
  for (const one of found) {
    if ('splits' in one) splits.push(...one.splits);
    else {
      const wanted = counts.get(one);
      splits.push(...(wanted === undefined ? splitByPartition(one) : splitEvenly(one, wanted)));
    }
  }
  const [first] = found;
  const nothing: Split =
    'splits' in first
      ? { ...first.splits[0], count: 0 }
      : { version: 1, uri: first.uri, id: first.id, from: 0, count: 0 };
  return { splits, description: first, nothing };
}

/** Looks at one input: stores are split when all of them are known. */
async function examine(input: OneInput, wish: SplitWish): Promise<Sized | SplitInput> {
  const { signal } = wish;
  if (typeof input === 'object' && input !== null && !(input instanceof URL)) {
    if ('files' in input) return inputKinds().splitFiles(input, wish);
    checkSplit(input);
    return { ...(await describeSplit(input, wish)), splits: [input] };
  }
  try {
    // The URI as the caller wrote it: a relative path stays one.
    return { ...((await storeInfo(input, { signal })) as unknown as Sized), uri: String(input) };
  } catch (error) {
    if (!isCairnError(error, 'NOT_A_STORE') || !hasInputKinds()) throw error;
    return inputKinds().splitCollection(String(input), wish);
  }
}

async function describeSplit(split: Split, { signal }: SplitWish): Promise<InputDescription> {
  if (split.kind === undefined)
    return (await storeInfo(split.uri, { signal })) as unknown as InputDescription;
  if (split.kind === 'collection')
    return inputKinds().splitCollection(split.uri, { splits: 1, bytes: undefined, signal });
  const { keyEncoding = 'utf8', valueEncoding = 'utf8' } = split.format;
  return { keyEncoding, valueEncoding, metadata: {} };
}

/** How many splits each store is to have; none if it is to be split by its partitions. */
function wantedOf(
  stores: readonly Sized[],
  { splits, bytes }: SplitWish,
  fixed: number,
): ReadonlyMap<Sized, number> {
  if (bytes !== undefined) return new Map(stores.map((store) => [store, Math.ceil(store.bytes / bytes)]));
  if (splits === undefined) return new Map();
  const counts = shares(
    stores.map(({ count }) => count),
    Math.max(1, splits - fixed),
  );
  return new Map(stores.map((store, i) => [store, counts[i]]));
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
  throw invalidArgument(name, `${name} must be a positive integer, not ${asText(value)}`);
}
