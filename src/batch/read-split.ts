import { checkOptions } from '../check-options.ts';
import { CairnError, invalidArgument } from '../errors.ts';
import { openStore } from '../store/open-store.ts';
import type { Split } from './split.ts';
import { SplitReader } from './split-reader.ts';

/** How a split is read. */
export interface ReadSplitOptions {
  /** As in `openStore`. */
  readonly views?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens a split for reading.
 *
 * @throws {CairnError} (as a rejection) `CONFLICT` if the store has another content than when it was split, `NOT_FOUND`,
 *   `INVALID_ARGUMENT`, `CORRUPTION`, `IO`.
 */
export async function readSplit<K = unknown, V = unknown>(
  split: Split,
  options: ReadSplitOptions = {},
): Promise<SplitReader<K, V>> {
  const { views, signal } = checkOptions(options, ['views', 'signal']);
  checkSplit(split);
  const reader = await openStore<K, V>(split.uri, { views, signal });
  const { id, uri } = reader.info;
  if (id === split.id) return new SplitReader(split, reader, signal);
  await reader.close();
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
    if (typeof uri === 'string' && typeof id === 'string' && isCount(from) && isCount(count)) return;
  }
  throw invalidArgument('split', 'split must be one that planSplits returned, of version 1');
}
