import '../io/register.ts';

export type {
  Admin,
  CreateDatabaseOptions,
  CreateOptions,
  DatabaseInfo,
  DropDatabaseOptions,
  DropOptions,
  TableChanges,
} from './admin.ts';
export { type Connection, type ConnectOptions, connect, type TableOf } from './connect.ts';
export { EARLIEST, LATEST } from './log-position.ts';
export type { PartitionInfo } from './partitions.ts';
export type { KeyRange } from './read/row-range.ts';
export type { Comparison } from './read/where.ts';
export type { Row } from './row/row-projection.ts';
export type { ColumnType, InputOf, OutputOf } from './schema/column-type.ts';
export {
  array,
  bigint,
  binary,
  boolean,
  bytes,
  type Columns,
  char,
  date,
  decimal,
  double,
  float,
  int,
  type MomentInput,
  map,
  row,
  smallint,
  string,
  time,
  timestamp,
  timestampLtz,
  tinyint,
} from './schema/column-types.ts';
export {
  defineTable,
  type InputRowOf,
  type KeyOf,
  type RowOf,
  type TableSchema,
} from './schema/table-schema.ts';
export type {
  BaseTable,
  BucketOptions,
  LogPosition,
  LogTable,
  PrimaryKeyTable,
  RecordsOptions,
  RowChange,
  Table,
  TableRecord,
} from './table.ts';
export type { ColumnInfo, TableInfo } from './table-info.ts';
export type { ChangesOptions, LookupOptions, PrefixOptions, ScanOptions, Where } from './table-options.ts';
export type { Flushed } from './write/write-queue.ts';
