import { decodeUtf8, encodeUtf8Into } from '../bytes/utf8.ts';
import { type CairnError, invalidArgument } from '../errors.ts';
import { copyBytes, copyBytesInto } from './binary.ts';
import type { Codec } from './codec.ts';
import { customCodec, encodeWith } from './custom-codec.ts';
import { isKeyEncodingName, KEY_ENCODINGS, type KeyEncodingName } from './encoding-names.ts';
import { describe, isBytes } from './kinds.ts';
import { BigIntKeys, NumberKeys, UuidKeys } from './scalar-keys.ts';
import { decodeTuple, encodeTupleInto, type TupleKey } from './tuple.ts';

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
  return new CustomKeys(customCodec(encoding, { option: 'keyEncoding', subject: 'key' }, KEY_ENCODINGS));
}

class Utf8Keys implements KeyCodec<string> {
  readonly name: string = 'utf8';

  encodeInto(key: string, target: Uint8Array): number {
    if (typeof key !== 'string') throw notText('key', key);
    const length = encodeUtf8Into(key, target);
    if (length < 0) throw unpairedSurrogate('key');
    return length;
  }

  encodePrefixInto(prefix: string, target: Uint8Array): number {
    if (typeof prefix !== 'string') throw notText('prefix', prefix);
    const length = encodeUtf8Into(prefix, target);
    if (length < 0) throw unpairedSurrogate('prefix');
    return length;
  }

  decode(bytes: Uint8Array, start: number, end: number): string {
    return decodeUtf8(bytes, start, end);
  }
}

class BinaryKeys implements KeyCodec<Uint8Array> {
  readonly name: string = 'binary';

  encodeInto(key: Uint8Array, target: Uint8Array): number {
    if (!isBytes(key)) throw notBytes('key', key);
    return copyBytesInto(key, target);
  }

  encodePrefixInto(prefix: Uint8Array, target: Uint8Array): number {
    if (!isBytes(prefix)) throw notBytes('prefix', prefix);
    return copyBytesInto(prefix, target);
  }

  decode(bytes: Uint8Array, start: number, end: number): Uint8Array {
    return copyBytes(bytes, start, end);
  }
}

class TupleKeys implements KeyCodec<TupleKey> {
  readonly name: string = 'tuple';

  encodeInto(key: TupleKey, target: Uint8Array): number {
    return encodeTupleInto(key, target, 'key');
  }

  // An element says where it ends, and a key ends without a mark: whole elements are a prefix as they are.
  encodePrefixInto(prefix: TupleKey, target: Uint8Array): number {
    return encodeTupleInto(prefix, target, 'prefix');
  }

  decode(bytes: Uint8Array, start: number, end: number): TupleKey {
    return decodeTuple(bytes, start, end);
  }
}

class CustomKeys implements KeyCodec<unknown> {
  readonly name: string;
  readonly #codec: Codec<unknown>;

  constructor(codec: Codec<unknown>) {
    this.name = codec.name;
    this.#codec = codec;
  }

  encodeInto(key: unknown, target: Uint8Array): number {
    return this.#encode(key, target, 'key');
  }

  encodePrefixInto(prefix: unknown, target: Uint8Array): number {
    return this.#encode(prefix, target, 'prefix');
  }

  decode(bytes: Uint8Array, start: number, end: number): unknown {
    return this.#codec.decode(bytes.subarray(start, end));
  }

  #encode(key: unknown, target: Uint8Array, argument: string): number {
    if (key === undefined || key === null) {
      throw invalidArgument(
        argument,
        `${argument} is ${key}; pass something that the codec '${this.name}' takes`,
      );
    }
    return copyBytesInto(encodeWith(this.#codec, key, argument), target);
  }
}

const BUILT_IN: { readonly [Name in KeyEncodingName]: KeyCodec<BuiltInKeys[Name]> } = {
  utf8: new Utf8Keys(),
  binary: new BinaryKeys(),
  tuple: new TupleKeys(),
  number: new NumberKeys(),
  bigint: new BigIntKeys(),
  uuid: new UuidKeys(),
};

function notText(argument: string, came: unknown): CairnError {
  return invalidArgument(
    argument,
    `${argument} is ${describe(came)}, but this store's keys are text (keyEncoding 'utf8'): pass a string; for keys that are bytes create the store with 'binary', for numbers with 'number' or 'bigint', for several parts with 'tuple'`,
  );
}

function unpairedSurrogate(argument: string): CairnError {
  return invalidArgument(
    argument,
    `${argument} holds an unpaired surrogate, which UTF-8 cannot keep: mend the text (String.prototype.toWellFormed), or use keyEncoding 'binary'`,
  );
}

function notBytes(argument: string, came: unknown): CairnError {
  const advice =
    typeof came === 'string'
      ? "new TextEncoder().encode(key), or create the store with keyEncoding 'utf8'"
      : 'over other memory lay one first: new Uint8Array(buffer, byteOffset, byteLength)';
  return invalidArgument(
    argument,
    `${argument} is ${describe(came)}, but this store's keys are bytes (keyEncoding 'binary'): pass a Uint8Array; ${advice}`,
  );
}
