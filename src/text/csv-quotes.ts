import { indexWithin } from './line-blocks.ts';

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** What is wrong with the quotes of a row: a clause. */
export type QuoteProblem = (typeof PROBLEMS)[keyof typeof PROBLEMS];

const PROBLEMS = {
  within: 'a quote stands within a cell that does not begin with one',
  ends: 'a quote ends within a cell; double the quotes that belong to its text',
  open: 'a quote that begins in this row is never closed',
} as const;

/** The problem of an input that ends within quotes. */
export const QUOTE_NOT_CLOSED: QuoteProblem = PROBLEMS.open;

/**
 * Splits whole lines into rows; a blank line is a row of one empty cell. Returns the problem of the first
 * misplaced quote.
 */
export function rowsWithQuotes(text: string, delimiter: string, quote: string): string[][] | QuoteProblem {
  const rows: string[][] = [];
  const delimiterCode = delimiter.charCodeAt(0);
  const quoteCode = quote.charCodeAt(0);
  const doubled = quote + quote;
  for (let at = 0; at < text.length; at++) {
    const row: string[] = [];
    for (; ; at++) {
      if (text.charCodeAt(at) === quoteCode) {
        const close = closingQuote(text, at + 1, quote);
        if (close < 0) return PROBLEMS.open;
        const cell = text.substring(at + 1, close);
        row.push(cell.includes(quote) ? cell.replaceAll(doubled, quote) : cell);
        at = close + 1;
        if (text.charCodeAt(at) === CARRIAGE_RETURN && text.charCodeAt(at + 1) === NEWLINE) at++;
      } else {
        const begin = at;
        while (at < text.length && text.charCodeAt(at) !== delimiterCode && text.charCodeAt(at) !== NEWLINE) {
          if (text.charCodeAt(at) === quoteCode) return PROBLEMS.within;
          at++;
        }
        const crlf =
          text.charCodeAt(at) === NEWLINE && at > begin && text.charCodeAt(at - 1) === CARRIAGE_RETURN;
        row.push(text.substring(begin, crlf ? at - 1 : at));
      }
      if (text.charCodeAt(at) !== delimiterCode) break;
    }
    if (at < text.length && text.charCodeAt(at) !== NEWLINE) return PROBLEMS.ends;
    rows.push(row);
  }
  return rows;
}

/** The index of the quote that ends a cell; −1 if there is none. */
function closingQuote(text: string, from: number, quote: string): number {
  for (let at = text.indexOf(quote, from); at >= 0; at = text.indexOf(quote, at + 2)) {
    if (text[at + 1] !== quote) return at;
  }
  return -1;
}

/**
 * Returns where the row that begins at `start` ends, after its newline; −1 if it continues beyond `end`,
 * where whole lines end. Reads no further than the end of the row.
 *
 * @param quoted whether the row begins within quotes.
 * @param quote the byte that quotes cells.
 */
export function endOfRow(
  bytes: Uint8Array,
  start: number,
  end: number,
  quoted: boolean,
  quote: number,
): number {
  let inside = quoted;
  let newline = -1;
  for (let at = start; ; ) {
    let next: number;
    if (inside) {
      next = bytes.indexOf(quote, at);
      if (next < 0 || next >= end) return -1;
    } else {
      if (newline < at) newline = bytes.indexOf(NEWLINE, at);
      if (newline < 0 || newline >= end) newline = end;
      next = indexWithin(bytes, quote, at, newline);
      if (next < 0) return Math.min(newline + 1, end);
    }
    inside = !inside;
    at = next + 1;
  }
}
