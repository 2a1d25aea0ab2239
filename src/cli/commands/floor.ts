import { KeyText } from '../../text/key-text.ts';
import { openReader } from '../stores/open-reader.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { printEntries } from '../terminal/print-entries.ts';
import type { FloorArgs } from '../usage/read.ts';

/** Prints the entry with the greatest key that is not greater than the one given. */
export async function runFloor(args: FloorArgs, io: Io): Promise<number> {
  await using reader = await openReader(args.store, args);
  const keyText = new KeyText(reader.info, args.keyFormat);
  const entry = await reader.floor(keyText.parse(args.key));
  if (entry === undefined) {
    io.stderr.write(`cairn: ${args.store} has no key up to ${JSON.stringify(args.key)}\n`);
    return EXIT.absent;
  }
  await printEntries([[entry]], reader.info, keyText, args, io);
  return EXIT.ok;
}
