/** What a reader has done so far. */
export interface ReaderStats {
  /** Requests to the storage: of HTTP, those that were tried again included; else reads of partition files. */
  readonly requests: number;
  /** Bytes that these brought. */
  readonly bytes: number;
  /** Keys that were looked up: by `get`, `has` and `getMany`. */
  readonly lookups: number;
  /** Those of them that were answered from memory. */
  readonly cacheHits: number;
  /** Reads that were repeated because what came did not meet its checksum. Of a disk or a server that is sound: none. */
  readonly rereads: number;
}

/** Counts what a reader does. One for each reader; counting costs an addition. */
export class ReadCounter {
  requests = 0;
  bytes = 0;
  lookups = 0;
  /** Look-ups that had to read something. */
  misses = 0;
  rereads = 0;

  get stats(): ReaderStats {
    const { requests, bytes, lookups, misses, rereads } = this;
    return { requests, bytes, lookups, cacheHits: lookups - misses, rereads };
  }
}
