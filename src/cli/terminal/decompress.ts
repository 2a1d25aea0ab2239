import { pipeline, type Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { ZstdStream } from '../../compression/zstd-stream.ts';
import { type CairnError, invalidArgument } from '../../errors.ts';
import type { InputCompression } from '../usage/choices.ts';

const CHUNK_BYTES = 1 << 18;

/** Returns the compression of an input: the chosen one, or by the suffix of its name. */
export function compressionOf(name: string, chosen: InputCompression): 'none' | 'gzip' | 'zstd' {
  if (chosen !== 'auto') return chosen;
  if (name.endsWith('.gz')) return 'gzip';
  return name.endsWith('.zst') ? 'zstd' : 'none';
}

/**
 * Yields the decompressed chunks. Consecutive gzip members or zstd frames make one output; checksums are checked.
 *
 * @throws {CairnError} `INVALID_ARGUMENT` for data that is damaged or cut short; whatever the source throws.
 */
export function decompress(
  source: AsyncIterable<Uint8Array>,
  compression: 'gzip' | 'zstd',
  name: string,
): AsyncGenerator<Uint8Array> {
  return compression === 'gzip' ? gunzip(source, name) : unzstd(source, name);
}

async function* gunzip(source: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Uint8Array> {
  const transform = zlib.createGunzip({ chunkSize: CHUNK_BYTES });
  let received = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      received += chunk.length;
      yield chunk;
    }
  }
  yield* through(counted(), transform, 'gzip', name);
  // zlib ignores bytes after the last member that don't look like another one.
  if (transform.bytesWritten < received) {
    throw damaged(name, 'gzip', `what follows after ${transform.bytesWritten} bytes is not gzip`);
  }
}

async function* through(
  source: AsyncIterable<Uint8Array>,
  transform: Transform,
  format: string,
  name: string,
): AsyncGenerator<Uint8Array> {
  try {
    // A failure of the source destroys the transform with that error; the loop below throws it.
    pipeline(source, transform, () => undefined);
    for await (const chunk of transform) yield chunk as Uint8Array;
  } catch (error) {
    if (!String((error as NodeJS.ErrnoException).code).startsWith('Z')) throw error;
    throw damaged(name, format, (error as Error).message, error);
  }
}

async function* unzstd(source: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Uint8Array> {
  const stream = await ZstdStream.create();
  const checked = <Result>(step: () => Result): Result => {
    try {
      return step();
    } catch (error) {
      throw damaged(name, 'zstd', (error as Error).message, error);
    }
  };
  for await (const chunk of source) yield* checked(() => stream.push(chunk));
  checked(() => stream.finish());
}

function damaged(name: string, format: string, problem: string, cause?: unknown): CairnError {
  return invalidArgument(
    'file',
    `${name}: the ${format} data is damaged or cut short (${problem}); make or fetch the file again`,
    cause,
  );
}
