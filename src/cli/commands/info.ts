import { type StoreInfo, storeInfo } from '../../node/index.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { formatTable } from '../terminal/table.ts';
import type { KeyFormat } from '../usage/choices.ts';
import type { InfoArgs } from '../usage/manage.ts';
import { formatInfoJson } from '../words/info-json.ts';
import { KeyText } from '../words/key-text.ts';
import { formatBytes } from '../words/quantity.ts';
import { visibly } from '../words/value-text.ts';

/** Prints what a store says of itself. */
export async function runInfo(args: InfoArgs, io: Io): Promise<number> {
  const info = await storeInfo(args.store);
  const output = new Output(io.stdout);
  output.write(
    args.json === true ? `${formatInfoJson(info, args.keyFormat)}\n` : describe(info, args.keyFormat),
  );
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
  const text = facts.map(([name, fact]) => `${name.padEnd(11)}  ${fact}\n`).join('');
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
