import { CairnError } from '../errors.ts';
import type { ByteSource, ByteStream } from './byte-source.ts';

/** Reads a range of any source from front to back: as a stream if it has streams, else read by read. */
export function readForward(
  source: ByteSource,
  offset: number,
  length: number,
  signal?: AbortSignal,
): ByteStream {
  if (source.stream !== undefined) return source.stream(offset, length, signal);
  let at = offset;
  let closed = false;
  return {
    async read(target) {
      if (closed)
        throw new CairnError('CLOSED', `the reading of ${source.name} has ended`, { resource: 'stream' });
      await source.read(at, target, signal);
      at += target.length;
    },
    close() {
      closed = true;
    },
  };
}
