import { KeyText } from '../../text/key-text.ts';
import { rangeOfText } from '../../text/text-range.ts';
import { openReader } from '../stores/open-reader.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import type { CountArgs } from '../usage/read.ts';

/** Prints the number of entries in a range. Reads at most a block at each end. */
export async function runCount(args: CountArgs, io: Io): Promise<number> {
  await using reader = await openReader(args.store, args);
  const count = await reader.count(rangeOfText(args, new KeyText(reader.info, args.keyFormat)));
  const output = new Output(io.stdout);
  output.write(args.json === true ? `{"count":${count}}\n` : `${count}\n`);
  await output.finish();
  return EXIT.ok;
}
