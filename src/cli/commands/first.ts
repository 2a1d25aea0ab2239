import { KeyText } from '../../text/key-text.ts';
import { openReader } from '../stores/open-reader.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { printEntry } from '../terminal/print-entries.ts';
import type { FirstArgs } from '../usage/read.ts';

/** Prints the entry with the smallest key. */
export async function runFirst(args: FirstArgs, io: Io): Promise<number> {
  await using reader = await openReader(args.store, args);
  const entry = await reader.first();
  if (entry === undefined) {
    io.stderr.write(`cairn: ${args.store} is empty\n`);
    return EXIT.absent;
  }
  await printEntry(entry, reader.info, new KeyText(reader.info, args.keyFormat), args, io);
  return EXIT.ok;
}
