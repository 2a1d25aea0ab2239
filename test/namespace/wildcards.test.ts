import { expect, it } from 'vitest';
import { wildcards } from '../../src/namespace/wildcards.ts';

it.each([
  ['*', '', true],
  ['*', 'any', true],
  ['', '', true],
  ['a', 'a', true],
  ['a', 'ab', false],
  ['a*', 'ab', true],
  ['*a', 'ba', true],
  ['*a', 'bab', false],
  ['*ey*', 'key_1', true],
  ['*ey*', 'not_found', false],
  ['k?y', 'key', true],
  ['k?y', 'ky', false],
  ['a*b*c', 'a1b2b3c', true],
  ['a*b*c', 'a1c2b', false],
  ['a.c', 'abc', false],
  ['**', 'x', true],
])('%j and %j: %s', (pattern, text, matches) => {
  expect(wildcards(pattern)(text)).toBe(matches);
});

it('takes no time that grows with the number of stars', () => {
  const matches = wildcards(`${'*a'.repeat(200)}b`);
  expect(matches('a'.repeat(4000))).toBe(false);
});
