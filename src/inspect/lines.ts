import type { InspectedProblem } from './report.ts';

/** `1 entry`, `2 entries`; the plural is the singular and an s unless given. */
export function countOf(count: number, singular: string, plural: string = `${singular}s`): string {
  return `${count} ${count === 1 ? singular : plural}`;
}

/** What is wrong, one line each. */
export function* problemLines(problems: readonly InspectedProblem[]): Generator<string, void> {
  if (problems.length === 0) return;
  yield countOf(problems.length, 'problem');
  for (const { section, offset, message } of problems) {
    const placed = message.includes(', offset ') ? '' : ` (${section}, offset ${offset})`;
    yield `  ! ${message}${placed}`;
  }
}

/** Rows as columns that are aligned: numbers to the right, everything else to the left. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  const numeric: boolean[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) {
      // A cell of many bytes should not push the others off the screen.
      widths[i] = Math.max(widths[i] ?? 0, Math.min(cell.length, 40));
      numeric[i] = /^\+?\d+$/.test(cell) || (numeric[i] ?? false);
    }
  }
  return rows.map((row) =>
    row
      .map((cell, i) => (numeric[i] ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
      .join('  ')
      .trimEnd(),
  );
}
