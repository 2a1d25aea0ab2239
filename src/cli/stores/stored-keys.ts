import { toHex } from '../../bytes/hex.ts';
import { isKeyEncodingName } from '../../codec/encoding-names.ts';
import type { KeyCodec } from '../../codec/keys/key-codec.ts';
import { keyCodecFor } from '../../codec/keys/key-codecs.ts';
import type { KeyEncoding } from '../../codec/keys/key-encoding.ts';
import { isCairnError, type StoreInfo, storeInfo } from '../../node/index.ts';
import { KeyText } from '../words/key-text.ts';

/** Returns a function that shows encoded keys of a store: as its other keys, or in hex if they can't be decoded. */
export async function storedKeysOf(uri: string): Promise<(key: Uint8Array) => string> {
  let info: StoreInfo;
  try {
    info = await storeInfo(uri);
  } catch (error) {
    // The manifest itself may be damaged.
    if (isCairnError(error)) return inHex;
    throw error;
  }
  const { keyEncoding } = info;
  if (!isKeyEncodingName(keyEncoding)) return inHex;
  const codec: KeyCodec<unknown> = keyCodecFor<KeyEncoding>(keyEncoding);
  const text = new KeyText(info);
  return (key) => {
    try {
      return text.format(codec.decode(key, 0, key.length));
    } catch {
      // The bound of a range may be part of a key.
      return inHex(key);
    }
  };
}

function inHex(key: Uint8Array): string {
  return `0x${toHex(key)}`;
}

/** JSON in which bytes are hex. */
export function jsonWithHex(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (part instanceof Uint8Array ? toHex(part) : part));
}
