import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const rowsIn = (file: string): string[] =>
  readFileSync(new URL(`../${file}`, import.meta.url), 'utf8').match(/\| `[A-Z_]+` \| .* \|$/gm) ?? [];

it('the page about operating lists the codes of errors as their type does', () => {
  const rows = rowsIn('src/errors.ts');
  expect(rows.length).toBe(16);
  expect(rowsIn('src/store/README.md')).toEqual(rows);
});
