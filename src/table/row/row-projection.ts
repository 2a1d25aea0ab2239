import { decodeElements, type TupleElement } from '../../codec/keys/tuple.ts';
import type { ColumnSet } from './column-set.ts';
import type { KeyKind, Kind } from './kind.ts';
import { isSet } from './nested-kinds.ts';
import { bitBytesOf } from './row-encoder.ts';
import { RowReader } from './row-reader.ts';

/** A row as an object by the names of columns. */
export type Row = Record<string, unknown>;

/** A version of the columns that a row was written by, and that is not known here yet. */
export class UnknownVersion extends Error {
  readonly number: number;

  constructor(number: number) {
    super(`a row was written by version ${number} of the columns`);
    this.number = number;
  }
}

/** What is done for one kept column of a row: it is read into a member, or skipped. */
interface Step {
  readonly kind: Kind;
  /** Undefined for a column that is skipped. */
  readonly name: string | undefined;
  /** Its null bit; −1 for a column that is never null. */
  readonly bit: number;
}

/** How rows of one version are read. */
interface Plan {
  readonly bitBytes: number;
  /** Up to the last column that is wanted. */
  readonly steps: readonly Step[];
}

/** Reads rows as objects with the columns that are wanted, and decodes no others. */
export class RowProjection {
  /** With all members that a row has, null, in order: its copies have one shape. */
  readonly #template: Row;
  readonly #plans = new Map<number, Plan>();
  readonly #wanted: ReadonlyMap<number, string>;
  /** Of the key's columns, up to the last that is wanted. */
  readonly #keySteps: readonly { readonly kind: KeyKind; readonly name: string | undefined }[];
  readonly #setOf: (version: number) => ColumnSet | undefined;
  readonly #reader = new RowReader();

  /** @param names the wanted columns of `set`; undefined for all. */
  constructor(
    set: ColumnSet,
    names: readonly string[] | undefined,
    setOf: (version: number) => ColumnSet | undefined,
  ) {
    const wanted = (names ?? set.names).map((name) => set.column(name, 'columns'));
    this.#template = Object.fromEntries(wanted.map(({ name }) => [name, null]));
    this.#wanted = new Map(wanted.filter(({ keyAt }) => keyAt < 0).map(({ id, name }) => [id, name]));
    const isWanted = new Set(wanted.map(({ name }) => name));
    this.#keySteps = set.key
      .slice(
        0,
        endOf(set.key, ({ name }) => isWanted.has(name)),
      )
      .map(({ name, kind }) => ({ kind: kind as KeyKind, name: isWanted.has(name) ? name : undefined }));
    this.#setOf = setOf;
  }

  /**
   * Reads a row: its value is `bytes[start…end)`, and its key begins at `keyStart`. `view` is a view of the same memory.
   *
   * @throws {UnknownVersion}; {RangeError | TypeError} for bytes that are no row.
   */
  read(bytes: Uint8Array, view: DataView, keyStart: number, start: number, end: number): Row {
    const row = this.#begin(bytes, view, start, end);
    if (this.#keySteps.length > 0)
      this.#readKey(row, decodeElements(bytes, keyStart, start, this.#keySteps.length));
    return row;
  }

  /** Reads a row whose key is known. @throws as {@link read}. */
  readWith(key: readonly TupleElement[], bytes: Uint8Array, view: DataView): Row {
    const row = this.#begin(bytes, view, 0, bytes.length);
    this.#readKey(row, key);
    return row;
  }

  #begin(bytes: Uint8Array, view: DataView, start: number, end: number): Row {
    const reader = this.#reader;
    reader.open(bytes, view, start, end);
    const { bitBytes, steps } = this.#plan(reader.varint());
    const row = { ...this.#template };
    const bits = reader.at;
    reader.skip(bitBytes);
    for (let i = 0; i < steps.length; i++) {
      const { kind, name, bit } = steps[i];
      if (bit >= 0 && isSet(bytes, bits, bit)) continue;
      if (name === undefined) kind.skip(reader);
      else row[name] = kind.give(kind.read(reader));
    }
    reader.check();
    return row;
  }

  #readKey(row: Row, elements: readonly TupleElement[]): void {
    const steps = this.#keySteps;
    for (let i = 0; i < steps.length; i++) {
      const { kind, name } = steps[i];
      if (name !== undefined) row[name] = kind.give(kind.fromElement(elements[i]));
    }
  }

  #plan(version: number): Plan {
    const known = this.#plans.get(version);
    if (known !== undefined) return known;
    const set = this.#setOf(version);
    if (set === undefined) throw new UnknownVersion(version);
    let bits = 0;
    const steps = set.kept.map(({ id, kind, nullable }) => ({
      kind,
      name: this.#wanted.get(id),
      bit: nullable ? bits++ : -1,
    }));
    const end = endOf(steps, ({ name }) => name !== undefined);
    const plan = { bitBytes: bitBytesOf(set.kept), steps: steps.slice(0, end) };
    this.#plans.set(version, plan);
    return plan;
  }
}

/** Where the elements end of which one is wanted. */
function endOf<T>(list: readonly T[], isWanted: (element: T) => boolean): number {
  let end = list.length;
  while (end > 0 && !isWanted(list[end - 1])) end--;
  return end;
}
