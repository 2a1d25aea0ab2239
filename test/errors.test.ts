import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { checkCollectionOptions } from '../src/collection/collection-options.ts';
import { asText, reasonOf } from '../src/errors.ts';

const rowsIn = (file: string): string[] =>
  readFileSync(new URL(`../${file}`, import.meta.url), 'utf8').match(/\| `[A-Z_]+` \| .* \|$/gm) ?? [];

it('the page about operating lists the codes of errors as their type does', () => {
  const rows = rowsIn('src/errors.ts');
  expect(rows.length).toBe(16);
  expect(rowsIn('src/store/README.md')).toEqual(rows);
});

it('puts a wrong argument into a message, whatever it is', () => {
  for (const [value, text] of [
    [undefined, 'undefined'],
    [null, 'null'],
    [-0.5, '-0.5'],
    ['many', 'many'],
    [Symbol('s'), 'Symbol(s)'],
    [{}, '[object Object]'],
    [Object.create(null), 'an object'],
    [{ toString: null }, 'an object'],
    [[Object.create(null)], 'an object'],
  ] as const)
    expect(asText(value)).toBe(text);
  expect(() => checkCollectionOptions({ follow: Object.create(null) })).toThrow(/, not an object$/);
});

it('says something of whatever was thrown', () => {
  expect(reasonOf(new TypeError('wrong'))).toBe('wrong');
  expect(reasonOf('wrong')).toBe('wrong');
  expect(reasonOf(undefined)).toBe('undefined');
  expect(reasonOf(Object.create(null))).toBe('an object');
});
