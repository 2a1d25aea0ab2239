import { type Flushable, flushable, none } from 'stream-chain/core';
import { MsgpackDecoder } from '../bytes/msgpack-decoder.ts';
import { MsgpackCodec } from '../codec/values/msgpack.ts';
import {
  type EntryBatch,
  emptyBatch,
  giveUp,
  type InvalidReason,
  MAX_RECORD_BYTES,
  type OnInvalidEntry,
} from './entry-batch.ts';
import { concatenate } from './line-blocks.ts';

const PAIR = 0x92;

/**
 * Creates a stage of a stream-chain pipeline that turns chunks of a sequence of MessagePack arrays `[key,
 * value]` into entries. Each input needs its own.
 *
 * As exact as the values of a store: text must be UTF-8 and keeps a byte-order mark, integers of 64 bits are
 * bigints, and nothing shares memory with the input. Memory is proportional to the actual bytes, not to the
 * lengths they claim. Places are the bytes before a pair.
 *
 * @param onInvalid is called for pairs that are not an array of two, or cannot be decoded. A byte with which
 * no value begins, a pair of more than 256 MiB, and an input that ends within one are final.
 */
export function parseMsgpackPairs(
  onInvalid: OnInvalidEntry,
): Flushable<Uint8Array, EntryBatch | typeof none> {
  const decoder = new MsgpackDecoder();
  const bounds = new PairBounds();
  /** The beginning of a pair that continues in the next chunk, and its offset in the input. */
  let pieces: Uint8Array[] = [];
  let pending = 0;
  let place = 0;

  const refuse = (reason: InvalidReason, problem: string): never =>
    giveUp(onInvalid, { place, offset: place, reason, problem });

  const decode = (bytes: Uint8Array, start: number, end: number, batch: EntryBatch): void => {
    try {
      if (!bounds.isPair) throw new RangeError('the value is not an array of a key and a value');
      const key = decoder.decode(bytes, start + bounds.keyStart, start + bounds.keyEnd);
      const value = decoder.decode(bytes, start + bounds.keyEnd, end);
      batch.keys.push(key);
      batch.values.push(value);
      batch.places.push(place);
    } catch (error) {
      const problem = (error as Error).message;
      onInvalid({ place, offset: place, reason: 'bytes', problem, final: false });
    }
  };

  return flushable(
    (chunk) => {
      const batch = emptyBatch();
      for (let start = 0; start < chunk.length; ) {
        const end = bounds.advance(chunk, start);
        if (bounds.badHead >= 0)
          refuse('bytes', `no MessagePack value begins with 0x${bounds.badHead.toString(16)}`);
        if (bounds.claimed > MAX_RECORD_BYTES) {
          refuse('too-long', `the value has more than ${MAX_RECORD_BYTES >> 20} MiB; is this MessagePack?`);
        }
        if (end < 0) {
          pieces.push(chunk.subarray(start));
          pending += chunk.length - start;
          break;
        }
        let length = end - start;
        if (pending === 0) {
          decode(chunk, start, end, batch);
        } else {
          length += pending;
          const bytes = concatenate([...pieces, chunk.subarray(start, end)], length);
          pieces = [];
          pending = 0;
          decode(bytes, 0, length, batch);
        }
        bounds.begin();
        place += length;
        start = end;
      }
      return batch.keys.length === 0 ? none : batch;
    },
    () =>
      pending > 0 ? refuse('bytes', `the input ends within a value, after ${pending} bytes of it`) : none,
  );
}

/** What a length after a head byte counts: bytes. */
const BYTES = 0;
/** Bytes, and one more for the type of an extension. */
const EXTENSION = 1;
const ELEMENTS = 2;
const MEMBERS = 3;

/**
 * For the heads 0xc0 … 0xdf: the bytes of the length that follows or of the value itself, and what the length
 * counts.
 */
const LENGTH_BYTES: readonly number[] = [
  0, 0, 0, 0, 1, 2, 4, 1, 2, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 4, 2, 4, 2, 4,
];
const VALUE_BYTES: readonly number[] = [
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 8, 1, 2, 4, 8, 1, 2, 4, 8, 2, 3, 5, 9, 17, 0, 0, 0, 0, 0, 0, 0,
];

/**
 * Finds the end of each value without decoding it: inspects or skips every byte once, however the input is
 * split into chunks.
 */
class PairBounds {
  isPair = false;
  /** Where the key begins and ends, in bytes from the beginning of the pair. */
  keyStart = 0;
  keyEnd = -1;
  /** A byte with which no value begins; −1 as long as there is none. */
  badHead = -1;
  #seen = 0;
  #outer = false;
  /** Values still to begin, bytes still to skip, bytes of a length still to read. */
  #values = 1;
  #skip = 0;
  #lengthBytes = 0;
  #length = 0;
  #counts: number = BYTES;

  /** The least number of bytes of the value, by the lengths it claims. */
  get claimed(): number {
    return this.#seen + this.#skip + this.#values;
  }

  /** Prepares for the next value. */
  begin(): void {
    this.isPair = false;
    this.keyEnd = -1;
    this.#seen = 0;
    this.#outer = false;
    this.#values = 1;
  }

  /**
   * Returns the index in `chunk` after the value that begins or continues at `start`; −1 if it continues
   * beyond or is invalid.
   */
  advance(chunk: Uint8Array, start: number): number {
    for (let at = start; at < chunk.length; ) {
      if (this.#skip > 0) {
        const step = Math.min(this.#skip, chunk.length - at);
        this.#skip -= step;
        this.#seen += step;
        at += step;
      } else {
        this.#seen++;
        if (this.#lengthBytes === 0) {
          this.#takeHead(chunk[at++]);
          if (this.badHead >= 0) return -1;
        } else {
          this.#length = this.#length * 256 + chunk[at++];
          this.#lengthBytes--;
          if (this.#lengthBytes === 0) this.#apply();
        }
        if (this.claimed > MAX_RECORD_BYTES) return -1;
      }
      if (this.#skip > 0 || this.#lengthBytes > 0) continue;
      if (!this.#outer) {
        this.#outer = true;
        this.isPair = this.#counts === ELEMENTS && this.#values === 2;
        this.keyStart = this.#seen;
      } else if (this.keyEnd < 0 && this.#values === 1) {
        this.keyEnd = this.#seen;
      }
      if (this.#values === 0) return at;
    }
    return -1;
  }

  #takeHead(head: number): void {
    this.#values--;
    this.#counts = BYTES;
    if (head < 0x80 || head >= 0xe0) return;
    if (head < 0xc0) {
      this.#counts = head < 0x90 ? MEMBERS : head < 0xa0 ? ELEMENTS : BYTES;
      this.#length = head < 0xa0 ? head & 0x0f : head & 0x1f;
      this.#apply();
      return;
    }
    if (head === 0xc1) this.badHead = head;
    this.#skip = VALUE_BYTES[head - 0xc0];
    this.#lengthBytes = LENGTH_BYTES[head - 0xc0];
    this.#length = 0;
    if (head >= 0xc7 && head <= 0xc9) this.#counts = EXTENSION;
    else if (head >= 0xdc) this.#counts = head < 0xde ? ELEMENTS : MEMBERS;
  }

  #apply(): void {
    if (this.#counts === ELEMENTS) this.#values += this.#length;
    else if (this.#counts === MEMBERS) this.#values += 2 * this.#length;
    else this.#skip = this.#counts === EXTENSION ? this.#length + 1 : this.#length;
  }
}

/**
 * Creates a stage of a stream-chain pipeline that turns arrays of entries into a sequence of MessagePack
 * arrays `[key, value]`, encoded like the values of a store. {@link parseMsgpackPairs} reads the same
 * entries.
 *
 * @throws {CairnError} `INVALID_ARGUMENT` for a value that MessagePack cannot keep exactly: text with an
 * unpaired surrogate.
 */
export function formatMsgpackPairs(): (entries: readonly (readonly [unknown, unknown])[]) => Uint8Array {
  const codec = new MsgpackCodec();
  let room = new Uint8Array(1 << 16);
  return (entries) => {
    let at = 0;
    const put = (bytes: Uint8Array): void => {
      if (at + bytes.length + 1 > room.length) {
        const larger = new Uint8Array(2 * (at + bytes.length + 1));
        larger.set(room.subarray(0, at));
        room = larger;
      }
      room.set(bytes, at);
      at += bytes.length;
    };
    const head = Uint8Array.of(PAIR);
    for (const [key, value] of entries) {
      put(head);
      put(codec.encode(key));
      put(codec.encode(value));
    }
    return room.slice(0, at);
  };
}
