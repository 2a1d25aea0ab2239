import { gen, none } from 'stream-chain/core';
import { drain } from 'stream-chain/utils/drain.js';
import { pipe } from 'stream-chain/utils/pipe.js';
import type { Transaction } from '../../collection/write/transaction.ts';
import { CairnError, isCairnError } from '../../errors.ts';
import { type ChangeLineOptions, type LineChange, parseChangeLines } from '../../text/change-lines.ts';
import { lineBlocks } from '../../text/line-blocks.ts';
import { openToWrite, reportCommit } from '../stores/write-collection.ts';
import { EXIT } from '../terminal/failure.ts';
import { type Input, openInputs } from '../terminal/input.ts';
import type { Io } from '../terminal/io.ts';
import { Progress } from '../terminal/progress.ts';
import type { ApplyArgs } from '../usage/collections.ts';
import { formatCount } from '../words/quantity.ts';

/** Makes all changes of files in a collection, as one commit. */
export async function runApply(args: ApplyArgs, io: Io): Promise<number> {
  const signal = io.interrupts();
  const inputs = await openInputs(args.file ?? [], 'auto', io);
  const opened = await openToWrite(args.collection, { ...args, create: true, signal });
  const { collection, keys, encodings } = opened;
  await using _ = collection;
  const options: ChangeLineOptions = { ...encodings, keyOfText: (text) => keys.parse(text) };
  const progress = new Progress(io, 'applying', {
    quiet: args.quiet === true,
    counted: ['change', 'changes'],
  });
  const commit = await collection
    .commit(
      async (tx) => {
        let done = 0;
        for (const input of inputs) {
          await applyInput(tx, input, options, signal, (count) => {
            done += count;
            progress.update(undefined, done);
          });
        }
      },
      { signal, ifVersion: args.ifVersion },
    )
    .finally(() => progress.end());
  await reportCommit(collection, commit, {
    summary: `set ${formatCount(commit.sets, 'key', 'keys')} and deleted ${commit.deletes} in version ${commit.version}`,
    ...args,
    io,
    signal,
  });
  return EXIT.ok;
}

async function applyInput(
  tx: Transaction<unknown, unknown>,
  input: Input,
  options: ChangeLineOptions,
  signal: AbortSignal,
  onApplied: (count: number) => void,
): Promise<void> {
  const refuse = (line: number, problem: string, cause?: unknown): never => {
    const code = isCairnError(cause, 'TOO_LARGE') ? 'TOO_LARGE' : 'INVALID_ARGUMENT';
    throw new CairnError(code, `${input.name}, line ${line}: ${problem}. Nothing was changed`, { cause });
  };
  const apply = async (changes: readonly LineChange[]): Promise<typeof none> => {
    for (const { line, key, value } of changes) {
      try {
        const waiting = value === undefined ? tx.delete(key) : tx.set(key, value);
        if (waiting !== undefined) await waiting;
      } catch (error) {
        if (!isCairnError(error, 'INVALID_ARGUMENT', 'TOO_LARGE')) throw error;
        refuse(line, error.message, error);
      }
    }
    onApplied(changes.length);
    return none;
  };
  const stages: readonly unknown[] = [
    (source: Input) => source.chunks(signal, () => undefined),
    lineBlocks(),
    parseChangeLines(options, ({ place, problem }) => refuse(place, problem)),
    apply,
  ];
  // `pipe` flushes at the end, which brings a last line without a newline.
  await drain(pipe(gen(...(stages as [(input: Input) => unknown])))(input));
}
