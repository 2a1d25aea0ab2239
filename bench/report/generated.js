import { readFileSync, writeFileSync } from 'node:fs';

const BEGIN = '<!-- generated:begin -->';
const END = '<!-- generated:end -->';

/**
 * Replaces the generated part of a page; the parts around it are written by hand.
 * @param {string} path
 * @param {string} generated
 */
export function replaceGenerated(path, generated) {
  const text = readFileSync(path, 'utf8');
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin === -1 || end < begin) throw new Error(`${path} must hold ${BEGIN} and then ${END}`);
  writeFileSync(path, `${text.slice(0, begin)}${BEGIN}\n\n${generated}\n\n${text.slice(end)}`);
}
