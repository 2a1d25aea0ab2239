import { copyBytes } from '../../bytes/copy-bytes.ts';
import { toHex } from '../../bytes/hex.ts';
import { isWellFormed } from '../../bytes/utf8.ts';
import { DETACHED, isDetached } from '../../codec/detached.ts';
import type { TupleElement } from '../../codec/keys/tuple.ts';
import { describe, isBytes } from '../../codec/type-names.ts';
import { Refusal } from '../schema/refusal.ts';
import type { KeyKind, Kind } from './kind.ts';
import { PlainKeyKind, wrongElement } from './plain-key-kind.ts';
import type { RowReader } from './row-reader.ts';
import type { RowWriter } from './row-writer.ts';

/** BOOLEAN. */
export class BooleanKind extends PlainKeyKind<'boolean'> {
  readonly name: string = 'BOOLEAN';

  constructor() {
    super('boolean');
  }

  take(value: unknown): boolean {
    if (typeof value === 'boolean') return value;
    throw new Refusal(`is ${describe(value)}, not true or false`);
  }

  give(kept: boolean): boolean {
    return kept;
  }

  write(kept: boolean, writer: RowWriter): void {
    writer.byte(kept ? 1 : 0);
  }

  read(reader: RowReader): boolean {
    const byte = reader.byte();
    if (byte > 1) throw new RangeError(`a BOOLEAN is ${byte}`);
    return byte === 1;
  }

  skip(reader: RowReader): void {
    reader.skip(1);
  }

  writeBucketKey(kept: boolean, writer: RowWriter): void {
    this.write(kept, writer);
  }
}

/** TINYINT, SMALLINT and INT, by their bits. */
export class IntegerKind extends PlainKeyKind<'number'> {
  readonly name: string;
  readonly #bits: number;
  readonly #limit: number;

  constructor(name: string, bits: number) {
    super('number');
    this.name = name;
    this.#bits = bits;
    this.#limit = 2 ** (bits - 1);
  }

  take(value: unknown): number {
    if (typeof value !== 'number') throw new Refusal(`is ${describe(value)}, not a number`);
    if (value >= -this.#limit && value < this.#limit && Number.isInteger(value) && !Object.is(value, -0))
      return value;
    throw new Refusal(
      Number.isInteger(value) && value !== 0
        ? `is ${value}, outside ${-this.#limit} to ${this.#limit - 1}`
        : `is ${describe(value)}, not an integer`,
    );
  }

  give(kept: number): number {
    return kept;
  }

  write(kept: number, writer: RowWriter): void {
    writer.varint(kept < 0 ? -2 * kept - 1 : 2 * kept);
  }

  read(reader: RowReader): number {
    const value = reader.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  skip(reader: RowReader): void {
    reader.skipVarint();
  }

  writeBucketKey(kept: number, writer: RowWriter): void {
    if (this.#bits === 8) writer.byte(kept & 0xff);
    else if (this.#bits === 16) {
      writer.byte(kept & 0xff);
      writer.byte((kept >> 8) & 0xff);
    } else writer.varint(kept >>> 0);
  }
}

const MAX_BIGINT = 2n ** 63n;

/** BIGINT. */
export class BigIntKind extends PlainKeyKind<'bigint'> {
  readonly name: string = 'BIGINT';

  constructor() {
    super('bigint');
  }

  take(value: unknown): bigint {
    if (typeof value === 'bigint') {
      if (value >= -MAX_BIGINT && value < MAX_BIGINT) return value;
      throw new Refusal(`is ${value}, outside ${-MAX_BIGINT} to ${MAX_BIGINT - 1n}`);
    }
    // Other numbers may not be what was meant: 2 ** 53 + 1 is 2 ** 53.
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) return BigInt(value as number);
    throw new Refusal(`is ${describe(value)}, not a bigint`);
  }

  give(kept: bigint): bigint {
    return kept;
  }

  write(kept: bigint, writer: RowWriter): void {
    writer.bigZigzag(kept);
  }

  read(reader: RowReader): bigint {
    return reader.bigZigzag();
  }

  skip(reader: RowReader): void {
    reader.skipVarint();
  }

  writeBucketKey(kept: bigint, writer: RowWriter): void {
    writer.bigVarint(BigInt.asUintN(64, kept));
  }
}

/** FLOAT. */
export class FloatKind implements Kind<number> {
  readonly name: string = 'FLOAT';

  take(value: unknown): number {
    if (typeof value !== 'number') throw new Refusal(`is ${describe(value)}, not a number`);
    const kept = Math.fround(value);
    if (Number.isFinite(kept) === Number.isFinite(value)) return kept;
    throw new Refusal(`is ${value}, outside what 32 bits can hold`);
  }

  give(kept: number): number {
    return kept;
  }

  write(kept: number, writer: RowWriter): void {
    writer.float32(kept);
  }

  read(reader: RowReader): number {
    return reader.float32();
  }

  skip(reader: RowReader): void {
    reader.skip(4);
  }
}

/** DOUBLE. */
export class DoubleKind implements Kind<number> {
  readonly name: string = 'DOUBLE';

  take(value: unknown): number {
    if (typeof value === 'number') return value;
    throw new Refusal(`is ${describe(value)}, not a number`);
  }

  give(kept: number): number {
    return kept;
  }

  write(kept: number, writer: RowWriter): void {
    writer.float64(kept);
  }

  read(reader: RowReader): number {
    return reader.float64();
  }

  skip(reader: RowReader): void {
    reader.skip(8);
  }
}

/** STRING, and CHAR with the most characters that it may have. */
export class TextKind extends PlainKeyKind<'string'> {
  readonly name: string;
  readonly #most: number;

  constructor(name: string, most: number) {
    super('string');
    this.name = name;
    this.#most = most;
  }

  take(value: unknown): string {
    if (typeof value !== 'string') throw new Refusal(`is ${describe(value)}, not a string`);
    if (!isWellFormed(value)) throw new Refusal('holds an unpaired surrogate, which UTF-8 cannot keep');
    if (value.length > this.#most) this.#checkLength(value);
    return value;
  }

  give(kept: string): string {
    return kept;
  }

  write(kept: string, writer: RowWriter): void {
    writer.text(kept);
  }

  read(reader: RowReader): string {
    return reader.text();
  }

  skip(reader: RowReader): void {
    reader.skip(reader.varint());
  }

  writeBucketKey(kept: string, writer: RowWriter): void {
    writer.text(kept);
  }

  #checkLength(value: string): void {
    const length = Array.from(value).length;
    if (length > this.#most)
      throw new Refusal(`has ${length} characters, and ${this.name} at most ${this.#most}`);
  }
}

/** BYTES, and BINARY with the number that it must have. */
export class BytesKind implements KeyKind<Uint8Array> {
  readonly name: string;
  readonly #length: number | undefined;

  constructor(name: string, length: number | undefined) {
    this.name = name;
    this.#length = length;
  }

  take(value: unknown): Uint8Array {
    if (!isBytes(value)) throw new Refusal(`is ${describe(value)}, not a Uint8Array`);
    if (isDetached(value)) throw new Refusal(DETACHED);
    if (this.#length !== undefined && value.length !== this.#length)
      throw new Refusal(`has ${value.length} bytes, and ${this.name} exactly ${this.#length}`);
    return value;
  }

  give(kept: Uint8Array): Uint8Array {
    return kept;
  }

  write(kept: Uint8Array, writer: RowWriter): void {
    if (this.#length === undefined) writer.varint(kept.length);
    writer.raw(kept);
  }

  read(reader: RowReader): Uint8Array {
    return reader.raw(this.#length ?? reader.varint());
  }

  skip(reader: RowReader): void {
    reader.skip(this.#length ?? reader.varint());
  }

  toElement(kept: Uint8Array): TupleElement {
    // A key may be queued: the caller's memory is its own again after the call.
    return copyBytes(kept, 0, kept.length);
  }

  fromElement(element: TupleElement): Uint8Array {
    if (!isBytes(element)) throw wrongElement(this.name);
    return element;
  }

  writeBucketKey(kept: Uint8Array, writer: RowWriter): void {
    writer.varint(kept.length);
    writer.raw(kept);
  }

  toText(kept: Uint8Array): string {
    return toHex(kept);
  }
}

/** DECIMAL: kept as its digits without a point. */
export class DecimalKind extends PlainKeyKind<'bigint'> {
  readonly name: string;
  readonly #precision: number;
  readonly #scale: number;
  readonly #limit: bigint;

  constructor(precision: number, scale: number) {
    super('bigint');
    this.name = `DECIMAL(${precision}, ${scale})`;
    this.#precision = precision;
    this.#scale = scale;
    this.#limit = 10n ** BigInt(precision);
  }

  take(value: unknown): bigint {
    const text =
      typeof value === 'string'
        ? value
        : typeof value === 'bigint' || (Number.isSafeInteger(value) && !Object.is(value, -0))
          ? String(value)
          : undefined;
    if (text === undefined)
      throw new Refusal(`is ${describe(value)}, not a decimal number as text, such as "12.50"`);
    const [, sign, whole, fraction = ''] = DECIMAL.exec(text) ?? [];
    if (whole === undefined) throw new Refusal(`is ${describe(value)}, not a decimal number such as "12.50"`);
    const digits = fraction.replace(/0+$/, '');
    if (digits.length > this.#scale)
      throw new Refusal(`is ${text}, with more than ${this.#scale} digits after the point (${this.name})`);
    const kept = BigInt(whole + digits.padEnd(this.#scale, '0')) * (sign === '-' ? -1n : 1n);
    if (kept < this.#limit && kept > -this.#limit) return kept;
    throw new Refusal(`is ${text}, with more than ${this.#precision} digits (${this.name})`);
  }

  give(kept: bigint): string {
    return this.toText(kept);
  }

  write(kept: bigint, writer: RowWriter): void {
    writer.bigZigzag(kept);
  }

  read(reader: RowReader): bigint {
    return reader.bigZigzag();
  }

  skip(reader: RowReader): void {
    reader.skipVarint();
  }

  writeBucketKey(kept: bigint, writer: RowWriter): void {
    if (this.#precision <= 18) {
      writer.bigVarint(BigInt.asUintN(64, kept));
      return;
    }
    const bytes = bigEndian(kept);
    writer.varint(bytes.length);
    writer.raw(bytes);
  }

  override toText(kept: bigint): string {
    const digits = String(kept < 0n ? -kept : kept).padStart(this.#scale + 1, '0');
    const point = digits.length - this.#scale;
    const text = this.#scale === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`;
    return kept < 0n ? `-${text}` : text;
  }
}

const DECIMAL = /^([+-]?)(\d+)(?:\.(\d+))?$/;

/** Two's complement in as few bytes as can hold the sign. */
function bigEndian(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.unshift(Number(rest & 0xffn));
    rest >>= 8n;
  } while (!((rest === 0n && bytes[0] < 0x80) || (rest === -1n && bytes[0] >= 0x80)));
  return Uint8Array.from(bytes);
}
