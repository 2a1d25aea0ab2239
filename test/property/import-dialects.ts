import { parse } from 'csv-parse/sync';
import { SeededRandom } from '../support/seeded-random.ts';

/** Rows of cells that a reader finds in a text, or why it refuses it. */
export type Reading = readonly (readonly string[])[] | { readonly refused: string };

/** What an import comes to: the entries in order, values as JSON, or the reason why it is refused. */
export type ImportOutcome =
  | { readonly entries: readonly (readonly [string, string])[] }
  | { readonly refused: string };

/** A file of CSV, and how it is to be read. */
export interface ImportCase {
  readonly seed: number;
  readonly bytes: Uint8Array;
  readonly delimiter: string;
  readonly quote: string | null;
  /** The names of the columns, for a file without a header. */
  readonly columns: readonly string[] | undefined;
  /** The options of `cairn import`. */
  readonly options: readonly string[];
}

const NAMES = ['key', 'a', 'b', 'c'];
const ENDS = ['\n', '\n', '\r\n', '\r\n', '\r'];
/** Bytes that mean something to some reader. */
const SPECIAL: readonly number[] = [...Buffer.from(',;\t| "\'\n\r\\\0\ufeffé#x')];

/** The file that a seed makes: of a careful or a careless writer, some of them damaged afterwards. */
export function importCase(seed: number): ImportCase {
  const random = new SeededRandom(seed);
  const tsv = random.oneIn(5);
  const delimiter = tsv ? '\t' : random.pick([',', ',', ';', '\t', '|', ' ']);
  const quote = tsv ? null : random.pick(['"', '"', '"', "'", null]);
  const names = NAMES.slice(0, 2 + random.below(3));
  const order = names.map((name) => ({ name, at: random.next() })).sort((x, y) => x.at - y.at);
  const columns = order.map(({ name }) => name);
  const header = !random.oneIn(4);
  const careful = !random.oneIn(3);
  const end = random.pick(ENDS);
  const cell = (): string => {
    const length = random.pick([0, 1, 1, 2, 3, 5, 20]);
    const units = [
      'a',
      'b',
      'é',
      '😀',
      ' ',
      delimiter,
      ',',
      quote ?? '"',
      '\n',
      '\r',
      '\r\n',
      '\\',
      '#',
      '\ufeff',
    ];
    return Array.from({ length }, () => random.pick(random.oneIn(2) ? units : ['x', 'y', '1'])).join('');
  };
  const written = (text: string): string => {
    if (!careful && random.oneIn(3)) return text;
    if (quote === null) return text.replaceAll(/[\r\n]/g, '').replaceAll(delimiter, '');
    const needed = text.includes(delimiter) || text.includes(quote) || /[\r\n\ufeff]/.test(text);
    return needed || random.oneIn(4) ? `${quote}${text.replaceAll(quote, quote + quote)}${quote}` : text;
  };
  let text = random.oneIn(10) ? '\ufeff' : '';
  if (header) text += columns.map(written).join(delimiter) + end;
  const count = random.below(7);
  for (let row = 0; row < count; row++) {
    if (random.oneIn(15)) text += end;
    const cells = columns.map((name) =>
      name === 'key' ? `k${row}${random.oneIn(4) ? cell() : ''}` : cell(),
    );
    if (!careful && random.oneIn(15)) cells.pop();
    const last = row + 1 === count && random.oneIn(3);
    text += cells.map(written).join(delimiter) + (last ? '' : random.oneIn(30) ? random.pick(ENDS) : end);
  }
  let bytes: Uint8Array = Buffer.from(text);
  for (let left = random.oneIn(3) ? 1 + random.below(3) : 0; left > 0; left--) bytes = damaged(bytes, random);
  const named = header ? [] : ['--columns', columns.join(',')];
  const splitting = tsv ? [] : ['--delimiter', delimiter, '--quote', quote ?? 'none'];
  return {
    seed,
    bytes,
    delimiter,
    quote,
    columns: header ? undefined : columns,
    options: ['--format', tsv ? 'tsv' : 'csv', ...splitting, ...named, '--sort', '--on-duplicate', 'first'],
  };
}

function damaged(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const at = random.below(bytes.length + 1);
  const byte = random.oneIn(5) ? random.below(256) : random.pick(SPECIAL);
  const removed = random.below(3) === 0 ? 0 : 1;
  const inserted = random.below(3) === 0 ? [] : [byte];
  return Buffer.concat([bytes.subarray(0, at), Uint8Array.from(inserted), bytes.subarray(at + removed)]);
}

/** The text of a file; `undefined` if it is not UTF-8, which every import refuses. */
export function textOf({ bytes }: ImportCase): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** The text that lies outside quotes, if each of them opens or closes some. */
function outside(text: string, quote: string | null): string {
  if (quote === null) return text;
  return text
    .split(quote)
    .filter((_, i) => i % 2 === 0)
    .join('\0');
}

/** Whether rows end in CR alone, by the rule of `csvLineEnds`. */
export function endsInReturns(text: string, quote: string | null): boolean {
  const plain = outside(text, quote);
  return plain.includes('\r') && !plain.includes('\n');
}

/** Whether a carriage return is part of a cell without quotes, which many readers take for the end of a row. */
export function hasBareReturns(text: string, quote: string | null): boolean {
  return !endsInReturns(text, quote) && /\r(?!\n)/.test(outside(text, quote));
}

/** What csv-parse reads. */
export function readByCsvParse({ delimiter, quote }: ImportCase, text: string): Reading {
  try {
    return parse(text, {
      delimiter,
      quote,
      escape: quote ?? '"',
      record_delimiter: endsInReturns(text, quote) ? ['\r'] : ['\n', '\r\n'],
      relax_column_count: true,
      skip_empty_lines: true,
    });
  } catch (error) {
    return { refused: (error as Error).message };
  }
}

/** What `cairn import` is to make of the rows: its own rules, which no other reader has. */
export function expectedOutcome({ columns, quote }: ImportCase, text: string, rows: Reading): ImportOutcome {
  if ('refused' in rows) return rows;
  const header = columns ?? rows[0];
  if (header === undefined) return { entries: [] };
  if (columns === undefined) {
    const line = text.slice(0, `${text}\n`.indexOf('\n'));
    const quoted = quote !== null && line.includes(quote);
    const wrong = !quoted && !endsInReturns(text, quote) && header.some((name) => name.includes('\r'));
    if (wrong) return { refused: 'a carriage return in the header' };
    if (!header.includes('key') || new Set(header).size < header.length || header.length < 2)
      return { refused: 'columns' };
  }
  const entries = new Map<string, string>();
  for (const row of columns === undefined ? rows.slice(1) : rows) {
    const key = row[header.indexOf('key')];
    if (row.length !== header.length) return { refused: `${row.length} cells` };
    if (key === '') return { refused: 'the key is empty' };
    const others = header.flatMap((name, i): [string, string][] => (name === 'key' ? [] : [[name, row[i]]]));
    const value = others.length === 1 ? others[0][1] : Object.fromEntries(others);
    if (!entries.has(key)) entries.set(key, JSON.stringify(value));
  }
  return { entries: sorted([...entries]) };
}

/** Entries in the order of stores. */
export function sorted(
  entries: readonly (readonly [string, string])[],
): readonly (readonly [string, string])[] {
  return [...entries].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}
