import { isBytesEncoding } from '../codec/encoding-names.ts';
import { bytesFor, isUnknownEncoding } from '../codec/unknown-encoding.ts';
import type { Collection } from './collection.ts';
import { collectionInfo } from './collection-info.ts';
import type { OpenCollectionOptions } from './collection-options.ts';
import { openCollection, openCollectionLazily } from './open-collection.ts';

/**
 * Opens a collection of any encoding: keys and values of a custom codec are bytes here. One that is not there is made with the
 * first file that is written.
 *
 * @throws {CairnError} (as a rejection) as `openCollection`.
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

/**
 * Returns the first key of a collection, or of one of its versions, if keys are bytes: of addresses, it says how long all are.
 * Costs at most a block read.
 */
export async function firstBytesKey(
  { info: { keyEncoding } }: Pick<Collection<unknown, unknown>, 'info'>,
  source: Pick<Collection<unknown, unknown>, 'keys'>,
): Promise<unknown> {
  if (!isBytesEncoding(keyEncoding)) return undefined;
  const first = await source.keys({ limit: 1 }).next();
  return first.value;
}
