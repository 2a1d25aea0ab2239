import * as fs from 'node:fs/promises';
import { addAbortSignal, pipeline, type Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { gen, none } from 'stream-chain/core';
import { drain } from 'stream-chain/utils/drain.js';
import { pipe } from 'stream-chain/utils/pipe.js';
import { builtInEncodings, isKeyEncodingName, isValueEncodingName } from '../../codec/encoding-names.ts';
import { invalidArgument } from '../../errors.ts';
import { errnoOf, fileError } from '../../node/file-error.ts';
import { KeyText, storedFormat } from '../../text/key-text.ts';
import type { EntryReader, ReaderInfo } from '../stores/entry-reader.ts';
import { formatHeader } from '../stores/input-format.ts';
import { openReader } from '../stores/open-reader.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { Progress } from '../terminal/progress.ts';
import { outputPlace, replaceAt } from '../terminal/replace-file.ts';
import type { ExportArgs } from '../usage/read.ts';
import {
  checkFormatOptions,
  entryFormat,
  formatOfName,
  type Stage,
  takesKeyFormat,
  takesOptions,
} from '../words/entry-format.ts';
import { BRACKETED, type EntryTemplate, parseTemplate, templateFormatter } from '../words/entry-template.ts';
import { formatCount } from '../words/quantity.ts';

/**
 * Writes a store as text. If no format is named, an import makes a store with the same id of it; otherwise one with the same
 * format and encodings.
 */
export async function runExport(given: ExportArgs, io: Io): Promise<number> {
  refuseContradictions(given);
  await using reader = await openReader(given.store, { version: given.version, whole: true });
  const { info } = reader;
  const { args, header } = chosenFormat(given, info);
  const formatter = withHeader(header, formatterFor(args, info));
  if (args.output === undefined || args.output === '-') {
    const output = new Output(io.stdout);
    await copy(reader, formatter, output);
    await output.finish();
    return EXIT.ok;
  }
  let count = 0;
  const progress = new Progress(io, 'exporting', { quiet: args.quiet === true });
  await intoFile(args.output, io, (output, signal) =>
    copy(reader, formatter, output, {
      signal,
      onProgress: (done) => {
        count = done;
        progress.update(info.count === undefined ? undefined : done / info.count, done);
      },
    }),
  ).finally(() => progress.end());
  if (args.quiet !== true) io.stderr.write(`exported ${formatCount(count, 'entry', 'entries')}\n`);
  return EXIT.ok;
}

function refuseContradictions(args: ExportArgs): void {
  const ways = [
    ...(args.format === undefined ? [] : ['--format']),
    ...(args.template === undefined ? [] : ['--template']),
    ...(args.keyValue === true ? ['--key-value'] : []),
  ];
  if (args.output === '')
    throw invalidArgument('output', '--output needs the name of a file; - is standard output');
  if (args.output?.endsWith('.zst') === true) {
    throw invalidArgument(
      'output',
      'exports are compressed by gzip only: name a file .gz, or pipe into zstd',
    );
  }
  if (ways.length < 2) return;
  throw invalidArgument('format', `${ways.join(' and ')} exclude each other: an entry is written in one way`);
}

/**
 * Returns the options with a format, unless another way is named: that of the file's name; else lines for text and for keys
 * that the metadata say how to write, and JSON lines for all others. Where an import would take these for something else,
 * their first line says what they are.
 */
function chosenFormat(
  args: ExportArgs,
  { keyEncoding, valueEncoding, metadata }: ReaderInfo,
): { readonly args: ExportArgs; readonly header?: string } {
  if ((args.format ?? args.template ?? args.keyValue) !== undefined) return { args };
  const named = formatOfName(args.output ?? '');
  if (named !== undefined && named !== 'tsv' && takesOptions(named, args))
    return { args: { ...args, format: named } };
  const isKnown = isKeyEncodingName(keyEncoding) && isValueEncodingName(valueEncoding);
  const isText = keyEncoding === 'utf8' && valueEncoding === 'utf8';
  if (!isKnown || isText || !(takesOptions('jsonl', args) || takesOptions('lines', args))) return { args };
  const stored = storedFormat({ keyEncoding, metadata });
  const isReadable = (stored === 'ip' || stored === 'hex') && valueEncoding !== 'binary';
  const format = isReadable ? 'lines' : 'jsonl';
  const chosen: ExportArgs = { ...args, format };
  if (keyEncoding === 'utf8' && valueEncoding === 'json') return { args: chosen };
  if ((args.key ?? args.value ?? args.keyFormat) !== undefined) return { args: chosen };
  return { args: chosen, header: formatHeader({ format, keyEncoding, valueEncoding, metadata }) };
}

/** Writes a header before the first entry. */
function withHeader(header: string | undefined, format: Stage): Stage {
  if (header === undefined) return format;
  let first = header;
  const write = format as (entries: readonly (readonly [unknown, unknown])[]) => string;
  return (entries: readonly (readonly [unknown, unknown])[]) => {
    const text = first + write(entries);
    first = '';
    return text;
  };
}

function formatterFor(args: ExportArgs, info: ReaderInfo): Stage {
  const template = templateOf(args);
  if (template === undefined) {
    return entryFormat(withStoredFormat(args, info), builtInEncodings(info)).formatter();
  }
  checkFormatOptions(args);
  const show = templateFormatter(template, new KeyText(info), info);
  return (entries: readonly (readonly [unknown, unknown])[]) => {
    let text = '';
    for (const [key, value] of entries) text += show(key, value);
    return text;
  };
}

/** Keys are written as the store's metadata say, unless the command line names a format. */
function withStoredFormat(args: ExportArgs, info: ReaderInfo): ExportArgs {
  const { format = 'lines', keyFormat } = args;
  const stored = storedFormat(info);
  if (keyFormat !== undefined || (stored !== 'hex' && stored !== 'ip') || !takesKeyFormat(format))
    return args;
  return { ...args, keyFormat: stored };
}

function templateOf({ template, keyValue }: ExportArgs): EntryTemplate | undefined {
  if (template !== undefined) return parseTemplate(template);
  return keyValue === true ? BRACKETED : undefined;
}

/** How an export is watched and ended. */
interface CopyOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (done: number) => void;
}

async function copy(
  reader: EntryReader,
  format: Stage,
  output: Output,
  { signal, onProgress }: CopyOptions = {},
): Promise<void> {
  let done = 0;
  const count = (entries: [unknown, unknown][]): [unknown, unknown][] => {
    done += entries.length;
    onProgress?.(done);
    return entries;
  };
  const write = async (text: string | Uint8Array): Promise<typeof none> => {
    await output.write(text);
    return none;
  };
  const stages: readonly unknown[] = [batchesOf, count, format, write];
  // `pipe` flushes at the end: some formats write a closing piece.
  await drain(pipe(gen(...(stages as [typeof batchesOf])))(reader));

  async function* batchesOf(from: EntryReader): AsyncGenerator<[unknown, unknown][]> {
    yield* from.batches({ signal });
  }
}

/** Puts what is written in the place of a file, once it is complete. A device or pipe is written directly. */
async function intoFile(
  file: string,
  io: Io,
  write: (output: Output, signal?: AbortSignal) => Promise<void>,
): Promise<void> {
  const place = await outputPlace(file);
  if (place.isDirect) {
    await writeThrough((await open(file, file, 'w')).createWriteStream(), file, write);
    return;
  }
  const signal = io.interrupts();
  const openTemporary = (path: string, flags: string, mode: number): Promise<fs.FileHandle> =>
    open(path, file, flags, mode);
  try {
    await replaceAt(place, openTemporary, (handle) => {
      const stream = addAbortSignal(signal, handle.createWriteStream());
      return writeThrough(stream, file, (output) => write(output, signal));
    });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

async function open(path: string, file: string, flags: string, mode?: number): Promise<fs.FileHandle> {
  try {
    return await fs.open(path, flags, mode);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw fileError(error, 'open', file);
    throw invalidArgument('output', `the directory of ${file} does not exist; make it first`, error);
  }
}

async function writeThrough(
  stream: Writable,
  file: string,
  write: (output: Output) => Promise<void>,
): Promise<void> {
  const gzip = file.endsWith('.gz') ? createGzip() : undefined;
  // A failure of the file destroys the compressor with that error; writing to it throws.
  if (gzip !== undefined) pipeline(gzip, stream, () => undefined);
  const first = gzip ?? stream;
  const output = new Output(first, { name: file });
  try {
    await write(output);
    await output.finish();
    first.end();
    await finished(stream).catch((error) => {
      throw fileError(error, 'write', file);
    });
  } catch (error) {
    first.destroy();
    stream.destroy();
    throw error;
  }
}
