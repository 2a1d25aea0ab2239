const QUOTE = 0x22;
const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * Splits whole lines into rows; a blank line is a row of one empty cell. Returns `undefined` for a misplaced
 * quote.
 */
export function rowsWithQuotes(text: string, delimiter: string): string[][] | undefined {
  const rows: string[][] = [];
  const delimiterCode = delimiter.charCodeAt(0);
  for (let at = 0; at < text.length; at++) {
    const row: string[] = [];
    for (; ; at++) {
      if (text.charCodeAt(at) === QUOTE) {
        const close = closingQuote(text, at + 1);
        if (close < 0) return undefined;
        const cell = text.substring(at + 1, close);
        row.push(cell.includes('"') ? cell.replaceAll('""', '"') : cell);
        at = close + 1;
        if (text.charCodeAt(at) === CARRIAGE_RETURN && text.charCodeAt(at + 1) === NEWLINE) at++;
      } else {
        const begin = at;
        while (at < text.length && text.charCodeAt(at) !== delimiterCode && text.charCodeAt(at) !== NEWLINE) {
          if (text.charCodeAt(at) === QUOTE) return undefined;
          at++;
        }
        const crlf =
          text.charCodeAt(at) === NEWLINE && at > begin && text.charCodeAt(at - 1) === CARRIAGE_RETURN;
        row.push(text.substring(begin, crlf ? at - 1 : at));
      }
      if (text.charCodeAt(at) !== delimiterCode) break;
    }
    if (at < text.length && text.charCodeAt(at) !== NEWLINE) return undefined;
    rows.push(row);
  }
  return rows;
}

/** The index of the quote that ends a cell; −1 if there is none. */
function closingQuote(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 2)) {
    if (text.charCodeAt(at + 1) !== QUOTE) return at;
  }
  return -1;
}

/**
 * Returns where the row that begins at `start` ends, after its newline; −1 if it continues beyond `end`,
 * where whole lines end. `quoted`: the row begins within quotes.
 */
export function endOfRow(bytes: Uint8Array, start: number, end: number, quoted: boolean): number {
  let inside = quoted;
  let newline = -1;
  for (let at = start; ; ) {
    let quote = bytes.indexOf(QUOTE, at);
    if (quote < 0 || quote >= end) quote = end;
    if (!inside) {
      if (newline < at) newline = bytes.indexOf(NEWLINE, at);
      if (newline < 0 || newline >= end) newline = end;
      if (newline < quote) return newline + 1;
      if (quote === end) return end;
    } else if (quote === end) {
      return -1;
    }
    inside = !inside;
    at = quote + 1;
  }
}
