import type { PartitionInfo, TableInfo } from '../../node/table.ts';
import { withConnection } from '../stores/tables.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { formatTable } from '../terminal/table.ts';
import type { TableInfoArgs } from '../usage/tables.ts';
import { formatBytes } from '../words/quantity.ts';
import { formatTimestamp } from '../words/timestamp.ts';

/** Prints what a table consists of. */
export async function runTableInfo({ table, root, json = false }: TableInfoArgs, io: Io): Promise<number> {
  return withConnection(root, io.interrupts(), async ({ admin }) => {
    const info = await admin.tableInfo(table);
    const partitions = info.partitionedBy.length === 0 ? [] : await admin.listPartitions(table);
    const output = new Output(io.stdout);
    if (json) {
      const names =
        info.partitionedBy.length === 0 ? {} : { partitions: partitions.map((one) => one.qualifiedName) };
      await output.write(`${JSON.stringify({ ...info, ...names })}\n`);
    } else await output.write(`${describe(info, partitions)}\n${formatColumns(info)}`);
    await output.finish();
    return EXIT.ok;
  });
}

function describe(info: TableInfo, partitions: readonly PartitionInfo[]): string {
  const { database, name, kind, uri, bucketKey, buckets, partitionedBy, comment, version, bytes, createdAt } =
    info;
  const lines: (readonly [string, string])[] = [
    ['table', `${database}.${name}`],
    ['kind', kind],
    ['uri', uri],
    ['buckets', bucketKey.length === 0 ? `${buckets}` : `${buckets} by ${bucketKey.join(', ')}`],
    ...(partitionedBy.length === 0
      ? []
      : ([
          ['partitioned by', partitionedBy.join(', ')],
          ['partitions', partitions.map((one) => one.qualifiedName).join(', ') || 'none'],
        ] as const)),
    ...(comment === undefined ? [] : ([['comment', comment]] as const)),
    ...Object.entries(info.properties),
    ['version', `${version} of the rows, ${info.schemaVersion} of the columns`],
    ['bytes', formatBytes(bytes)],
    ['created', formatTimestamp(createdAt)],
  ];
  const width = Math.max(...lines.map(([label]) => label.length));
  return lines.map(([label, value]) => `${label.padEnd(width)}  ${value}\n`).join('');
}

function formatColumns({ columns, primaryKey }: TableInfo): string {
  const rows = columns.map(({ name, type, nullable }) => {
    const place = primaryKey.indexOf(name);
    return [name, type, nullable ? 'yes' : 'no', place < 0 ? '' : `${place + 1}`];
  });
  return formatTable(['column', 'type', 'null', 'key'], rows);
}
