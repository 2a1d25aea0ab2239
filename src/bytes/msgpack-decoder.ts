import { copyBytes } from './copy-bytes.ts';
import { bigIntFromBytes, EXT_BIGINT } from './msgpack-bigint.ts';
import { decodeUtf8 } from './utf8.ts';
import { MAX_VALUE_DEPTH } from './value-depth.ts';

const EXT_TIMESTAMP = -1;
const MAX_TIME = 8.64e15;

/** Keys of at most this many bytes are cached; longer ones are data rather than names. */
const CACHED_KEY_BYTES = 24;
const KEY_SLOTS = 256;

interface CachedKey {
  readonly bytes: Uint8Array;
  readonly text: string;
}

const scratch: DataView = new DataView(new ArrayBuffer(8));

/**
 * Reads MessagePack strictly, in memory and time proportional to the input. @msgpack/msgpack's reader (3.1.3)
 * is not enough: it drops the BOM of text over 200 bytes, replaces invalid UTF-8, returns views of its input,
 * refuses a key `__proto__`, returns values for unknown extensions, and trusts an array's length: 9,000
 * hostile bytes made it allocate 240 MB.
 *
 * One decoder reads any number of values, one at a time; it allocates only what it returns.
 */
export class MsgpackDecoder {
  readonly #keys: (CachedKey | undefined)[] = new Array<CachedKey | undefined>(KEY_SLOTS).fill(undefined);
  /**
   * Whether names are looked up in Object.prototype, which takes a fifth longer: since the first name that it has.
   * Assigning to such a name would set the prototype (`__proto__`), call a setter, or fail where it is frozen.
   * A name is looked for when it is first decoded.
   */
  #mustDefine = false;
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #end = 0;

  /**
   * Returns the value that fills `bytes[start…end)`. Nothing in it shares memory with `bytes`. Of equal keys
   * in a map, the last one is kept.
   *
   * @throws {RangeError | TypeError} for bytes that are not exactly one value, for text that is not UTF-8,
   * for keys other than text, unknown extensions, dates with a fraction of a millisecond, and more than 256
   * levels.
   */
  decode(bytes: Uint8Array, start: number, end: number): unknown {
    try {
      return this.#decode(bytes, start, end);
    } catch (error) {
      // Unless the bytes are invalid, a name was assigned that Object.prototype has come to forbid.
      if (this.#mustDefine) throw error;
      this.#mustDefine = true;
      return this.#decode(bytes, start, end);
    }
  }

  #decode(bytes: Uint8Array, start: number, end: number): unknown {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    const value = this.#value(1);
    if (this.#at !== end) throw new RangeError(`msgpack: ${end - this.#at} bytes after the value`);
    return value;
  }

  #value(depth: number): unknown {
    const at = this.#at;
    if (at >= this.#end) throw this.#cutShort();
    const head = this.#bytes[at]!;
    this.#at = at + 1;
    if (head < 0x80) return head;
    if (head < 0x90) return this.#map(head & 0x0f, depth);
    if (head < 0xa0) return this.#array(head & 0x0f, depth);
    if (head < 0xc0) return this.#text(head & 0x1f);
    if (head > 0xdf) return head - 0x100;
    switch (head) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
        return this.#bin(this.#uint8());
      case 0xc5:
        return this.#bin(this.#uint16());
      case 0xc6:
        return this.#bin(this.#uint32());
      case 0xc7:
        return this.#extension(this.#uint8());
      case 0xc8:
        return this.#extension(this.#uint16());
      case 0xc9:
        return this.#extension(this.#uint32());
      case 0xca:
        return this.#float32();
      case 0xcb:
        return this.#load64().getFloat64(0);
      case 0xcc:
        return this.#uint8();
      case 0xcd:
        return this.#uint16();
      case 0xce:
        return this.#uint32();
      case 0xcf:
        return this.#load64().getBigUint64(0);
      case 0xd0:
        return (this.#uint8() << 24) >> 24;
      case 0xd1:
        return (this.#uint16() << 16) >> 16;
      case 0xd2:
        return this.#uint32() | 0;
      case 0xd3:
        return this.#load64().getBigInt64(0);
      case 0xd4:
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8:
        return this.#extension(1 << (head - 0xd4));
      case 0xd9:
        return this.#text(this.#uint8());
      case 0xda:
        return this.#text(this.#uint16());
      case 0xdb:
        return this.#text(this.#uint32());
      case 0xdc:
        return this.#array(this.#uint16(), depth);
      case 0xdd:
        return this.#array(this.#uint32(), depth);
      case 0xde:
        return this.#map(this.#uint16(), depth);
      case 0xdf:
        return this.#map(this.#uint32(), depth);
      default:
        throw new RangeError(`msgpack: no value begins with 0x${head.toString(16)}, at byte ${at}`);
    }
  }

  #array(length: number, depth: number): unknown[] {
    this.#enter(depth, length);
    // Not allocated by `length`, which is a claim of the input: nested claims multiply.
    const array: unknown[] = [];
    for (let index = 0; index < length; index++) array.push(this.#value(depth + 1));
    return array;
  }

  #map(size: number, depth: number): Record<string, unknown> {
    this.#enter(depth, size * 2);
    const object: Record<string, unknown> = {};
    for (let index = 0; index < size; index++) {
      const key = this.#key();
      const value = this.#value(depth + 1);
      if (this.#mustDefine && key in object) {
        Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
      } else {
        object[key] = value;
      }
    }
    return object;
  }

  #enter(depth: number, elements: number): void {
    if (depth > MAX_VALUE_DEPTH)
      throw new RangeError(`msgpack: more than ${MAX_VALUE_DEPTH} arrays and maps deep`);
    // Each element takes at least one byte.
    if (elements > this.#end - this.#at) throw this.#cutShort();
  }

  #key(): string {
    const at = this.#at;
    if (at >= this.#end) throw this.#cutShort();
    const head = this.#bytes[at]!;
    this.#at = at + 1;
    if ((head & 0xe0) === 0xa0) return this.#keyText(head & 0x1f);
    if (head === 0xd9) return this.#keyText(this.#uint8());
    if (head === 0xda) return this.#keyText(this.#uint16());
    if (head === 0xdb) return this.#keyText(this.#uint32());
    throw new RangeError(`msgpack: a key is not text, at byte ${at}`);
  }

  #keyText(length: number): string {
    if (length === 0 || length > CACHED_KEY_BYTES) return this.#noted(this.#text(length));
    const start = this.#take(length);
    const bytes = this.#bytes;
    const slot =
      (length * 31 + bytes[start]! * 7 + bytes[this.#at - 1]! + bytes[start + (length >> 1)]! * 3) %
      KEY_SLOTS;
    const cached = this.#keys[slot];
    if (cached !== undefined && cached.bytes.length === length) {
      let at = 0;
      while (at < length && cached.bytes[at] === bytes[start + at]) at++;
      if (at === length) return cached.text;
    }
    const decoded = decodeUtf8(bytes, start, this.#at);
    // The name of a property is internalized by the engine: assigning to it later needs no hashing.
    const text = this.#noted(Object.keys({ [decoded]: 0 })[0]!);
    this.#keys[slot] = { bytes: copyBytes(bytes, start, this.#at), text };
    return text;
  }

  #noted(name: string): string {
    this.#mustDefine ||= name in Object.prototype;
    return name;
  }

  #text(length: number): string {
    const start = this.#take(length);
    return decodeUtf8(this.#bytes, start, this.#at);
  }

  #bin(length: number): Uint8Array {
    const start = this.#take(length);
    return copyBytes(this.#bytes, start, this.#at);
  }

  #extension(length: number): unknown {
    const type = (this.#uint8() << 24) >> 24;
    if (type === EXT_TIMESTAMP) return this.#timestamp(length);
    if (type === EXT_BIGINT) return bigIntFromBytes(this.#bin(length));
    throw new RangeError(`msgpack: unknown extension ${type}, at byte ${this.#at - 1}`);
  }

  #timestamp(length: number): Date {
    let seconds: number;
    let nanoseconds = 0;
    if (length === 4) {
      seconds = this.#uint32();
    } else if (length === 8) {
      const high = this.#uint32();
      nanoseconds = high >>> 2;
      seconds = (high & 3) * 0x1_0000_0000 + this.#uint32();
    } else if (length === 12) {
      nanoseconds = this.#uint32();
      seconds = Number(this.#load64().getBigInt64(0));
    } else {
      throw new RangeError(`msgpack: a timestamp of ${length} bytes`);
    }
    const time = seconds * 1000 + nanoseconds / 1_000_000;
    if (nanoseconds > 999_999_999 || nanoseconds % 1_000_000 !== 0 || Math.abs(time) > MAX_TIME) {
      throw new RangeError(`msgpack: a timestamp that no Date holds: ${seconds} s and ${nanoseconds} ns`);
    }
    return new Date(time);
  }

  #uint8(): number {
    return this.#bytes[this.#take(1)]!;
  }

  #uint16(): number {
    const at = this.#take(2);
    return (this.#bytes[at]! << 8) | this.#bytes[at + 1]!;
  }

  #uint32(): number {
    const at = this.#take(4);
    const bytes = this.#bytes;
    return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
  }

  #float32(): number {
    scratch.setUint32(0, this.#uint32());
    return scratch.getFloat32(0);
  }

  /** Copies the next 8 bytes into memory with a DataView: creating a view for each input would cost more. */
  #load64(): DataView {
    scratch.setUint32(0, this.#uint32());
    scratch.setUint32(4, this.#uint32());
    return scratch;
  }

  /** Moves over the next `length` bytes and returns where they begin. */
  #take(length: number): number {
    const at = this.#at;
    if (length > this.#end - at) throw this.#cutShort();
    this.#at = at + length;
    return at;
  }

  #cutShort(): RangeError {
    return new RangeError(`msgpack: cut short, at byte ${this.#at}`);
  }
}
