import { notLoaded } from '../../errors.ts';
import { BinaryDecoder, JsonDecoder, MsgpackValueDecoder, Utf8Decoder } from './plain-decoders.ts';
import type { ValueDecoder } from './value-codec.ts';
import type { ValueEncoding, ValueOf } from './value-encoding.ts';

/**
 * Creates a decoder for a value encoding, and loads the code that it needs.
 *
 * @throws {CairnError} (as a rejection) `INVALID_ARGUMENT` (argument `valueEncoding`) if it is neither a
 * built-in name nor a codec with a name of its own.
 */
export async function loadValueDecoder<const E extends ValueEncoding>(
  encoding: E,
): Promise<ValueDecoder<ValueOf<E>>> {
  // The decoders agree with `ValueOf`, but the compiler cannot resolve a conditional type in here.
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
