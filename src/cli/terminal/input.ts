import * as fs from 'node:fs';
import { addAbortSignal, type Readable } from 'node:stream';
import { invalidArgument, isCairnError } from '../../errors.ts';
import { decompressed } from '../../node/decompress.ts';
import { fileError } from '../../node/file-error.ts';
import type { InputCompression } from '../usage/choices.ts';
import type { Io } from './io.ts';

/** With larger chunks, the objects made of their lines outlive the young generation: twice as slow (measured). */
const CHUNK_BYTES = 1 << 16;

/** Something that is read from beginning to end. */
export interface Input {
  /** For messages. */
  readonly name: string;
  /** Its size in bytes, compressed or not; `undefined` if it is not known before the end. */
  readonly bytes: number | undefined;
  /**
   * Its content, decompressed.
   *
   * @param onRead is called with the number of bytes read, before decompression.
   * @throws {CairnError} `IO`, `INVALID_ARGUMENT` for damaged compression; the signal's reason.
   */
  chunks(signal: AbortSignal, onRead: (bytes: number) => void): AsyncGenerator<Uint8Array>;
}

/**
 * Returns the files to read, in the order named; standard input if there are none, or for `-`. All of them are checked
 * before any is read.
 *
 * @throws {CairnError} `INVALID_ARGUMENT` for a file that isn't there, or a directory; `IO`.
 */
export async function openInputs(
  files: readonly string[],
  compression: InputCompression,
  io: Io,
): Promise<Input[]> {
  if (files.filter((file) => file === '-').length > 1) {
    throw invalidArgument('file', 'standard input can be read once: name - once');
  }
  const opened =
    files.length === 0
      ? [standardInput(io)]
      : files.map((file) => (file === '-' ? standardInput(io) : fileInput(file)));
  return (await Promise.all(opened)).map((input) => withoutCompression(input, compression));
}

function standardInput(io: Io): Input {
  const name = 'standard input';
  return {
    name,
    bytes: undefined,
    chunks(signal, onRead) {
      if (io.stdin.isTTY === true) io.stderr.write('reading from the terminal; Ctrl-D ends the input\n');
      return read(addAbortSignal(signal, io.stdin), name, signal, onRead);
    },
  };
}

async function fileInput(file: string): Promise<Input> {
  let stats: fs.Stats;
  try {
    await fs.promises.access(file, fs.constants.R_OK);
    stats = await fs.promises.stat(file);
  } catch (error) {
    const failure = fileError(error, 'open', file);
    // To the command a store may be absent; a file to read is an argument.
    throw isCairnError(failure, 'NOT_FOUND') ? invalidArgument('file', failure.message, error) : failure;
  }
  if (stats.isDirectory()) throw invalidArgument('file', `${file} is a directory; name the files in it`);
  return {
    name: file,
    bytes: stats.isFile() ? stats.size : undefined,
    chunks: (signal, onRead) =>
      read(fs.createReadStream(file, { highWaterMark: CHUNK_BYTES, signal }), file, signal, onRead),
  };
}

async function* read(
  stream: Readable,
  name: string,
  signal: AbortSignal,
  onRead: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of stream) {
      onRead((chunk as Uint8Array).length);
      yield chunk as Uint8Array;
    }
  } catch (error) {
    // The stream's own error only says that it was aborted.
    signal.throwIfAborted();
    throw fileError(error, 'read', name);
  }
}

function withoutCompression(input: Input, chosen: InputCompression): Input {
  if (chosen === 'none') return input;
  return {
    ...input,
    chunks: (signal, onRead) => decompressed(input.chunks(signal, onRead), chosen, input.name),
  };
}

/**
 * Reads the beginning of an input until `find` returns something. Returns that, and an input that starts again at the
 * beginning. `find` is called with all bytes so far, twice as many each
 * time, and whether they are the whole input.
 */
export async function peek<Found>(
  input: Input,
  signal: AbortSignal,
  find: (bytes: Uint8Array, whole: boolean) => Found | undefined,
): Promise<{ readonly found: Found | undefined; readonly input: Input }> {
  let onRead = (_bytes: number): void => undefined;
  let readBefore = 0;
  const chunks = input.chunks(signal, (bytes) => {
    readBefore += bytes;
    onRead(bytes);
  });
  const taken: Uint8Array[] = [];
  let found: Found | undefined;
  let whole = false;
  let length = 0;
  let searched = 0;
  while (found === undefined && !whole && searched <= MAX_PEEKED_BYTES) {
    const { value, done } = await chunks.next();
    if (done === true) whole = true;
    else {
      taken.push(value);
      length += value.length;
    }
    // Twice as much each time, because the search begins at the beginning.
    if (!whole && length < 2 * searched) continue;
    found = find(taken.length === 1 ? taken[0] : Buffer.concat(taken), whole);
    searched = length;
  }
  return {
    found,
    input: {
      ...input,
      async *chunks(_signal, onReadNow) {
        onReadNow(readBefore);
        onRead = onReadNow;
        try {
          yield* taken;
          if (!whole) yield* chunks;
        } finally {
          // Whoever stops early must not leave the input open: the process would wait for it.
          await chunks.return(undefined);
        }
      },
    },
  };
}

/** The search ends after this many bytes; reading the input then reports what is wrong. */
const MAX_PEEKED_BYTES = 1 << 24;
