import { type KeyBuffer, MAX_KEY_BYTES } from '../../bytes/key-buffer.ts';
import { isKeyEncodingName } from '../../codec/encoding-names.ts';
import { keyCodecFor } from '../../codec/keys/key-codecs.ts';
import type { KeyEncoding } from '../../codec/keys/key-encoding.ts';
import { showDecodedKey } from '../../codec/keys/show-key.ts';
import { CairnError, invalidArgument } from '../../errors.ts';

/** @throws {CairnError} `INVALID_ARGUMENT` for an empty key, `TOO_LARGE`. */
export function checkKeyLength({ length }: KeyBuffer): void {
  if (length > 0 && length <= MAX_KEY_BYTES) return;
  if (length === 0) throw invalidArgument('key', 'a key must have at least one byte');
  throw new CairnError(
    'TOO_LARGE',
    `a key of ${length} bytes is too long: a key may have ${MAX_KEY_BYTES} bytes. Shorten it, or use its hash`,
    { keyBytes: length, limit: MAX_KEY_BYTES },
  );
}

/** An encoded key of a store for messages, as the caller knows it. Keys of a user-defined codec are shown as bytes. */
export function showStoredKey(key: Uint8Array, keyEncoding: string): string {
  const codec = isKeyEncodingName(keyEncoding) ? keyCodecFor<KeyEncoding>(keyEncoding) : undefined;
  return showDecodedKey(key, codec);
}

/** The error for a key that does not come after the one before it. */
export function orderError(
  previous: KeyBuffer,
  key: KeyBuffer,
  index: number,
  duplicate: boolean,
  keyEncoding: string,
): CairnError {
  const evidence = { previous: previous.copy(), key: key.copy(), index };
  const shown = showStoredKey(evidence.key, keyEncoding);
  if (duplicate) {
    return new CairnError(
      'DUPLICATE_KEY',
      `the key of entry ${index}, ${shown}, was put just before. Keys are unique: merge the values first, or say ` +
        "which entry stays (onDuplicate: 'first' or 'last')",
      evidence,
    );
  }
  const advice =
    keyEncoding === 'utf8' && utf16Explains(evidence.previous, evidence.key)
      ? '. The two are in JavaScript string order, which differs for characters above U+FFFF: sort by compareKeys'
      : '. Sort the input with keys.sort(compareKeys)';
  return new CairnError(
    'KEY_ORDER',
    `the key of entry ${index}, ${shown}, does not come after the one before, ${showStoredKey(evidence.previous, keyEncoding)}` +
      `${advice}, or let the writer do it (sort: true)`,
    evidence,
  );
}

/** Whether both keys are UTF-8 text that JavaScript's `<` puts in the order in which they came. */
function utf16Explains(previous: Uint8Array, key: Uint8Array): boolean {
  try {
    const text = new TextDecoder('utf-8', { fatal: true });
    return text.decode(previous) < text.decode(key);
  } catch {
    return false;
  }
}
