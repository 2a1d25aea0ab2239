import { gen, none } from 'stream-chain/core';
import { drain } from 'stream-chain/utils/drain.js';
import { pipe } from 'stream-chain/utils/pipe.js';
import { loadTemporal } from '../../codec/temporal.ts';
import {
  CairnError,
  type CompressionName,
  createStore,
  isCairnError,
  type JsonValue,
  type StoreInfo,
  type StoreWriter,
} from '../../node/index.ts';
import type { EntryBatch, InvalidLine, InvalidLineReason, OnInvalidLine } from '../../text/entry-batch.ts';
import { type LineBlock, lineBlocks } from '../../text/line-blocks.ts';
import { quoteKey } from '../../text/quote-key.ts';
import type { TextKeyEncoding, TextValueEncoding } from '../../text/text-fields.ts';
import { EXIT } from '../failure.ts';
import { given } from '../given.ts';
import { formatInfoJson } from '../info-json.ts';
import { type Input, openInputs } from '../input.ts';
import type { Io } from '../io.ts';
import { Output } from '../output.ts';
import { Progress } from '../progress.ts';
import { formatBytes, formatCount } from '../quantity.ts';
import { type TextFormatOptions, textFormat } from '../text-format.ts';

/** What `cairn import` is asked for. */
export interface ImportArgs extends TextFormatOptions {
  readonly store: string;
  /** Standard input when there are none; also `-`. */
  readonly file?: readonly string[];
  readonly keyEncoding?: TextKeyEncoding;
  readonly valueEncoding?: TextValueEncoding;
  readonly partitionBytes?: number;
  readonly blockBytes?: number;
  readonly compression?: CompressionName;
  readonly hashIndex?: boolean;
  readonly metadata?: { readonly [key: string]: JsonValue };
  readonly buildId?: string;
  readonly skipInvalid?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** Lines passed over that are named one by one; the rest is only counted. */
const MOST_WARNINGS = 10;

/** Writes a store from text. */
export async function runImport(args: ImportArgs, io: Io): Promise<number> {
  const { quiet = false } = args;
  const format = textFormat(args, {
    keyEncoding: args.keyEncoding ?? 'utf8',
    valueEncoding: args.valueEncoding ?? (args.format === 'jsonl' ? 'json' : 'utf8'),
    ...(args.valueEncoding === 'typed' ? { temporal: await loadTemporal() } : {}),
  });
  const inputs = await openInputs(args.file ?? [], io);
  const signal = io.interrupts();
  const began = io.now();
  const writer: StoreWriter<unknown, unknown> = await createStore(args.store, {
    keyEncoding: format.keyEncoding,
    valueEncoding: format.valueEncoding,
    signal,
    ...given('partitionBytes', args.partitionBytes),
    ...given('blockBytes', args.blockBytes),
    ...given('compression', args.compression),
    ...given('hashIndex', args.hashIndex),
    ...given('metadata', args.metadata),
    ...given('buildId', args.buildId),
  });
  const importer = new Importer(writer, inputs, args, io);
  let info: StoreInfo;
  try {
    for (const input of inputs) await importer.read(input, format.parser, signal);
    importer.progress.update(1, 'writing');
    info = await writer.close();
  } catch (error) {
    // What failed first is what the user wants to know; what can't be removed now is found by sweep.
    await writer.cancel().catch(() => undefined);
    throw error;
  } finally {
    importer.progress.end();
  }
  if (!quiet) io.stderr.write(summary(info, importer.skipped, (io.now() - began) / 1000));
  if (args.json === true) {
    const output = new Output(io.stdout);
    output.write(`${formatInfoJson(info)}\n`);
    await output.finish();
  }
  return EXIT.ok;
}

function summary(info: StoreInfo, skipped: number, seconds: number): string {
  const rate = Math.round(info.count / Math.max(seconds, 0.001));
  return (
    `imported ${formatCount(info.count, 'entry', 'entries')}, ${formatBytes(info.bytes)} in ` +
    `${formatCount(info.partitions.length, 'partition', 'partitions')}, ${rate} entries/s` +
    `${skipped === 0 ? '' : `; ${formatCount(skipped, 'invalid line', 'invalid lines')} skipped`}\n`
  );
}

/** What to do about lines that hold no entry, besides to leave them out. */
const ADVICE: Readonly<Record<InvalidLineReason, string>> = {
  separator: 'Name another separator with --key-separator, or leave',
  'empty-key': 'Give it a key, or leave',
  utf8: 'Convert the input to UTF-8, or leave',
  json: 'Mend it, or leave',
};

/** Lines, unlike JSON, can hold any bytes. */
const BYTES_ADVICE =
  'Convert the input to UTF-8, take bytes as they are with --key-encoding binary --value-encoding binary, or leave';

/** Puts what is read from inputs, and knows for each entry where it came from. */
class Importer {
  readonly progress: Progress;
  skipped = 0;
  readonly #writer: StoreWriter<unknown, unknown>;
  readonly #io: Io;
  readonly #args: ImportArgs;
  /** Bytes of all inputs, where each of them is known. */
  readonly #totalBytes: number | undefined;
  #bytes = 0;
  #input = '';
  /** Where the entry put last came from. */
  #previousInput = '';
  #previousLine = 0;

  constructor(writer: StoreWriter<unknown, unknown>, inputs: readonly Input[], args: ImportArgs, io: Io) {
    this.#writer = writer;
    this.#io = io;
    this.#args = args;
    this.progress = new Progress(io, 'importing', args);
    const sizes = inputs.map(({ bytes }) => bytes ?? Number.NaN);
    const total = sizes.reduce((sum, bytes) => sum + bytes, 0);
    this.#totalBytes = total > 0 ? total : undefined;
  }

  /** Puts all entries of one input. */
  async read(
    input: Input,
    parser: (onInvalid: OnInvalidLine) => (block: LineBlock) => EntryBatch,
    signal: AbortSignal,
  ): Promise<void> {
    this.#input = input.name;
    const stages = gen(
      (source: Input) => source.chunks(signal),
      (chunk: Uint8Array) => this.#count(chunk),
      lineBlocks(input.name),
      parser((invalid) => this.#refuseLine(invalid)),
      (batch: EntryBatch) => this.#put(batch),
    );
    // `pipe` flushes at the end, which brings a last line without a newline.
    await drain(pipe(stages)(input));
  }

  #count(chunk: Uint8Array): Uint8Array {
    this.#bytes += chunk.length;
    const share = this.#totalBytes === undefined ? undefined : this.#bytes / this.#totalBytes;
    this.progress.update(share, `${this.#writer.count} entries`);
    return chunk;
  }

  async #put({ keys, values, lines }: EntryBatch): Promise<typeof none> {
    const writer = this.#writer;
    for (let i = 0; i < keys.length; i++) {
      let waiting: void | Promise<void>;
      try {
        waiting = writer.put(keys[i], values[i]);
      } catch (error) {
        this.#refuseEntry(error, lines[i]);
        continue;
      }
      this.#previousInput = this.#input;
      this.#previousLine = lines[i];
      if (waiting !== undefined) await waiting;
    }
    return none;
  }

  #refuseLine({ line, reason, problem }: InvalidLine): void {
    const message = `${this.#input}, line ${line}: ${problem}`;
    if (this.#args.skipInvalid === true) {
      this.#skip(message);
      return;
    }
    const advice = reason === 'utf8' && this.#args.format !== 'jsonl' ? BYTES_ADVICE : ADVICE[reason];
    throw new CairnError('INVALID_ARGUMENT', `${message}. ${advice} such lines out with --skip-invalid`);
  }

  /** Says where an entry stands that the writer didn't take. */
  #refuseEntry(error: unknown, line: number): void {
    if (!isCairnError(error, 'KEY_ORDER', 'DUPLICATE_KEY', 'INVALID_ARGUMENT', 'TOO_LARGE')) throw error;
    const { code, key, previous } = error;
    const place = `${this.#input}, line ${line}`;
    const other = this.#previousInput === this.#input ? '' : `${this.#previousInput}, `;
    const before = `${other}line ${this.#previousLine}`;
    if (key !== undefined && code === 'DUPLICATE_KEY') {
      const message = `${place}: the key ${quoteKey(key)} stands in ${before} too`;
      throw new CairnError(code, `${message}. Keys are unique: remove one of the two`, { cause: error });
    }
    if (key !== undefined && previous !== undefined) {
      const message = `${place}: the key ${quoteKey(key)} does not come after the one before it, ${quoteKey(previous)} (${before})`;
      throw new CairnError(
        code,
        `${message}. Sort the input by its keys in byte order, as LC_ALL=C sort does`,
        { cause: error },
      );
    }
    if (this.#args.skipInvalid !== true)
      throw new CairnError(code, `${place}: ${error.message}`, { cause: error });
    this.#skip(`${place}: ${error.message}`);
  }

  #skip(message: string): void {
    this.skipped++;
    if (this.skipped > MOST_WARNINGS) return;
    this.progress.end();
    this.#io.stderr.write(`cairn: skipped ${message}\n`);
  }
}
