import { text } from 'node:stream/consumers';
import { invalidArgument } from '../../errors.ts';
import { readSplit, type Split } from '../../node/batch.ts';
import { KeyText } from '../../text/key-text.ts';
import { registerSchemes } from '../stores/register-schemes.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { printEntries, printKeys } from '../terminal/print-entries.ts';
import type { ReadSplitArgs } from '../usage/jobs.ts';

/** Prints the entries of splits, as scan does. */
export async function runReadSplit(args: ReadSplitArgs, io: Io): Promise<number> {
  const { splits = [] } = args;
  const lines = splits.length > 0 ? splits : (await text(io.stdin)).split('\n');
  const found = lines.filter((line) => line.trim() !== '').map(parseSplit);
  if (found.length === 0)
    throw invalidArgument('split', 'there is no split: give it what cairn splits has printed');
  await registerSchemes(
    found.map((split) => split?.uri),
    io.env,
  );
  for (const split of found) {
    const reader = await readSplit(split);
    try {
      const keyText = new KeyText(reader.info, args.keyFormat);
      if (args.keys === true) await printKeys(keysOf(reader.entries()), keyText, args, io);
      else await printEntries(reader.batches(), reader.info, keyText, args, io);
    } finally {
      await reader.close();
    }
  }
  return EXIT.ok;
}

/** What is no split otherwise is refused when it is read. */
function parseSplit(line: string): Split {
  try {
    return JSON.parse(line) as Split;
  } catch (error) {
    throw invalidArgument(
      'split',
      `a split is a line of JSON, as cairn splits prints it, not ${line}`,
      error,
    );
  }
}

async function* keysOf(entries: AsyncIterable<[unknown, unknown]>): AsyncIterable<unknown> {
  for await (const [key] of entries) yield key;
}
