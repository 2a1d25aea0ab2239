/// <reference lib="esnext.disposable" preserve="true" />
import type { EntryDecoder } from '../store/read/entry-decoder.ts';
import type { OpenVersion } from './read/open-version.ts';
import { VersionReader } from './read/version-reader.ts';

/** One version of a collection, which stays as it is. Made by `collection.snapshot()`. */
export class Snapshot<K, V> extends VersionReader<K, V> {
  /** @internal Use `collection.snapshot()`. */
  constructor(uri: string, decoder: EntryDecoder<K, V>, version: OpenVersion) {
    super(uri, decoder, version, 'snapshot');
  }

  /** Frees what the snapshot holds; calls after it fail with `CLOSED`. Calling it twice is a no-op. */
  async close(): Promise<void> {
    this.endReading();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
