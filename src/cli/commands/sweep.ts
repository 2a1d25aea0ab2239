import { isCairnError, type OrphanFile, type SweepOptions, sweepStores } from '../../node/index.ts';
import { collectionsBelow, forStoreOr } from '../stores/collections.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import type { SweepArgs } from '../usage/manage.ts';
import { formatBytes, formatCount, formatDuration } from '../words/quantity.ts';

/** Removes orphan files of crashed writers, and prints each of them. */
export async function runSweep(args: SweepArgs, io: Io): Promise<number> {
  const { root, olderThan, dryRun = false } = args;
  const options: SweepOptions = { dryRun, olderThanMs: olderThan };
  const skip = ({ message }: Error): unknown => io.stderr.write(`cairn: skipped: ${message}\n`);
  const swept = await forStoreOr(
    root,
    async () => {
      const found = await sweepStores(root, { ...options, onSkip: ({ error }) => skip(error) });
      for await (const uri of collectionsBelow(root)) {
        try {
          found.push(...(await sweptOf(uri, options)));
        } catch (error) {
          if (!isCairnError(error) || error.transient === true) throw error;
          skip(error);
        }
      }
      return found;
    },
    () => sweptOf(root, options),
  );
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

async function sweptOf(collection: string, options: SweepOptions): Promise<OrphanFile[]> {
  const { sweepCollection } = await import('../../collection/sweep-collection.ts');
  return sweepCollection(collection, options);
}
