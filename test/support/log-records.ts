import type { LogReader, LogRecord, RecordRange } from '../../src/node/log.ts';

/** What is compared of a record: `[bucket, offset, key, value]`. */
export type Row = [bucket: number, offset: number, key: string | null, value: string];

export function rowOf(record: LogRecord): Row {
  return [record.bucket, record.offset, record.keyString(), record.valueString()];
}

/** The records of a log, or of one bucket, as rows. */
export async function rows(
  source: { records(range?: RecordRange): AsyncIterable<LogRecord> },
  range?: RecordRange,
): Promise<Row[]> {
  const found: Row[] = [];
  for await (const record of source.records(range)) found.push(rowOf(record));
  return found;
}

/** The values of a bucket. */
export async function valuesOf(log: LogReader, bucket: number): Promise<string[]> {
  return (await rows(log.bucket(bucket))).map(([, , , value]) => value);
}
