import { type LostRange, salvageStore } from '../../node/index.ts';
import { jsonWithHex, storedKeysOf } from '../stores/stored-keys.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { Progress } from '../terminal/progress.ts';
import type { SalvageArgs } from '../usage/check.ts';
import { formatBytes, formatCount } from '../words/quantity.ts';

const METADATA_ADVICE =
  'name the format of keys that are bytes with --key-format, a log can only be read as a store';

/** Copies what is intact of a damaged store, and prints what is lost. */
export async function runSalvage(args: SalvageArgs, io: Io): Promise<number> {
  const { quiet = false } = args;
  const progress = new Progress(io, 'salvaging', { quiet });
  const report = await salvageStore(args.store, args.to, {
    signal: io.interrupts(),
    onProgress: (done) => progress.report(done),
  }).finally(() => progress.end());
  const output = new Output(io.stdout, { optional: true });
  if (args.json === true) await output.write(`${jsonWithHex(report)}\n`);
  else {
    const show = await storedKeysOf(args.to);
    for (const range of report.lost) await output.write(`${lineOf(range, show)}\n`);
    if (report.metadataLost) await output.write(`lost: the metadata; ${METADATA_ADVICE}\n`);
  }
  await output.finish();
  if (!quiet) {
    const { info, lostEntries } = report;
    const lost = lostEntries === undefined ? 'an unknown number lost' : `${lostEntries} lost`;
    io.stderr.write(
      `saved ${formatCount(info.count, 'entry', 'entries')}, ${formatBytes(info.bytes)}; ${lost}\n`,
    );
  }
  return report.ok ? EXIT.ok : EXIT.corrupt;
}

function lineOf({ after, before, entries }: LostRange, show: (key: Uint8Array) => string): string {
  const ends = [
    ...(after === undefined ? [] : [`after ${show(after)}`]),
    ...(before === undefined ? [] : [`before ${show(before)}`]),
  ];
  const where = ends.length === 0 ? 'everything' : ends.join(', ');
  const count = entries === undefined ? 'if anything was there' : formatCount(entries, 'entry', 'entries');
  return `lost: (${where}) ${count}`;
}
