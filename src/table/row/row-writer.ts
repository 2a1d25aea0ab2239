import { OwnedCopies } from '../../bytes/owned-copies.ts';
import { encodeUtf8At } from '../../bytes/utf8.ts';
import { varintLength } from '../../bytes/varint.ts';
import { viewOf } from '../../bytes/view-of.ts';

/** A number whose doubled absolute value is exact, so that its sign can take a bit. */
const MAX_ZIGZAG_NUMBER = 2 ** 51;

/** Memory in which one value after the other is written. Integers are LEB128, seven bits a byte, the lowest first. */
export class RowWriter {
  #bytes: Uint8Array = new Uint8Array(256);
  #view: DataView = viewOf(this.#bytes);
  #length = 0;
  readonly #copies = new OwnedCopies();

  /** Begins anew. */
  clear(): void {
    this.#length = 0;
  }

  /** A copy of what was written: copies that are kept for a while share memory. */
  copy(): Uint8Array {
    return this.#copies.copy(this.#bytes, this.#view, 0, this.#length);
  }

  /** A view of what was written, valid until the next call. */
  written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** Makes room for bytes that {@link setBit} fills, zero so far, and returns where they begin. */
  zeros(count: number): number {
    this.#reserve(count);
    const start = this.#length;
    this.#length += count;
    for (let at = start; at < this.#length; at++) this.#bytes[at] = 0;
    return start;
  }

  /** Sets a bit of the bytes from `start` on. */
  setBit(start: number, bit: number): void {
    this.#bytes[start + (bit >>> 3)] |= 1 << (bit & 7);
  }

  /** A non-negative safe integer. */
  varint(value: number): void {
    this.#reserve(8);
    const bytes = this.#bytes;
    let at = this.#length;
    let rest = value;
    while (rest >= 0x80) {
      bytes[at++] = (rest & 0x7f) | 0x80;
      rest = rest > 0x7fffffff ? Math.floor(rest / 128) : rest >>> 7;
    }
    bytes[at++] = rest;
    this.#length = at;
  }

  /** A non-negative bigint of any size. */
  bigVarint(value: bigint): void {
    let rest = value;
    for (; rest > 0x7fn; rest >>= 7n) this.byte(Number(rest & 0x7fn) | 0x80);
    this.byte(Number(rest));
  }

  /** A safe integer, its sign in the lowest bit. */
  zigzag(value: number): void {
    if (Math.abs(value) < MAX_ZIGZAG_NUMBER) this.varint(value < 0 ? -2 * value - 1 : 2 * value);
    else this.bigZigzag(BigInt(value));
  }

  /** A bigint of any size, its sign in the lowest bit. */
  bigZigzag(value: bigint): void {
    if (value < MAX_ZIGZAG_NUMBER && value > -MAX_ZIGZAG_NUMBER) this.zigzag(Number(value));
    else this.bigVarint(value < 0n ? -2n * value - 1n : 2n * value);
  }

  float32(value: number): void {
    this.#reserve(4);
    this.#view.setFloat32(this.#length, value, true);
    this.#length += 4;
  }

  float64(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Text as UTF-8, its length in bytes before it; false, with nothing written, for an unpaired surrogate. */
  text(text: string): boolean {
    const { length } = text;
    this.#reserve(length * 3 + 5);
    // Most text has as many bytes as characters: the length's own length follows from that, and is corrected if not.
    const start = this.#length;
    this.varint(length);
    const bytes = encodeUtf8At(text, this.#bytes, this.#length);
    if (bytes < 0) {
      this.#length = start;
      return false;
    }
    if (bytes !== length) {
      const at = this.#length;
      const head = start + varintLength(bytes);
      if (head !== at) this.#bytes.copyWithin(head, at, at + bytes);
      this.#length = start;
      this.varint(bytes);
    }
    this.#length += bytes;
    return true;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
    this.#view = viewOf(grown);
  }
}
