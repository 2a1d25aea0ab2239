import { type KvListing, kvEntryJson } from '../../namespace/kv-entry.ts';
import { openKv } from '../stores/open-namespaces.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { formatTable } from '../terminal/table.ts';
import type { KvListArgs } from '../usage/namespaces.ts';

/** Rows of a table whose columns are as wide as these need; those after them are another table. */
const ROWS = 10_000;

const COLUMNS = ['key', 'type', 'revision', 'created', 'updated', 'expires', 'description'];

/** Prints the keys of a namespace, and what is known of them. */
export async function runKvList(args: KvListArgs, io: Io): Promise<number> {
  const { prefix, after, limit, includeExpired } = args;
  await using namespaces = await openKv(args, io, { readOnly: true });
  const output = new Output(io.stdout);
  let rows: string[][] = [];
  const print = async (): Promise<void> => {
    if (rows.length > 0) await output.write(formatTable(COLUMNS, rows, ['revision']));
    rows = [];
  };
  const list = namespaces.namespace(args.namespace).list({ prefix, after, limit, includeExpired });
  for await (const listing of list) {
    if (args.json === true) {
      await output.write(`${kvEntryJson(listing)}\n`);
      continue;
    }
    rows.push(rowOf(listing));
    if (rows.length >= ROWS) await print();
  }
  await print();
  await output.finish();
  return EXIT.ok;
}

function rowOf(listing: KvListing): string[] {
  const {
    key,
    type,
    revision,
    creationDate,
    updateDate,
    expirationDate,
    description = '',
    isExpired,
  } = listing;
  return [
    key,
    type,
    `${revision}`,
    String(creationDate),
    String(updateDate),
    `${expirationDate ?? ''}${isExpired === true ? ' (expired)' : ''}`,
    description.replaceAll(/\s+/g, ' '),
  ];
}
