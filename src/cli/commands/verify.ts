import { type VerifyReport, verifyStore } from '../../node/index.ts';
import { EXIT } from '../failure.ts';
import type { Io } from '../io.ts';
import { Output } from '../output.ts';
import { Progress } from '../progress.ts';
import { formatBytes, formatCount } from '../quantity.ts';

/** What `cairn verify` is asked for. */
export interface VerifyArgs {
  readonly store: string;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** Reads all of a store, checks everything, and says what is wrong. */
export async function runVerify(args: VerifyArgs, io: Io): Promise<number> {
  const progress = new Progress(io, 'verifying', { quiet: args.quiet === true });
  let report: VerifyReport;
  try {
    report = await verifyStore(args.store, {
      onProgress: ({ bytes, totalBytes }) =>
        progress.update(totalBytes === 0 ? undefined : bytes / totalBytes),
    });
  } finally {
    progress.end();
  }
  const output = new Output(io.stdout);
  if (args.json === true) await output.write(`${JSON.stringify(report)}\n`);
  else if (!report.ok)
    for (const problem of report.problems) await output.write(`${problem.code} ${problem.message}\n`);
  else if (args.quiet !== true) await output.write(praise(report));
  await output.finish();
  if (report.ok) return EXIT.ok;
  io.stderr.write(
    `cairn: ${args.store} is damaged: ${formatCount(report.problems.length, 'problem', 'problems')} found. ` +
      'Restore the named files from a good copy, or build the store again\n',
  );
  return report.problems.every(({ code }) => code === 'IO') ? EXIT.io : EXIT.corrupt;
}

function praise({ checked }: VerifyReport): string {
  return (
    `ok: ${formatCount(checked.entries, 'entry', 'entries')}, ${formatCount(checked.blocks, 'block', 'blocks')}, ` +
    `${formatCount(checked.files, 'file', 'files')}, ${formatBytes(checked.bytes)}\n`
  );
}
