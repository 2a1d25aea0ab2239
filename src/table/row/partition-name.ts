import { invalidArgument } from '../../errors.ts';

/** Returns the short name of a partition: its values, such as `2024-01-15$US`. */
export function partitionName(values: readonly string[]): string {
  return values.join('$');
}

/** Returns the name of a partition with its columns, such as `date=2024-01-15/region=US`. */
export function qualifiedPartitionName(columns: readonly string[], values: readonly string[]): string {
  return columns.map((column, i) => `${column}=${values[i]}`).join('/');
}

/** Reads a short name. @throws {CairnError} `INVALID_ARGUMENT` if it has another number of values. */
export function parsePartitionName(columns: readonly string[], name: string): string[] {
  const values = name.split('$');
  if (values.length === columns.length) return values;
  throw wrongCount(columns, name, values.length);
}

/** Reads a name with columns, in any order. @throws {CairnError} `INVALID_ARGUMENT` for other columns. */
export function parseQualifiedPartitionName(columns: readonly string[], name: string): string[] {
  const parts = name.split('/').map((part): [string, string] => {
    const at = part.indexOf('=');
    if (at > 0) return [part.slice(0, at), part.slice(at + 1)];
    throw invalidArgument(
      'partition',
      `the partition ${JSON.stringify(name)} must be written column=value/column=value`,
    );
  });
  if (parts.length !== columns.length) throw wrongCount(columns, name, parts.length);
  const given = new Map(parts);
  return columns.map((column) => {
    const value = given.get(column);
    if (value !== undefined) return value;
    throw invalidArgument(
      'partition',
      `the partition ${JSON.stringify(name)} lacks the column ${column}; the table is partitioned by ${columns.join(', ')}`,
    );
  });
}

function wrongCount(columns: readonly string[], name: string, count: number): Error {
  return invalidArgument(
    'partition',
    `the partition ${JSON.stringify(name)} has ${count} values, but the table is partitioned by ` +
      `${columns.length} columns (${columns.join(', ')})`,
  );
}
