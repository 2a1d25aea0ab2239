import { JobDirectory } from '../../batch/job-directory.ts';
import { loadTemporal } from '../../codec/temporal.ts';
import { openTask, type TaskCommit } from '../../node/batch.ts';
import { storedFormat } from '../../text/key-text.ts';
import { csvColumns } from '../stores/import-format.ts';
import { Importer } from '../stores/importer.ts';
import { keyQuoter } from '../stores/stored-keys.ts';
import { EXIT } from '../terminal/failure.ts';
import { openInputs } from '../terminal/input.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import type { JobTaskArgs } from '../usage/job-steps.ts';
import { entryFormat, isTable, takesKeyFormat } from '../words/entry-format.ts';
import { orderAdvice } from '../words/order-advice.ts';
import { formatBytes, formatCount } from '../words/quantity.ts';
import { JOB_ADVICE, requiredOption } from '../words/required-option.ts';

/** Writes the entries of one task of a job, as import reads them. */
export async function runJobTask(args: JobTaskArgs, io: Io): Promise<number> {
  const { output: uri, quiet = false, json = false } = args;
  const job = requiredOption(args.job, 'job', JOB_ADVICE);
  const task = requiredOption(args.task, 'task', 'name the task by its number, from 0');
  const signal = io.interrupts();
  const { output: options } = await (await JobDirectory.at(uri, job)).plan();
  const { keyEncoding = 'utf8', valueEncoding = 'msgpack', metadata = {} } = options;
  const inputs = await openInputs(args.file ?? [], args.decompress ?? 'auto', io);
  const header = isTable(args.format) ? await csvColumns(args, inputs, signal) : undefined;
  const stored = storedFormat({ keyEncoding, metadata });
  const takesStored = takesKeyFormat(args.format ?? 'lines') && (stored === 'hex' || stored === 'ip');
  const format = entryFormat(
    { ...(takesStored ? { keyFormat: stored } : {}), ...args, canonicalJson: true },
    {
      keyEncoding,
      valueEncoding,
      ...(valueEncoding === 'typed' ? { temporal: await loadTemporal() } : {}),
    },
    header?.expected,
  );
  const writer = await openTask(uri, { job, task, sort: args.sort, signal });
  const importer = new Importer(
    writer,
    format,
    inputs,
    {
      ...args,
      sort: args.sort ?? options.sort ?? false,
      showKey: keyQuoter({ keyEncoding, metadata }),
      orderAdvice: orderAdvice(args, keyEncoding),
    },
    io,
  );
  let commit: TaskCommit;
  try {
    for (const input of inputs) await importer.read(input, signal);
    importer.refuseNothing();
    commit = await writer.commit();
  } catch (error) {
    // The first failure is the one to report; sweep finds what cannot be removed now.
    await writer.abort().catch(() => undefined);
    throw error;
  } finally {
    importer.progress.end();
  }
  if (!quiet) io.stderr.write(summary(task, commit));
  const output = new Output(io.stdout, { optional: true });
  if (json) output.write(`${JSON.stringify({ task, ...commit })}\n`);
  await output.finish();
  return EXIT.ok;
}

function summary(task: number, { won, record }: TaskCommit): string {
  const what = `${formatCount(record.entries, 'entry', 'entries')}, ${formatBytes(record.bytes)}`;
  return won
    ? `task ${task} wrote ${what}\n`
    : `task ${task} had ended before: what counts is that attempt's, ${what}\n`;
}
