import { checkOptions } from '../check-options.ts';
import { HOST, type Host } from '../io/host.ts';
import { createStore } from '../store/create-store.ts';
import type { CreateStoreOptions } from '../store/write/write-options.ts';
import { checkWriteOptions } from '../store/write/write-options.ts';
import { checkBuckets, metadataOfLog } from './log-metadata.ts';
import { LogProducer } from './log-producer.ts';
import { storeUriOf } from './log-uri.ts';
import { ProducerPromise } from './producer-promise.ts';

/** Options that are passed to the log's store unchanged. */
const OF_THE_STORE = ['partitionBytes', 'blockBytes', 'compression', 'buildId', 'replace', 'signal'] as const;
const OF_SORTING = ['sortBytes', 'sortDirectory'] as const;

/** Options of a new log: its buckets, and how its store is written (see {@link CreateStoreOptions}). */
export interface CreateLogOptions
  extends Pick<CreateStoreOptions, (typeof OF_THE_STORE | typeof OF_SORTING)[number] | 'metadata'> {
  /**
   * Number of buckets, 1 to 65,536. Default: 1. The bucket of a key depends on it. With more than one bucket,
   * records are sorted while they are written, within `sortBytes`.
   */
  readonly buckets?: number | undefined;
}

/**
 * Starts a log, a sequence of records with or without keys, at a path or URI where a store could be created,
 * optionally with `log:` in front. Records with the same key go to the same bucket, and each bucket keeps the
 * order in which its records were sent.
 *
 * A log is a store: readers can open it once `close()` has resolved, and `storeInfo`, `verifyStore`,
 * `deleteStore` and the others work on it. The returned promise also has the producer's methods, so that
 * calls can be chained.
 *
 * Timestamps default to the clock. With explicit timestamps, the same input, options and `buildId` produce
 * the same bytes in every file.
 *
 * @throws {CairnError} (as a rejection) `INVALID_ARGUMENT`, `ALREADY_EXISTS`, `CONFLICT` (files of the same
 * `buildId`), `UNSUPPORTED`, `IO`.
 *
 * @example
 * ```ts
 * import { createLog, openLog } from 'cairnkv/log';
 *
 * const producer = await createLog('memory:visits', { buckets: 2 });
 * producer.send('alice', 'home');
 * producer.send(null, 'no key: to the buckets in turn');
 * producer.send('alice', new Uint8Array([0xff]), { timestamp: Date.UTC(2026, 0, 1) });
 * const info = await producer.close();
 * console.log(info.count, info.buckets); // 3 2
 * ```
 */
export function createLog(uri: string | URL, options?: CreateLogOptions): ProducerPromise;
/** @internal With a clock and randomness of its own, for tests. */
export function createLog(
  uri: string | URL,
  options: CreateLogOptions | undefined,
  host: Host,
): ProducerPromise;
export function createLog(
  uri: string | URL,
  options: CreateLogOptions = {},
  host: Host = HOST,
): ProducerPromise {
  return ProducerPromise.of(open(uri, options, host));
}

async function open(uri: string | URL, options: CreateLogOptions, host: Host): Promise<LogProducer> {
  const {
    buckets: asked = 1,
    metadata,
    sortBytes,
    sortDirectory,
    ...ofTheStore
  } = checkOptions(options, ['buckets', 'metadata', ...OF_THE_STORE, ...OF_SORTING]);
  const buckets = checkBuckets(asked);
  const sorting: CreateStoreOptions = {
    sort: true,
    sortBytes,
    sortDirectory,
  };
  // Records of a single bucket need no sorting, because they arrive by offset; the options must still be
  // valid.
  if (buckets === 1) checkWriteOptions(sorting);
  const writer = await createStore(
    storeUriOf(uri),
    {
      ...ofTheStore,
      ...(buckets === 1 ? {} : sorting),
      keyEncoding: 'binary',
      valueEncoding: 'binary',
      // Records are looked up by position, for which the sparse index is enough.
      hashIndex: false,
      metadata: metadataOfLog(buckets, metadata),
    },
    host,
  );
  return new LogProducer(writer, buckets, host.now);
}
