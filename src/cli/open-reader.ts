import {
  type Codec,
  isCairnError,
  type OpenStoreOptions,
  openStore,
  type StoreReader,
  storeInfo,
} from '../node/index.ts';

/**
 * Opens a store whatever its encodings: what a codec of the writer's own made is bytes here.
 *
 * Unless told otherwise nothing is cached, because most commands touch a block once.
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
      ...(KEY_ENCODINGS.includes(keyEncoding) ? {} : { keyEncoding: asBytes(keyEncoding) }),
      ...(VALUE_ENCODINGS.includes(valueEncoding) ? {} : { valueEncoding: asBytes(valueEncoding) }),
    });
  }
}

const KEY_ENCODINGS: readonly string[] = ['utf8', 'binary', 'tuple'];
const VALUE_ENCODINGS: readonly string[] = ['msgpack', 'binary', 'utf8', 'json'];

function asBytes(name: string): Codec<Uint8Array> {
  return { name, encode: (bytes) => bytes, decode: (bytes) => bytes.slice() };
}
