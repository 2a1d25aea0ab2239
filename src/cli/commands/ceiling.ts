import { KeyText } from '../../text/key-text.ts';
import { openReader } from '../stores/open-reader.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { printEntry } from '../terminal/print-entries.ts';
import type { CeilingArgs } from '../usage/read.ts';

/** Prints the entry with the smallest key that is not smaller than the one given. */
export async function runCeiling(args: CeilingArgs, io: Io): Promise<number> {
  await using reader = await openReader(args.store, args);
  const keyText = new KeyText(reader.info, args.keyFormat);
  const entry = await reader.ceiling(keyText.parse(args.key));
  if (entry === undefined) {
    io.stderr.write(`cairn: ${args.store} has no key from ${JSON.stringify(args.key)} on\n`);
    return EXIT.absent;
  }
  await printEntry(entry, reader.info, keyText, args, io);
  return EXIT.ok;
}
