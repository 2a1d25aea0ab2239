import { pipeline, type Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { ZstdStream } from '../compression/zstd-stream.ts';
import { type CairnError, invalidArgument } from '../errors.ts';

/** How an input is compressed; `auto` finds out. */
export type InputCompression = 'auto' | 'none' | 'gzip' | 'zstd';

const CHUNK_BYTES = 1 << 18;

/**
 * Yields the decompressed chunks, or the source's own if they are not compressed. For `auto`, the suffix of the name
 * decides, and the first bytes for other names: neither gzip nor zstd begins as UTF-8 does.
 *
 * @throws {CairnError} as {@link decompress}.
 */
export async function* decompressed(
  source: AsyncGenerator<Uint8Array>,
  chosen: InputCompression,
  name: string,
): AsyncGenerator<Uint8Array> {
  const known = chosen === 'auto' ? bySuffix(name) : chosen;
  const first: Uint8Array[] = [];
  if (known === undefined) {
    for (let length = 0; length < MAGIC_BYTES; length += first[first.length - 1].length) {
      const { value, done } = await source.next();
      if (done === true) break;
      first.push(value);
    }
  }
  const compression = known ?? byFirstBytes(Buffer.concat(first.slice(0, MAGIC_BYTES)));
  const whole = chained(first, source);
  yield* compression === 'none' ? whole : decompress(whole, compression, name);
}

async function* chained(
  first: readonly Uint8Array[],
  source: AsyncGenerator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* first;
    yield* source;
  } finally {
    await source.return(undefined);
  }
}

function bySuffix(name: string): 'gzip' | 'zstd' | undefined {
  if (name.endsWith('.gz')) return 'gzip';
  return name.endsWith('.zst') ? 'zstd' : undefined;
}

const MAGIC_BYTES = 4;

/** RFC 1952 (2.3.1), RFC 8878 (3.1.1, 3.1.2). */
function byFirstBytes(bytes: Uint8Array): 'none' | 'gzip' | 'zstd' {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 8) return 'gzip';
  const [a, b, c, d] = bytes;
  const frame = a === 0x28 && b === 0xb5 && c === 0x2f && d === 0xfd;
  const skippable = a >> 4 === 5 && b === 0x2a && c === 0x4d && d === 0x18;
  return frame || skippable ? 'zstd' : 'none';
}

/**
 * Yields the decompressed chunks. Consecutive gzip members or zstd frames make one output; checksums are checked.
 *
 * @throws {CairnError} `INVALID_ARGUMENT` for data that is damaged or cut short; whatever the source throws.
 */
function decompress(
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
