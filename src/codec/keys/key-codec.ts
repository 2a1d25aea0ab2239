import type { Codec } from '../codec.ts';
import { isKeyEncodingName, type KeyEncodingName } from '../encoding-names.ts';
import { customKeys } from './custom-keys.ts';
import { binaryKeys, utf8Keys } from './plain-keys.ts';
import { bigIntKeys, numberKeys, uuidKeys } from './scalar-keys.ts';
import type { TupleKey } from './tuple.ts';
import { tupleKeys } from './tuple-keys.ts';

/** Turns keys into bytes, whose unsigned order is the order of the store, and back. */
export interface KeyCodec<K> {
  /** A built-in name, or that of a codec of the user's own. */
  readonly name: string;
  /**
   * Encodes `key` at `target[0…]` and returns its length in bytes; allocates nothing (a codec of the user's
   * own may). `target` holds at least 65,536 bytes. An empty key gives 0. A length over `MAX_KEY_BYTES` says
   * that the key is too long, and `target` is undefined then.
   *
   * @throws {CairnError} `INVALID_ARGUMENT` (argument `key`) for a wrong type, or what cannot be kept exactly.
   */
  encodeInto(key: K, target: Uint8Array): number;
  /**
   * The bytes with which exactly the keys with this prefix begin, as {@link KeyCodec.encodeInto} gives them:
   * characters, bytes, or a tuple's first elements, each of them whole.
   *
   * @throws {CairnError} `INVALID_ARGUMENT` (argument `prefix`) as `encodeInto` does, and where keys have none.
   */
  encodePrefixInto(prefix: K, target: Uint8Array): number;
  /**
   * The key in `bytes[start…end)`, which belongs to the caller: bytes are copied. Costs what text or the
   * tuple's elements cost to make.
   *
   * @throws a `TypeError` or `RangeError` for bytes that `encodeInto` does not make; what a codec of the
   * user's own throws passes through.
   */
  decode(bytes: Uint8Array, start: number, end: number): K;
}

/** What `keyEncoding` may be: the name of a built-in codec, or a codec of the user's own. */
export type KeyEncoding<K = unknown> = KeyEncodingName | Codec<K>;

/** The type of the keys under a key encoding. */
export type KeyOf<E> = E extends KeyEncodingName ? BuiltInKeys[E] : E extends Codec<infer K> ? K : never;

interface BuiltInKeys {
  readonly utf8: string;
  readonly binary: Uint8Array;
  readonly tuple: TupleKey;
  readonly number: number;
  readonly bigint: bigint;
  readonly uuid: string;
}

/**
 * The codec for a key encoding; the built-in ones have no state and are shared.
 *
 * @throws {CairnError} `INVALID_ARGUMENT` (argument `keyEncoding`) if it is neither a built-in name nor a
 * codec with a name of its own.
 */
export function keyCodecFor<const E extends KeyEncoding>(encoding: E): KeyCodec<KeyOf<E>> {
  // The codecs agree with `KeyOf`, but a conditional type is opaque to the compiler in here.
  return codecFor(encoding) as KeyCodec<KeyOf<E>>;
}

function codecFor(encoding: KeyEncoding): KeyCodec<unknown> {
  if (isKeyEncodingName(encoding)) return BUILT_IN[encoding];
  return customKeys(encoding);
}

const BUILT_IN: { readonly [Name in KeyEncodingName]: KeyCodec<BuiltInKeys[Name]> } = {
  utf8: utf8Keys,
  binary: binaryKeys,
  tuple: tupleKeys,
  number: numberKeys,
  bigint: bigIntKeys,
  uuid: uuidKeys,
};
