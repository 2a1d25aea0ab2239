import { corruption, type Region } from './corruption.ts';

/** A field's type on disk. `size` is a u64 that must be at most 2^53 − 1. All are little-endian. */
export type FieldType = 'u16' | 'u32' | 'u64' | 'size';

type ValueOf<T extends FieldType> = T extends 'u64' ? bigint : number;

/** The values of a layout's fields, by name. */
export type StructValue<F extends Readonly<Record<string, FieldType>>> = {
  readonly [Name in keyof F]: ValueOf<F[Name]>;
};

/** One field of a layout, for dumps and documentation. */
export interface FieldPlace {
  readonly name: string;
  readonly type: FieldType;
  readonly offset: number;
  readonly length: number;
}

const WIDTHS: Readonly<Record<FieldType, number>> = { u16: 2, u32: 4, u64: 8, size: 8 };

/** A fixed layout, declared once: decoder, encoder ({@link encodeStruct}) and description are derived from it. */
export class Struct<F extends Readonly<Record<string, FieldType>>> {
  readonly fields: readonly FieldPlace[];
  /** Bytes of the whole layout. */
  readonly length: number;

  constructor(fields: F) {
    let offset = 0;
    this.fields = Object.entries(fields).map(([name, type]) => {
      const field = { name, type, offset, length: WIDTHS[type] };
      offset += field.length;
      return field;
    });
    this.length = offset;
  }

  /** @throws {CairnError} `CORRUPTION` if the bytes end too early or a size is impossible. */
  decode(bytes: Uint8Array, region: Region): StructValue<F> {
    if (bytes.length < this.length) {
      throw corruption(region, 'the section ends too early', {
        at: bytes.length,
        expected: `${this.length} bytes`,
        actual: `${bytes.length}`,
      });
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const value: Record<string, bigint | number> = {};
    for (const { name, type, offset } of this.fields) {
      if (type === 'u16') {
        value[name] = view.getUint16(offset, true);
      } else if (type === 'u32') {
        value[name] = view.getUint32(offset, true);
      } else {
        const number = view.getBigUint64(offset, true);
        if (type === 'size' && number > BigInt(Number.MAX_SAFE_INTEGER)) {
          throw corruption(region, `a size exceeds 2^53: ${number}`, { at: offset });
        }
        value[name] = type === 'size' ? Number(number) : number;
      }
    }
    return value as StructValue<F>;
  }
}

/** Returns the bytes of a layout with these values. It is no method, so that bundlers drop it from programs that only read. */
export function encodeStruct<F extends Readonly<Record<string, FieldType>>>(
  struct: Struct<F>,
  value: StructValue<F>,
): Uint8Array {
  const bytes = new Uint8Array(struct.length);
  const view = new DataView(bytes.buffer);
  for (const { name, type, offset } of struct.fields) {
    const field = value[name];
    if (type === 'u16') view.setUint16(offset, field as number, true);
    else if (type === 'u32') view.setUint32(offset, field as number, true);
    else view.setBigUint64(offset, BigInt(field), true);
  }
  return bytes;
}
