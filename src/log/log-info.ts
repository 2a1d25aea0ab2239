import type { StoreInfo } from '../store/manifest/describe-store.ts';

/** What is known of a finished log without reading its records: the info of its store, and the buckets. */
export interface LogInfo extends StoreInfo<Uint8Array> {
  /** Number of buckets; they are numbered from 0. */
  readonly buckets: number;
}
