import { isCairnError } from '../../errors.ts';
import { CairnError } from '../../node/index.ts';
import { csvHeader } from '../../text/csv.ts';
import { valueColumns } from '../../text/csv-columns.ts';
import { KeyText } from '../../text/key-text.ts';
import { type Input, peek } from '../terminal/input.ts';
import type { ImportArgs } from '../usage/write.ts';
import { rowOptions } from '../words/entry-format.ts';
import { BRACKETED, templateFormatter } from '../words/entry-template.ts';
import type { ReaderInfo } from './entry-reader.ts';

/** The files that a command line names, after the store or by -f. @throws {CairnError} `INVALID_ARGUMENT` if both do. */
export function filesOf({ file = [], files = [] }: Pick<ImportArgs, 'file' | 'files'>): readonly string[] {
  if (file.length === 0 || files.length === 0) return [...file, ...files];
  throw new CairnError(
    'INVALID_ARGUMENT',
    `name the files in one way: ${files[0]} after the store, or ${file[0]} with -f`,
  );
}

/** How many columns make the value of CSV, and which columns there are to be where the header says it. */
export async function csvColumns(
  args: ImportArgs,
  inputs: Input[],
  signal: AbortSignal,
): Promise<{ readonly values: number; readonly expected?: readonly string[] }> {
  const options = rowOptions(args);
  let { columns } = args;
  if (columns === undefined) {
    const { found, input } = await peek(inputs[0], signal, (bytes, whole) =>
      csvHeader(bytes, options, whole),
    );
    inputs[0] = input;
    // Without one there are no rows either, or the reading says what is wrong.
    if (found === undefined) return { values: 1 };
    columns = found;
  }
  try {
    const values = valueColumns(columns, args).length;
    return args.value === undefined && args.columns === undefined
      ? { values, expected: columns }
      : { values };
  } catch (error) {
    if (!isCairnError(error)) throw error;
    throw new CairnError(error.code, `${inputs[0].name}: ${error.message}`, { cause: error });
  }
}

/** The metadata to keep, with what tells the command how to read and print keys that are bytes. */
export function metadataOf({ keyFormat, metadata }: ImportArgs): ImportArgs['metadata'] {
  if (keyFormat === undefined) return metadata;
  return { keyFormat: keyFormat === 'ip6' ? 'ip' : keyFormat, ...metadata };
}

/** Returns a function that shows an entry as `[key] value`, with a newline. */
export function bracketed(info: ReaderInfo): (key: unknown, value: unknown) => string {
  return templateFormatter(BRACKETED, new KeyText(info), info);
}
