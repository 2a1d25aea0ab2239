import type { Collection } from '../../collection/collection.ts';
import { firstBytesKey, openAnyCollection } from '../../collection/open-any-collection.ts';
import { isCairnError } from '../../errors.ts';
import type { EntryReader, EntryReaderOptions } from './entry-reader.ts';

/** Opens a version of a collection to read it; undefined if something else is at the URI. */
export async function openCollectionReader(
  uri: string,
  { cacheBytes, version }: EntryReaderOptions,
): Promise<EntryReader | undefined> {
  let collection: Collection<unknown, unknown>;
  try {
    collection = await openAnyCollection(uri, { cacheBytes, create: false, readOnly: true });
  } catch (error) {
    if (isCairnError(error, 'NOT_A_STORE', 'NOT_FOUND')) return undefined;
    throw error;
  }
  try {
    const source = version === undefined ? collection : await collection.snapshot(version);
    const { keyEncoding, valueEncoding, metadata } = collection.info;
    return {
      info: { keyEncoding, valueEncoding, metadata, firstKey: await firstBytesKey(collection, source) },
      getMany: (keys) => source.getMany(keys),
      first: () => source.first(),
      last: () => source.last(),
      floor: (key) => source.floor(key),
      ceiling: (key) => source.ceiling(key),
      count: (range) => source.count(range),
      keys: (range) => source.keys(range),
      batches: (range) => source.batches(range),
      async [Symbol.asyncDispose]() {
        if (source !== collection) await source[Symbol.asyncDispose]();
        await collection.close();
      },
    };
  } catch (error) {
    await collection.close();
    throw error;
  }
}
