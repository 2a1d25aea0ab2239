import { isKeyEncodingName, type KeyEncodingName } from '../encoding-names.ts';
import { customKeys } from './custom-keys.ts';
import type { KeyCodec } from './key-codec.ts';
import type { BuiltInKeys, KeyEncoding, KeyOf } from './key-encoding.ts';
import { binaryKeys, utf8Keys } from './plain-keys.ts';
import { bigIntKeys, numberKeys, uuidKeys } from './scalar-keys.ts';
import { tupleKeys } from './tuple-keys.ts';

/**
 * Returns the codec for a key encoding; the built-in ones have no state and are shared.
 *
 * @throws {CairnError} `INVALID_ARGUMENT` (argument `keyEncoding`) if it is neither a built-in name nor a
 * codec with a name of its own.
 */
export function keyCodecFor<const E extends KeyEncoding>(encoding: E): KeyCodec<KeyOf<E>> {
  // The codecs agree with `KeyOf`, but the compiler cannot resolve a conditional type in here.
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
