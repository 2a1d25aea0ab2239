import { openReader } from '../stores/open-reader.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { printEntries, printKeys } from '../terminal/print-entries.ts';
import type { KeyFormat } from '../words/choices.ts';
import { KeyText } from '../words/key-text.ts';
import { type RangeOptions, rangeOf } from '../words/range-options.ts';

/** What `cairn scan` is asked for. */
export interface ScanArgs extends RangeOptions {
  readonly store: string;
  /** Only the keys. */
  readonly keys?: boolean;
  readonly keyFormat?: KeyFormat;
  readonly hex?: boolean;
  readonly json?: boolean;
}

/** Prints the entries of a range in key order, or its reverse. */
export async function runScan(args: ScanArgs, io: Io): Promise<number> {
  await using reader = await openReader(args.store);
  const keyText = new KeyText(reader.info, args.keyFormat);
  const range = rangeOf(args, keyText);
  if (args.keys === true) await printKeys(reader.keys(range), keyText, args, io);
  else await printEntries(reader.batches(range), reader.info, keyText, args, io);
  return EXIT.ok;
}
