import { sweepStores } from '../../node/index.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import type { SweepArgs } from '../usage/manage.ts';
import { formatBytes, formatCount, formatDuration } from '../words/quantity.ts';

/** Removes orphan files of crashed writers, and prints each of them. */
export async function runSweep(args: SweepArgs, io: Io): Promise<number> {
  const { root, olderThan, dryRun = false } = args;
  const swept = await sweepStores(root, {
    dryRun,
    onSkip: ({ error }) => io.stderr.write(`cairn: skipped: ${error.message}\n`),
    olderThanMs: olderThan,
  });
  const output = new Output(io.stdout, { optional: true });
  for (const file of swept) {
    const { uri, bytes, ageMs } = file;
    const line =
      args.json === true ? JSON.stringify(file) : `${uri}\t${bytes} bytes\t${formatDuration(ageMs)} old`;
    await output.write(`${line}\n`);
  }
  await output.finish();
  if (args.quiet !== true) {
    const total = swept.reduce((sum, { bytes }) => sum + bytes, 0);
    const what = `${formatCount(swept.length, 'file', 'files')}, ${formatBytes(total)}`;
    io.stderr.write(dryRun ? `would remove ${what}\n` : `removed ${what}\n`);
  }
  return EXIT.ok;
}
