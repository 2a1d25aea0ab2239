import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Replaces the generated part of a page; the parts around it are written by hand.
 * @param {string} path
 * @param {string} generated
 * @param {string} [part]  which one, where a page has several
 */
export function replaceGenerated(path, generated, part = 'generated') {
  const [opening, closing] = [`<!-- ${part}:begin -->`, `<!-- ${part}:end -->`];
  const text = readFileSync(path, 'utf8');
  const begin = text.indexOf(opening);
  const end = text.indexOf(closing);
  if (begin === -1 || end < begin) throw new Error(`${path} must hold ${opening} and then ${closing}`);
  writeFileSync(path, `${text.slice(0, begin)}${opening}\n\n${generated}\n\n${text.slice(end)}`);
}
