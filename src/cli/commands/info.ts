import type { CollectionInfo } from '../../collection/collection-info.ts';
import { type StoreInfo, storeInfo } from '../../node/index.ts';
import { formatInfoJson } from '../../text/info-json.ts';
import { KeyText } from '../../text/key-text.ts';
import { forStoreOr } from '../stores/collections.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { formatTable } from '../terminal/table.ts';
import type { KeyFormat } from '../usage/choices.ts';
import type { InfoArgs } from '../usage/manage.ts';
import { formatBytes } from '../words/quantity.ts';
import { visibly } from '../words/value-text.ts';

/** Prints what a store, or a collection, says of itself. */
export async function runInfo(args: InfoArgs, io: Io): Promise<number> {
  const text = await forStoreOr(
    args.store,
    async () => {
      const info = await storeInfo(args.store);
      return args.json === true
        ? `${formatInfoJson(info, args.keyFormat)}\n`
        : describe(info, args.keyFormat);
    },
    async () => {
      const { collectionInfo } = await import('../../collection/collection-info.ts');
      const info = await collectionInfo(args.store);
      return args.json === true ? `${JSON.stringify(info)}\n` : describeCollection(info);
    },
  );
  const output = new Output(io.stdout);
  output.write(text);
  await output.finish();
  return EXIT.ok;
}

/** A key in a table is cut here. */
const MAX_CHARACTERS = 60;

function describe(info: StoreInfo, keyFormat: KeyFormat | undefined): string {
  const keys = new KeyText(info, keyFormat);
  const show = (key: unknown): string => {
    const text = visibly(keys.format(key));
    return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text;
  };
  const facts: [string, string][] = [
    ['store', info.uri],
    ['id', info.id],
    ['entries', `${info.count}`],
    ['bytes', `${info.bytes} (${formatBytes(info.bytes)})`],
    ['keys', info.keyEncoding],
    ['values', info.valueEncoding],
    ['compression', info.compression],
  ];
  if (info.count > 0) facts.push(['first key', show(info.firstKey)], ['last key', show(info.lastKey)]);
  if (Object.keys(info.metadata).length > 0) facts.push(['metadata', JSON.stringify(info.metadata)]);
  facts.push(['partitions', `${info.partitions.length}`]);
  const text = listed(facts);
  if (info.partitions.length === 0) return text;
  const rows = info.partitions.map(({ name, count, bytes, firstKey, lastKey }) => [
    name,
    `${count}`,
    `${bytes}`,
    show(firstKey),
    show(lastKey),
  ]);
  return `${text}\n${formatTable(['partition', 'entries', 'bytes', 'first key', 'last key'], rows, ['entries', 'bytes'])}`;
}

function describeCollection(info: CollectionInfo): string {
  const { version, oldestVersion, bytes, droppedBytes, generations } = info;
  const tombstones = generations.reduce((sum, one) => sum + one.tombstones, 0);
  const facts: [string, string][] = [
    ['collection', info.uri],
    ['id', info.id],
    ['version', `${version}`],
    ['oldest kept', `${oldestVersion}`],
    ['stored', `${info.storedEntries} entries, ${tombstones} of them deletions`],
    ['bytes', `${bytes} (${formatBytes(bytes)})`],
    ['older', `${droppedBytes} bytes (${formatBytes(droppedBytes)}) of earlier versions`],
    ['keys', info.keyEncoding],
    ['values', info.valueEncoding],
    ['compression', info.compression],
  ];
  if (Object.keys(info.metadata).length > 0) facts.push(['metadata', JSON.stringify(info.metadata)]);
  facts.push(['generations', `${generations.length}`]);
  const text = listed(facts);
  if (generations.length === 0) return text;
  const rows = generations.map((one) => [
    `${one.entries}`,
    `${one.tombstones}`,
    `${one.bytes}`,
    filesOf(one),
  ]);
  const right = ['entries', 'deletions', 'bytes'];
  return `${text}\n${formatTable(['entries', 'deletions', 'bytes', 'files'], rows, right)}`;
}

function filesOf({ files }: CollectionInfo['generations'][number]): string {
  const [first, ...others] = files;
  if (first === undefined) return 'in the version file';
  return others.length === 0 ? first : `${first} and ${others.length} more`;
}

function listed(facts: readonly (readonly [string, string])[]): string {
  return facts.map(([name, fact]) => `${name.padEnd(11)}  ${fact}\n`).join('');
}
