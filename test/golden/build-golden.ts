import {
  createStore,
  type KeyEncoding,
  mergeStores,
  type StoreInfo,
  type ValueEncoding,
} from '../../src/index.ts';
import { BUILD_ID, type GoldenCase } from './golden-cases.ts';

/** Writes the store of a case somewhere. */
export async function buildStore(golden: GoldenCase, uri: string): Promise<StoreInfo> {
  const { options, entries, mergedFrom } = golden;
  if (mergedFrom === undefined) return writeStore(uri, options, entries);
  const share = Math.ceil(entries.length / mergedFrom.length);
  const sources: string[] = [];
  for (const [i, compression] of mergedFrom.entries()) {
    const source = `${uri}-${compression}`;
    await writeStore(source, { ...options, compression }, entries.slice(i * share, (i + 1) * share));
    sources.push(source);
  }
  return mergeStores(sources, uri, {}, { uniqueName: () => BUILD_ID, now: () => 0 });
}

async function writeStore(
  uri: string,
  options: GoldenCase['options'],
  entries: GoldenCase['entries'],
): Promise<StoreInfo> {
  const writer = await createStore<KeyEncoding, ValueEncoding>(uri, { ...options, buildId: BUILD_ID });
  await writer.putAll(entries as Iterable<[never, never]>);
  return writer.close();
}
