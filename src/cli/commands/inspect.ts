import { inspectFile, inspectFileJson } from '../../inspect/index.ts';
import type { InspectArgs } from '../usage/check.ts';
import '../../node/register.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { formatCount } from '../words/quantity.ts';

/** Prints what a file of a store holds, section by section, damage included. All of the file is checked. */
export async function runInspect({ file, hex = false, json = false }: InspectArgs, io: Io): Promise<number> {
  const report = await inspectFileJson(file);
  const output = new Output(io.stdout, { optional: true });
  if (json) {
    await output.write(`${JSON.stringify(report)}\n`);
  } else {
    for await (const line of inspectFile(file, { hex })) {
      const waiting = output.write(`${line}\n`);
      if (waiting !== undefined) await waiting;
      if (output.abandoned) break;
    }
  }
  await output.finish();
  if (report.ok) return EXIT.ok;
  io.stderr.write(
    `cairn: ${file} is damaged: ${formatCount(report.problems.length, 'problem', 'problems')} found\n`,
  );
  return EXIT.corrupt;
}
