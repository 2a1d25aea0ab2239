import type { Row } from '../row/row-projection.ts';

/** Yields those rows that match, with the columns that are wanted (undefined: all), and at most so many. */
export async function* filtered(
  rows: AsyncIterable<Row>,
  matches: (row: Row) => boolean,
  columns: readonly string[] | undefined,
  limit: number,
): AsyncIteratorObject<Row, undefined> {
  let left = limit;
  if (left === 0) return;
  for await (const row of rows) {
    if (!matches(row)) continue;
    yield columns === undefined ? row : Object.fromEntries(columns.map((name) => [name, row[name]]));
    if (--left === 0) return;
  }
}
