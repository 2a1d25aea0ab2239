import type { InspectedProblem } from './report.ts';

/** Returns `1 entry`, `2 entries`; by default, the plural is the singular with an s. */
export function countOf(count: number, singular: string, plural: string = `${singular}s`): string {
  return `${count} ${count === 1 ? singular : plural}`;
}

/** Yields one line for each problem. */
export function* problemLines(problems: readonly InspectedProblem[]): Generator<string, void> {
  if (problems.length === 0) return;
  yield countOf(problems.length, 'problem');
  for (const { section, offset, message } of problems) {
    const placed = message.includes(', offset ') ? '' : ` (${section}, offset ${offset})`;
    yield `  ! ${message}${placed}`;
  }
}

/** Aligns the columns of rows: the first `numbers` to the right, the others to the left. */
export function table(rows: readonly (readonly string[])[], numbers = 0): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    // A long cell should not push the others off the screen.
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, Math.min(cell.length, 40));
  }
  return rows.map((row) =>
    row
      .map((cell, i) => (i < numbers ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
      .join('  ')
      .trimEnd(),
  );
}
