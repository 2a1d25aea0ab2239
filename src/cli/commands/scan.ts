import { KeyText } from '../../text/key-text.ts';
import { rangeOfText } from '../../text/text-range.ts';
import { openReader } from '../stores/open-reader.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { printEntries, printKeys } from '../terminal/print-entries.ts';
import type { ScanArgs } from '../usage/read.ts';

/** Prints the entries of a range in key order, or its reverse. */
export async function runScan(args: ScanArgs, io: Io): Promise<number> {
  await using reader = await openReader(args.store, args);
  const keyText = new KeyText(reader.info, args.keyFormat);
  const range = rangeOfText(args, keyText);
  if (args.keys === true) await printKeys(reader.keys(range), keyText, args, io);
  else await printEntries(reader.batches(range), reader.info, keyText, args, io);
  return EXIT.ok;
}
