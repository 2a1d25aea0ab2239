import { locate } from '../../io/uri.ts';
import { CairnError, listStores, type Skipped, type StoreInfo } from '../../node/index.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { formatTable } from '../terminal/table.ts';
import type { ListArgs } from '../usage/manage.ts';
import { formatInfoJson } from '../words/info-json.ts';
import { formatBytes } from '../words/quantity.ts';

/** Prints the complete stores directly below a directory, by name. */
export async function runList({ root, json = false }: ListArgs, io: Io): Promise<number> {
  const { storage, path, uri } = locate(root, 'root');
  const stores: StoreInfo[] = [];
  const onSkip = ({ error }: Skipped): unknown => io.stderr.write(`cairn: skipped: ${error.message}\n`);
  for await (const info of listStores(root, { onSkip })) stores.push(info);
  if (stores.length === 0 && (await storage.kind(path)) !== 'directory') {
    throw new CairnError('NOT_FOUND', `there is no directory at ${uri}`, { uri });
  }
  stores.sort((a, b) => (a.uri < b.uri ? -1 : 1));
  const output = new Output(io.stdout);
  if (json) {
    for (const info of stores) await output.write(`${formatInfoJson(info)}\n`);
  } else if (stores.length > 0) {
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
  await output.finish();
  return EXIT.ok;
}
