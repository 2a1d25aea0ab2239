import '../../node/register.ts';
import type { Codec } from '../../codec/codec.ts';
import { isKeyEncodingName, isValueEncodingName } from '../../codec/encoding-names.ts';
import { isCairnError } from '../../errors.ts';
import { openStore } from '../../store/open-store.ts';
import type { OpenStoreOptions } from '../../store/read/read-options.ts';
import type { StoreReader } from '../../store/read/store-reader.ts';

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
    const { storeInfo } = await import('../../store/store-info.ts');
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
