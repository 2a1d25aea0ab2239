import { isKeyEncodingName } from '../../codec/encoding-names.ts';
import { bytesFor, isUnknownEncoding } from '../../codec/unknown-encoding.ts';
import type { Collection } from '../../collection/collection.ts';
import { collectionInfo } from '../../collection/collection-info.ts';
import type { OpenCollectionOptions } from '../../collection/collection-options.ts';
import { openCollection, openCollectionLazily } from '../../collection/open-collection.ts';
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
    // Of addresses, the first says how long they are.
    const isBytes = keyEncoding === 'binary' || !isKeyEncodingName(keyEncoding);
    const first = isBytes ? await source.keys({ limit: 1 }).next() : undefined;
    return {
      info: { keyEncoding, valueEncoding, metadata, firstKey: first?.value },
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

/**
 * Opens a collection of any encoding: keys and values of a custom codec are bytes here. One that is not there is made with the
 * first file that is written.
 */
export async function openAnyCollection(
  uri: string,
  options: OpenCollectionOptions,
): Promise<Collection<unknown, unknown>> {
  try {
    return await openCollectionLazily<unknown, unknown>(uri, options);
  } catch (error) {
    const isGiven = options.keyEncoding !== undefined || options.valueEncoding !== undefined;
    if (isGiven || !isUnknownEncoding(error)) throw error;
    return await openCollection<unknown, unknown>(uri, {
      ...options,
      ...bytesFor(await collectionInfo(uri)),
    });
  }
}
