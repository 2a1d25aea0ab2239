import { decodeUtf8 } from '../bytes/utf8.ts';
import { invalidArgument } from '../errors.ts';
import { copyBytes } from './binary.ts';
import type { Codec } from './codec.ts';
import { customCodec, encodeWith } from './custom-codec.ts';
import { VALUE_ENCODINGS, type ValueEncodingName } from './encoding-names.ts';
import { ILL_FORMED, wrongValue } from './exact.ts';
import { JsonCodec } from './json.ts';
import { isBytes } from './kinds.ts';
import { MsgpackCodec } from './msgpack.ts';
import { loadTemporal } from './temporal.ts';
import { TextScratch } from './text-scratch.ts';
import { TypedCodec, type TypedValue } from './typed.ts';

/** Turns values into bytes and back, exactly. */
export interface ValueCodec<V> {
  /** A built-in name, or that of a codec of the user's own. */
  readonly name: string;
  /** Whether values are their bytes: a reader may then copy or lend these without `decode`. */
  readonly givesBytes: boolean;
  /**
   * The bytes of `value`: a view valid until the next call, or the value itself when that is bytes. Reuses its
   * memory from call to call.
   *
   * @throws {CairnError} `INVALID_ARGUMENT` (argument `value`), with a path such as `value.a[2]` in its
   * message, when the value cannot be kept exactly; for `undefined` always.
   */
  encode(value: V): Uint8Array;
  /**
   * The value in `bytes[start…end)`, which belongs to the caller: bytes in it are copies with buffers of their own.
   *
   * @throws an `Error` of some kind for bytes that `encode` does not make.
   */
  decode(bytes: Uint8Array, start: number, end: number): V;
}

/** What `valueEncoding` may be: the name of a built-in codec, or a codec of the user's own. */
export type ValueEncoding<V = unknown> = ValueEncodingName | Codec<V>;

/** The type of the values under a value encoding. */
export type ValueOf<E> = E extends ValueEncodingName
  ? BuiltInValues[E]
  : E extends Codec<infer V>
    ? V
    : never;

interface BuiltInValues {
  readonly msgpack: unknown;
  readonly binary: Uint8Array;
  readonly utf8: string;
  readonly json: unknown;
  readonly typed: TypedValue;
}

/**
 * A new codec for a value encoding. It holds memory that it uses again and again: one for each writer or reader.
 * What the encoding needs besides is loaded.
 *
 * @throws {CairnError} (as a rejection) `INVALID_ARGUMENT` (argument `valueEncoding`) if it is neither a built-in
 * name nor a codec with a name of its own.
 */
export async function loadValueCodec<const E extends ValueEncoding>(
  encoding: E,
): Promise<ValueCodec<ValueOf<E>>> {
  const codec = encoding === 'typed' ? new TypedCodec(await loadTemporal()) : valueCodecFor(encoding);
  return codec as ValueCodec<ValueOf<E>>;
}

/** {@link loadValueCodec} for the encodings that need nothing loaded. @throws {CairnError} `INVALID_ARGUMENT`. */
export function valueCodecFor<const E extends Exclude<ValueEncoding, 'typed'>>(
  encoding: E,
): ValueCodec<ValueOf<E>> {
  // The codecs agree with `ValueOf`, but a conditional type is opaque to the compiler in here.
  return codecFor(encoding) as ValueCodec<ValueOf<E>>;
}

function codecFor(encoding: Exclude<ValueEncoding, 'typed'>): ValueCodec<unknown> {
  if (encoding === 'msgpack') return new MsgpackCodec();
  if (encoding === 'binary') return new BinaryValues();
  if (encoding === 'utf8') return new Utf8Values();
  if (encoding === 'json') return new JsonCodec();
  return new CustomValues(
    customCodec(encoding, { option: 'valueEncoding', subject: 'value' }, VALUE_ENCODINGS),
  );
}

class BinaryValues implements ValueCodec<Uint8Array> {
  readonly name: string = 'binary';
  readonly givesBytes: boolean = true;

  encode(value: Uint8Array): Uint8Array {
    if (isBytes(value)) return value;
    throw wrongValue(value, "bytes (valueEncoding 'binary')", 'a Uint8Array');
  }

  decode(bytes: Uint8Array, start: number, end: number): Uint8Array {
    return copyBytes(bytes, start, end);
  }
}

class Utf8Values implements ValueCodec<string> {
  readonly name: string = 'utf8';
  readonly givesBytes: boolean = false;
  readonly #scratch: TextScratch = new TextScratch();

  encode(value: string): Uint8Array {
    if (typeof value !== 'string') throw wrongValue(value, "text (valueEncoding 'utf8')", 'a string');
    const bytes = this.#scratch.encode(value);
    if (bytes !== undefined) return bytes;
    throw invalidArgument('value', `value ${ILL_FORMED}`);
  }

  decode(bytes: Uint8Array, start: number, end: number): string {
    return decodeUtf8(bytes, start, end);
  }
}

class CustomValues implements ValueCodec<unknown> {
  readonly name: string;
  readonly givesBytes: boolean = false;
  readonly #codec: Codec<unknown>;

  constructor(codec: Codec<unknown>) {
    this.name = codec.name;
    this.#codec = codec;
  }

  encode(value: unknown): Uint8Array {
    if (value === undefined) throw wrongValue(value, '', '');
    return encodeWith(this.#codec, value, 'value');
  }

  decode(bytes: Uint8Array, start: number, end: number): unknown {
    const value = this.#codec.decode(bytes.subarray(start, end));
    // A reader gives `undefined` for a key that is not there: a value of that kind would be a wrong answer.
    if (value === undefined) throw new TypeError(`decode() of the codec '${this.name}' returned undefined`);
    return value;
  }
}
