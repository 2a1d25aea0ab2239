import { compareRanges } from '../../bytes/compare.ts';
import { KeyBuffer } from '../../bytes/key-buffer.ts';
import { checkKeyLength, orderError } from './entry-check.ts';
import type { BufferedEntrySink } from './entry-sink.ts';
import type { StoreBuilder } from './store-builder.ts';

const MIN_BYTES = 256;

/**
 * Lets one of several equal keys' entries through, of entries whose keys ascend or stay the same. It holds one entry
 * back, because the next one may take its place.
 */
export class EntryDeduplicator implements BufferedEntrySink {
  entries = 0;
  readonly #builder: StoreBuilder;
  readonly #keepLast: boolean;
  #key: KeyBuffer = new KeyBuffer();
  /** The key held back, and its value in `#value[0…#valueLength)`. */
  #held: KeyBuffer = new KeyBuffer();
  #value = new Uint8Array(MIN_BYTES);
  #valueLength = 0;

  constructor(builder: StoreBuilder, keep: 'first' | 'last') {
    this.#builder = builder;
    this.#keepLast = keep === 'last';
  }

  get key(): KeyBuffer {
    return this.#key;
  }

  add(value: Uint8Array): Promise<void> | undefined {
    checkKeyLength(this.#key);
    const order = this.#compare();
    if (order < 0) throw orderError(this.#held, this.#key, this.entries, false, this.#builder.keyEncoding);
    this.#builder.checkSize(this.#key.length, value.length, this.entries);
    let waiting: Promise<void> | undefined;
    if (order !== 0) {
      waiting = this.#flush();
      const free = this.#held;
      this.#held = this.#key;
      this.#key = free;
      this.#hold(value);
    } else if (this.#keepLast) {
      this.#hold(value);
    }
    this.entries++;
    return waiting;
  }

  async drain(): Promise<void> {
    await this.#flush();
  }

  async close(): Promise<void> {
    this.#held.length = 0;
  }

  #flush(): Promise<void> | undefined {
    const { length } = this.#held;
    if (length === 0) return undefined;
    this.#builder.key.setRange(this.#held.bytes, 0, length);
    this.#held.length = 0;
    return this.#builder.add(this.#value.subarray(0, this.#valueLength));
  }

  /** The order of the new key and the one held back: negative when it comes before. */
  #compare(): number {
    const [key, held] = [this.#key, this.#held];
    return compareRanges(key.bytes, 0, key.length, held.bytes, 0, held.length);
  }

  #hold(value: Uint8Array): void {
    if (value.length > this.#value.length) this.#value = new Uint8Array(2 * value.length);
    this.#value.set(value);
    this.#valueLength = value.length;
  }
}
