import { builtInEncodings } from '../../codec/encoding-names.ts';
import { CairnError } from '../../errors.ts';
import type { StoreInfo } from '../../node/index.ts';
import { formatJsonValue } from '../../text/json-text.ts';
import { type KeyText, storedFormat } from '../../text/key-text.ts';
import type { EntryOutput } from '../usage/choices.ts';
import type { SharedOptions } from '../usage/command-usage.ts';
import { formatValue, visibly } from '../words/value-text.ts';
import type { Io } from './io.ts';
import { Output } from './output.ts';

type Entry = readonly [unknown, unknown];
type Batches = Iterable<readonly Entry[]> | AsyncIterable<readonly Entry[]>;
type Printed = Pick<StoreInfo, 'keyEncoding' | 'valueEncoding' | 'metadata'>;

/** How entries are printed. @throws {CairnError} `INVALID_ARGUMENT` if two options say different things. */
export function outputOf({ output, json = false }: SharedOptions<'printing'>): EntryOutput {
  if (json && output !== undefined && output !== 'jsonl')
    throw new CairnError('INVALID_ARGUMENT', `--json and -o ${output} exclude each other`);
  return output ?? (json ? 'jsonl' : 'lines');
}

/** Prints entries as `key<TAB>value` lines, lines of JSON, rows of CSV or an aligned table. */
export async function printEntries(
  batches: Batches,
  info: Printed,
  keys: KeyText,
  options: SharedOptions<'printing'>,
  io: Io,
): Promise<void> {
  const output = new Output(io.stdout);
  const format = await formatterOf(info, keys, options, io);
  for await (const batch of batches) {
    const waiting = output.write(format(batch));
    if (waiting !== undefined) await waiting;
  }
  await output.finish();
}

/** Prints one entry, as {@link printEntries} does. */
export function printEntry(entry: Entry, ...how: EntryPrinting): Promise<void> {
  return printEntries([[entry]], ...how);
}

/** What {@link printEntries} is told besides the entries. */
export type EntryPrinting = readonly [
  info: Printed,
  keys: KeyText,
  options: SharedOptions<'printing'>,
  io: Io,
];

async function formatterOf(
  info: Printed,
  keys: KeyText,
  options: SharedOptions<'printing'>,
  io: Io,
): Promise<(batch: readonly Entry[]) => string> {
  const { valueEncoding } = info;
  const { hex = false } = options;
  const show = io.stdout.isTTY === true ? visibly : (text: string): string => text;
  switch (outputOf(options)) {
    case 'jsonl':
      return (batch) => {
        let text = '';
        for (const [key, value] of batch)
          text += `{"key":${keys.formatJson(key)},"value":${formatJsonValue(value, valueEncoding)}}\n`;
        return text;
      };
    case 'csv':
      return csvFormatter(info);
    case 'table': {
      const { EntryTable } = await import('./entry-table.ts');
      const table = new EntryTable(keys, { valueEncoding, hex }, io);
      return (batch) => table.rows(batch);
    }
    case 'lines':
      return (batch) => {
        let text = '';
        for (const [key, value] of batch)
          text += `${show(keys.format(key))}\t${show(formatValue(value, { valueEncoding, hex }))}\n`;
        return text;
      };
  }
}

/** Rows as `export --format csv` writes them. */
async function csvFormatter(info: Printed): Promise<(batch: readonly Entry[]) => string> {
  const { formatCsv } = await import('../../text/csv-format.ts');
  const { hexKeys, ipKeys } = await import('../../text/key-format.ts');
  const stored = storedFormat(info);
  const keyFormat = stored === 'hex' ? hexKeys() : stored === 'ip' ? ipKeys({ mapped: false }) : undefined;
  const format = formatCsv({ ...builtInEncodings(info), keyFormat });
  return (batch) => {
    const text = format(batch);
    return typeof text === 'string' ? text : '';
  };
}

/** Prints keys, one a line. */
export async function printKeys(
  stored: AsyncIterable<unknown>,
  keys: KeyText,
  options: SharedOptions<'printing'>,
  io: Io,
): Promise<void> {
  const format = outputOf(options);
  if (format === 'csv' || format === 'table')
    throw new CairnError('INVALID_ARGUMENT', `--keys prints a key a line: leave -o ${format} out`);
  const output = new Output(io.stdout);
  const show = io.stdout.isTTY === true ? visibly : (text: string): string => text;
  for await (const key of stored) {
    const line = format === 'jsonl' ? keys.formatJson(key) : show(keys.format(key));
    const waiting = output.write(`${line}\n`);
    if (waiting !== undefined) await waiting;
  }
  await output.finish();
}
