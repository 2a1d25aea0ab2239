import { describe } from '../../codec/type-names.ts';
import { Refusal } from '../schema/refusal.ts';
import type { Kind } from './kind.ts';
import type { RowReader } from './row-reader.ts';
import type { RowWriter } from './row-writer.ts';

/** A part of a nested value. */
export interface Part {
  readonly kind: Kind;
  readonly nullable: boolean;
}

/** Checks one part: what is kept of it, or null. @throws {Refusal}. */
export function takePart({ kind, nullable }: Part, value: unknown): unknown {
  if (value !== null && value !== undefined) return kind.take(value);
  if (nullable) return null;
  throw new Refusal(`is ${String(value)}, and ${kind.name} is not nullable`);
}

/** Writes parts one after the other; bits before them say which of those that may be null are. */
export function writeParts(parts: readonly Part[], kept: readonly unknown[], writer: RowWriter): void {
  const nullables = parts.reduce((sum, { nullable }) => sum + (nullable ? 1 : 0), 0);
  const bits = writer.zeros((nullables + 7) >>> 3);
  let bit = 0;
  for (let i = 0; i < parts.length; i++) {
    const value = kept[i];
    if (parts[i].nullable) {
      if (value === null) writer.setBit(bits, bit);
      bit++;
    }
    if (value !== null) parts[i].kind.write(value, writer);
  }
}

/** Reads what {@link writeParts} has written, and passes each part to `take`. */
export function readParts(
  parts: readonly Part[],
  reader: RowReader,
  take: (index: number, value: unknown) => void,
): void {
  const nullables = parts.reduce((sum, { nullable }) => sum + (nullable ? 1 : 0), 0);
  const bits = reader.at;
  reader.skip((nullables + 7) >>> 3);
  let bit = 0;
  for (let i = 0; i < parts.length; i++) {
    const { kind, nullable } = parts[i];
    if (nullable && isSet(reader.bytes, bits, bit++)) take(i, null);
    else take(i, kind.give(kind.read(reader)));
  }
}

function skipParts(parts: readonly Part[], reader: RowReader): void {
  const nullables = parts.reduce((sum, { nullable }) => sum + (nullable ? 1 : 0), 0);
  const bits = reader.at;
  reader.skip((nullables + 7) >>> 3);
  let bit = 0;
  for (const { kind, nullable } of parts) {
    if (nullable && isSet(reader.bytes, bits, bit++)) continue;
    kind.skip(reader);
  }
}

/** Whether a bit of the bytes from `start` on is set. */
export function isSet(bytes: Uint8Array, start: number, bit: number): boolean {
  return (bytes[start + (bit >>> 3)] & (1 << (bit & 7))) !== 0;
}

// What is kept of nested values is an array of what is kept of their parts; what is read is what the caller gets.

/** ARRAY. */
export class ArrayKind implements Kind {
  readonly name: string;
  readonly #element: Part;

  constructor(name: string, element: Part) {
    this.name = name;
    this.#element = element;
  }

  take(value: unknown): unknown {
    if (!Array.isArray(value)) throw new Refusal(`is ${describe(value)}, not an array`);
    // Not `map`, which would skip elements that are missing.
    return Array.from(value, (element, i) => within(`[${i}]`, () => takePart(this.#element, element)));
  }

  give(read: unknown): unknown {
    return read;
  }

  write(kept: unknown, writer: RowWriter): void {
    const elements = kept as readonly unknown[];
    writer.varint(elements.length);
    writeParts(repeat(this.#element, elements.length), elements, writer);
  }

  read(reader: RowReader): unknown {
    const elements: unknown[] = [];
    readParts(repeat(this.#element, countOf(reader, this.#element)), reader, (_, element) =>
      elements.push(element),
    );
    return elements;
  }

  skip(reader: RowReader): void {
    skipParts(repeat(this.#element, countOf(reader, this.#element)), reader);
  }
}

/** MAP: its keys, and then its values. */
export class MapKind implements Kind {
  readonly name: string;
  readonly #key: Part;
  readonly #value: Part;

  constructor(name: string, key: Part, value: Part) {
    this.name = name;
    this.#key = key;
    this.#value = value;
  }

  take(value: unknown): unknown {
    if (
      Object.prototype.toString.call(value) !== '[object Map]' ||
      typeof (value as Map<unknown, unknown>).entries !== 'function'
    )
      throw new Refusal(`is ${describe(value)}, not a Map`);
    const keys: unknown[] = [];
    const values: unknown[] = [];
    for (const [key, entry] of value as Map<unknown, unknown>) {
      keys.push(within(' (a key)', () => takePart(this.#key, key)));
      values.push(within(`.get(${describe(key)})`, () => takePart(this.#value, entry)));
    }
    return [keys, values];
  }

  give(read: unknown): unknown {
    return read;
  }

  write(kept: unknown, writer: RowWriter): void {
    const [keys, values] = kept as readonly (readonly unknown[])[];
    writer.varint(keys.length);
    writeParts(repeat(this.#key, keys.length), keys, writer);
    writeParts(repeat(this.#value, values.length), values, writer);
  }

  read(reader: RowReader): unknown {
    const count = countOf(reader, this.#key);
    const keys: unknown[] = [];
    const entries = new Map<unknown, unknown>();
    readParts(repeat(this.#key, count), reader, (_, key) => keys.push(key));
    readParts(repeat(this.#value, count), reader, (i, value) => entries.set(keys[i], value));
    return entries;
  }

  skip(reader: RowReader): void {
    const count = countOf(reader, this.#key);
    skipParts(repeat(this.#key, count), reader);
    skipParts(repeat(this.#value, count), reader);
  }
}

/** ROW. */
export class RowKind implements Kind {
  readonly name: string;
  readonly #names: readonly string[];
  readonly #parts: readonly Part[];

  constructor(name: string, fields: readonly (Part & { readonly name: string })[]) {
    this.name = name;
    this.#names = fields.map((field) => field.name);
    this.#parts = fields;
  }

  take(value: unknown): unknown {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new Refusal(`is ${describe(value)}, not an object`);
    const members = value as Readonly<Record<string, unknown>>;
    const unknown = Object.keys(members).find((name) => !this.#names.includes(name));
    if (unknown !== undefined)
      throw new Refusal(
        `has a member ${JSON.stringify(unknown)}; ${this.name} has ${this.#names.join(', ')}`,
      );
    return this.#names.map((name, i) =>
      within(`.${name}`, () =>
        takePart(this.#parts[i], Object.hasOwn(members, name) ? members[name] : undefined),
      ),
    );
  }

  give(read: unknown): unknown {
    return read;
  }

  write(kept: unknown, writer: RowWriter): void {
    writeParts(this.#parts, kept as readonly unknown[], writer);
  }

  read(reader: RowReader): unknown {
    const members: Record<string, unknown> = {};
    readParts(this.#parts, reader, (i, value) => {
      members[this.#names[i]] = value;
    });
    return members;
  }

  skip(reader: RowReader): void {
    skipParts(this.#parts, reader);
  }
}

/** Runs a check of a part, and adds to its refusal where in the value that is. */
function within<T>(step: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw error instanceof Refusal ? error.within(step) : error;
  }
}

function repeat(part: Part, count: number): readonly Part[] {
  return new Array<Part>(count).fill(part);
}

/** A count of parts, each of which takes a bit at least. @throws {RangeError} for more than there can be. */
function countOf(reader: RowReader, { nullable }: Part): number {
  const count = reader.varint();
  const most = (reader.end - reader.at) * (nullable ? 8 : 1);
  // An empty ROW has no bytes, but there is none: rows have a field at least.
  if (count > most) throw new RangeError('a row holds more elements than bytes');
  return count;
}
