import { decodeUtf8 } from '../../bytes/utf8.ts';
import { viewOf } from '../../bytes/view-of.ts';

/** Reads what `RowWriter` writes, value by value, within bounds that it never exceeds. */
export class RowReader {
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = viewOf(this.bytes);
  at = 0;
  end = 0;

  /** Goes to the beginning of `bytes[start…end)`; `view` is a view of the same memory. */
  open(bytes: Uint8Array, view: DataView, start: number, end: number): void {
    this.bytes = bytes;
    this.view = view;
    this.at = start;
    this.end = end;
  }

  /** @throws {RangeError} if a value reaches beyond the end. */
  check(): void {
    if (this.at > this.end) throw new RangeError('a row is cut short');
  }

  byte(): number {
    if (this.at >= this.end) throw new RangeError('a row is cut short');
    return this.bytes[this.at++];
  }

  /** A non-negative safe integer. @throws {RangeError}. */
  varint(): number {
    const { bytes } = this;
    let byte = bytes[this.at++];
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    let factor = 128;
    for (let i = 1; i < 8; i++) {
      byte = bytes[this.at++];
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      factor *= 128;
    }
    throw new RangeError('a number in a row is too long');
  }

  /** A safe integer with a sign. @throws {RangeError}. */
  zigzag(): number {
    const start = this.at;
    this.skipVarint();
    if (this.at - start > 7) {
      this.at = start;
      return Number(this.bigZigzag());
    }
    this.at = start;
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** A bigint with a sign. @throws {RangeError}. */
  bigZigzag(): bigint {
    const start = this.at;
    this.skipVarint();
    const length = this.at - start;
    if (length <= 7) {
      this.at = start;
      return BigInt(this.zigzag());
    }
    let value = 0n;
    for (let at = this.at - 1; at >= start; at--) value = (value << 7n) | BigInt(this.bytes[at] & 0x7f);
    return value & 1n ? -((value + 1n) >> 1n) : value >> 1n;
  }

  skipVarint(): void {
    const { bytes, end } = this;
    let { at } = this;
    while (at < end && bytes[at] >= 0x80) at++;
    if (at >= end) throw new RangeError('a number in a row is cut short');
    this.at = at + 1;
  }

  float32(): number {
    const { at } = this;
    this.skip(4);
    return this.view.getFloat32(at, true);
  }

  float64(): number {
    const { at } = this;
    this.skip(8);
    return this.view.getFloat64(at, true);
  }

  /** A copy of that many bytes. */
  raw(length: number): Uint8Array {
    const { at } = this;
    this.skip(length);
    return this.bytes.slice(at, at + length);
  }

  /** Text with its length before it. @throws {RangeError}; {TypeError} for bytes that are not UTF-8. */
  text(): string {
    const length = this.varint();
    const { at } = this;
    this.skip(length);
    return decodeUtf8(this.bytes, at, at + length);
  }

  /** @throws {RangeError} if there are fewer bytes. */
  skip(length: number): void {
    if (length > this.end - this.at) throw new RangeError('a row is cut short');
    this.at += length;
  }
}
