import type { StoreInfo } from '../store/manifest/describe-store.ts';

/** What is known of a finished log without reading its records: what its store says of itself, and more. */
export interface LogInfo extends StoreInfo<Uint8Array> {
  /** Buckets, numbered from 0. */
  readonly buckets: number;
}
