import { checkOptions } from '../../check-options.ts';
import { asText, invalidArgument } from '../../errors.ts';

const DEFAULT_BATCH_SIZE = 1000;

/** The options of `batches`. */
export interface BatchOptions {
  readonly size?: number | undefined;
}

/**
 * Yields what `begin` iterates over in arrays of `size`; the last one may be shorter. After it, `check` is called as it is
 * after each entry.
 *
 * @throws {CairnError} `INVALID_ARGUMENT` for the size; what `begin`, its iteration and `check` throw.
 */
export async function* batchesOf<T>(
  begin: () => AsyncIterable<T>,
  options: BatchOptions,
  check: () => void,
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
  check();
}

/** {@link batchesOf} without waiting. */
export function* batchesOfSync<T>(
  begin: () => Iterable<T>,
  options: BatchOptions,
  check: () => void,
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
  check();
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
