import { invalidArgument } from '../../errors.ts';
import { formatJsonValue } from '../../text/json-text.ts';
import { KeyText } from '../../text/key-text.ts';
import type { EntryReader } from '../stores/entry-reader.ts';
import { openReader } from '../stores/open-reader.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import type { GetArgs } from '../usage/read.ts';
import { formatValue, visibly } from '../words/value-text.ts';

/** From this number of keys on, blocks are cached: one look-up probably reads what another needs. */
const MANY_KEYS = 32;

/** Prints the values of keys, one a line. */
export async function runGet(args: GetArgs, io: Io): Promise<number> {
  const { store, keys = [], file = [] } = args;
  if (keys.length === 0 && file.length === 0)
    throw invalidArgument('keys', 'name the keys to look up, or a file of keys with -f');
  await using reader = await openReader(store, {
    version: args.version,
    ...(keys.length < MANY_KEYS && file.length === 0 ? {} : { cacheBytes: 256 * 1024 * 1024 }),
  });
  const keyText = new KeyText(reader.info, args.keyFormat);
  const lookup = new Lookup(args, reader, keyText, io);
  const asEntries = await lookup.entriesPrinter();
  if (asEntries === undefined) {
    for await (const some of keysOf(args, io)) await lookup.print(some);
    await lookup.finish();
  } else await asEntries(keysOf(args, io));
  return lookup.missing === 0 ? EXIT.ok : EXIT.absent;
}

/** The keys of the command line, and those of files. */
async function* keysOf({ keys = [], file = [] }: GetArgs, io: Io): AsyncGenerator<readonly string[]> {
  if (keys.length > 0) yield keys;
  if (file.length === 0) return;
  const { keyLines } = await import('../terminal/key-lines.ts');
  yield* keyLines(file, io);
}

/** Looks keys up, and prints what it finds. */
class Lookup {
  missing = 0;
  readonly #args: GetArgs;
  readonly #reader: EntryReader;
  readonly #keyText: KeyText;
  readonly #io: Io;
  readonly #output: Output;

  constructor(args: GetArgs, reader: EntryReader, keyText: KeyText, io: Io) {
    this.#args = args;
    this.#reader = reader;
    this.#keyText = keyText;
    this.#io = io;
    this.#output = new Output(io.stdout, { optional: true });
  }

  /** Returns what prints the entries of keys as a table or CSV; undefined if each key has a line of its own. */
  async entriesPrinter(): Promise<((keys: AsyncIterable<readonly string[]>) => Promise<void>) | undefined> {
    // Most look-ups print lines: they don't wait for the code of the others.
    if (this.#args.output === undefined) return undefined;
    const { outputOf, printEntries } = await import('../terminal/print-entries.ts');
    const format = outputOf(this.#args);
    if (format === 'lines' || format === 'jsonl') return undefined;
    return (keys) =>
      printEntries(this.#entries(keys), this.#reader.info, this.#keyText, this.#args, this.#io);
  }

  /** Prints a line for each key. */
  async print(keys: readonly string[]): Promise<void> {
    const { hex = false, missing: placeholder, file = [] } = this.#args;
    const json = this.#args.json === true || this.#args.output === 'jsonl';
    const { valueEncoding } = this.#reader.info;
    const parsed = keys.map((key) => this.#keyText.parse(key));
    const values = await this.#reader.getMany(parsed);
    const isTerminal = this.#io.stdout.isTTY === true;
    const output = this.#output;
    // One value that is bytes goes to a file or pipe exactly as it is.
    const raw =
      keys.length === 1 &&
      file.length === 0 &&
      !hex &&
      !json &&
      !isTerminal &&
      values[0] instanceof Uint8Array;
    for (const [i, value] of values.entries()) {
      if (value === undefined) {
        this.#miss(keys[i]);
        if (json) await output.write(`{"key":${this.#keyText.formatJson(parsed[i])},"found":false}\n`);
        else if (placeholder !== undefined) await output.write(`${placeholder}\n`);
      } else if (json) {
        await output.write(
          `{"key":${this.#keyText.formatJson(parsed[i])},"found":true,"value":${formatJsonValue(value, valueEncoding)}}\n`,
        );
      } else if (raw) {
        await output.write(value as Uint8Array);
      } else {
        const text = formatValue(value, { valueEncoding, hex });
        await output.write(`${isTerminal ? visibly(text) : text}\n`);
      }
    }
  }

  finish(): Promise<void> {
    return this.#output.finish();
  }

  async *#entries(keys: AsyncIterable<readonly string[]>): AsyncGenerator<[unknown, unknown][]> {
    for await (const some of keys) {
      const parsed = some.map((key) => this.#keyText.parse(key));
      const values = await this.#reader.getMany(parsed);
      const found: [unknown, unknown][] = [];
      for (const [i, value] of values.entries()) {
        if (value === undefined) this.#miss(some[i]);
        else found.push([parsed[i], value]);
      }
      if (found.length > 0) yield found;
    }
  }

  #miss(key: string): void {
    this.missing++;
    if (this.#args.missing !== undefined) return;
    this.#io.stderr.write(`cairn: ${this.#args.store} has no key ${JSON.stringify(key)}\n`);
  }
}
