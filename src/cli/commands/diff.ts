import { invalidArgument } from '../../errors.ts';
import { compareKeys } from '../../node/index.ts';
import { formatJsonValue } from '../../text/json-text.ts';
import { KeyText } from '../../text/key-text.ts';
import type { EntryReader } from '../stores/entry-reader.ts';
import { openReader } from '../stores/open-reader.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { Progress } from '../terminal/progress.ts';
import type { DiffArgs } from '../usage/check.ts';
import { formatNumber } from '../words/quantity.ts';
import { formatValue, visibly } from '../words/value-text.ts';

/**
 * Compares two stores entry by entry, or two versions of a collection: `-` is in the first only, `+` in the second only, `~` in
 * both with different values. Memory doesn't depend on how many entries there are. Stores with the same id are not read.
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
  const { firstBytesKey, openAnyCollection } = await import('../../collection/open-any-collection.ts');
  await using collection = await openAnyCollection(args.a, { readOnly: true });
  const firstKey = await firstBytesKey(collection, collection);
  const compared: Compared = { info: { ...collection.info, firstKey } };
  const report = new DiffReport(compared, compared, args, io);
  for await (const difference of collection.diff(from, args.to)) {
    const { key } = difference;
    const before = 'before' in difference ? ([key, difference.before] as const) : undefined;
    const after = 'after' in difference ? ([key, difference.after] as const) : undefined;
    const mark = before === undefined ? '+' : after === undefined ? '-' : '~';
    const waiting = report.add(mark, before ?? after ?? [key, undefined], after);
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
  const report = new DiffReport(a, b, args, io);
  if (a.info.id !== undefined && a.info.id === b.info.id) {
    report.equal = a.info.count ?? 0;
    await report.finish();
    return EXIT.ok;
  }
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
    if (mark === undefined) report.equal++;
    else {
      const waiting = report.add(mark, here, after);
      if (waiting !== undefined) await waiting;
    }
    report.showProgress();
    const more = [order <= 0 ? left.next() : undefined, order >= 0 ? right.next() : undefined];
    for (const waiting of more) if (waiting !== undefined) await waiting;
  }
  await report.finish();
  return report.differences === 0 ? EXIT.ok : EXIT.absent;
}

/** Entries between two looks at the clock. */
const PROGRESS_EVERY = 1024;

const MARKS = { '-': 'removed', '+': 'added', '~': 'changed' } as const;

/** What a report needs to know of what is compared. */
type Compared = Pick<EntryReader, 'info'>;

/** Prints differences as they are found, and in the end how many there are. */
class DiffReport {
  /** The number of entries that both have. */
  equal = 0;
  readonly #found = { '-': 0, '+': 0, '~': 0 };
  readonly #args: DiffArgs;
  readonly #io: Io;
  readonly #progress: Progress;
  /** The number of entries of both, if it is known. */
  readonly #total: number;
  readonly #encodings: readonly [before: string, after: string];
  readonly #output: Output;
  readonly #keys: KeyText;
  readonly #show: (text: string) => string;
  readonly #json: boolean;
  readonly #quiet: boolean;

  constructor(a: Compared, b: Compared, args: DiffArgs, io: Io) {
    const { keyFormat, json = false, quiet = false } = args;
    this.#args = args;
    this.#io = io;
    this.#progress = new Progress(io, 'comparing', { quiet });
    this.#total = (a.info.count ?? Number.NaN) + (b.info.count ?? Number.NaN);
    this.#encodings = [a.info.valueEncoding, b.info.valueEncoding];
    this.#output = new Output(io.stdout, { optional: true });
    this.#keys = new KeyText(a.info, keyFormat);
    this.#show = io.stdout.isTTY === true ? visibly : (text) => text;
    this.#json = json;
    this.#quiet = quiet;
  }

  /** Whether the answer is known already. */
  get enough(): boolean {
    return this.#output.abandoned || (this.#quiet && this.differences > 0);
  }

  /** The number of differences so far. */
  get differences(): number {
    return this.#found['-'] + this.#found['+'] + this.#found['~'];
  }

  /** @param after what the second store has under the key of a changed entry. */
  add(
    mark: keyof typeof MARKS,
    [key, value]: readonly [unknown, unknown],
    after: readonly [unknown, unknown] | undefined,
  ): void | Promise<void> {
    this.#found[mark]++;
    if (this.#quiet) return undefined;
    const values = this.#args.keys === true ? [] : mark === '~' ? [value, after?.[1]] : [value];
    // What only the second store has is encoded as there.
    const encodingOf = (i: number): string => this.#encodings[mark === '+' ? 1 : i];
    if (this.#json) {
      const names = mark === '~' ? ['from', 'to'] : ['value'];
      const members = values.map((each, i) => `,"${names[i]}":${formatJsonValue(each, encodingOf(i))}`);
      return this.#output.write(`{"${MARKS[mark]}":${this.#keys.formatJson(key)}${members.join('')}}\n`);
    }
    const texts = values.map((each, i) => formatValue(each, { valueEncoding: encodingOf(i) }));
    const line = [this.#keys.format(key), ...texts].map(this.#show).join('\t');
    return this.#output.write(`${mark} ${line}\n`);
  }

  showProgress(): void {
    const { '-': removed, '+': added, '~': changed } = this.#found;
    const done = removed + added + 2 * (changed + this.equal);
    if (done % PROGRESS_EVERY > 1) return;
    this.#progress.update(Number.isNaN(this.#total) ? undefined : done / this.#total, done);
  }

  async finish(): Promise<void> {
    this.#progress.end();
    await this.#output.finish();
    // Whoever has left does not want to know, and the comparison ended early.
    if (this.#quiet || this.#output.abandoned) return;
    const { '-': removed, '+': added, '~': changed } = this.#found;
    const { a, b } = this.#args;
    // Of two versions, what is equal is not read.
    const counts =
      b === undefined
        ? `${formatNumber(removed)} removed, ${formatNumber(added)} added, ${formatNumber(changed)} changed`
        : `${formatNumber(removed)} only in ${a}, ${formatNumber(added)} only in ${b}, ${formatNumber(changed)} changed, ` +
          `${formatNumber(this.equal)} equal`;
    this.#io.stderr.write(`${counts}\n`);
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
