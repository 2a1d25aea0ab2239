import { invalidArgument } from '../../errors.ts';
import { KeyText } from '../../text/key-text.ts';
import { openRankedReader } from '../stores/open-reader.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { printEntry } from '../terminal/print-entries.ts';
import type { AtArgs } from '../usage/read.ts';

/** Prints the entry at a rank. */
export async function runAt(args: AtArgs, io: Io): Promise<number> {
  if (!/^-?\d{1,15}$/.test(args.index))
    throw invalidArgument('index', `the index must be a whole number, not ${args.index}`);
  await using reader = await openRankedReader(args.store);
  const entry = await reader.at(Number(args.index));
  if (entry === undefined) {
    const { count } = reader.info;
    io.stderr.write(`cairn: ${args.store} has ${count} entries, and none at ${args.index}\n`);
    return EXIT.absent;
  }
  await printEntry(entry, reader.info, new KeyText(reader.info, args.keyFormat), args, io);
  return EXIT.ok;
}
