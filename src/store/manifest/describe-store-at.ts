import { isKeyEncodingName } from '../../codec/encoding-names.ts';
import type { KeyCodec } from '../../codec/keys/key-codec.ts';
import { keyCodecFor } from '../../codec/keys/key-codecs.ts';
import type { KeyEncoding } from '../../codec/keys/key-encoding.ts';
import { describedKeys, describeStore, type StoreInfo } from './describe-store.ts';
import type { Manifest } from './manifest.ts';
import type { StoreDirectory } from './store-directory.ts';

/** The public description of the manifest of a store, with keys as bytes where their encoding is not a built-in one. */
export function describeStoreAt(directory: StoreDirectory, manifest: Manifest): StoreInfo {
  const { keyEncoding } = manifest;
  const codec: KeyCodec<unknown> = keyCodecFor<KeyEncoding>(
    isKeyEncodingName(keyEncoding) ? keyEncoding : 'binary',
  );
  return describeStore<unknown>(directory.uri, manifest, describedKeys(codec, directory.manifestRegion));
}
