import { decodeUtf8, utf8Length } from '../bytes/utf8.ts';
import { invalidArgument } from '../errors.ts';
import { endOfRow, QUOTE_NOT_CLOSED, type QuoteProblem, rowsWithQuotes } from './csv-quotes.ts';
import { giveUp, type InvalidReason, MAX_RECORD_BYTES, type OnInvalidEntry } from './entry-batch.ts';
import { brokenUtf8, findInvalidUtf8 } from './invalid-utf8.ts';
import { concatenate, indexWithin, type LineBlock, oversizedLine, startsWithMark } from './line-blocks.ts';

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Rows with quotes that are at most this far apart are read together with those between them. */
const NEAR_BYTES = 256;

/** How text is split into rows and cells. */
export interface CsvRowOptions {
  /** Separates cells: one ASCII character. Default: a comma. */
  readonly delimiter?: string | undefined;
  /** Quotes cells: one ASCII character, or null for input in which quotes are text. Default: `"`. */
  readonly quote?: string | null | undefined;
  /** Lines that match are skipped, except within quotes. Must not have the flags `g` and `y`. */
  readonly skipLines?: RegExp | undefined;
}

/**
 * Splits blocks of whole lines into rows of CSV (RFC 4180), with their line numbers.
 *
 * Lines without a quote are split at delimiters, and rows with quotes at delimiters and quotes. The number of
 * quotes up to the end of a row is even, which is how the end of a row that spans lines is found.
 */
export class CsvRows {
  readonly #delimiter: string;
  readonly #quote: string;
  /** The byte of the quote; −1 if quotes are text. */
  readonly #quoteByte: number;
  readonly #skipLines: RegExp | undefined;
  readonly #escaped: RegExp;
  readonly #onRow: (cells: readonly string[]) => void;
  readonly #onInvalid: OnInvalidEntry;
  /** The cells of the current row without quotes; reused. */
  readonly #cells: string[] = [];
  /** The beginning of a row that continues in the next block. */
  #pieces: Uint8Array[] = [];
  #pending = 0;
  #pendingOffset = 0;
  /** Number of lines before the text being read. */
  #lines = 0;
  /** The text being read, where it begins in the input, and how far offsets have been counted in it. */
  #text = '';
  #textOffset = 0;
  #at = 0;
  #countedTo = 0;
  #countedBytes = 0;

  /** The line on which the row passed to `onRow` begins. */
  line = 0;
  /**
   * Whether no cell of that row contains a quote, a backslash or a control character, so that JSON needs no
   * escapes.
   */
  plain = false;
  /** Whether that row was read by the rules of quotes, so that a carriage return in it may be part of a cell. */
  quoted = false;
  /** Lines that `skipLines` matched. */
  skipped = 0;

  /**
   * @param onRow is called with the cells, in an array that is reused.
   * @throws {CairnError} `INVALID_ARGUMENT` for an invalid delimiter or quote.
   */
  constructor(options: CsvRowOptions, onRow: (cells: readonly string[]) => void, onInvalid: OnInvalidEntry) {
    const { delimiter = ',', skipLines } = options;
    const quote = options.quote === undefined ? '"' : (options.quote ?? '');
    checkCsvCharacters(delimiter, quote);
    this.#delimiter = delimiter;
    this.#quote = quote;
    this.#quoteByte = quote === '' ? -1 : quote.charCodeAt(0);
    // A tab as delimiter is in no cell, and CR before LF belongs to no cell.
    this.#escaped = delimiter === '\t' ? /["\\]|[^\P{Cc}\t\r\n]|\r(?!\n)/u : /["\\]|[^\P{Cc}\r\n]|\r(?!\n)/u;
    this.#skipLines = skipLines;
    this.#onRow = onRow;
    this.#onInvalid = onInvalid;
  }

  /** Reads the rows that end in a block. */
  read({ bytes, start, end, offset, oversized }: LineBlock): void {
    if (oversized) {
      this.#lines++;
      const block = { bytes, start, end, offset, oversized };
      if (this.#pending === 0) this.#onInvalid(oversizedLine(block, this.#lines));
      else giveUp(this.#onInvalid, oversizedLine(block, this.#lines));
      return;
    }
    const base = offset - start;
    let at = offset === 0 && startsWithMark(bytes, start, end) ? start + 3 : start;
    if (this.#pending > 0) {
      const stop = endOfRow(bytes, at, end, true, this.#quoteByte);
      if (stop < 0) {
        this.#keep(bytes, at, end, base + at);
        return;
      }
      const row = concatenate([...this.#pieces, bytes.subarray(at, stop)], this.#pending + stop - at);
      this.#pieces = [];
      this.#pending = 0;
      this.#readQuoted(row, 0, row.length, this.#pendingOffset);
      at = stop;
    }
    if (this.#skipLines === undefined) this.#readRows(bytes, at, end, base);
    else this.#readLines(bytes, at, end, base, this.#skipLines);
  }

  /** Reports an input that ended within quotes. */
  finish(): void {
    if (this.#pending > 0) this.#refuseOpen('csv', QUOTE_NOT_CLOSED);
  }

  /** Bytes of the input before the row passed to `onRow`. */
  offset(): number {
    this.#countedBytes += utf8Length(this.#text.substring(this.#countedTo, this.#at));
    this.#countedTo = this.#at;
    return this.#textOffset + this.#countedBytes;
  }

  #readRows(bytes: Uint8Array, start: number, end: number, base: number): void {
    for (let at = start; at < end; ) {
      const quote = this.#quoteByte < 0 ? -1 : bytes.indexOf(this.#quoteByte, at);
      if (quote < 0 || quote >= end) {
        this.#readPlain(bytes, at, end, base + at);
        return;
      }
      const row = Math.max(at, bytes.lastIndexOf(NEWLINE, quote) + 1);
      if (row > at) this.#readPlain(bytes, at, row, base + at);
      let stop = endOfRow(bytes, row, end, false, this.#quoteByte);
      if (stop < 0) {
        this.#keep(bytes, row, end, base + row);
        return;
      }
      for (let next = stop; next >= 0; next = endOfRow(bytes, stop, end, false, this.#quoteByte)) {
        stop = next;
        if (indexWithin(bytes, this.#quoteByte, stop, Math.min(end, stop + NEAR_BYTES)) < 0) break;
      }
      this.#readQuoted(bytes, row, stop, base + row);
      at = stop;
    }
  }

  /** Reads line by line, because some of them may have to be skipped. */
  #readLines(bytes: Uint8Array, start: number, end: number, base: number, skipLines: RegExp): void {
    for (let at = start; at < end; ) {
      const newline = bytes.indexOf(NEWLINE, at);
      const next = newline < 0 || newline >= end ? end : newline + 1;
      let lineEnd = newline < 0 || newline >= end ? end : newline;
      if (next > lineEnd && lineEnd > at && bytes[lineEnd - 1] === CARRIAGE_RETURN) lineEnd--;
      if (skipLines.test(lenientDecoder.decode(bytes.subarray(at, lineEnd)))) {
        this.#lines++;
        this.skipped++;
        at = next;
        continue;
      }
      const stop = this.#quoteByte < 0 ? next : endOfRow(bytes, at, end, false, this.#quoteByte);
      if (stop < 0) {
        this.#keep(bytes, at, end, base + at);
        return;
      }
      if (this.#quoteByte >= 0 && indexWithin(bytes, this.#quoteByte, at, stop) >= 0)
        this.#readQuoted(bytes, at, stop, base + at);
      else this.#readPlain(bytes, at, stop, base + at);
      at = stop;
    }
  }

  /** Reads lines without quotes. */
  #readPlain(bytes: Uint8Array, start: number, end: number, offset: number): void {
    let text: string;
    try {
      text = decodeUtf8(bytes, start, end);
    } catch {
      this.#eachRow(bytes, start, end, offset, (from, to) =>
        this.#readPlain(bytes, from, to, offset + from - start),
      );
      return;
    }
    this.#begin(text, offset);
    this.plain = !this.#escaped.test(text);
    this.quoted = false;
    const delimiter = this.#delimiter;
    const cells = this.#cells;
    // Of all lines: where most have none, it is searched for once and not in each of them.
    let nextDelimiter = text.indexOf(delimiter);
    for (let at = 0; at < text.length; ) {
      const newline = text.indexOf('\n', at);
      let lineEnd = newline < 0 ? text.length : newline;
      if (newline > at && text.charCodeAt(newline - 1) === CARRIAGE_RETURN) lineEnd--;
      this.line = ++this.#lines;
      if (lineEnd > at) {
        this.#at = at;
        let count = 0;
        let start = at;
        while (nextDelimiter >= 0 && nextDelimiter < lineEnd) {
          cells[count++] = text.substring(start, nextDelimiter);
          start = nextDelimiter + 1;
          nextDelimiter = text.indexOf(delimiter, start);
        }
        cells[count++] = text.substring(start, lineEnd);
        if (cells.length !== count) cells.length = count;
        this.#onRow(cells);
      }
      at = newline < 0 ? text.length : newline + 1;
    }
  }

  /** Reads rows some of which have quotes. */
  #readQuoted(bytes: Uint8Array, start: number, end: number, offset: number): void {
    const broken = findInvalidUtf8(bytes, start, end);
    const rows: readonly (readonly string[])[] | QuoteProblem =
      broken >= 0 ? [] : rowsWithQuotes(decodeUtf8(bytes, start, end), this.#delimiter, this.#quote);
    if (broken >= 0 || typeof rows === 'string') {
      if (endOfRow(bytes, start, end, false, this.#quoteByte) < end) {
        this.#eachRow(bytes, start, end, offset, (from, to) =>
          this.#readQuoted(bytes, from, to, offset + from - start),
        );
        return;
      }
      const place = this.#lines + 1;
      this.#lines += countLines(bytes, start, end);
      if (typeof rows === 'string') {
        this.#onInvalid({ place, offset, reason: 'csv', problem: rows, final: false });
      } else {
        const where = offset + broken - start;
        const line = place + countNewlines(bytes, start, broken);
        this.#onInvalid({
          place: line,
          offset: where,
          reason: 'utf8',
          problem: brokenUtf8(bytes[broken], where),
          final: false,
        });
      }
      return;
    }
    this.#begin('', offset);
    this.plain = false;
    this.quoted = true;
    let at = start;
    for (const row of rows) {
      this.line = this.#lines + 1;
      // An empty line is not a row, but a line of two quotes is.
      if (row.length > 1 || row[0] !== '' || bytes[at] === this.#quoteByte) this.#onRow(row);
      const lines = 1 + newlinesIn(row);
      this.#lines += lines;
      for (let i = 0; i < lines; i++) at = bytes.indexOf(NEWLINE, at) + 1;
    }
  }

  /** Reads row by row, to find out which one is malformed. */
  #eachRow(
    bytes: Uint8Array,
    start: number,
    end: number,
    offset: number,
    read: (from: number, to: number) => void,
  ): void {
    const whole = this.#rowEnd(bytes, start, end);
    if (whole === end) {
      const broken = findInvalidUtf8(bytes, start, end);
      const where = offset + broken - start;
      this.#lines++;
      this.#onInvalid({
        place: this.#lines,
        offset: where,
        reason: 'utf8',
        problem: brokenUtf8(bytes[broken], where),
        final: false,
      });
      return;
    }
    for (let at = start; at < end; ) {
      const stop = this.#rowEnd(bytes, at, end);
      read(at, stop);
      at = stop;
    }
  }

  #rowEnd(bytes: Uint8Array, start: number, end: number): number {
    if (this.#quoteByte >= 0) return endOfRow(bytes, start, end, false, this.#quoteByte);
    const newline = bytes.indexOf(NEWLINE, start);
    return newline < 0 || newline >= end ? end : newline + 1;
  }

  #begin(text: string, offset: number): void {
    this.#text = text;
    this.#textOffset = offset;
    this.#at = 0;
    this.#countedTo = 0;
    this.#countedBytes = 0;
  }

  #keep(bytes: Uint8Array, start: number, end: number, offset: number): void {
    if (this.#pending === 0) this.#pendingOffset = offset;
    this.#pieces.push(bytes.subarray(start, end));
    this.#pending += end - start;
    if (this.#pending > MAX_RECORD_BYTES) {
      this.#refuseOpen(
        'too-long',
        `the row is longer than ${MAX_RECORD_BYTES >> 20} MiB; is a quote in it not closed?`,
      );
    }
  }

  #refuseOpen(reason: InvalidReason, problem: string): never {
    return giveUp(this.#onInvalid, { place: this.#lines + 1, offset: this.#pendingOffset, reason, problem });
  }
}

/** @throws {CairnError} `INVALID_ARGUMENT` for an invalid delimiter or quote; the empty text is no quote. */
export function checkCsvCharacters(delimiter: string, quote: string): void {
  if (!/^[^\r\n\u0080-\uffff]$/.test(delimiter) || delimiter === quote) {
    throw invalidArgument(
      'delimiter',
      'the delimiter must be one ASCII character other than a quote or newline',
    );
  }
  if (!/^[^\r\n\u0080-\uffff]?$/.test(quote)) {
    throw invalidArgument(
      'quote',
      'the quote must be one ASCII character other than the delimiter or newline',
    );
  }
}

// Only for matching lines: no entry is made of its text.
const lenientDecoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Lines in `bytes[start…end)`; the last one need not end in a newline. */
function countLines(bytes: Uint8Array, start: number, end: number): number {
  return countNewlines(bytes, start, end) + (end > start && bytes[end - 1] !== NEWLINE ? 1 : 0);
}

function countNewlines(bytes: Uint8Array, start: number, end: number): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE, start); at >= 0 && at < end; at = bytes.indexOf(NEWLINE, at + 1))
    count++;
  return count;
}

function newlinesIn(cells: readonly string[]): number {
  let count = 0;
  for (const cell of cells) {
    for (let at = cell.indexOf('\n'); at >= 0; at = cell.indexOf('\n', at + 1)) count++;
  }
  return count;
}
