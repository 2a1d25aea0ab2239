import { planSplits } from '../../node/batch.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import type { SplitsArgs } from '../usage/jobs.ts';

/** Prints the splits of stores as lines of JSON. */
export async function runSplits({ stores, splits, bytes }: SplitsArgs, io: Io): Promise<number> {
  const output = new Output(io.stdout);
  for (const split of await planSplits(stores, { splits, bytes })) {
    const waiting = output.write(`${JSON.stringify(split)}\n`);
    if (waiting !== undefined) await waiting;
  }
  await output.finish();
  return EXIT.ok;
}
