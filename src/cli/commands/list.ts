import type { CollectionInfo } from '../../collection/collection-info.ts';
import { locate } from '../../io/uri.ts';
import {
  CairnError,
  isCairnError,
  listStores,
  type Skipped,
  type StoreInfo,
  storeInfo,
} from '../../node/index.ts';
import { formatInfoJson } from '../../text/info-json.ts';
import { collectionsBelow } from '../stores/collections.ts';
import { servedStores } from '../stores/served-stores.ts';
import { storeExists } from '../stores/store-exists.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { formatTable } from '../terminal/table.ts';
import type { ListArgs } from '../usage/manage.ts';
import { formatBytes } from '../words/quantity.ts';

/** Prints the complete stores and the collections directly below a directory, by name. */
export async function runList({ root, json = false }: ListArgs, io: Io): Promise<number> {
  const { storage, path, uri } = locate(root, 'root');
  const onSkip = ({ error }: Skipped): unknown => io.stderr.write(`cairn: skipped: ${error.message}\n`);
  const served = await servedStores(root);
  const stores: StoreInfo[] = [];
  if (served === undefined) for await (const info of listStores(root, { onSkip })) stores.push(info);
  else stores.push(...(await described(served.stores, (store) => storeInfo(store), io)));
  const collections = await described(served?.collections ?? collectionsBelow(root), describeCollection, io);
  if (
    served === undefined &&
    stores.length + collections.length === 0 &&
    (await storage.kind(path)) !== 'directory'
  ) {
    throw new CairnError('NOT_FOUND', `there is no directory at ${uri}`, { uri });
  }
  if (stores.length + collections.length === 0 && (await storeExists(root)))
    io.stderr.write(`cairn: ${root} is a store itself: cairn info describes it\n`);
  stores.sort((a, b) => (a.uri < b.uri ? -1 : 1));
  const output = new Output(io.stdout);
  if (json) {
    for (const info of stores) await output.write(`${formatInfoJson(info)}\n`);
    for (const info of collections) await output.write(`${JSON.stringify(info)}\n`);
    await output.finish();
    return EXIT.ok;
  }
  if (stores.length > 0) {
    const rows = stores.map(
      ({ uri: store, count, bytes, partitions, keyEncoding, valueEncoding, compression }) => [
        store,
        `${count}`,
        formatBytes(bytes),
        `${partitions.length}`,
        keyEncoding,
        valueEncoding,
        compression,
      ],
    );
    const columns = ['store', 'entries', 'bytes', 'partitions', 'keys', 'values', 'compression'];
    await output.write(formatTable(columns, rows, ['entries', 'bytes', 'partitions']));
  }
  if (collections.length > 0) {
    const rows = collections.map(({ uri: collection, version, bytes, generations, ...info }) => [
      collection,
      `${version}`,
      formatBytes(bytes),
      `${generations.length}`,
      info.keyEncoding,
      info.valueEncoding,
      info.compression,
    ]);
    const columns = ['collection', 'version', 'bytes', 'generations', 'keys', 'values', 'compression'];
    const table = formatTable(columns, rows, ['version', 'bytes', 'generations']);
    await output.write(stores.length > 0 ? `\n${table}` : table);
  }
  await output.finish();
  return EXIT.ok;
}

/** What is at some URIs, by URI; what can't be read is named on standard error. */
async function described<T extends { readonly uri: string }>(
  uris: Iterable<string> | AsyncIterable<string>,
  describe: (uri: string) => Promise<T>,
  io: Io,
): Promise<T[]> {
  const found: T[] = [];
  for await (const uri of uris) {
    try {
      found.push(await describe(uri));
    } catch (error) {
      if (!isCairnError(error) || error.transient === true) throw error;
      io.stderr.write(`cairn: skipped: ${error.message}\n`);
    }
  }
  return found.sort((a, b) => (a.uri < b.uri ? -1 : 1));
}

async function describeCollection(uri: string): Promise<CollectionInfo> {
  const { collectionInfo } = await import('../../collection/collection-info.ts');
  return collectionInfo(uri);
}
