import { Decompress } from 'fzstd';
import type { XXHash } from 'xxhash-wasm';
import { packageNotLoaded } from '../missing-package.ts';

const MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
/** The default limit of the zstd command: a frame may claim gigabytes. */
const MAX_WINDOW_BYTES = 2 ** 27;
const MAX_BLOCK_BYTES = 1 << 17;
const LAST_BLOCK = 1;
const RLE_BLOCK = 1;
const RESERVED_BLOCK = 3;

/** The frame being read. */
interface Frame {
  readonly decoder: Decompress;
  readonly hasChecksum: boolean;
  /** As declared by the frame; −1 if it declares none. */
  readonly contentBytes: number;
  /** The last block has been read. */
  ended: boolean;
  bytes: number;
}

/**
 * Decompresses a sequence of zstd frames (RFC 8878) that arrives in chunks. fzstd decodes the blocks but
 * checks neither the content's checksum nor its size; both are checked here, and only another frame may
 * follow a frame.
 *
 * A frame is only checked once it has ended: the caller must be able to discard what it got of it until then.
 */
export class ZstdStream {
  readonly #hash: () => XXHash<bigint>;
  #digest: XXHash<bigint>;
  #frame: Frame | undefined;
  #rest: Uint8Array = new Uint8Array(0);
  #skip = 0;
  #out: Uint8Array[] = [];

  /** Compiles the hash function. */
  static async create(): Promise<ZstdStream> {
    const { default: xxhash } = await import('xxhash-wasm').catch(packageNotLoaded);
    const { create64 } = await xxhash();
    return new ZstdStream(() => create64(0n));
  }

  private constructor(hash: () => XXHash<bigint>) {
    this.#hash = hash;
    this.#digest = hash();
  }

  /**
   * Returns what the next chunk adds to the output.
   *
   * @throws {RangeError | Error} for data that is damaged, or needs a dictionary.
   */
  push(chunk: Uint8Array): Uint8Array[] {
    const rest = this.#rest;
    let bytes = chunk;
    if (rest.length > 0) {
      bytes = new Uint8Array(rest.length + chunk.length);
      bytes.set(rest);
      bytes.set(chunk, rest.length);
    }
    let at = 0;
    for (;;) {
      const next = this.#step(bytes, at);
      if (next < 0) break;
      at = next;
    }
    this.#rest = bytes.subarray(at);
    const out = this.#out;
    this.#out = [];
    return out;
  }

  /** @throws {RangeError} if the input has ended within a frame. */
  finish(): void {
    if (this.#rest.length > 0 || this.#frame !== undefined || this.#skip > 0) {
      throw new RangeError('it ends within a frame');
    }
  }

  /** Reads one header, block or checksum, and returns where it ends; −1 if it is not complete yet. */
  #step(bytes: Uint8Array, at: number): number {
    if (at === bytes.length) return -1;
    if (this.#skip > 0) {
      const step = Math.min(this.#skip, bytes.length - at);
      this.#skip -= step;
      return at + step;
    }
    if (this.#frame === undefined) return this.#header(bytes, at);
    return this.#frame.ended ? this.#checksum(bytes, at, this.#frame) : this.#block(bytes, at, this.#frame);
  }

  #header(bytes: Uint8Array, at: number): number {
    if (bytes.length - at < 4) return -1;
    const magic = littleEndian(bytes, at, 4);
    if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC) {
      if (bytes.length - at < 8) return -1;
      this.#skip = littleEndian(bytes, at + 4, 4);
      return at + 8;
    }
    if (magic !== MAGIC) throw new RangeError('no zstd frame begins where one should');
    if (bytes.length - at < 5) return -1;
    const descriptor = bytes[at + 4];
    const single = (descriptor & 0x20) !== 0;
    const sizeFlag = descriptor >>> 6;
    const dictionaryBytes = [0, 1, 2, 4][descriptor & 3];
    const sizeBytes = sizeFlag === 0 ? (single ? 1 : 0) : 1 << sizeFlag;
    const end = at + 5 + (single ? 0 : 1) + dictionaryBytes + sizeBytes;
    if (bytes.length < end) return -1;
    if ((descriptor & 8) !== 0) throw new RangeError('a reserved bit is set');
    if (littleEndian(bytes, end - sizeBytes - dictionaryBytes, dictionaryBytes) !== 0) {
      throw new RangeError('it needs a dictionary');
    }
    const size = littleEndian(bytes, end - sizeBytes, sizeBytes) + (sizeBytes === 2 ? 256 : 0);
    const contentBytes = sizeBytes === 0 ? -1 : size;
    const window = single ? contentBytes : windowBytes(bytes[at + 5]);
    if (window > MAX_WINDOW_BYTES) {
      throw new RangeError(`its window of ${window} bytes is larger than ${MAX_WINDOW_BYTES}`);
    }
    const frame: Frame = {
      decoder: new Decompress((piece) => this.#take(piece)),
      hasChecksum: (descriptor & 4) !== 0,
      contentBytes,
      ended: false,
      bytes: 0,
    };
    this.#digest = this.#hash();
    this.#frame = frame;
    frame.decoder.push(bytes.slice(at, end));
    return end;
  }

  #block(bytes: Uint8Array, at: number, frame: Frame): number {
    if (bytes.length - at < 3) return -1;
    const header = littleEndian(bytes, at, 3);
    const type = (header >>> 1) & 3;
    const size = header >>> 3;
    if (type === RESERVED_BLOCK || size > MAX_BLOCK_BYTES)
      throw new RangeError('a block has an invalid type or size');
    const end = at + 3 + (type === RLE_BLOCK ? 1 : size);
    if (bytes.length < end) return -1;
    frame.ended = (header & LAST_BLOCK) !== 0;
    frame.decoder.push(bytes.slice(at, end), frame.ended && !frame.hasChecksum);
    if (frame.ended && !frame.hasChecksum) this.#endFrame(frame);
    return end;
  }

  #checksum(bytes: Uint8Array, at: number, frame: Frame): number {
    if (bytes.length - at < 4) return -1;
    frame.decoder.push(bytes.slice(at, at + 4), true);
    const expected = BigInt(littleEndian(bytes, at, 4));
    if ((this.#digest.digest() & 0xffffffffn) !== expected) throw new RangeError('a checksum does not match');
    this.#endFrame(frame);
    return at + 4;
  }

  #endFrame(frame: Frame): void {
    if (frame.contentBytes >= 0 && frame.bytes !== frame.contentBytes) {
      throw new RangeError(`a frame has ${frame.bytes} bytes but declares ${frame.contentBytes}`);
    }
    this.#frame = undefined;
  }

  #take(piece: Uint8Array): void {
    if (piece.length === 0 || this.#frame === undefined) return;
    this.#frame.bytes += piece.length;
    this.#digest.update(piece);
    this.#out.push(piece);
  }
}

/** RFC 8878, §3.1.1.1.2. */
function windowBytes(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >>> 3));
  return base + (base / 8) * (descriptor & 7);
}

function littleEndian(bytes: Uint8Array, at: number, length: number): number {
  let value = 0;
  for (let i = length - 1; i >= 0; i--) value = value * 256 + bytes[at + i];
  return value;
}
