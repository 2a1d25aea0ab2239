import { notLoaded } from '../../errors.ts';
import type { KeyCodec } from './key-codec.ts';
import type { KeyEncoding, KeyOf } from './key-encoding.ts';
import { binaryKeys, utf8Keys } from './plain-keys.ts';

/**
 * Does what `keyCodecFor` does, for readers: loads only the code that the encoding needs.
 *
 * @throws {CairnError} (as a rejection) `INVALID_ARGUMENT` (argument `keyEncoding`) if it is neither a
 * built-in name nor a codec with a name of its own.
 */
export async function loadKeyCodec<const E extends KeyEncoding>(encoding: E): Promise<KeyCodec<KeyOf<E>>> {
  // The codecs agree with `KeyOf`, but the compiler cannot resolve a conditional type in here.
  return (await load(encoding)) as KeyCodec<KeyOf<E>>;
}

async function load(encoding: KeyEncoding): Promise<KeyCodec<unknown>> {
  if (encoding === 'utf8') return utf8Keys;
  if (encoding === 'binary') return binaryKeys;
  if (encoding === 'tuple') return (await import('./tuple-keys.ts').catch(notLoaded)).tupleKeys;
  if (encoding === 'number') return (await import('./scalar-keys.ts').catch(notLoaded)).numberKeys;
  if (encoding === 'bigint') return (await import('./scalar-keys.ts').catch(notLoaded)).bigIntKeys;
  if (encoding === 'uuid') return (await import('./scalar-keys.ts').catch(notLoaded)).uuidKeys;
  return (await import('./custom-keys.ts').catch(notLoaded)).customKeys(encoding);
}
