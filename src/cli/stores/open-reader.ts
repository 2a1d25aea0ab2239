import { isKeyEncodingName, isValueEncodingName } from '../../codec/encoding-names.ts';
import {
  type Codec,
  isCairnError,
  type OpenStoreOptions,
  openStore,
  type StoreReader,
  storeInfo,
} from '../../node/index.ts';

/**
 * Opens a store of any encoding: keys and values of a custom codec are bytes here.
 *
 * By default nothing is cached, because most commands touch a block once.
 */
export async function openReader(
  uri: string,
  options: OpenStoreOptions = {},
): Promise<StoreReader<unknown, unknown>> {
  const chosen: OpenStoreOptions = { cacheBytes: 0, ...options };
  try {
    return await openStore<unknown, unknown>(uri, chosen);
  } catch (error) {
    if (!isCairnError(error, 'INVALID_ARGUMENT')) throw error;
    if (error.argument !== 'keyEncoding' && error.argument !== 'valueEncoding') throw error;
    const { keyEncoding, valueEncoding } = await storeInfo(uri);
    return await openStore<unknown, unknown>(uri, {
      ...chosen,
      ...(isKeyEncodingName(keyEncoding) ? {} : { keyEncoding: asBytes(keyEncoding) }),
      ...(isValueEncodingName(valueEncoding) ? {} : { valueEncoding: asBytes(valueEncoding) }),
    });
  }
}

function asBytes(name: string): Codec<Uint8Array> {
  return { name, encode: (bytes) => bytes, decode: (bytes) => bytes.slice() };
}
