import { toHex } from '../../bytes/hex.ts';
import { isKeyEncodingName } from '../../codec/encoding-names.ts';
import type { KeyCodec } from '../../codec/keys/key-codec.ts';
import { keyCodecFor } from '../../codec/keys/key-codecs.ts';
import type { KeyEncoding } from '../../codec/keys/key-encoding.ts';
import { isCairnError, type StoreInfo, storeInfo } from '../../node/index.ts';
import { KeyText } from '../../text/key-text.ts';
import { cutKey, quoteKey } from '../../text/quote-key.ts';
import { forStoreOr } from './collections.ts';
import type { ReaderInfo } from './entry-reader.ts';
/** Returns a function that shows encoded keys of the store or collection at a URI: as `scan` writes them, or in hex. */
export async function storedKeysOf(uri: string): Promise<(key: Uint8Array) => string> {
  let info: Pick<ReaderInfo, 'keyEncoding' | 'metadata'>;
  try {
    info = await forStoreOr<typeof info>(
      uri,
      () => storeInfo(uri),
      async () => (await import('../../collection/collection-info.ts')).collectionInfo(uri),
    );
  } catch (error) {
    // The manifest itself may be damaged.
    if (isCairnError(error)) return inHex;
    throw error;
  }
  return keyShower(info);
}

/** Returns a function that shows encoded keys: as `scan` writes them, or in hex if they can't be decoded. */
export function keyShower(info: KeyedStore): (key: Uint8Array) => string {
  const decode = keyDecoder(info);
  const text = new KeyText(info);
  return (bytes) => {
    const key = decode(bytes);
    return key === undefined ? inHex(bytes) : text.format(key);
  };
}

/** Returns a function that shows encoded keys within a sentence: text is quoted, others are as `scan` writes them; long ones are cut. */
export function keyQuoter(info: KeyedStore): (key: Uint8Array) => string {
  const decode = keyDecoder(info);
  const show = keyShower(info);
  return (bytes) => {
    const key = decode(bytes);
    if (typeof key === 'string' && info.keyEncoding === 'utf8') return quoteKey(key);
    return cutKey(show(bytes));
  };
}

type KeyedStore = Pick<StoreInfo, 'keyEncoding' | 'metadata'>;

function keyDecoder({ keyEncoding }: KeyedStore): (key: Uint8Array) => unknown {
  if (!isKeyEncodingName(keyEncoding)) return () => undefined;
  const codec: KeyCodec<unknown> = keyCodecFor<KeyEncoding>(keyEncoding);
  return (key) => {
    try {
      return codec.decode(key, 0, key.length);
    } catch {
      // The bound of a range may be part of a key.
      return undefined;
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
