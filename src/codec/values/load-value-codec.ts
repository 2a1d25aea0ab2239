import { invalidArgument, notLoaded } from '../../errors.ts';
import type { Codec } from '../codec.ts';
import { encodeWith } from '../custom-codec.ts';
import { DETACHED, isDetached } from '../detached.ts';
import { ILL_FORMED, wrongValue } from '../lossless.ts';
import { TextScratch } from '../text-scratch.ts';
import { isBytes } from '../type-names.ts';
import { CustomDecoder, customValues } from './custom-values.ts';
import { JsonCodec } from './json.ts';
import { BinaryDecoder, Utf8Decoder } from './plain-decoders.ts';
import { loadTypedCodec } from './typed.ts';
import type { ValueCodec } from './value-codec.ts';
import type { ValueEncoding, ValueOf } from './value-encoding.ts';

/**
 * Creates a codec for a value encoding, and loads the code that it needs. It reuses its memory from call to
 * call, so each writer or reader needs its own.
 *
 * @throws {CairnError} (as a rejection) `INVALID_ARGUMENT` (argument `valueEncoding`) if it is neither a
 * built-in name nor a codec with a name of its own.
 */
export async function loadValueCodec<const E extends ValueEncoding>(
  encoding: E,
): Promise<ValueCodec<ValueOf<E>>> {
  return (await load(encoding)) as ValueCodec<ValueOf<E>>;
}

async function load(encoding: ValueEncoding): Promise<ValueCodec<unknown>> {
  if (encoding === 'typed') return (await loadTypedCodec()) as ValueCodec<unknown>;
  if (encoding === 'msgpack') return new (await import('./msgpack.ts').catch(notLoaded)).MsgpackCodec();
  return codecFor(encoding);
}

/** Encodings that need nothing loaded. */
type PlainEncoding = Exclude<ValueEncoding, 'typed' | 'msgpack'>;

/**
 * {@link loadValueCodec} for the encodings that need nothing loaded.
 *
 * @throws {CairnError} `INVALID_ARGUMENT`.
 */
export function valueCodecFor<const E extends PlainEncoding>(encoding: E): ValueCodec<ValueOf<E>> {
  // The codecs agree with `ValueOf`, but the compiler cannot resolve a conditional type in here.
  return codecFor(encoding) as ValueCodec<ValueOf<E>>;
}

function codecFor(encoding: PlainEncoding): ValueCodec<unknown> {
  if (encoding === 'binary') return new BinaryCodec();
  if (encoding === 'utf8') return new Utf8Codec();
  if (encoding === 'json') return new JsonCodec();
  return new CustomCodec(customValues(encoding));
}

class BinaryCodec extends BinaryDecoder implements ValueCodec<Uint8Array> {
  encode(value: Uint8Array): Uint8Array {
    if (isBytes(value)) {
      if (isDetached(value)) throw invalidArgument('value', `value ${DETACHED}`);
      return value;
    }
    throw wrongValue(value, "bytes (valueEncoding 'binary')", 'a Uint8Array');
  }
}

class Utf8Codec extends Utf8Decoder implements ValueCodec<string> {
  readonly #scratch: TextScratch = new TextScratch();

  encode(value: string): Uint8Array {
    if (typeof value !== 'string') throw wrongValue(value, "text (valueEncoding 'utf8')", 'a string');
    const bytes = this.#scratch.encode(value);
    if (bytes !== undefined) return bytes;
    throw invalidArgument('value', `value ${ILL_FORMED}`);
  }
}

class CustomCodec extends CustomDecoder implements ValueCodec<unknown> {
  readonly #codec: Codec<unknown>;

  constructor(codec: Codec<unknown>) {
    super(codec);
    this.#codec = codec;
  }

  encode(value: unknown): Uint8Array {
    if (value === undefined) throw wrongValue(value, '', '');
    return encodeWith(this.#codec, value, 'value');
  }
}
