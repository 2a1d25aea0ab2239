import { KeyText } from '../../text/key-text.ts';
import { openReader } from '../stores/open-reader.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import type { RankArgs } from '../usage/read.ts';

/** Prints how many keys are smaller than one. Reads at most a block of a store. */
export async function runRank(args: RankArgs, io: Io): Promise<number> {
  await using reader = await openReader(args.store, args);
  const rank = await reader.count({ lt: new KeyText(reader.info, args.keyFormat).parse(args.key) });
  const output = new Output(io.stdout);
  output.write(`${rank}\n`);
  await output.finish();
  return EXIT.ok;
}
