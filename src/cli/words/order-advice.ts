import type { ImportArgs } from '../usage/write.ts';
import { unescaped } from './entry-format.ts';

/** What to do about input that is not sorted, as a clause: with a command that sorts it by its keys, if there is one. */
export function orderAdvice(
  {
    format = 'lines',
    keySeparator = '\\t',
    keyFormat,
  }: Pick<ImportArgs, 'format' | 'keySeparator' | 'keyFormat'>,
  keyEncoding: string,
): string {
  const separator = unescaped(keySeparator);
  const byBytes = keyEncoding === 'utf8' || (keyEncoding === 'binary' && keyFormat === undefined);
  // sort takes one byte as a separator.
  const command =
    format === 'lines' && byBytes && /^[\t -~]$/.test(separator)
      ? `, or sort the input by its keys in byte order: LC_ALL=C sort -t ${inShell(separator)} -k 1,1`
      : '';
  return `Let the command sort with --sort${command}`;
}

function inShell(character: string): string {
  if (character === '\t') return "$'\\t'";
  return character === "'" ? `"'"` : `'${character}'`;
}
