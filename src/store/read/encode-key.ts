import { type KeyBuffer, MAX_KEY_BYTES } from '../../bytes/key-buffer.ts';
import type { KeyCodec } from '../../codec/keys/key-codec.ts';

/**
 * A key of a query in encoded form. One that is longer than any key of a store is cut to the length of the longest: then it
 * lies just after the cut one, because no key between them is short enough to be in a store.
 */
export interface EncodedKey {
  readonly bytes: Uint8Array;
  readonly isCut: boolean;
}

/** Encodes a key, or a prefix of keys. @throws {CairnError} `INVALID_ARGUMENT`. */
export function encodeKey<K>(key: K, codec: KeyCodec<K>, buffer: KeyBuffer, isPrefix = false): EncodedKey {
  const encode = (target: Uint8Array): number =>
    isPrefix ? codec.encodePrefixInto(key, target) : codec.encodeInto(key, target);
  const length = encode(buffer.bytes);
  if (length <= MAX_KEY_BYTES) return { bytes: buffer.bytes.slice(0, length), isCut: false };
  const whole = new Uint8Array(length);
  encode(whole);
  return { bytes: whole.subarray(0, MAX_KEY_BYTES), isCut: true };
}
