import { KeyText } from '../../text/key-text.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { printEntry } from '../terminal/print-entries.ts';
import type { SharedOptions } from '../usage/command-usage.ts';
import type { EntryReader } from './entry-reader.ts';
import { openReader } from './open-reader.ts';

/** What commands that look for one entry are called with. */
interface FindArgs extends SharedOptions<'keyFormat'>, SharedOptions<'version'>, SharedOptions<'printing'> {
  readonly store: string;
}

/** Prints the entry that is found in a store or collection; says on standard error what is not there if there is none. */
export async function printFound(
  args: FindArgs,
  io: Io,
  find: (reader: EntryReader, keys: KeyText) => Promise<[unknown, unknown] | undefined>,
  absent: string,
): Promise<number> {
  await using reader = await openReader(args.store, args);
  const keys = new KeyText(reader.info, args.keyFormat);
  const entry = await find(reader, keys);
  if (entry === undefined) {
    io.stderr.write(`cairn: ${args.store} ${absent}\n`);
    return EXIT.absent;
  }
  await printEntry(entry, reader.info, keys, args, io);
  return EXIT.ok;
}
