import { compareBytes } from '../bytes/compare.ts';
import { fromHex } from '../bytes/hex.ts';
import { KeyBuffer } from '../bytes/key-buffer.ts';
import { isKeyEncodingName } from '../codec/encoding-names.ts';
import type { KeyCodec } from '../codec/keys/key-codec.ts';
import { keyCodecFor } from '../codec/keys/key-codecs.ts';
import { invalidArgument } from '../errors.ts';
import type { Splitters } from './sample-splitters.ts';

/** Divides keys among tasks by ranges. */
export interface RangePartitioner<K = unknown> {
  /**
   * Returns the number of the task that writes a key, from 0. Costs a binary search.
   *
   * @throws {CairnError} `INVALID_ARGUMENT` for a key that the encoding of the splitters does not take.
   */
  taskOf(key: K): number;
}

/**
 * Divides keys among tasks by the splitters of {@link sampleSplitters}: each key is of one task, and the keys of a task come
 * before those of the next one. So tasks that sort what they are sent make one ordered store.
 *
 * @throws {CairnError} `INVALID_ARGUMENT`.
 */
export function rangePartitioner<K = unknown>(splitters: Splitters): RangePartitioner<K> {
  const { codec, bounds } = decodeSplitters<K>(splitters);
  const buffer = new KeyBuffer();
  return {
    taskOf(key) {
      const encoded = buffer.bytes.subarray(0, codec.encodeInto(key, buffer.bytes));
      let low = 0;
      let high = bounds.length;
      // The number of bounds that are not greater than the key.
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (compareBytes(bounds[middle], encoded) <= 0) low = middle + 1;
        else high = middle;
      }
      return low;
    },
  };
}

function decodeSplitters<K>(splitters: Splitters): {
  readonly codec: KeyCodec<K>;
  readonly bounds: readonly Uint8Array[];
} {
  const refuse = (): never => {
    throw invalidArgument('splitters', 'splitters must be what sampleSplitters has returned');
  };
  if (typeof splitters !== 'object' || splitters === null) return refuse();
  const { keyEncoding, keys } = splitters;
  if (!isKeyEncodingName(keyEncoding) || !Array.isArray(keys)) return refuse();
  const bounds = keys.map((key) => (typeof key === 'string' ? fromHex(key) : undefined) ?? refuse());
  if (bounds.some((bound, i) => i > 0 && compareBytes(bounds[i - 1], bound) >= 0)) return refuse();
  return { codec: keyCodecFor(keyEncoding) as KeyCodec<unknown> as KeyCodec<K>, bounds };
}
