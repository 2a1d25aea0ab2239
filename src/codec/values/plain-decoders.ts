import { copyBytes } from '../../bytes/copy-bytes.ts';
import { MsgpackDecoder } from '../../bytes/msgpack-decoder.ts';
import { decodeUtf8 } from '../../bytes/utf8.ts';
import { notLoaded } from '../../errors.ts';
import type { ValueEncoding, ValueOf } from './value-codec.ts';

/** Turns bytes into values: all that a reader needs of a `ValueCodec`, which is several times as large. */
export interface ValueDecoder<V> {
  /** A built-in name, or that of a codec of the user's own. */
  readonly name: string;
  /** Whether values are their bytes: a reader may then copy or lend these without `decode`. */
  readonly givesBytes: boolean;
  /**
   * The value in `bytes[start…end)`, which belongs to the caller: bytes in it are copies with buffers of their own.
   *
   * @throws an `Error` of some kind for bytes that `encode` does not make.
   */
  decode(bytes: Uint8Array, start: number, end: number): V;
}

/**
 * A new decoder for a value encoding. What the encoding needs besides is loaded.
 *
 * @throws {CairnError} (as a rejection) `INVALID_ARGUMENT` (argument `valueEncoding`) if it is neither a built-in
 * name nor a codec with a name of its own.
 */
export async function loadValueDecoder<const E extends ValueEncoding>(
  encoding: E,
): Promise<ValueDecoder<ValueOf<E>>> {
  // The decoders agree with `ValueOf`, but a conditional type is opaque to the compiler in here.
  return (await load(encoding)) as ValueDecoder<ValueOf<E>>;
}

async function load(encoding: ValueEncoding): Promise<ValueDecoder<unknown>> {
  if (encoding === 'msgpack') return new MsgpackValueDecoder();
  if (encoding === 'binary') return new BinaryDecoder();
  if (encoding === 'utf8') return new Utf8Decoder();
  if (encoding === 'json') return new JsonDecoder();
  if (encoding === 'typed') return (await import('./typed.ts').catch(notLoaded)).loadTypedCodec();
  const { CustomDecoder, customValues } = await import('./custom-values.ts').catch(notLoaded);
  return new CustomDecoder(customValues(encoding));
}

/** Values that are MessagePack: see {@link MsgpackDecoder}. */
export class MsgpackValueDecoder implements ValueDecoder<unknown> {
  readonly name: string = 'msgpack';
  readonly givesBytes: boolean = false;
  readonly #decoder: MsgpackDecoder = new MsgpackDecoder();

  decode(bytes: Uint8Array, start: number, end: number): unknown {
    return this.#decoder.decode(bytes, start, end);
  }
}

/** Values that are bytes. */
export class BinaryDecoder implements ValueDecoder<Uint8Array> {
  readonly name: string = 'binary';
  readonly givesBytes: boolean = true;

  decode(bytes: Uint8Array, start: number, end: number): Uint8Array {
    return copyBytes(bytes, start, end);
  }
}

/** Values that are text. */
export class Utf8Decoder implements ValueDecoder<string> {
  readonly name: string = 'utf8';
  readonly givesBytes: boolean = false;

  decode(bytes: Uint8Array, start: number, end: number): string {
    return decodeUtf8(bytes, start, end);
  }
}

/** Values that are JSON. */
export class JsonDecoder implements ValueDecoder<unknown> {
  readonly name: string = 'json';
  readonly givesBytes: boolean = false;

  decode(bytes: Uint8Array, start: number, end: number): unknown {
    return JSON.parse(decodeUtf8(bytes, start, end));
  }
}
