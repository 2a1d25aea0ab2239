import { KeyText } from '../../text/key-text.ts';
import { openRankedReader } from '../stores/open-reader.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { printEntries } from '../terminal/print-entries.ts';
import type { SampleArgs } from '../usage/read.ts';

/** Prints entries chosen at random. */
export async function runSample(args: SampleArgs, io: Io): Promise<number> {
  await using reader = await openRankedReader(args.store);
  const entries = await reader.sample(args.n ?? 10, args.seed === undefined ? {} : { seed: args.seed });
  await printEntries([entries], reader.info, new KeyText(reader.info, args.keyFormat), args, io);
  return EXIT.ok;
}
