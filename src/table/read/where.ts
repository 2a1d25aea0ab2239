import { compareBytes } from '../../bytes/compare.ts';
import { compareKeys } from '../../codec/keys/compare-keys.ts';
import type { TupleElement } from '../../codec/keys/tuple.ts';
import { isBytes } from '../../codec/type-names.ts';
import { invalidArgument } from '../../errors.ts';
import type { ColumnSet, TableColumn } from '../row/column-set.ts';
import { type NamedValues, namedValues } from '../row/key-layout.ts';
import type { KeyKind } from '../row/kind.ts';
import { ArrayKind, MapKind, RowKind } from '../row/nested-kinds.ts';
import type { Row } from '../row/row-projection.ts';
import type { RowBounds } from './row-range.ts';

/** Bounds of a column's values. */
export interface Comparison<T> {
  readonly eq?: T | undefined;
  readonly gt?: T | undefined;
  readonly gte?: T | undefined;
  readonly lt?: T | undefined;
  readonly lte?: T | undefined;
}

const OPERATORS = ['eq', 'gt', 'gte', 'lt', 'lte'] as const;
type Operator = (typeof OPERATORS)[number];

/** One comparison. `value` is in the form in which the column's kind keeps it; null for null. */
interface Condition {
  readonly column: TableColumn;
  readonly operator: Operator;
  readonly value: unknown;
}

/** What rows must meet that is no range of keys. */
export interface RowFilter {
  /** The columns that it looks at. */
  readonly names: readonly string[];
  matches(row: Row): boolean;
}

/**
 * Narrows bounds by conditions: on leading columns of the key they are a range; what remains is a filter.
 *
 * @throws {CairnError} `INVALID_ARGUMENT`.
 */
export function applyWhere(bounds: RowBounds, set: ColumnSet, where: unknown): RowFilter | undefined {
  if (where === undefined) return undefined;
  const conditions = Object.entries(namedValues(set, where, 'where')).flatMap(([name, given]) =>
    given === undefined ? [] : conditionsOf(set, set.column(name, 'where'), given),
  );
  const rest = new Set(conditions);
  const prefix: TupleElement[] = [];
  const elementOf = ({ column, value }: Condition): TupleElement => (column.kind as KeyKind).toElement(value);
  for (const column of set.key) {
    const own = conditions.filter((condition) => condition.column === column && condition.value !== null);
    const equal = own.find(({ operator }) => operator === 'eq');
    if (equal === undefined) {
      for (const condition of own) {
        const elements = [...prefix, elementOf(condition)];
        const { operator } = condition;
        if (operator === 'gt' || operator === 'gte') bounds.from(elements, operator === 'gte');
        else bounds.to(elements, operator === 'lte');
        rest.delete(condition);
      }
      break;
    }
    prefix.push(elementOf(equal));
    rest.delete(equal);
  }
  bounds.prefix(prefix);
  if (rest.size === 0) return undefined;
  const list = [...rest];
  return {
    names: [...new Set(list.map(({ column }) => column.name))],
    matches: (row) => list.every((condition) => isMet(condition, row[condition.column.name])),
  };
}

function conditionsOf(set: ColumnSet, column: TableColumn, given: unknown): Condition[] {
  const { name, kind } = column;
  const refuse = (why: string): never => {
    throw invalidArgument('where', `${set.table}: where.${name} ${why}`);
  };
  if (kind instanceof ArrayKind || kind instanceof MapKind || kind instanceof RowKind)
    return refuse(`compares ${kind.name}, which has no order`);
  const take = (value: unknown): unknown => {
    if (value === null) return null;
    try {
      return kind.take(value);
    } catch (error) {
      throw set.refused(name, error);
    }
  };
  if (!isPlainObject(given)) return [{ column, operator: 'eq', value: take(given) }];
  const conditions: Condition[] = [];
  for (const [operator, value] of Object.entries(given)) {
    if (!(OPERATORS as readonly string[]).includes(operator))
      return refuse(
        `has ${JSON.stringify(operator)}; write a value, or an object with ${OPERATORS.join(', ')}`,
      );
    if (value === undefined) continue;
    if (value === null && operator !== 'eq') return refuse(`can't be compared with null by ${operator}`);
    conditions.push({ column, operator: operator as Operator, value: take(value) });
  }
  return conditions;
}

function isPlainObject(value: unknown): value is NamedValues {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function isMet({ column, operator, value }: Condition, found: unknown): boolean {
  if (value === null || found === null) return operator === 'eq' && value === found;
  const order = compareKept(column.kind.take(found), value);
  switch (operator) {
    case 'eq':
      return order === 0;
    case 'gt':
      return order > 0;
    case 'gte':
      return order >= 0;
    case 'lt':
      return order < 0;
    case 'lte':
      return order <= 0;
  }
}

/** NaN equals itself, and is neither before nor after anything. */
function compareKept(a: unknown, b: unknown): number {
  if (typeof a === 'string') return compareKeys(a, b as string);
  if (isBytes(a)) return compareBytes(a, b as Uint8Array);
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) && Number.isNaN(b) ? 0 : Number.NaN;
  const [x, y] = [a as number, b as number];
  return x < y ? -1 : x > y ? 1 : 0;
}
