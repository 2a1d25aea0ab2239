import * as fs from 'node:fs';
import { addAbortSignal, type Readable } from 'node:stream';
import { invalidArgument } from '../errors.ts';
import { fileError } from '../node/file-error.ts';
import type { Io } from './io.ts';

const CHUNK_BYTES = 1 << 20;

/** Something that is read from beginning to end. */
export interface Input {
  /** For messages. */
  readonly name: string;
  /** `undefined` where nobody knows before the end. */
  readonly bytes: number | undefined;
  /** @throws {CairnError} `IO`; the signal's reason. */
  chunks(signal: AbortSignal): AsyncGenerator<Uint8Array>;
}

/**
 * The files to read, or standard input where there are none or one is called `-`. All of them are looked at before
 * any is read.
 *
 * @throws {CairnError} `NOT_FOUND`, `INVALID_ARGUMENT` for a directory, `IO`.
 */
export async function openInputs(files: readonly string[], io: Io): Promise<Input[]> {
  if (files.length === 0) return [standardInput(io)];
  return Promise.all(files.map((file) => (file === '-' ? standardInput(io) : fileInput(file))));
}

function standardInput(io: Io): Input {
  const name = 'standard input';
  return {
    name,
    bytes: undefined,
    chunks(signal) {
      if (io.stdin.isTTY === true) io.stderr.write('reading from the terminal; Ctrl-D ends the input\n');
      return read(addAbortSignal(signal, io.stdin), name, signal);
    },
  };
}

async function fileInput(file: string): Promise<Input> {
  let stats: fs.Stats;
  try {
    await fs.promises.access(file, fs.constants.R_OK);
    stats = await fs.promises.stat(file);
  } catch (error) {
    throw fileError(error, 'open', file);
  }
  if (stats.isDirectory()) throw invalidArgument('file', `${file} is a directory; name the files in it`);
  return {
    name: file,
    bytes: stats.isFile() ? stats.size : undefined,
    chunks: (signal) => read(fs.createReadStream(file, { highWaterMark: CHUNK_BYTES, signal }), file, signal),
  };
}

async function* read(stream: Readable, name: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of stream) yield chunk as Uint8Array;
  } catch (error) {
    // The stream's own error only says that it was aborted.
    signal.throwIfAborted();
    throw fileError(error, 'read', name);
  }
}
