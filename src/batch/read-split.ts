import { checkOptions } from '../check-options.ts';
import { CairnError, invalidArgument } from '../errors.ts';
import type { StoreInfo } from '../store/manifest/describe-store.ts';
import { openStore } from '../store/open-store.ts';
import { inputKinds } from './input-kinds.ts';
import type { Split, StoreSplit } from './split.ts';
import { SplitReader } from './split-reader.ts';
import { StoreSource } from './store-source.ts';

/** How a split is read. */
export interface ReadSplitOptions {
  /** As in `openStore`. */
  readonly views?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens a split for reading.
 *
 * @throws {CairnError} (as a rejection) `CONFLICT` if the input has another content than when it was split, `NOT_FOUND`,
 *   `INVALID_ARGUMENT`, `CORRUPTION`, `IO`.
 */
export async function readSplit<K = unknown, V = unknown>(
  split: Split,
  options: ReadSplitOptions = {},
): Promise<SplitReader<K, V>> {
  const { views, signal } = checkOptions(options, ['views', 'signal']);
  checkSplit(split);
  if (split.kind !== undefined) {
    const onInvalid = (error: CairnError): never => {
      throw error;
    };
    return new SplitReader(split, await inputKinds().open(split, { signal, onInvalid })) as SplitReader<K, V>;
  }
  const reader = await openStore<K, V>(split.uri, { views, signal });
  try {
    refuseRebuilt(split, reader.info);
  } catch (error) {
    await reader.close();
    throw error;
  }
  return new SplitReader(split, new StoreSource(split, reader, { signal }));
}

/** @throws {CairnError} `CONFLICT` if a store is not the one that was split. */
export function refuseRebuilt(split: StoreSplit, { id, uri }: StoreInfo<unknown>): void {
  if (id === split.id) return;
  throw new CairnError(
    'CONFLICT',
    `${uri} was written again after it was split: its id is ${id}, and was ${split.id}. Plan the splits again`,
    { uri },
  );
}

/** @throws {CairnError} `INVALID_ARGUMENT`. */
export function checkSplit(split: Split): void {
  const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
  if (typeof split === 'object' && split !== null && split.version === 1) {
    const { uri, id, from, count } = split;
    if (
      typeof uri === 'string' &&
      typeof id === 'string' &&
      isCount(from) &&
      isCount(count) &&
      isKnown(split)
    )
      return;
  }
  throw invalidArgument('split', 'split must be one that planSplits returned, of version 1');
}

function isKnown(split: Split): boolean {
  if (split.kind === 'collection')
    return Number.isSafeInteger(split.at) && [split.gte, split.lt].every(isKey);
  if (split.kind === 'file') return typeof split.format === 'object' && split.format !== null;
  return split.kind === undefined;
}

function isKey(key: unknown): boolean {
  return key === undefined || (typeof key === 'string' && /^(?:[0-9a-f]{2})+$/.test(key));
}
