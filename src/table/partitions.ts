import { decodeElements, type TupleElement, type TupleKey } from '../codec/keys/tuple.ts';
import { tupleKeys } from '../codec/keys/tuple-keys.ts';
import type { OpenVersion } from '../collection/read/open-version.ts';
import { CairnError, invalidArgument } from '../errors.ts';
import { RowDecoder } from './read/row-decoder.ts';
import type { ColumnSet } from './row/column-set.ts';
import { type NamedValues, namedValues, ownValue } from './row/key-layout.ts';
import { partitionName, qualifiedPartitionName } from './row/partition-name.ts';
import { Refusal } from './schema/refusal.ts';
import { PARTITION_MARK, reopened, type TableHandle } from './table-handle.ts';

/** A partition of a table. */
export interface PartitionInfo {
  /** Its values, such as `2024-01-15$US`. */
  readonly name: string;
  /** Its columns and values, such as `date=2024-01-15/region=US`. */
  readonly qualifiedName: string;
  /** Its values by column, as rows have them. */
  readonly values: { readonly [column: string]: unknown };
}

/** Where the mark of a partition lies. */
export function partitionKey(elements: readonly TupleElement[]): TupleKey {
  return [null, PARTITION_MARK, ...elements];
}

/** The elements of the partition to which a row belongs. @throws {CairnError} `INVALID_ARGUMENT`. */
export function partitionOfRow(set: ColumnSet, row: NamedValues): TupleElement[] {
  return set.definition.partitionedBy.map((name) => partitionElement(set, name, ownValue(row, name)));
}

/** The elements of a partition that a caller names whole. @throws {CairnError} `INVALID_ARGUMENT`. */
export function partitionElements(set: ColumnSet, given: unknown): TupleElement[] {
  const { partitionedBy } = set.definition;
  const values = filterValues(set, given);
  const missing = partitionedBy.find((name) => ownValue(values, name) === undefined);
  if (missing !== undefined) {
    throw invalidArgument(
      'partition',
      `${set.table}: the partition lacks ${JSON.stringify(missing)}; the table is partitioned by ${partitionedBy.join(', ')}`,
    );
  }
  return partitionedBy.map((name) => partitionElement(set, name, ownValue(values, name)));
}

/** Whether a partition has the values of a filter. @throws {CairnError} `INVALID_ARGUMENT` for the filter. */
export function partitionFilter(
  set: ColumnSet,
  given: unknown,
): (elements: readonly TupleElement[]) => boolean {
  const values = given === undefined ? {} : filterValues(set, given);
  const wanted = set.definition.partitionedBy.map((name) => {
    const value = ownValue(values, name);
    return value === undefined ? undefined : textOf(set, name, partitionElement(set, name, value));
  });
  return (elements) =>
    wanted.every(
      (text, i) => text === undefined || text === textOf(set, set.definition.partitionedBy[i], elements[i]),
    );
}

/** Describes a partition by its elements. */
export function describePartition(set: ColumnSet, elements: readonly TupleElement[]): PartitionInfo {
  const { partitionedBy } = set.definition;
  const texts = elements.map((element, i) => textOf(set, partitionedBy[i], element));
  return {
    name: partitionName(texts),
    qualifiedName: qualifiedPartitionName(partitionedBy, texts),
    values: Object.fromEntries(
      elements.map((element, i) => {
        const kind = set.keyKind(partitionedBy[i]);
        return [partitionedBy[i], kind.give(kind.fromElement(element))];
      }),
    ),
  };
}

/** The error for a partition that is not there. */
export function noPartition(set: ColumnSet, elements: readonly TupleElement[]): CairnError {
  const { name } = describePartition(set, elements);
  return new CairnError('NOT_FOUND', `Table partition '${set.table}(p=${name})' does not exist.`);
}

/** Lists the elements of the partitions that a version has, in their order. */
export async function readPartitions(
  handle: TableHandle,
  version: OpenVersion,
  signal?: AbortSignal,
): Promise<TupleElement[][]> {
  const partitions: TupleElement[][] = [];
  const decoder = new RowDecoder<TupleKey>((bytes, _, keyStart, start) =>
    decodeElements(bytes, keyStart, start, 2 + handle.definition.partitionedBy.length),
  );
  const bounds = {
    lower: { key: encodedMark(0), inclusive: true },
    upper: { key: encodedMark(1), inclusive: false },
  };
  const range = { ...bounds, reverse: false, limit: Number.POSITIVE_INFINITY, signal };
  for await (const key of handle.scan(decoder, reopened(version), range)) partitions.push(key.slice(2));
  return partitions;
}

/** The bytes with which the keys of marks begin, or what comes after all of these. */
function encodedMark(after: 0 | 1): Uint8Array {
  const target = new Uint8Array(64);
  const length = tupleKeys.encodeInto(partitionKey([]), target);
  if (after === 1) target[length] = 0xff;
  return target.slice(0, length + after);
}

/** @throws {CairnError} `UNSUPPORTED` for a table without partitions. */
export function refuseUnpartitioned(set: ColumnSet): void {
  if (set.definition.partitionedBy.length > 0) return;
  throw new CairnError('UNSUPPORTED', `${set.table} has no partitions: it was made without partitionedBy`);
}

function filterValues(set: ColumnSet, given: unknown): NamedValues {
  const values = namedValues(set, given, 'partition');
  const { partitionedBy } = set.definition;
  const other = Object.keys(values).find(
    (name) => values[name] !== undefined && !partitionedBy.includes(name),
  );
  if (other === undefined) return values;
  throw invalidArgument(
    'partition',
    `${set.table}: the partition has ${JSON.stringify(other)}, but the table is partitioned by ${partitionedBy.join(', ') || 'nothing'}`,
  );
}

function partitionElement(set: ColumnSet, name: string, value: unknown): TupleElement {
  const kind = set.keyKind(name);
  try {
    if (value === undefined || value === null)
      throw new Refusal(`is ${String(value)}, and the table is partitioned by it`);
    return kind.toElement(kind.take(value));
  } catch (error) {
    throw set.refused(name, error);
  }
}

function textOf(set: ColumnSet, name: string, element: TupleElement): string {
  const kind = set.keyKind(name);
  return kind.toText(kind.fromElement(element));
}

/** Text that no other elements have. */
export function elementsName(elements: readonly TupleElement[]): string {
  return elements.map((element) => `${typeof element}:${String(element)}`).join('\u0000');
}
