/** Rows as text in columns two spaces apart. Columns whose name is in `right` are flush right. */
export function formatTable(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly string[] = [],
): string {
  const widths = columns.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i].length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (right.includes(columns[i]) ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
      .join('  ')
      .trimEnd();
  return [columns, ...rows].map((row) => `${line(row)}\n`).join('');
}
