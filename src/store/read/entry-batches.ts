import { checkOptions } from '../../check-options.ts';
import { asText, invalidArgument } from '../../errors.ts';
import type { Interruption } from './interruption.ts';

const DEFAULT_BATCH_SIZE = 1000;

/** The options of `batches`. */
export interface BatchOptions {
  readonly size?: number | undefined;
}

/**
 * Yields what `begin` iterates over in arrays of `size`; the last one may be shorter. The interruption is looked for after
 * it, too, as it is after each entry.
 *
 * @throws {CairnError} `INVALID_ARGUMENT` for the size; what `begin` and its iteration throw, and the interruption.
 */
export async function* batchesOf<T>(
  begin: () => AsyncIterable<T>,
  options: BatchOptions,
  interruption: Interruption,
): AsyncIteratorObject<T[], undefined> {
  const size = batchSize(options);
  let batch: T[] = [];
  for await (const element of begin()) {
    batch.push(element);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length === 0) return;
  yield batch;
  interruption.throwIfOccurred();
}

/** {@link batchesOf} without waiting. */
export function* batchesOfSync<T>(
  begin: () => Iterable<T>,
  options: BatchOptions,
  interruption: Interruption,
): IteratorObject<T[], undefined> {
  const size = batchSize(options);
  let batch: T[] = [];
  for (const element of begin()) {
    batch.push(element);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length === 0) return;
  yield batch;
  interruption.throwIfOccurred();
}

/** @throws {CairnError} `INVALID_ARGUMENT` for what `forEach` cannot call. */
export function checkVisitor(visit: unknown): void {
  if (typeof visit !== 'function')
    throw invalidArgument('visit', 'forEach takes a function (key, value) => void');
}

function batchSize(options: BatchOptions): number {
  const { size = DEFAULT_BATCH_SIZE } = checkOptions(options, ['size']);
  if (!Number.isSafeInteger(size) || size < 1) {
    throw invalidArgument('size', `size must be a positive integer, not ${asText(size)}`);
  }
  return size;
}
