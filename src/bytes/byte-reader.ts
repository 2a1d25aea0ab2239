import { CairnError } from '../errors.ts';

/** Where bytes come from, for error messages: the section's name in FORMAT.md and its place in the file. */
export interface Place {
  readonly file: string;
  readonly section: string;
  /** Bytes from the start of the file to the first byte of the section. */
  readonly offset: number;
}

/** A `CORRUPTION` error at `relative` bytes behind the start of `place`. */
export function corruption(
  place: Place,
  relative: number,
  what: string,
  expected?: string,
  actual?: string,
  cause?: unknown,
): CairnError {
  const offset = place.offset + relative;
  const evidence = expected === undefined ? '' : `: expected ${expected}, found ${actual}`;
  return new CairnError(
    'CORRUPTION',
    `${place.file}: ${what} (${place.section}, offset ${offset})${evidence}. ` +
      `The file was damaged or is not what was written; restore it from a good copy`,
    {
      file: place.file,
      section: place.section,
      offset,
      cause,
      ...(expected === undefined ? {} : { expected }),
      ...(actual === undefined ? {} : { actual }),
    },
  );
}

/**
 * Reads a section's fields in order. Every read is checked against the section's end and fails with
 * `CORRUPTION` naming the file and offset, so that a length that lies can neither read elsewhere nor
 * allocate anything.
 */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly place: Place;
  #at = 0;

  constructor(bytes: Uint8Array, place: Place) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.place = place;
  }

  /** Bytes read so far. */
  get position(): number {
    return this.#at;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  u8(): number {
    this.#need(1);
    return this.#bytes[this.#at++];
  }

  u16(): number {
    this.#need(2);
    const value = this.#view.getUint16(this.#at, true);
    this.#at += 2;
    return value;
  }

  u32(): number {
    this.#need(4);
    const value = this.#view.getUint32(this.#at, true);
    this.#at += 4;
    return value;
  }

  u64(): bigint {
    this.#need(8);
    const value = this.#view.getBigUint64(this.#at, true);
    this.#at += 8;
    return value;
  }

  /** A u64 that must be a safe integer. */
  size(): number {
    const at = this.#at;
    const value = this.u64();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw corruption(this.place, at, 'a size exceeds 2^53', 'a smaller number', value.toString());
    }
    return Number(value);
  }

  /** A varint below 2^32 in its shortest form. */
  varint(): number {
    const start = this.#at;
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 5; i++) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if ((byte === 0 && i > 0) || value > 0xffffffff) break;
        return value;
      }
      scale *= 128;
    }
    throw corruption(this.place, start, 'a varint is longer than it may be');
  }

  /** A view of the next `length` bytes. */
  bytes(length: number): Uint8Array {
    this.#need(length);
    const view = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return view;
  }

  /** @throws {CairnError} `CORRUPTION` unless everything was read. */
  end(): void {
    if (this.remaining !== 0) {
      throw corruption(this.place, this.#at, `${this.remaining} bytes too many`);
    }
  }

  #need(length: number): void {
    if (length > this.remaining) {
      throw corruption(
        this.place,
        this.#at,
        'the section ends too early',
        `${length} more bytes`,
        `${this.remaining}`,
      );
    }
  }
}
