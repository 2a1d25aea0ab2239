import type { StoreInfo } from '../../node/index.ts';
import { formatJsonValue } from '../../text/json-text.ts';
import type { KeyText } from '../../text/key-text.ts';
import type { SharedOptions } from '../usage/command-usage.ts';
import { formatValue, visibly } from '../words/value-text.ts';
import type { Io } from './io.ts';
import { Output } from './output.ts';

/** Prints entries as `key<TAB>value` lines, or as lines of JSON. */
export async function printEntries(
  batches: Iterable<[unknown, unknown][]> | AsyncIterable<[unknown, unknown][]>,
  { valueEncoding }: Pick<StoreInfo, 'valueEncoding'>,
  keys: KeyText,
  { hex = false, json = false }: SharedOptions<'printing'>,
  io: Io,
): Promise<void> {
  const output = new Output(io.stdout);
  const show = io.stdout.isTTY === true ? visibly : (text: string): string => text;
  for await (const batch of batches) {
    for (const [key, value] of batch) {
      const line = json
        ? `{"key":${keys.formatJson(key)},"value":${formatJsonValue(value, valueEncoding)}}\n`
        : `${show(keys.format(key))}\t${show(formatValue(value, { valueEncoding, hex }))}\n`;
      const waiting = output.write(line);
      if (waiting !== undefined) await waiting;
    }
  }
  await output.finish();
}

/** Prints keys, one a line. */
export async function printKeys(
  stored: AsyncIterable<unknown>,
  keys: KeyText,
  { json = false }: SharedOptions<'printing'>,
  io: Io,
): Promise<void> {
  const output = new Output(io.stdout);
  const show = io.stdout.isTTY === true ? visibly : (text: string): string => text;
  for await (const key of stored) {
    const waiting = output.write(json ? `${keys.formatJson(key)}\n` : `${show(keys.format(key))}\n`);
    if (waiting !== undefined) await waiting;
  }
  await output.finish();
}
