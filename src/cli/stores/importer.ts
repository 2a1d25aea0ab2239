import { gen, none } from 'stream-chain/core';
import { drain } from 'stream-chain/utils/drain.js';
import { pipe } from 'stream-chain/utils/pipe.js';
import { CairnError, isCairnError, type StoreInfo, type StoreWriter } from '../../node/index.ts';
import type { EntryBatch, InvalidEntry, InvalidReason } from '../../text/entry-batch.ts';
import type { Input } from '../terminal/input.ts';
import type { Io } from '../terminal/io.ts';
import { Progress } from '../terminal/progress.ts';
import type { ImportArgs } from '../usage/write.ts';
import { inCommandWords } from '../words/command-words.ts';
import { type EntryFormat, isTable, ONLY_RETURNS } from '../words/entry-format.ts';

/** Skipped pieces that are reported one by one; the rest is only counted. */
const MAX_WARNINGS = 10;

/** Takes the entries of an import: the writer of a store, or a transaction of a collection. */
export interface EntryTaker {
  /** Takes an entry, or refuses it by an error; the caller waits for the promise. */
  put(key: unknown, value: unknown): void | Promise<void>;
}

/** How entries are taken from inputs. */
export type ImporterOptions = Pick<
  ImportArgs,
  'format' | 'columns' | 'key' | 'value' | 'crlf' | 'skipInvalid' | 'strict' | 'sort' | 'quiet'
> & {
  /** Shows an encoded key in messages. */
  readonly showKey: (key: Uint8Array) => string;
  /** What to do about keys that are out of order, as a clause. */
  readonly orderAdvice: string;
};

/** What to do about pieces that hold no entry, besides to leave them out. */
const ADVICE: Readonly<Record<InvalidReason, string>> = {
  separator: 'Name another separator with --key-separator, or leave',
  'empty-key': 'Give it a key, or leave',
  utf8: 'Convert the input to UTF-8, or leave',
  json: 'Mend it, or leave',
  member: 'Mend it, or leave',
  csv: 'Mend it, or leave',
  number: 'Mend it, take the column as text, or leave',
  key: 'Mend it, or leave',
  bytes: 'Choose another encoding, or leave',
  'too-long': 'Split it, or leave',
};

/** These formats, unlike JSON and CSV, can hold any bytes. */
const BYTES_ADVICE =
  'Convert the input to UTF-8, take bytes as they are with --key-encoding binary --value-encoding binary, or leave';
/** Objects are taken for rows only if their key is named. */
const MEMBERS_ADVICE =
  'Name the key with --key, which makes all other members the value, or the value with --value, or leave';

/** Puts the entries of inputs into a store or collection, and reports each refusal with file and line. */
export class Importer {
  readonly progress: Progress;
  /** The number of skipped pieces of the inputs. */
  skipped = 0;
  /** The number of lines that `--skip-lines` matched. */
  matched = 0;
  /** The number of entries put. */
  count = 0;
  readonly #taker: EntryTaker;
  readonly #format: EntryFormat;
  readonly #io: Io;
  readonly #options: ImporterOptions;
  readonly #onPut: ((key: unknown, value: unknown) => void | Promise<void>) | undefined;
  /** The size of all inputs together, if it is known. */
  readonly #totalBytes: number | undefined;
  #bytes = 0;
  #input = '';
  /** The input whose carriage returns have been reported. */
  #returnsIn = '';
  /** The place of the last entry that was put. */
  #previousInput = '';
  #previousPlace = '';

  constructor(
    taker: EntryTaker,
    format: EntryFormat,
    inputs: readonly Input[],
    options: ImporterOptions,
    io: Io,
    onPut?: (key: unknown, value: unknown) => void | Promise<void>,
  ) {
    this.#taker = taker;
    this.#format = format;
    this.#io = io;
    this.#options = options;
    this.#onPut = onPut;
    this.progress = new Progress(io, options.sort === true ? 'reading' : 'importing', options);
    const sizes = inputs.map(({ bytes }) => bytes ?? Number.NaN);
    const total = sizes.reduce((sum, bytes) => sum + bytes, 0);
    this.#totalBytes = total > 0 ? total : undefined;
  }

  /** Puts all entries of one input. */
  async read(input: Input, signal: AbortSignal): Promise<void> {
    this.#input = input.name;
    const { count, skipped } = this;
    const bytes = this.#bytes;
    const stages: readonly unknown[] = [
      (source: Input) =>
        source.chunks(signal, (bytes) => {
          this.#bytes += bytes;
        }),
      (chunk: Uint8Array) => {
        this.#showProgress();
        return chunk;
      },
      ...this.#format.parser((invalid) => this.#refusePiece(invalid)),
      (batch: EntryBatch) => this.#put(batch),
    ];
    // `pipe` flushes at the end, which brings what a stage still holds.
    await drain(pipe(gen(...(stages as [(input: Input) => unknown])))(input));
    const { format, columns } = this.#options;
    const rows = this.count + this.skipped - count - skipped;
    if (isTable(format) && columns === undefined && rows === 0 && this.#bytes > bytes) {
      this.#say(`${input.name} has no row below its header`);
    }
  }

  /** Completes the store that takes the entries. With sorting, this takes longer than reading. */
  async close(writer: StoreWriter<unknown, unknown>): Promise<StoreInfo> {
    this.progress.phase(this.#options.sort === true ? 'sorting' : 'writing');
    try {
      return await writer.close({
        onProgress: (done) => this.progress.report(done),
      });
    } catch (error) {
      if (!isCairnError(error, 'DUPLICATE_KEY') || error.key === undefined) throw error;
      const message = `the key ${this.#options.showKey(error.key)} stands in the input more than once`;
      throw new CairnError('DUPLICATE_KEY', `${message}. ${DUPLICATE_ADVICE}`, { cause: error });
    }
  }

  /** Refuses inputs without a single valid entry, unless they are empty. @throws {CairnError} `INVALID_ARGUMENT`. */
  refuseNothing(): void {
    if (this.count > 0 || this.skipped === 0) return;
    const what = this.#format.unit === 'line' ? 'no line holds' : 'nothing in the input is';
    throw new CairnError(
      'INVALID_ARGUMENT',
      `${what} an entry: ${this.skipped} were passed over. Name the separator with --key-separator, or another --format`,
    );
  }

  #showProgress(): void {
    const share = this.#totalBytes === undefined ? undefined : this.#bytes / this.#totalBytes;
    this.progress.update(share, this.count);
  }

  async #put(batch: EntryBatch): Promise<typeof none> {
    const { keys, values, skippedLines = 0, skippedMark = false } = batch;
    if (skippedMark) this.#say(`${this.#input}: left out the byte-order mark at its beginning`);
    if (batch.keptMark === true) this.#say(`${this.#input}: the first key begins with a byte-order mark`);
    if (batch.keptReturns === true) {
      this.#returnsIn = this.#input;
      this.#say(`${this.#input}: ${ONLY_RETURNS}`);
    }
    this.matched += skippedLines;
    this.#noteReturns(values);
    const taker = this.#taker;
    const onPut = this.#onPut;
    let last = -1;
    for (let i = 0; i < keys.length; i++) {
      let waiting: void | Promise<void>;
      try {
        waiting = taker.put(keys[i], values[i]);
      } catch (error) {
        if (last >= 0) this.#notePlace(batch, last);
        this.#refuseEntry(error, this.#placeOf(batch, i));
        continue;
      }
      this.count++;
      last = i;
      if (waiting !== undefined) await waiting;
      if (onPut !== undefined) await onPut(keys[i], values[i]);
    }
    if (last >= 0) this.#notePlace(batch, last);
    return none;
  }

  /** Says that lines have another end than values show, once for each input. */
  #noteReturns(values: EntryBatch['values']): void {
    const { format = 'lines', crlf = false } = this.#options;
    if (format !== 'lines' || crlf || this.#returnsIn === this.#input || values.length === 0) return;
    const [first] = values;
    if (typeof first !== 'string' || !first.endsWith('\r')) return;
    this.#returnsIn = this.#input;
    this.#say(`${this.#input}: lines end in carriage returns, which stay in the values. --crlf drops them`);
  }

  #notePlace(batch: EntryBatch, index: number): void {
    this.#previousInput = this.#input;
    this.#previousPlace = this.#placeOf(batch, index);
  }

  #placeOf({ places, lines }: EntryBatch, index: number): string {
    return this.#describe(places[index], lines?.[index]);
  }

  #describe(place: number, line: number | undefined): string {
    return `${this.#format.unit} ${place}${line === undefined ? '' : ` (line ${line})`}`;
  }

  #refusePiece({ place, line, reason, problem, final }: InvalidEntry): void {
    const { format = 'lines', skipInvalid = false, strict = false, key, value } = this.#options;
    const message = `${this.#input}, ${this.#describe(place, line)}: ${problem}`;
    if (final) {
      throw new CairnError(reason === 'too-long' ? 'TOO_LARGE' : 'INVALID_ARGUMENT', message);
    }
    if (skipInvalid || (reason === 'separator' && !strict)) {
      this.#skip(message);
      return;
    }
    const text = isTable(format) || format === 'json' || format === 'jsonl';
    const unnamed = reason === 'member' && key === undefined && value === undefined;
    const advice = reason === 'utf8' && !text ? BYTES_ADVICE : unnamed ? MEMBERS_ADVICE : ADVICE[reason];
    const leave = reason === 'separator' ? 'out without --strict' : 'out with --skip-invalid';
    throw new CairnError(
      reason === 'too-long' ? 'TOO_LARGE' : 'INVALID_ARGUMENT',
      `${message}. ${advice} such ${PIECES[this.#format.unit][1]} ${leave}`,
    );
  }

  /** Says where an entry stands that the writer didn't take. */
  #refuseEntry(error: unknown, where: string): void {
    if (!isCairnError(error, 'KEY_ORDER', 'DUPLICATE_KEY', 'INVALID_ARGUMENT', 'TOO_LARGE')) throw error;
    const { code, key, previous } = error;
    const place = `${this.#input}, ${where}`;
    const other = this.#previousInput === this.#input ? '' : `${this.#previousInput}, `;
    const before = `${other}${this.#previousPlace}`;
    if (key !== undefined && code === 'DUPLICATE_KEY') {
      const message = `${place}: the key ${this.#options.showKey(key)} stands in ${before} too`;
      throw new CairnError(code, `${message}. ${DUPLICATE_ADVICE}`, { cause: error });
    }
    if (key !== undefined && previous !== undefined) {
      const message = `${place}: the key ${this.#options.showKey(key)} does not come after the one before it, ${this.#options.showKey(previous)} (${before})`;
      throw new CairnError(code, `${message}. ${this.#options.orderAdvice}`, { cause: error });
    }
    if (this.#options.skipInvalid !== true)
      throw new CairnError(code, `${place}: ${error.message}`, { cause: error });
    this.#skip(`${place}: ${inCommandWords(error.message)}`);
  }

  #skip(message: string): void {
    this.skipped++;
    if (this.skipped <= MAX_WARNINGS) this.#say(`skipped ${message}`);
  }

  #say(message: string): void {
    this.progress.end();
    this.#io.stderr.write(`cairn: ${message}\n`);
  }
}

/** What the pieces of an input are called that hold an entry each: one, and several. */
export const PIECES: Readonly<Record<EntryFormat['unit'], readonly [string, string]>> = {
  line: ['line', 'lines'],
  element: ['element', 'elements'],
  record: ['record', 'records'],
  byte: ['entry', 'entries'],
};

const DUPLICATE_ADVICE =
  'Keys are unique: say which entry stays with --on-duplicate first or last, or remove one';
