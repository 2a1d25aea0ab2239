import { copyStore } from '../../node/index.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { Progress } from '../terminal/progress.ts';
import type { CopyArgs } from '../usage/write.ts';
import { formatInfoJson } from '../words/info-json.ts';
import { formatBytes, formatCount } from '../words/quantity.ts';

/** Copies a store to another place, checking every byte. */
export async function runCopy(args: CopyArgs, io: Io): Promise<number> {
  const { quiet = false } = args;
  const progress = new Progress(io, 'copying', { quiet });
  const began = io.now();
  const info = await copyStore(args.from, args.to, {
    resume: args.resume === true,
    signal: io.interrupts(),
    onProgress: (done) => progress.report(done),
  }).finally(() => progress.end());
  if (!quiet) {
    const seconds = Math.max((io.now() - began) / 1000, 0.001);
    io.stderr.write(
      `copied ${formatCount(info.count, 'entry', 'entries')}, ${formatBytes(info.bytes)}, ${formatBytes(
        Math.round(info.bytes / seconds),
      )}/s\n`,
    );
  }
  if (args.json === true) {
    const output = new Output(io.stdout, { optional: true });
    output.write(`${formatInfoJson(info)}\n`);
    await output.finish();
  }
  return EXIT.ok;
}
