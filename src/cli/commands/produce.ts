import { gen, none } from 'stream-chain/core';
import { drain } from 'stream-chain/utils/drain.js';
import { pipe } from 'stream-chain/utils/pipe.js';
import { CairnError, isCairnError } from '../../node/index.ts';
import { createLog, type LogInfo, type LogProducer, type SendOptions } from '../../node/log.ts';
import {
  hasOnlyReturns,
  type LineBlock,
  lineBlocks,
  oversizedLine,
  startsWithMark,
} from '../../text/line-blocks.ts';
import { EXIT } from '../terminal/failure.ts';
import { type Input, openInputs } from '../terminal/input.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { Progress } from '../terminal/progress.ts';
import type { ProduceArgs } from '../usage/logs.ts';
import { emptyInput, ONLY_RETURNS, separatorOf } from '../words/entry-format.ts';
import { formatBytes, formatCount, formatRate } from '../words/quantity.ts';
import { RecordText } from '../words/record-text.ts';

/** Lines passed over that are named one by one; the rest is only counted. */
const MAX_WARNINGS = 10;
/** No partition holds more. */
const MAX_RAW_BYTES = 1 << 30;

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Records lines, or whole inputs, as a log. */
export async function runProduce(args: ProduceArgs, io: Io): Promise<number> {
  const separator = args.keySeparator === undefined ? undefined : separatorOf(args.keySeparator);
  const inputs = await openInputs(
    args.file ?? [],
    args.decompress ?? (args.raw === true ? 'none' : 'auto'),
    io,
  );
  const signal = io.interrupts();
  const began = io.now();
  const producer = await createLog(args.log, {
    signal,
    buckets: args.buckets,
    partitionBytes: args.partitionBytes,
    compression: args.compression,
    buildId: args.buildId,
    replace: args.replace,
    sortBytes: args.sortBytes,
  });
  const recorder = new Recorder(producer, inputs, separator, args, io);
  let info: LogInfo;
  try {
    for (const input of inputs) await recorder.read(input, signal);
    recorder.refuseNothing();
    if (producer.count === 0 && args.allowEmpty !== true) throw emptyInput('log');
    recorder.progress.phase('sorting');
    info = await producer.close({
      onProgress: (done) => recorder.progress.report(done),
    });
  } catch (error) {
    // The first failure is the one to report; sweep finds what cannot be removed now.
    await producer.cancel().catch(() => undefined);
    throw error;
  } finally {
    recorder.progress.end();
  }
  await recorder.output.finish();
  if (args.quiet !== true) io.stderr.write(summary(info, recorder.skipped, io.now() - began));
  return EXIT.ok;
}

function summary(info: LogInfo, skipped: number, durationMs: number): string {
  const rate = formatRate(info.count, durationMs, (n) => formatCount(n, 'record', 'records'));
  return (
    `produced ${formatCount(info.count, 'record', 'records')} in ${formatCount(info.buckets, 'bucket', 'buckets')}, ` +
    `${formatBytes(info.bytes)}${rate}` +
    `${skipped === 0 ? '' : `; ${formatCount(skipped, 'line', 'lines')} without the separator skipped`}\n`
  );
}

/** Sends what is read from inputs. */
class Recorder {
  readonly progress: Progress;
  readonly output: Output;
  skipped = 0;
  readonly #producer: LogProducer;
  readonly #separator: Buffer | undefined;
  readonly #constantKey: Buffer | null;
  readonly #args: ProduceArgs;
  readonly #io: Io;
  readonly #options: SendOptions;
  readonly #text: RecordText;
  /** Bytes of all inputs, where each of them is known. */
  readonly #totalBytes: number | undefined;
  #bytes = 0;
  #input = '';
  #line = 0;

  constructor(
    producer: LogProducer,
    inputs: readonly Input[],
    separator: string | undefined,
    args: ProduceArgs,
    io: Io,
  ) {
    this.#producer = producer;
    this.#separator = separator === undefined ? undefined : Buffer.from(separator);
    this.#constantKey = args.key === undefined ? null : Buffer.from(args.key);
    this.#args = args;
    this.#io = io;
    this.#options = { timestamp: args.timestamp };
    this.output = new Output(io.stdout, { optional: true });
    this.#text = new RecordText(io.stdout.isTTY === true);
    this.progress = new Progress(io, 'producing', {
      quiet: args.quiet === true || args.verbose === true,
      counted: ['record', 'records'],
    });
    const total = inputs.reduce((sum, { bytes }) => sum + (bytes ?? Number.NaN), 0);
    this.#totalBytes = total > 0 ? total : undefined;
  }

  /** Sends everything in one input. */
  async read(input: Input, signal: AbortSignal): Promise<void> {
    this.#input = input.name;
    this.#line = 0;
    const chunks = (source: Input): AsyncGenerator<Uint8Array> =>
      source.chunks(signal, (bytes) => {
        this.#bytes += bytes;
      });
    const count = (chunk: Uint8Array): Uint8Array => this.#count(chunk);
    if (this.#args.raw === true) {
      const pieces: Uint8Array[] = [];
      let length = 0;
      for await (const chunk of chunks(input)) {
        pieces.push(count(chunk));
        length += chunk.length;
        if (length > MAX_RAW_BYTES) throw tooLong(input.name);
      }
      await this.#send(this.#constantKey, Buffer.concat(pieces, length));
      return;
    }
    // `pipe` flushes at the end, which brings a last line without a newline.
    await drain(pipe(gen(chunks, count, lineBlocks(), (block: LineBlock) => this.#sendLines(block)))(input));
  }

  /** Refuses inputs in which no line has the separator, unless they are empty. @throws {CairnError} `INVALID_ARGUMENT`. */
  refuseNothing(): void {
    if (this.#producer.count > 0 || this.skipped === 0) return;
    throw new CairnError(
      'INVALID_ARGUMENT',
      `no line has the separator ${this.#shownSeparator}: ${this.skipped} were skipped. Name another with --key-separator`,
    );
  }

  get #shownSeparator(): string {
    return JSON.stringify(this.#separator?.toString());
  }

  #count(chunk: Uint8Array): Uint8Array {
    const share = this.#totalBytes === undefined ? undefined : this.#bytes / this.#totalBytes;
    this.progress.update(share, this.#producer.count);
    return chunk;
  }

  async #sendLines(lines: LineBlock): Promise<typeof none> {
    const { bytes, start, end, oversized } = lines;
    if (oversized) {
      const { place, problem } = oversizedLine(lines, this.#line + 1);
      throw new CairnError('TOO_LARGE', `${this.#input}, line ${place}: ${problem}`);
    }
    const block = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const crlf = this.#args.crlf === true;
    const mark = lines.offset === 0 && startsWithMark(bytes, start, end);
    if (mark) this.#say(`${this.#input}: left out the byte-order mark at its beginning`);
    if (hasOnlyReturns(lines)) this.#say(`${this.#input}: ${ONLY_RETURNS}`);
    for (let at = mark ? start + 3 : start; at < end; ) {
      const newline = block.indexOf(NEWLINE, at);
      const lineEnd = newline < 0 || newline >= end ? end : newline;
      const cut = crlf && newline === lineEnd && lineEnd > at && block[lineEnd - 1] === CARRIAGE_RETURN;
      const line = block.subarray(at, cut ? lineEnd - 1 : lineEnd);
      at = lineEnd + 1;
      this.#line++;
      const waiting = this.#sendLine(line);
      if (waiting !== undefined) await waiting;
    }
    return none;
  }

  #sendLine(line: Buffer): void | Promise<void> {
    const separator = this.#separator;
    if (separator === undefined) return this.#send(this.#constantKey, line);
    const split = line.indexOf(separator);
    if (split < 0) return this.#skip();
    return this.#send(line.subarray(0, split), line.subarray(split + separator.length));
  }

  #send(key: Uint8Array | null, value: Uint8Array): void | Promise<void> {
    let waiting: void | Promise<void>;
    try {
      waiting = this.#producer.send(key, value, this.#options);
    } catch (error) {
      if (!isCairnError(error, 'TOO_LARGE') || this.#args.raw === true) throw error;
      throw new CairnError(error.code, `${this.#input}, line ${this.#line}: ${error.message}`, {
        cause: error,
      });
    }
    if (this.#args.verbose !== true) return waiting;
    return this.#print(key, value, waiting);
  }

  async #print(key: Uint8Array | null, value: Uint8Array, sent: void | Promise<void>): Promise<void> {
    for (const piece of [...this.#text.keyPrefix(key), this.#text.of(value), '\n']) {
      const waiting = this.output.write(piece);
      if (waiting !== undefined) await waiting;
    }
    await sent;
  }

  /** Passes over a line without the separator, and says so. */
  #skip(): void {
    const message = `${this.#input}, line ${this.#line}: no ${this.#shownSeparator} separates a key from a value`;
    if (this.#args.strict === true) {
      throw new CairnError(
        'INVALID_ARGUMENT',
        `${message}. Mend the line, or have it skipped without --strict`,
      );
    }
    this.skipped++;
    if (this.skipped <= MAX_WARNINGS) this.#say(`skipped ${message}`);
  }

  #say(message: string): void {
    this.progress.end();
    this.#io.stderr.write(`cairn: ${message}\n`);
  }
}

function tooLong(name: string): CairnError {
  return new CairnError(
    'TOO_LARGE',
    `${name} is longer than ${MAX_RAW_BYTES} bytes: too long for one record`,
    {
      limit: MAX_RAW_BYTES,
    },
  );
}
