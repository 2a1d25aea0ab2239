import { invalidArgument } from '../../errors.ts';
import { type LogRecord, openLog, type RecordRange } from '../../node/log.ts';
import { EXIT } from '../terminal/failure.ts';
import { hexDump } from '../terminal/hex-dump.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { prettyJson } from '../terminal/pretty-json.ts';
import type { ConsumeArgs } from '../usage/logs.ts';
import { recordTemplate } from '../words/record-template.ts';
import { type Pieces, RecordText, textOf } from '../words/record-text.ts';

/** Prints the records of a log. */
export async function runConsume(args: ConsumeArgs, io: Io): Promise<number> {
  const range = rangeOf(args);
  const format = args.template === undefined ? undefined : recordTemplate(args.template);
  // Every record is read once: nothing is worth keeping.
  await using log = await openLog(args.log, { cacheBytes: 0 });
  const buckets = new Set([...(args.bucket ?? []), ...(args.partition ?? [])]);
  const sources = buckets.size === 0 ? [log] : [...buckets].map((bucket) => log.bucket(bucket));
  if (io.stderr.isTTY === true) io.stderr.write(`${statusOf(args)}\n`);
  const text = new RecordText(io.stdout.isTTY === true);
  const output = new Output(io.stdout);
  for (const source of sources) {
    for await (const record of source.records(range)) {
      const pieces = args.keyValue === true ? text.keyPrefix(record.key()) : [];
      pieces.push(...(format?.(record, text) ?? formatValue(record, args.output, text)), '\n');
      for (const piece of pieces) {
        const waiting = output.write(piece);
        if (waiting !== undefined) await waiting;
      }
    }
  }
  await output.finish();
  return EXIT.ok;
}

function rangeOf({ head, tail, start, end }: ConsumeArgs): RecordRange {
  const from = start ?? head ?? 0;
  if (end !== undefined && end < from) {
    throw invalidArgument('end', `--end ${end} comes before the first record that is wanted, ${from}`);
  }
  // The last 0 records: an offset of −0 would be all of them.
  if (tail === 0) return { limit: 0 };
  return { from: tail === undefined ? from : -tail, ...(end === undefined ? {} : { to: end + 1 }) };
}

/** What is about to be printed, in Fluvio's words. */
function statusOf({ log, head, tail, start, end }: ConsumeArgs): string {
  let status = `Consuming records from '${log}'`;
  if (head !== undefined) status += ` starting ${head} from the beginning of log`;
  else if (start !== undefined) status += ` starting at offset ${start}`;
  else if (tail !== undefined) status += ` starting ${tail} from the end of log`;
  return end === undefined ? status : `${status} until offset ${end} (inclusive)`;
}

function formatValue(record: LogRecord, output: ConsumeArgs['output'], printed: RecordText): Pieces {
  const value = record.value();
  if (output === 'binary') return [hexDump(value)];
  const text = textOf(value);
  if (output === 'raw') return [text ?? value];
  if (output === 'json') return [formatJson(text).split('\n').map(printed.ofText).join('\n')];
  if (text !== undefined && !text.includes('\0')) return [printed.ofText(text)];
  return [output === 'text' ? `binary: (${value.length} bytes)` : hexDump(value)];
}

function formatJson(text: string | undefined): string {
  try {
    if (text === undefined) throw new SyntaxError('the value is not UTF-8');
    return prettyJson(text);
  } catch (error) {
    return prettyJson(JSON.stringify({ error: (error as Error).message }));
  }
}
