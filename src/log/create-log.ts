import { checkOptions } from '../check-options.ts';
import { HOST, type Host } from '../io/host.ts';
import { createStore } from '../store/create-store.ts';
import type { CreateStoreOptions } from '../store/write/write-options.ts';
import { checkWriteOptions } from '../store/write/write-options.ts';
import { checkBuckets, metadataOfLog } from './log-metadata.ts';
import { LogProducer } from './log-producer.ts';
import { storeUriOf } from './log-uri.ts';
import { ProducerPromise } from './producer-promise.ts';

/** Options that a log's store takes as they are. */
const OF_THE_STORE = ['partitionBytes', 'blockBytes', 'compression', 'buildId', 'signal'] as const;
const OF_SORTING = ['sortBytes', 'sortDirectory'] as const;

/** How a log is made: the buckets, and how its store is written (see {@link CreateStoreOptions}). */
export interface CreateLogOptions
  extends Pick<CreateStoreOptions, (typeof OF_THE_STORE | typeof OF_SORTING)[number] | 'metadata'> {
  /**
   * How many buckets there are, 1 to 65,536; 1 unless given. A key's bucket depends on it. The records of more than
   * one are sorted on their way, within `sortBytes`; those of one need not be.
   */
  readonly buckets?: number | undefined;
}

/**
 * Starts a log, a recording of records with or without keys, at a path or URI where a store could be created; `log:`
 * in front is accepted. Records with the same key go to the same bucket, and a bucket keeps the order in which they
 * were sent.
 *
 * A log is a store: it is there for readers once `close()` has resolved, and `storeInfo`, `verifyStore`, `deleteStore`
 * and the rest work on it. The returned promise also has the producer's methods, so that calls can be chained.
 *
 * Timestamps, where `send` is given none, are those of the clock: give them, and the same input, options and `buildId`
 * give the same bytes in every file.
 *
 * @throws {CairnError} (as a rejection) `INVALID_ARGUMENT`, `ALREADY_EXISTS`, `CONFLICT` (orphan files of the same
 *   `buildId`), `UNSUPPORTED`, `IO`.
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
export function createLog(
  uri: string | URL,
  options: CreateLogOptions = {},
  host: Host = HOST,
): ProducerPromise {
  return ProducerPromise.of(open(uri, options, host));
}

async function open(uri: string | URL, options: CreateLogOptions, host: Host): Promise<LogProducer> {
  checkOptions(options, ['buckets', 'metadata', ...OF_THE_STORE, ...OF_SORTING]);
  const { buckets: asked = 1, metadata, sortBytes, sortDirectory, ...ofTheStore } = options;
  const buckets = checkBuckets(asked);
  const sorting: CreateStoreOptions = {
    sort: true,
    sortBytes,
    sortDirectory,
  };
  // Of one bucket, records come in the order of their offsets; the options must be right all the same.
  if (buckets === 1) checkWriteOptions(sorting);
  const writer = await createStore(
    storeUriOf(uri),
    {
      ...ofTheStore,
      ...(buckets === 1 ? {} : sorting),
      keyEncoding: 'binary',
      valueEncoding: 'binary',
      // Records are sought by their place: the sparse index is enough.
      hashIndex: false,
      metadata: metadataOfLog(buckets, metadata),
    },
    host,
  );
  return new LogProducer(writer, buckets, host.now);
}
