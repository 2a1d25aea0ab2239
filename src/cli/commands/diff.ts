import { invalidArgument } from '../../errors.ts';
import { compareKeys } from '../../node/index.ts';
import { formatJsonValue } from '../../text/json-text.ts';
import { KeyText } from '../../text/key-text.ts';
import type { EntryReader } from '../stores/entry-reader.ts';
import { openReader } from '../stores/open-reader.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import type { DiffArgs } from '../usage/check.ts';
import { visibly } from '../words/value-text.ts';

/**
 * Compares two stores entry by entry, or two versions of a collection: `- key` is in the first only, `+ key` in the second
 * only, `~ key` in both with different values. Memory doesn't depend on how many entries there are.
 */
export async function runDiff(args: DiffArgs, io: Io): Promise<number> {
  const { a, b, from, to } = args;
  if (b !== undefined) {
    if ((from ?? to) === undefined) return diffStores(args, b, io);
    throw invalidArgument('from', `--from and --to compare versions of one collection: leave ${b} out`);
  }
  if (from !== undefined) return diffVersions(args, from, io);
  if (to !== undefined) throw invalidArgument('to', '--to belongs to --from');
  throw invalidArgument(
    'b',
    `name what to compare ${a} with: another store or collection, or with --from a version of this collection`,
  );
}

/** Compares two versions of a collection: only what was written between them is read. */
async function diffVersions(args: DiffArgs, from: number, io: Io): Promise<number> {
  const { openAnyCollection } = await import('../stores/collection-reader.ts');
  await using collection = await openAnyCollection(args.a, { readOnly: true });
  const first = await collection.keys({ limit: 1 }).next();
  const report = new DiffReport({ info: { ...collection.info, firstKey: first.value } }, args, io);
  for await (const difference of collection.diff(from, args.to)) {
    const mark = !('before' in difference) ? '+' : !('after' in difference) ? '-' : '~';
    const waiting = report.add(mark, difference.key);
    if (waiting !== undefined) await waiting;
    if (report.enough) break;
  }
  await report.finish();
  return report.differences === 0 ? EXIT.ok : EXIT.absent;
}

async function diffStores(args: DiffArgs, other: string, io: Io): Promise<number> {
  await using a = await openReader(args.a, { whole: true });
  await using b = await openReader(other, { whole: true });
  if (a.info.keyEncoding !== b.info.keyEncoding) {
    throw invalidArgument(
      'b',
      `${args.a} has ${a.info.keyEncoding} keys and ${other} has ${b.info.keyEncoding} keys, which can't be compared`,
    );
  }
  const compare = compareKeys as (a: unknown, b: unknown) => number;
  const equal = equalityOf(a.info.valueEncoding, b.info.valueEncoding);
  const report = new DiffReport(a, args, io);
  const left = new EntryCursor(a);
  const right = new EntryCursor(b);
  await left.next();
  await right.next();
  while (!report.enough) {
    const before = left.entry;
    const after = right.entry;
    if (before === undefined && after === undefined) break;
    const order = before === undefined ? 1 : after === undefined ? -1 : compare(before[0], after[0]);
    const here = (order > 0 ? after : before) as [unknown, unknown];
    const mark = order < 0 ? '-' : order > 0 ? '+' : equal(here[1], after?.[1]) ? undefined : '~';
    if (mark !== undefined) {
      const waiting = report.add(mark, here[0]);
      if (waiting !== undefined) await waiting;
    }
    const more = [order <= 0 ? left.next() : undefined, order >= 0 ? right.next() : undefined];
    for (const waiting of more) if (waiting !== undefined) await waiting;
  }
  await report.finish();
  return report.differences === 0 ? EXIT.ok : EXIT.absent;
}

const MARKS = { '-': 'removed', '+': 'added', '~': 'changed' } as const;

/** Prints differences as they are found. */
class DiffReport {
  differences = 0;
  readonly #output: Output;
  readonly #keys: KeyText;
  readonly #show: (text: string) => string;
  readonly #json: boolean;
  readonly #quiet: boolean;

  constructor(
    { info }: Pick<EntryReader, 'info'>,
    { keyFormat, json = false, quiet = false }: DiffArgs,
    io: Io,
  ) {
    this.#output = new Output(io.stdout, { optional: true });
    this.#keys = new KeyText(info, keyFormat);
    this.#show = io.stdout.isTTY === true ? visibly : (text) => text;
    this.#json = json;
    this.#quiet = quiet;
  }

  /** Whether the answer is known already. */
  get enough(): boolean {
    return this.#output.abandoned || (this.#quiet && this.differences > 0);
  }

  add(mark: keyof typeof MARKS, key: unknown): void | Promise<void> {
    this.differences++;
    if (this.#quiet) return undefined;
    if (this.#json) return this.#output.write(`{"${MARKS[mark]}":${this.#keys.formatJson(key)}}\n`);
    return this.#output.write(`${mark} ${this.#show(this.#keys.format(key))}\n`);
  }

  finish(): Promise<void> {
    return this.#output.finish();
  }
}

/** A way through a store that waits only between batches. */
class EntryCursor {
  entry: [unknown, unknown] | undefined;
  readonly #batches: AsyncIterator<[unknown, unknown][]>;
  #batch: readonly [unknown, unknown][] = [];
  #at = 0;

  constructor(reader: EntryReader) {
    this.#batches = reader.batches()[Symbol.asyncIterator]();
  }

  next(): void | Promise<void> {
    if (this.#at < this.#batch.length) {
      this.entry = this.#batch[this.#at++];
      return undefined;
    }
    return this.#nextBatch();
  }

  async #nextBatch(): Promise<void> {
    const { done, value } = await this.#batches.next();
    this.#batch = done === true ? [] : value;
    this.entry = this.#batch[0];
    this.#at = 1;
  }
}

function equalityOf(before: string, after: string): (a: unknown, b: unknown) => boolean {
  const structured: readonly string[] = ['json', 'msgpack', 'typed'];
  if (before !== after || structured.includes(before))
    return (a, b) => formatJsonValue(a, before) === formatJsonValue(b, after);
  if (before === 'utf8') return (a, b) => a === b;
  return (a, b) => compareKeys(a as Uint8Array, b as Uint8Array) === 0;
}
