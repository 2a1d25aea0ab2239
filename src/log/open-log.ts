import { checkOptions } from '../check-options.ts';
import { isCairnError } from '../errors.ts';
import { openStore } from '../store/open-store.ts';
import type { OpenStoreOptions } from '../store/read/read-options.ts';
import type { StoreReader } from '../store/read/store-reader.ts';
import { bucketsOf, notALog } from './log-metadata.ts';
import { LogPromise } from './log-promise.ts';
import { LogSource } from './log-source.ts';
import { storeUriOf } from './log-uri.ts';

/** Options for reading a log: see {@link OpenStoreOptions} for each. */
export type OpenLogOptions = Pick<OpenStoreOptions, 'cacheBytes' | 'verify' | 'signal'>;

/**
 * Opens a finished log at a path or URI, with or without `log:` in front. Reads the store's manifest; records
 * are read on demand.
 *
 * The returned promise also has the reader's methods: `openLog(uri).bucket(0).records()`.
 *
 * @throws {CairnError} (as a rejection) `NOT_FOUND`, `INCOMPLETE`, `NOT_A_STORE` (also for a store that is
 * not a log), `CORRUPTION`, `UNSUPPORTED_FORMAT`, `UNSUPPORTED`, `INVALID_ARGUMENT`, `IO`.
 *
 * @example
 * ```ts
 * import { createLog, openLog } from 'cairnkv/log';
 *
 * const transactions = [['alice', 'Deposit 100.00'], ['bob', 'Withdraw 50.00'], ['alice', 'Withdraw 25.00']] as const;
 * const producer = await createLog('memory:transactions', { buckets: 3 });
 * await producer.sendAll(transactions);
 * await producer.close();
 *
 * const log = await openLog('log:memory:transactions');
 * const alices = log.bucket(log.bucketOf('alice'));
 * for await (const record of alices.records()) {
 *   console.log(record.offset, record.keyString(), record.valueString()); // 0 alice Deposit 100.00, then 1 alice Withdraw 25.00
 * }
 * for await (const record of alices.records({ from: -1 })) console.log(record.valueString()); // Withdraw 25.00
 * await log.close();
 * ```
 */
export function openLog(uri: string | URL, options: OpenLogOptions = {}): LogPromise {
  return LogPromise.of(() => open(uri, options));
}

async function open(uri: string | URL, options: OpenLogOptions): Promise<LogSource> {
  const own = checkOptions(options, ['cacheBytes', 'verify', 'signal']);
  const store = await openBytes(storeUriOf(uri), own);
  try {
    return new LogSource(store, bucketsOf(store.info));
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function openBytes(
  uri: string | URL,
  options: OpenLogOptions,
): Promise<StoreReader<Uint8Array, Uint8Array>> {
  try {
    return await openStore<Uint8Array, Uint8Array>(uri, options);
  } catch (error) {
    // A user-defined codec: a store, but not a log.
    if (isCairnError(error, 'INVALID_ARGUMENT') && /^(?:key|value)Encoding$/.test(error.argument ?? '')) {
      throw notALog(String(uri));
    }
    throw error;
  }
}
