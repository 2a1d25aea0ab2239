import type { ArgsOf } from './command-usage.ts';

/** `cairn table create`. */
export const TABLE_CREATE = {
  name: 'table create',
  description: 'make a table, and its database if there is none',
  examples: [
    "cairn table create shop.users -c 'region STRING, id INT, name STRING?, score FLOAT?' --primary-key region,id",
    "cairn table create shop.events -c 'id INT, what STRING' --buckets 3    # a log: no primary key",
    "cairn table create shop.sales -c 'day DATE, id INT, cents BIGINT' --primary-key day,id --partitioned-by day",
  ],
  arguments: { table: { form: '<table>', help: 'the table: database.table' } },
  shared: ['tableRoot'],
  options: {
    columns: {
      flags: '-c, --columns <list>',
      takes: 'text',
      help: 'the columns, with types and a ? for what may be null: id INT, name STRING?, tags ARRAY<STRING>',
    },
    primaryKey: {
      flags: '-k, --primary-key <names>',
      takes: 'names',
      help: 'the columns of the key, in order',
    },
    bucketKey: {
      flags: '--bucket-key <names>',
      takes: 'names',
      help: 'the columns whose hash chooses a bucket',
    },
    buckets: { flags: '--buckets <n>', takes: 'count', help: 'the number of buckets (default: 1)' },
    partitionedBy: {
      flags: '--partitioned-by <names>',
      takes: 'names',
      help: 'the columns whose values are partitions',
    },
    comment: { flags: '--comment <text>', takes: 'text', help: 'a comment to keep' },
    property: {
      flags: '--property <name=value>',
      takes: 'texts',
      help: 'a property to keep (repeatable); keepVersions: versions that compactions leave readable',
    },
    ifNotExists: { flags: '--if-not-exists', help: 'leave a table that is there as it is' },
    quiet: { flags: '-q, --quiet', help: 'no summary' },
  },
} as const;
export type TableCreateArgs = ArgsOf<typeof TABLE_CREATE>;

/** `cairn table drop`. */
export const TABLE_DROP = {
  name: 'table drop',
  description: 'drop a table with all its rows',
  examples: ['cairn table drop shop.users', 'cairn table drop shop.users --if-exists'],
  arguments: { table: { form: '<table>', help: 'the table: database.table' } },
  shared: ['tableRoot'],
  options: { ifExists: { flags: '--if-exists', help: 'do nothing if there is no such table' } },
} as const;
export type TableDropArgs = ArgsOf<typeof TABLE_DROP>;

/** `cairn table list`. */
export const TABLE_LIST = {
  name: 'table list',
  description: 'list tables, of all databases or of one',
  examples: ['cairn table list', 'cairn table list shop --root s3://bucket/warehouse --json'],
  arguments: { database: { form: '[database]', help: 'only the tables of this database' } },
  shared: ['tableRoot'],
  options: { json: { flags: '--json', help: 'print lines of JSON' } },
} as const;
export type TableListArgs = ArgsOf<typeof TABLE_LIST>;

/** `cairn table info`. */
export const TABLE_INFO = {
  name: 'table info',
  description: 'print what a table consists of',
  examples: ['cairn table info shop.users', 'cairn table info shop.users --json | jq .columns'],
  arguments: { table: { form: '<table>', help: 'the table: database.table' } },
  shared: ['tableRoot'],
  options: { json: { flags: '--json', help: 'print JSON' } },
} as const;
export type TableInfoArgs = ArgsOf<typeof TABLE_INFO>;

/** `cairn table alter`. */
export const TABLE_ALTER = {
  name: 'table alter',
  description: 'add columns, or drop some; rows that are there stay as they are',
  examples: [
    "cairn table alter shop.users --add 'email STRING?'",
    "cairn table alter shop.users --drop score --add 'points DECIMAL(10, 2)?'",
  ],
  arguments: { table: { form: '<table>', help: 'the table: database.table' } },
  shared: ['tableRoot'],
  options: {
    add: { flags: '--add <list>', takes: 'text', help: 'columns to add, with their types; they may be null' },
    drop: { flags: '--drop <names>', takes: 'names', help: 'columns to drop' },
    quiet: { flags: '-q, --quiet', help: 'no summary' },
  },
} as const;
export type TableAlterArgs = ArgsOf<typeof TABLE_ALTER>;

/** `cairn table upsert`. */
export const TABLE_UPSERT = {
  name: 'table upsert',
  description: 'put rows in place of those with their keys, as one commit',
  examples: [
    'cairn table upsert shop.users region=US id=1 name=Verso score=0.5',
    'cairn table upsert shop.users \'{"region":"US","id":2}\' \'{"region":"EU","id":1}\'',
    'cairn table upsert shop.users --partial region=US id=1 score=0.75',
    'cairn import --table shop.users -f users.csv --format csv    # many of them',
  ],
  arguments: {
    table: { form: '<table>', help: 'the table: database.table' },
    values: { form: '<value...>', help: 'column=value for one row, or a JSON object for each' },
  },
  shared: ['tableRoot'],
  options: {
    partial: {
      flags: '--partial',
      help: 'change only the columns that are named; the others stay, or are null in a row that is new',
    },
    quiet: { flags: '-q, --quiet', help: 'no summary' },
  },
} as const;
export type TableUpsertArgs = ArgsOf<typeof TABLE_UPSERT>;

/** `cairn table append`. */
export const TABLE_APPEND = {
  name: 'table append',
  description: 'append rows to a log, as one commit',
  examples: [
    'cairn table append shop.events id=1 what=login',
    'cairn table append shop.events \'{"id":2,"what":"buy"}\'',
  ],
  arguments: {
    table: { form: '<table>', help: 'the table: database.table' },
    values: { form: '<value...>', help: 'column=value for one row, or a JSON object for each' },
  },
  shared: ['tableRoot'],
  options: { quiet: { flags: '-q, --quiet', help: 'no summary' } },
} as const;
export type TableAppendArgs = ArgsOf<typeof TABLE_APPEND>;

/** `cairn table delete`. */
export const TABLE_DELETE = {
  name: 'table delete',
  description: 'delete the row with a key; exit code 1 when there is none',
  examples: ['cairn table delete shop.users region=US id=1'],
  arguments: {
    table: { form: '<table>', help: 'the table: database.table' },
    values: { form: '<value...>', help: 'column=value for each column of the key' },
  },
  shared: ['tableRoot'],
  options: { quiet: { flags: '-q, --quiet', help: 'no summary' } },
} as const;
export type TableDeleteArgs = ArgsOf<typeof TABLE_DELETE>;

/** `cairn table lookup`. */
export const TABLE_LOOKUP = {
  name: 'table lookup',
  description: 'print the row with a key, or those whose keys begin so; exit code 1 when there is none',
  examples: [
    'cairn table lookup shop.users region=US id=1',
    'cairn table lookup shop.users region=US --prefix --csv',
  ],
  arguments: {
    table: { form: '<table>', help: 'the table: database.table' },
    values: { form: '<value...>', help: 'column=value for each column of the key' },
  },
  shared: ['tableRoot', 'tableRows'],
  options: {
    prefix: { flags: '--prefix', help: 'print all rows whose keys begin with these columns' },
  },
} as const;
export type TableLookupArgs = ArgsOf<typeof TABLE_LOOKUP>;

/** `cairn table scan`. */
export const TABLE_SCAN = {
  name: 'table scan',
  description: 'print rows in the order of their keys',
  examples: [
    'cairn table scan shop.users --limit 10',
    "cairn table scan shop.users --columns id,name --where 'region=US' --where 'id>=10' --csv",
    'cairn table scan shop.users --version 7 --reverse --json',
  ],
  arguments: { table: { form: '<table>', help: 'the table: database.table' } },
  shared: ['tableRoot', 'tableRows'],
  options: {
    where: {
      flags: '-w, --where <condition>',
      takes: 'texts',
      help: 'only rows that meet this: column=value, or with <, <=, > or >= (repeatable); on the first columns of the key it is a seek',
    },
    limit: { flags: '--limit <n>', takes: 'count', help: 'at most n rows' },
    reverse: { flags: '--reverse', help: 'from the greatest key down' },
    version: {
      flags: '--version <n>',
      takes: 'count',
      help: 'read this version of the table (default: the newest)',
    },
  },
} as const;
export type TableScanArgs = ArgsOf<typeof TABLE_SCAN>;

/** `cairn table records`. */
export const TABLE_RECORDS = {
  name: 'table records',
  description: 'print the records of a log, bucket by bucket',
  examples: [
    'cairn table records shop.events',
    'cairn table records shop.events --bucket 0 --from 12 --limit 100 --json',
    'cairn table records shop.events --from 2026-11-30T08:00:00Z',
  ],
  arguments: { table: { form: '<table>', help: 'the table: database.table' } },
  shared: ['tableRoot', 'tableRows'],
  options: {
    bucket: { flags: '-b, --bucket <n>', takes: 'count', help: 'only this bucket' },
    partition: {
      flags: '--partition <name>',
      takes: 'text',
      help: 'only this partition: column=value/column=value',
    },
    from: {
      flags: '--from <where>',
      takes: 'text',
      help: 'earliest, latest, an offset, or a time (default: earliest)',
    },
    to: {
      flags: '--to <where>',
      takes: 'text',
      help: 'where to end: before this offset or time (default: latest)',
    },
    limit: { flags: '--limit <n>', takes: 'count', help: 'at most n records' },
  },
} as const;
export type TableRecordsArgs = ArgsOf<typeof TABLE_RECORDS>;
