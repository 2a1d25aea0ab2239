import { invalidArgument } from '../../errors.ts';
import { type CopyOptions, copyStore } from '../../node/index.ts';
import { formatInfoJson } from '../../text/info-json.ts';
import { forStoreOr } from '../stores/collections.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { Progress } from '../terminal/progress.ts';
import type { CopyArgs } from '../usage/write.ts';
import { formatBytes, formatCount, formatRate } from '../words/quantity.ts';

/** Copies a store, or the newest version of a collection, to another place, checking every byte. */
export async function runCopy(args: CopyArgs, io: Io): Promise<number> {
  const { from, to, quiet = false, resume = false, replace = false } = args;
  const progress = new Progress(io, 'copying', { quiet });
  const began = io.now();
  const options: CopyOptions = { signal: io.interrupts(), onProgress: (done) => progress.report(done) };
  const copied = await forStoreOr(
    from,
    async () => {
      const info = await copyStore(from, to, { ...options, resume, replace });
      return {
        what: formatCount(info.count, 'entry', 'entries'),
        bytes: info.bytes,
        json: formatInfoJson(info),
      };
    },
    async () => {
      if (resume) {
        const message = `${from} is a collection, whose copy begins anew: delete what is at ${to}, and leave --resume out`;
        throw invalidArgument('resume', message);
      }
      if (replace) {
        const message = `${from} is a collection, whose copy takes no place of another: delete what is at ${to}, and leave --replace out`;
        throw invalidArgument('replace', message);
      }
      const { copyCollection } = await import('../../collection/copy-collection.ts');
      const info = await copyCollection(from, to, options);
      return { what: 'the newest version', bytes: info.bytes, json: JSON.stringify(info) };
    },
  ).finally(() => progress.end());
  if (!quiet) {
    const rate = formatRate(copied.bytes, io.now() - began, formatBytes);
    io.stderr.write(`copied ${copied.what}, ${formatBytes(copied.bytes)}${rate}\n`);
  }
  if (args.json === true) {
    const output = new Output(io.stdout, { optional: true });
    output.write(`${copied.json}\n`);
    await output.finish();
  }
  return EXIT.ok;
}
