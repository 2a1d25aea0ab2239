import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const README = readFileSync(new URL('./README.md', import.meta.url), 'utf8');

/** The rows of what collections promise. */
const PROMISES = [...README.matchAll(/^\| (P\d) \| .* \| (.*) \|$/gm)].map(([, from, held]) => ({
  from,
  held,
}));

/** The rows of the other tables: number or numbers, and what holds them. */
const ROWS = [...README.matchAll(/^\| (\d+)(?:–(\d+))? \| .* \| (.*) \|$/gm)].map(([, from, to, held]) => ({
  from: Number(from),
  to: Number(to ?? from),
  held,
}));

function sourceOf(name: string): string | undefined {
  for (const suffix of ['.test.ts', '.ts', '.browser.ts', '.page.ts', '']) {
    const file = new URL(`../${name}${suffix}`, import.meta.url);
    if (existsSync(file) && !name.endsWith('/')) return readFileSync(file, 'utf8');
  }
  return undefined;
}

it('the README lists all 68 cases, once each', () => {
  const numbers = ROWS.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, i) => from + i));
  expect(numbers).toEqual(Array.from({ length: 68 }, (_, i) => i + 1));
});

it('the README lists the six promises of collections', () => {
  expect(PROMISES.map(({ from }) => from)).toEqual(['P1', 'P2', 'P3', 'P4', 'P5', 'P6']);
});

it('the README names files and tests that there are', () => {
  const missing: string[] = [];
  let found = 0;
  for (const { from, held } of [...ROWS, ...PROMISES]) {
    for (const [, name, phrases] of held.matchAll(
      /\b([a-z0-9]+(?:\/[a-z0-9-]+)+(?:\.[a-z][a-z0-9-]*)*)(?: › ([^|;(.,]*))?/g,
    )) {
      const source = sourceOf(name);
      if (source === undefined) missing.push(`${from}: ${name}`);
      else if (phrases !== undefined && !/^(cases? )?\d/.test(phrases) && !source.includes(phrases.trim()))
        missing.push(`${from}: ${name} › ${phrases}`);
      else found++;
    }
  }
  expect(missing).toEqual([]);
  expect(found).toBeGreaterThan(90);
});
