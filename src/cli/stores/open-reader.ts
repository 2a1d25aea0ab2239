import '../../node/register.ts';
import { CairnError, invalidArgument, isCairnError } from '../../errors.ts';
import { openAnyStore } from '../../store/open-any-store.ts';
import type { StoreReader } from '../../store/read/store-reader.ts';
import type { EntryReader, EntryReaderOptions } from './entry-reader.ts';

/**
 * Opens a store, or a collection, of any encoding: keys and values of a custom codec are bytes here.
 *
 * The code for collections is loaded when there is one, so that look-ups in stores don't wait for it.
 */
export async function openReader(
  uri: string,
  { cacheBytes = 0, whole, version }: EntryReaderOptions = {},
): Promise<EntryReader> {
  let reader: EntryReader;
  try {
    reader = await openAnyStore(uri, { cacheBytes, whole });
  } catch (error) {
    if (!isCairnError(error, 'NOT_A_STORE')) throw error;
    const { openCollectionReader } = await import('./collection-reader.ts');
    const collection = await openCollectionReader(uri, { cacheBytes, version });
    if (collection === undefined) throw error;
    return collection;
  }
  if (version === undefined) return reader;
  await reader[Symbol.asyncDispose]();
  throw invalidArgument('version', `${uri} is a store, which has no versions: leave --version out`);
}

/** Opens a store whose entries have ranks: a collection keeps none. */
export async function openRankedReader(uri: string): Promise<StoreReader<unknown, unknown>> {
  try {
    return await openAnyStore(uri, { cacheBytes: 0 });
  } catch (error) {
    if (!isCairnError(error, 'NOT_A_STORE') || !error.message.includes('is a collection')) throw error;
    throw new CairnError(
      'UNSUPPORTED',
      `${uri} is a collection, which does not number its entries: copy what you need into a store (cairn export, cairn import)`,
      { uri, cause: error },
    );
  }
}
