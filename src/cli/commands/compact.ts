import { openToWrite } from '../stores/write-collection.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { Progress } from '../terminal/progress.ts';
import type { CompactArgs } from '../usage/collections.ts';
import { formatBytes, formatCount } from '../words/quantity.ts';

/** Merges the generations of a collection, and removes what is not kept. */
export async function runCompact(args: CompactArgs, io: Io): Promise<number> {
  const { quiet = false, full = false } = args;
  const signal = io.interrupts();
  const { collection } = await openToWrite(args.collection, { create: false, signal });
  await using _ = collection;
  const progress = new Progress(io, 'compacting', { quiet });
  const done = await collection
    .compact({
      full,
      keepVersions: args.keepVersions,
      signal,
      onProgress: (step) => progress.report(step),
    })
    .finally(() => progress.end());
  if (!quiet) {
    const before = formatCount(done.before, 'generation', 'generations');
    io.stderr.write(
      `compacted ${before} into ${done.after}, ${formatBytes(done.bytes)}; version ${done.version}\n`,
    );
  }
  if (args.json === true) {
    const output = new Output(io.stdout, { optional: true });
    await output.write(`${JSON.stringify(done)}\n`);
    await output.finish();
  }
  return EXIT.ok;
}
