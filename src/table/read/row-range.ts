import { compareBytes } from '../../bytes/compare.ts';
import { KeyBuffer } from '../../bytes/key-buffer.ts';
import { checkOptions } from '../../check-options.ts';
import type { TupleElement, TupleKey } from '../../codec/keys/tuple.ts';
import { tupleKeys } from '../../codec/keys/tuple-keys.ts';
import { invalidArgument } from '../../errors.ts';
import { encodeKey } from '../../store/read/encode-key.ts';
import type { Bound, EncodedRange } from '../../store/read/range.ts';
import type { ColumnSet } from '../row/column-set.ts';
import { elementOf, type NamedValues, namedValues, ownValue } from '../row/key-layout.ts';

/** Bounds by leading columns of the key: of keys that begin with the same values, all or none are meant. */
export interface KeyRange<K> {
  readonly gt?: Partial<K> | undefined;
  readonly gte?: Partial<K> | undefined;
  readonly lt?: Partial<K> | undefined;
  readonly lte?: Partial<K> | undefined;
}

/** Rows sort after what a table keeps besides them, whose keys begin with null. */
const FIRST_ROW: Uint8Array = Uint8Array.of(0x03);

/** After all keys that begin with an element, because no element begins with this byte. */
const AFTER_ALL = 0xff;

const buffer: KeyBuffer = new KeyBuffer();

/** A range of rows, whose bounds become narrower. */
export class RowBounds {
  #lower: Bound = { key: FIRST_ROW, inclusive: true };
  #upper: Bound | undefined;

  /** Only rows whose keys begin with these elements. */
  prefix(elements: TupleKey): void {
    if (elements.length === 0) return;
    this.from(elements, true);
    this.to(elements, true);
  }

  /** Only rows from these elements on; those that begin with them belong to it if `inclusive`. */
  from(elements: TupleKey, inclusive: boolean): void {
    const { key, isCut } = encoded(elements);
    const bound = { key: inclusive || isCut ? key : after(key), inclusive: true };
    const order = compareBytes(bound.key, this.#lower.key);
    if (order > 0) this.#lower = bound;
  }

  /** Only rows up to these elements; those that begin with them belong to it if `inclusive`. */
  to(elements: TupleKey, inclusive: boolean): void {
    const { key, isCut } = encoded(elements);
    const bound = { key: inclusive && !isCut ? after(key) : key, inclusive: false };
    if (this.#upper === undefined || compareBytes(bound.key, this.#upper.key) < 0) this.#upper = bound;
  }

  encoded({
    reverse = false,
    limit = Number.POSITIVE_INFINITY,
    signal,
  }: Partial<Pick<EncodedRange, 'reverse' | 'limit' | 'signal'>>): EncodedRange {
    return { lower: this.#lower, upper: this.#upper, reverse, limit, signal };
  }
}

function encoded(elements: TupleKey): { readonly key: Uint8Array; readonly isCut: boolean } {
  const { bytes, isCut } = encodeKey(elements, tupleKeys, buffer, true);
  return { key: bytes, isCut };
}

function after(key: Uint8Array): Uint8Array {
  const end = new Uint8Array(key.length + 1);
  end.set(key);
  end[key.length] = AFTER_ALL;
  return end;
}

/** Narrows bounds by a caller's range. @throws {CairnError} `INVALID_ARGUMENT`. */
export function applyRange(
  bounds: RowBounds,
  set: ColumnSet,
  range: KeyRange<NamedValues> | undefined,
): void {
  if (range === undefined) return;
  const { gt, gte, lt, lte } = checkOptions(range, ['gt', 'gte', 'lt', 'lte']);
  if (gt !== undefined) bounds.from(leadingElements(set, gt, 'range.gt'), false);
  if (gte !== undefined) bounds.from(leadingElements(set, gte, 'range.gte'), true);
  if (lt !== undefined) bounds.to(leadingElements(set, lt, 'range.lt'), false);
  if (lte !== undefined) bounds.to(leadingElements(set, lte, 'range.lte'), true);
}

/**
 * Returns the elements of leading columns of the key, which are at least one.
 *
 * @throws {CairnError} `INVALID_ARGUMENT` for a gap, and for columns that are none of the key.
 */
export function leadingElements(set: ColumnSet, given: unknown, argument: string): TupleElement[] {
  const values = namedValues(set, given, argument);
  const names = Object.keys(values).filter((name) => values[name] !== undefined);
  const leading = set.key.slice(0, names.length);
  const other = names.find((name) => !leading.some((column) => column.name === name));
  if (names.length === 0 || other !== undefined) {
    const what = other === undefined ? 'no column' : JSON.stringify(other);
    throw invalidArgument(
      argument,
      `${set.table}: ${argument} has ${what}, and must name leading columns of the key (${set.definition.primaryKey.join(', ')})`,
    );
  }
  return leading.map((column) => elementOf(set, column, ownValue(values, column.name), argument));
}
