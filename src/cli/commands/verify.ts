import { type VerifyOptions, type VerifyProblem, type VerifyReport, verifyStore } from '../../node/index.ts';
import { forStoreOr } from '../stores/collections.ts';
import { jsonWithHex, storedKeysOf } from '../stores/stored-keys.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { Progress } from '../terminal/progress.ts';
import type { VerifyArgs } from '../usage/check.ts';
import { formatBytes, formatCount } from '../words/quantity.ts';

/** Reads all of a store, or of a collection, checks everything, and says what is wrong. */
export async function runVerify(args: VerifyArgs, io: Io): Promise<number> {
  const progress = new Progress(io, 'verifying', { quiet: args.quiet === true });
  let report: VerifyReport;
  try {
    const options: VerifyOptions = {
      locateBits: args.locateBits !== false,
      onProgress: (done) => progress.report(done),
    };
    report = await forStoreOr(
      args.store,
      () => verifyStore(args.store, options),
      async () => {
        const { verifyCollection } = await import('../../collection/verify-collection.ts');
        return verifyCollection(args.store, options);
      },
    );
  } finally {
    progress.end();
  }
  const output = new Output(io.stdout, { optional: true });
  if (args.json === true) await output.write(`${jsonWithHex(report)}\n`);
  else if (!report.ok) {
    const show = await storedKeysOf(args.store);
    for (const problem of report.problems) await output.write(`${lineOf(problem, show)}\n`);
  } else if (args.quiet !== true) await output.write(praise(report));
  await output.finish();
  if (report.ok) return EXIT.ok;
  const found = formatCount(report.problems.length, 'problem', 'problems');
  if (report.problems.every(({ code }) => code === 'IO')) {
    io.stderr.write(`cairn: ${args.store} could not be checked: ${found} with reading it\n`);
    return EXIT.io;
  }
  io.stderr.write(
    `cairn: ${args.store} is damaged: ${found} found. Restore the named files from a good copy, build the store again, or ` +
      `save what is intact with cairn salvage ${args.store} <to>\n`,
  );
  return EXIT.corrupt;
}

/** What is wrong, and which keys that concerns. */
export function lineOf({ code, message, keys }: VerifyProblem, show: (key: Uint8Array) => string): string {
  if (keys === undefined) return `${code} ${message}`;
  const { gte, lt, lte = gte } = keys;
  const end = lt === undefined ? show(lte) : `before ${show(lt)}`;
  const entries = formatCount(keys.entries, 'entry', 'entries');
  return `${code} ${message}. It concerns ${entries}, keys from ${show(gte)} to ${end}`;
}

function praise({ checked }: VerifyReport): string {
  return (
    `ok: ${formatCount(checked.entries, 'entry', 'entries')}, ${formatCount(checked.blocks, 'block', 'blocks')}, ` +
    `${formatCount(checked.files, 'file', 'files')}, ${formatBytes(checked.bytes)}\n`
  );
}
