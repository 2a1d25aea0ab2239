import { invalidArgument } from '../../errors.ts';
import type { StoreInfo } from '../../node/index.ts';
import type { KeyText } from '../../text/key-text.ts';
import { formatValue } from './value-text.ts';

/** How an entry is shown: pieces of text, and what stands between them. */
export type EntryTemplate = readonly (string | { readonly field: 'key' | 'value' })[];

/** `[key] value`, as Fluvio shows records. */
export const BRACKETED: EntryTemplate = ['[', { field: 'key' }, '] ', { field: 'value' }];

/**
 * A template of the command line, such as `{{key}} = {{value}}`; `\t`, `\n` and `\\` are escapes.
 *
 * @throws {CairnError} `INVALID_ARGUMENT` for a field that there isn't.
 */
export function parseTemplate(text: string): EntryTemplate {
  const pieces = text.split(/\{\{(.*?)\}\}/s);
  return pieces.map((piece, i) => {
    if (i % 2 === 0) return piece.replace(/\\([tn\\])/g, (_, name: string) => ESCAPES[name]);
    const name = piece.trim();
    if (name === 'key' || name === 'value') return { field: name };
    throw invalidArgument(
      'template',
      `--template: there is no {{${piece}}}; there are {{key}} and {{value}}`,
    );
  });
}

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', '\\': '\\' };

/** Shows entries as a template says, a line each. Nothing is escaped. */
export function templateFormatter(
  template: EntryTemplate,
  keys: KeyText,
  { valueEncoding }: Pick<StoreInfo, 'valueEncoding'>,
): (key: unknown, value: unknown) => string {
  return (key, value) => {
    let text = '';
    for (const piece of template) {
      if (typeof piece === 'string') text += piece;
      else text += piece.field === 'key' ? keys.format(key) : formatValue(value, { valueEncoding });
    }
    return `${text}\n`;
  };
}
