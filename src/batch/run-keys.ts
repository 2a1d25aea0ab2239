import { KeyBuffer, MAX_KEY_BYTES } from '../bytes/key-buffer.ts';
import type { KeyCodec } from '../codec/keys/key-codec.ts';
import { CairnError, invalidArgument } from '../errors.ts';
import { encodeShuffleKey, MAX_SORTED_KEY_BYTES } from './shuffle-key.ts';

/** Encodes emitted keys as those of a run, each with the next number. */
export class RunKeys implements KeyCodec<unknown> {
  readonly name = 'binary';
  readonly #keys: KeyCodec<unknown>;
  readonly #key = new KeyBuffer();
  #number = 0;

  constructor(keys: KeyCodec<unknown>) {
    this.#keys = keys;
  }

  encodeInto(key: unknown, target: Uint8Array): number {
    const length = this.#encode(key);
    const runLength = encodeShuffleKey(this.#key.bytes, length, this.#number, target);
    if (runLength === 0) {
      throw new CairnError(
        'TOO_LARGE',
        `a key of ${length} bytes is too long to be sorted between map and reduce`,
        {
          keyBytes: length,
          limit: MAX_SORTED_KEY_BYTES,
        },
      );
    }
    this.#number++;
    return runLength;
  }

  encodePrefixInto(): number {
    throw invalidArgument('prefix', 'keys of runs are not looked up');
  }

  decode(bytes: Uint8Array, start: number, end: number): unknown {
    return bytes.slice(start, end);
  }

  /** Returns what equal keys have in common: text is itself, other keys are their bytes. */
  nameOf(key: unknown): unknown {
    const length = this.#encode(key);
    return typeof key === 'string' ? key : String.fromCharCode(...this.#key.bytes.subarray(0, length));
  }

  #encode(key: unknown): number {
    const length = this.#keys.encodeInto(key, this.#key.bytes);
    if (length > 0 && length <= MAX_KEY_BYTES) return length;
    throw invalidArgument('key', `an emitted key must have 1 to ${MAX_KEY_BYTES} bytes`);
  }
}
