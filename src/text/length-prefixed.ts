import { type Flushable, flushable, none } from 'stream-chain/core';
import { MAX_KEY_BYTES } from '../bytes/key-buffer.ts';
import {
  type EntryBatch,
  emptyBatch,
  giveUp,
  type InvalidReason,
  MAX_RECORD_BYTES,
  type OnInvalidEntry,
} from './entry-batch.ts';
import { jsonProblem } from './json-text.ts';
import { concatenate } from './line-blocks.ts';
import { bytesOf, parserOfBytes, type TextEncodings } from './text-fields.ts';

const PREFIX_BYTES = 4;

/**
 * Creates a stage of a stream-chain pipeline that turns chunks of bytes of length-prefixed entries into
 * entries. Each input needs its own.
 *
 * An entry is `length of the key · key · length of the value · value`; the lengths are 4 bytes, most
 * significant first. Fields are plain bytes (`binary`; views of the input), text in UTF-8, or JSON (`tuple`,
 * `json`, `msgpack`: see `parseTaggedJson`). Places are the bytes before an entry.
 *
 * @param onInvalid is called for fields that are invalid in their encoding. An impossible length, and an
 * input that ends within an entry, are final.
 */
export function parseLengthPrefixed(
  { keyEncoding, valueEncoding, temporal }: TextEncodings,
  onInvalid: OnInvalidEntry,
): Flushable<Uint8Array, EntryBatch | typeof none> {
  const readKey = parserOfBytes(keyEncoding, temporal);
  const readValue = parserOfBytes(valueEncoding, temporal);
  /**
   * The beginning of an entry that continues in the next chunk; not inspected again before `needed` bytes
   * have arrived.
   */
  let pieces: Uint8Array[] = [];
  let pending = 0;
  let needed = 1;
  let place = 0;

  const refuse = (reason: InvalidReason, problem: string): never =>
    giveUp(onInvalid, { place, offset: place, reason, problem });

  /** Where the entry that begins at `at` ends; beyond `bytes`, as far as is known, if it is not complete. */
  const endOf = (bytes: Uint8Array, at: number): number => {
    const keyStart = at + PREFIX_BYTES;
    if (keyStart > bytes.length) return keyStart;
    const keyBytes = lengthAt(bytes, at);
    if (keyBytes > MAX_KEY_BYTES) {
      refuse('bytes', `the length says a key of ${keyBytes} bytes, but keys have at most ${MAX_KEY_BYTES}`);
    }
    const valueStart = keyStart + keyBytes + PREFIX_BYTES;
    if (valueStart > bytes.length) return valueStart;
    const valueBytes = lengthAt(bytes, valueStart - PREFIX_BYTES);
    if (valueBytes > MAX_RECORD_BYTES) {
      refuse(
        'too-long',
        `the length says a value of ${valueBytes} bytes, more than ${MAX_RECORD_BYTES >> 20} MiB`,
      );
    }
    return valueStart + valueBytes;
  };

  const read = (bytes: Uint8Array, at: number, end: number, batch: EntryBatch): void => {
    const keyEnd = at + PREFIX_BYTES + lengthAt(bytes, at);
    try {
      const key = readKey(bytes, at + PREFIX_BYTES, keyEnd);
      batch.values.push(readValue(bytes, keyEnd + PREFIX_BYTES, end));
      batch.keys.push(key);
      batch.places.push(place);
    } catch (error) {
      const utf8 = !(error instanceof SyntaxError || error instanceof RangeError);
      const problem = utf8
        ? `the entry is not ${keyEncoding} and ${valueEncoding}: ${(error as Error).message}`
        : jsonProblem(error);
      onInvalid({ place, offset: place, reason: utf8 ? 'bytes' : 'json', problem, final: false });
    }
  };

  return flushable(
    (chunk) => {
      pieces.push(chunk);
      pending += chunk.length;
      if (pending < needed) return none;
      const bytes = pieces.length === 1 ? chunk : concatenate(pieces, pending);
      const batch = emptyBatch();
      let at = 0;
      let end = endOf(bytes, at);
      for (; end <= bytes.length; end = endOf(bytes, at)) {
        read(bytes, at, end, batch);
        place += end - at;
        at = end;
      }
      needed = end - at;
      pending = bytes.length - at;
      pieces = pending === 0 ? [] : [bytes.subarray(at)];
      return batch.keys.length === 0 ? none : batch;
    },
    () =>
      pending > 0 ? refuse('bytes', `the input ends within an entry, after ${pending} bytes of it`) : none,
  );
}

function lengthAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
}

/**
 * Creates a stage of a stream-chain pipeline that turns arrays of entries into length-prefixed entries.
 * {@link parseLengthPrefixed} with the same encodings reads the same entries.
 *
 * @example
 * ```ts
 * import { formatLengthPrefixed } from 'cairnkv/text';
 *
 * const format = formatLengthPrefixed({ keyEncoding: 'utf8', valueEncoding: 'binary' });
 * console.log(format([['k', Uint8Array.of(255)]])); // Uint8Array(10) [ 0, 0, 0, 1, 107, 0, 0, 0, 1, 255 ]
 * ```
 */
export function formatLengthPrefixed({
  keyEncoding,
  valueEncoding,
}: TextEncodings): (entries: readonly (readonly [unknown, unknown])[]) => Uint8Array {
  const keyBytes = bytesOf(keyEncoding);
  const valueBytes = bytesOf(valueEncoding);
  return (entries) => {
    const pieces: Uint8Array[] = [];
    let length = 0;
    for (const [key, value] of entries) {
      for (const field of [keyBytes(key), valueBytes(value)]) {
        const { length: n } = field;
        pieces.push(Uint8Array.of(n >>> 24, n >>> 16, n >>> 8, n), field);
        length += PREFIX_BYTES + n;
      }
    }
    return concatenate(pieces, length);
  };
}
