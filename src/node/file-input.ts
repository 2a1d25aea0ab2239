import { gen } from 'stream-chain/core';
import { pipe } from 'stream-chain/utils/pipe.js';
import type { FileFormat } from '../batch/file-format.ts';
import type { OpenSplitOptions, SplitInput, SplitSource, SplitWish } from '../batch/input-kinds.ts';
import type { FileInput } from '../batch/job-input.ts';
import type { FileSplit } from '../batch/split.ts';
import { hex64 } from '../bytes/checksum.ts';
import { loadChecksum } from '../bytes/xxh64.ts';
import { checkOptions } from '../check-options.ts';
import {
  isKeyEncodingName,
  isValueEncodingName,
  type KeyEncodingName,
  type ValueEncodingName,
} from '../codec/encoding-names.ts';
import { loadTemporal, type TemporalClasses } from '../codec/temporal.ts';
import { asText, CairnError, invalidArgument } from '../errors.ts';
import type { ByteSource } from '../io/byte-source.ts';
import { locate } from '../io/uri.ts';
import { csvHeader } from '../text/csv.ts';
import { valueColumns } from '../text/csv-columns.ts';
import type { EntryBatch, InvalidEntry } from '../text/entry-batch.ts';
import { type EntryStages, entryStages, rowOptionsOf } from '../text/entry-stages.ts';
import { decompressed } from './decompress.ts';

const FORMAT_OPTIONS = [
  'format',
  'keyEncoding',
  'valueEncoding',
  'keySeparator',
  'crlf',
  'collapseSeparators',
  'key',
  'value',
  'keepKey',
  'columns',
  'numbers',
  'emptyAsNull',
  'missingAsNull',
  'padRows',
  'delimiter',
  'quote',
] as const;

const FORMATS: readonly string[] = [
  'lines',
  'csv',
  'tsv',
  'jsonl',
  'json',
  'msgpack',
  'length-prefixed',
  'nul',
];

/** Bytes of the beginning and of the end of a file that its id is made of. */
const SAMPLE_BYTES = 1 << 16;

/** Bytes that are read at once. */
const CHUNK_BYTES = 1 << 16;

/**
 * Makes each file a split of its own, and completes the description of its format.
 *
 * @throws {CairnError} (as a rejection) `NOT_FOUND`, `INVALID_ARGUMENT`, `IO`.
 */
export async function splitFiles(input: FileInput, { signal }: SplitWish): Promise<SplitInput<FileSplit>> {
  const { files, ...given } = checkOptions(input, ['files', ...FORMAT_OPTIONS]);
  const list = (Array.isArray(files) ? files : [files]) as readonly (string | URL)[];
  if (list.length === 0) throw invalidArgument('files', 'files must name at least one file');
  const format = await completed(given, list[0]);
  const { keyEncoding, valueEncoding } = format;
  // Options that contradict each other are refused now, and not by each task.
  entryStages(format, { keyEncoding, valueEncoding, temporal: await temporalFor(format) }, () => undefined);
  const splits: FileSplit[] = [];
  for (const file of list) {
    signal?.throwIfAborted();
    const source = await openFile(file);
    try {
      const id = await identify(source);
      splits.push({ version: 1, kind: 'file', uri: String(file), id, from: 0, count: source.size, format });
    } finally {
      await source.close();
    }
  }
  return { keyEncoding, valueEncoding, metadata: {}, splits };
}

/** A format whose encodings are known. */
interface CompleteFormat extends FileFormat {
  readonly keyEncoding: KeyEncodingName;
  readonly valueEncoding: ValueEncodingName;
}

async function completed(given: FileFormat, first: string | URL): Promise<CompleteFormat> {
  const { format = 'lines', key } = given;
  if (!FORMATS.includes(format))
    throw invalidArgument('format', `format must be one of ${FORMATS.join(', ')}, not ${asText(format)}`);
  const keyEncoding = given.keyEncoding ?? (key !== undefined && key.length > 1 ? 'tuple' : 'utf8');
  const valueEncoding = given.valueEncoding ?? (await defaultValueEncoding(given, first));
  if (!isKeyEncodingName(keyEncoding))
    throw invalidArgument('keyEncoding', 'keyEncoding of files must be the name of a built-in encoding');
  if (!isValueEncodingName(valueEncoding))
    throw invalidArgument('valueEncoding', 'valueEncoding of files must be the name of a built-in encoding');
  return { ...given, format, keyEncoding, valueEncoding } as CompleteFormat;
}

async function defaultValueEncoding(
  given: FileFormat,
  first: string | URL,
): Promise<NonNullable<FileFormat['valueEncoding']>> {
  const { format = 'lines' } = given;
  if (format === 'msgpack') return 'msgpack';
  if (format === 'length-prefixed') return 'binary';
  if (format === 'jsonl' || format === 'json') return 'json';
  if (format !== 'csv' && format !== 'tsv') return 'utf8';
  const columns = given.columns ?? (await headerOf(given, first));
  if (columns === undefined) return 'utf8';
  const encodings = { keyEncoding: 'utf8', valueEncoding: 'json' } as const;
  return valueColumns(columns, { ...encodings, ...given }).length > 1 ? 'json' : 'utf8';
}

async function headerOf(format: FileFormat, file: string | URL): Promise<readonly string[] | undefined> {
  const pieces: Uint8Array[] = [];
  const source = await openFile(file);
  try {
    const chunks = chunksOf(source, String(file), undefined, () => undefined);
    for await (const chunk of chunks) {
      pieces.push(chunk);
      const header = csvHeader(Buffer.concat(pieces), rowOptionsOf(format), false);
      if (header !== undefined) return header;
    }
    return csvHeader(Buffer.concat(pieces), rowOptionsOf(format), true);
  } finally {
    await source.close();
  }
}

/**
 * Opens a file that has been split.
 *
 * @throws {CairnError} (as a rejection) `CONFLICT` if it has changed, `NOT_FOUND`, `IO`.
 */
export async function openFileSplit(
  split: FileSplit,
  { signal, onInvalid }: OpenSplitOptions,
): Promise<SplitSource> {
  const { uri } = split;
  const format = split.format as CompleteFormat;
  const { keyEncoding, valueEncoding } = format;
  const temporal = await temporalFor(format);
  let done = 0;
  const refuse = (invalid: InvalidEntry): void => {
    const message = `${uri}, ${placeIn(invalid.place, invalid.line)}: ${invalid.problem}`;
    const error = new CairnError(invalid.reason === 'too-long' ? 'TOO_LARGE' : 'INVALID_ARGUMENT', message, {
      argument: 'input',
      uri,
    });
    if (invalid.final) throw error;
    onInvalid(error);
  };
  const begin = (): EntryStages => entryStages(format, { keyEncoding, valueEncoding, temporal }, refuse);
  const { unit } = begin();

  function placeIn(place: number, line: number | undefined): string {
    return `${unit} ${place}${line === undefined ? '' : ` (line ${line})`}`;
  }

  const source = await openFile(uri);
  try {
    await refuseChanged(split, source);
  } catch (error) {
    await source.close();
    throw error;
  }
  return {
    info: { uri, keyEncoding, valueEncoding, metadata: {} },
    get done() {
      return done;
    },
    async *batches() {
      done = 0;
      // Each reading has stages of its own, because they keep how far they are.
      const { stages } = begin();
      const read = (): AsyncGenerator<Uint8Array> =>
        chunksOf(source, uri, signal, (bytes) => {
          done += bytes;
        });
      const all = pipe(gen(...([read, ...stages] as [() => unknown])));
      for await (const batch of (all as (start: unknown) => AsyncIterable<EntryBatch>)(undefined)) {
        const { keys, values, places, lines } = batch;
        yield {
          entries: keys.map((key, i): [unknown, unknown] => [key, values[i]]),
          placeOf: (index) => `${placeIn(places[index], lines?.[index])} of ${uri}`,
        };
      }
    },
    close: () => source.close(),
  };
}

async function temporalFor({ valueEncoding }: CompleteFormat): Promise<TemporalClasses | undefined> {
  return valueEncoding === 'typed' ? loadTemporal() : undefined;
}

async function openFile(file: string | URL): Promise<ByteSource> {
  const { storage, path } = locate(file, 'files');
  return storage.open(path);
}

/** Yields the bytes of a file, decompressed; `onRead` is called with the number of bytes before decompression. */
function chunksOf(
  source: ByteSource,
  name: string,
  signal: AbortSignal | undefined,
  onRead: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  async function* read(): AsyncGenerator<Uint8Array> {
    for (let offset = 0; offset < source.size; offset += CHUNK_BYTES) {
      signal?.throwIfAborted();
      const chunk = new Uint8Array(Math.min(CHUNK_BYTES, source.size - offset));
      await source.read(offset, chunk, signal);
      onRead(chunk.length);
      yield chunk;
    }
  }
  return decompressed(read(), 'auto', name);
}

/** @throws {CairnError} `CONFLICT` if a file is not the one that was split. */
async function refuseChanged({ uri, id }: FileSplit, source: ByteSource): Promise<void> {
  if ((await identify(source)) === id) return;
  throw new CairnError('CONFLICT', `${uri} has changed since it was split. Plan the splits again`, { uri });
}

/** Returns what a file is known by. */
async function identify(source: ByteSource): Promise<string> {
  const checksum = await loadChecksum();
  const { size } = source;
  const length = Math.min(size, SAMPLE_BYTES);
  const bytes = new Uint8Array(8 + 2 * length);
  new DataView(bytes.buffer).setFloat64(0, size);
  if (length > 0) {
    await source.read(0, bytes.subarray(8, 8 + length));
    await source.read(size - length, bytes.subarray(8 + length));
  }
  return hex64(checksum.hash(bytes));
}
