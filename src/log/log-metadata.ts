import type { JsonValue } from '../codec/values/json-value.ts';
import { asText, CairnError, invalidArgument } from '../errors.ts';
import type { StoreInfo } from '../store/manifest/describe-store.ts';
import { BUCKET_HASH_NAME } from './bucket-hash.ts';

const VERSION = 1;

/** A bucket costs a producer one number in memory, and has its own range of keys. More have no use. */
export const MAX_BUCKETS = 65_536;

type Metadata = { readonly [key: string]: JsonValue };

/** @throws {CairnError} `INVALID_ARGUMENT`. */
export function checkBuckets(buckets: unknown): number {
  if (isBucketCount(buckets)) return buckets;
  throw invalidArgument(
    'buckets',
    `buckets must be an integer from 1 to ${MAX_BUCKETS}, not ${asText(buckets)}`,
  );
}

function isBucketCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= MAX_BUCKETS;
}

/**
 * Returns the metadata of a log's store: the user's, and `log`, which marks the store as a log.
 *
 * @throws {CairnError} `INVALID_ARGUMENT`.
 */
export function metadataOfLog(buckets: number, metadata: Metadata = {}): Metadata {
  if (!isObject(metadata)) throw invalidArgument('metadata', 'metadata must be an object');
  if (Object.hasOwn(metadata, 'log')) {
    throw invalidArgument('metadata', "metadata.log is the log's own; choose another name");
  }
  return { ...metadata, log: { version: VERSION, buckets, hash: BUCKET_HASH_NAME } };
}

/**
 * Returns the number of buckets of the log in a store.
 *
 * @throws {CairnError} `NOT_A_STORE` for a store that is not a log, `UNSUPPORTED_FORMAT` for a log of another
 * version.
 */
export function bucketsOf({ uri, metadata, keyEncoding, valueEncoding }: StoreInfo): number {
  const log = Object.hasOwn(metadata, 'log') ? metadata.log : undefined;
  if (!isObject(log) || keyEncoding !== 'binary' || valueEncoding !== 'binary') throw notALog(uri);
  const { version, hash, buckets } = log;
  if (version !== VERSION) throw unsupported(uri, `log version ${show(version)}`, `version ${VERSION}`);
  if (hash !== BUCKET_HASH_NAME) throw unsupported(uri, `the hash ${show(hash)}`, BUCKET_HASH_NAME);
  if (!isBucketCount(buckets)) throw unsupported(uri, `${show(buckets)} buckets`, `1 to ${MAX_BUCKETS}`);
  return buckets;
}

/** The error for a store that is not a log. */
export function notALog(uri: string): CairnError {
  return new CairnError(
    'NOT_A_STORE',
    `${uri} is a store, but not a log: nothing in its metadata says so. Read it with openStore, or cairn scan`,
    { uri },
  );
}

function unsupported(uri: string, found: string, supported: string): CairnError {
  return new CairnError(
    'UNSUPPORTED_FORMAT',
    `${uri} is a log with ${found}; this version of cairnkv knows ${supported}. Upgrade cairnkv`,
    { uri, found, supported },
  );
}

function isObject(value: JsonValue | undefined): value is Metadata {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function show(value: JsonValue | undefined): string {
  return JSON.stringify(value) ?? 'no number of';
}
