import { LayeredLookup } from '../collection/read/layered-lookup.ts';
import type { OpenVersion } from '../collection/read/open-version.ts';
import { FOUND, MISSING } from '../partition/cache/outcome.ts';
import type { PartitionReader } from '../partition/cache/partition-reader.ts';
import { decoderFor } from './entry-walk.ts';
import { decodeText, type Format, type Formatted, type StoredKeys } from './stored-keys.ts';

/** Looks keys up in a version. What is in memory is answered without waiting. */
export class LevelLookup {
  readonly #keys: StoredKeys;
  readonly #lookup: LayeredLookup = new LayeredLookup();

  constructor(keys: StoredKeys) {
    this.#keys = keys;
  }

  /** The value of a key, copied; undefined if there is none. */
  get(
    version: OpenVersion,
    key: Formatted,
    format: Format,
  ): Formatted | undefined | Promise<Formatted | undefined> {
    const lookup = this.#lookup;
    if (!this.#keys.encodeInto(key, lookup.key)) return undefined;
    const outcome = lookup.find(version.generations, false);
    if (outcome === FOUND) return this.#value(format);
    return outcome === MISSING ? this.#findLater(version, () => this.#value(format)) : undefined;
  }

  /** {@link get} without waiting. @throws {CairnError} `UNSUPPORTED` where bytes can't be read without waiting. */
  getSync(version: OpenVersion, key: Formatted, format: Format): Formatted | undefined {
    const lookup = this.#lookup;
    if (!this.#keys.encodeInto(key, lookup.key)) return undefined;
    const outcome = lookup.find(version.generations, true);
    if (outcome === FOUND || (outcome === MISSING && lookup.findNow(version.generations)))
      return this.#value(format);
    return undefined;
  }

  /** True if there is a key, else undefined. */
  has(version: OpenVersion, key: Formatted): true | undefined | Promise<true | undefined> {
    const lookup = this.#lookup;
    if (!this.#keys.encodeInto(key, lookup.key)) return undefined;
    const outcome = lookup.find(version.generations, false);
    if (outcome === FOUND) return true;
    return outcome === MISSING ? this.#findLater(version, () => true as const) : undefined;
  }

  async #findLater<T>(version: OpenVersion, take: () => T): Promise<T | undefined> {
    version.retain();
    try {
      return await this.#lookup.findLater(version.generations, take, () => undefined, undefined);
    } finally {
      version.release();
    }
  }

  #value(format: Format): Formatted {
    const { key, markBytes } = this.#lookup;
    const partition = this.#lookup.partition as PartitionReader;
    if (format === 'utf8') return decodeText(partition.bytes, partition.valueStart, partition.valueEnd);
    return decoderFor('view', 'view').found(partition, key.length + markBytes);
  }
}
