import { gen, none } from 'stream-chain/core';
import { drain } from 'stream-chain/utils/drain.js';
import { pipe } from 'stream-chain/utils/pipe.js';
import { decodeUtf8 } from '../../bytes/utf8.ts';
import { CairnError, invalidArgument, isCairnError } from '../../errors.ts';
import type { Row, Table } from '../../node/table.ts';
import type { RowText } from '../../table/text/row-text.ts';
import { csvLineEnds } from '../../text/csv-line-ends.ts';
import { CsvRows } from '../../text/csv-rows.ts';
import { brokenUtf8, findInvalidUtf8 } from '../../text/invalid-utf8.ts';
import { eachMember, jsonProblem, mayAlterNumbers, parseJsonExactly } from '../../text/json-text.ts';
import { type LineBlock, lineBlocks, startsWithMark } from '../../text/line-blocks.ts';
import { filesOf } from '../stores/import-format.ts';
import { openCommandTable, withConnection } from '../stores/tables.ts';
import { EXIT } from '../terminal/failure.ts';
import { type Input, openInputs } from '../terminal/input.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { Progress } from '../terminal/progress.ts';
import type { ImportArgs } from '../usage/write.ts';
import { formatOfName } from '../words/entry-format.ts';
import { flagOf } from '../words/flag-of.ts';
import { formatCount } from '../words/quantity.ts';

/** Rows of one commit: memory holds no more of them. */
const ROWS_OF_A_COMMIT = 50_000;

/** What imports into stores and collections have, and tables don't. */
const OF_ENTRIES = [
  'key',
  'value',
  'keepKey',
  'keyFormat',
  'keySeparator',
  'keyEncoding',
  'valueEncoding',
  'numbers',
  'replace',
  'sort',
  'sortBytes',
  'sortDirectory',
  'onDuplicate',
  'partitionBytes',
  'blockBytes',
  'compression',
  'metadata',
  'buildId',
  'keepVersions',
  'skipInvalid',
  'missingAsNull',
  'emptyAsNull',
  'padRows',
  'verbose',
] as const;

/** Puts rows of CSV or lines of JSON into a table, with the types of its columns. */
export async function runImportTable(args: ImportArgs, path: string, io: Io): Promise<number> {
  const files = filesOf(args);
  const { format = formatOfName(files[0] ?? '') ?? 'csv', quiet = false, json = false } = args;
  if (format !== 'csv' && format !== 'tsv' && format !== 'jsonl')
    throw invalidArgument('format', `--table takes --format csv, tsv or jsonl, not ${format}`);
  const other = OF_ENTRIES.find((name) => args[name] !== undefined);
  if (other !== undefined) {
    throw invalidArgument(
      other,
      `${flagOf(other)} is for entries, and a table knows its columns: leave it out with --table`,
    );
  }
  const signal = io.interrupts();
  const inputs = await openInputs(files, args.decompress ?? 'auto', io);
  const progress = new Progress(io, 'importing', { quiet, counted: ['row', 'rows'] });
  return withConnection(args.root, signal, async (db) => {
    const { table, text } = await openCommandTable(db, path);
    const importer = new RowImporter(table, text, args, (count) => progress.update(undefined, count));
    try {
      for (const input of inputs) await importer.read(input, signal);
    } finally {
      progress.end();
    }
    const { version } = await table.flush();
    if (!quiet)
      io.stderr.write(`imported ${formatCount(importer.count, 'row', 'rows')} as version ${version}\n`);
    if (json) {
      const output = new Output(io.stdout, { optional: true });
      await output.write(`${JSON.stringify({ table: path, rows: importer.count, version })}\n`);
      await output.finish();
    }
    return EXIT.ok;
  });
}

/** Reads inputs row by row, and queues what they hold. */
class RowImporter {
  count = 0;
  readonly #table: Table;
  readonly #text: RowText;
  readonly #args: ImportArgs;
  readonly #onRow: (count: number) => void;
  readonly #isLog: boolean;

  constructor(table: Table, text: RowText, args: ImportArgs, onRow: (count: number) => void) {
    this.#table = table;
    this.#text = text;
    this.#args = args;
    this.#onRow = onRow;
    this.#isLog = table.info.kind === 'log';
  }

  async read(input: Input, signal: AbortSignal): Promise<void> {
    const isJson = this.#args.format === 'jsonl';
    const readBlock = isJson ? this.#jsonLines(input) : this.#csvRows(input);
    const stages: readonly unknown[] = [
      (source: Input) => source.chunks(signal, () => undefined),
      ...(isJson ? [] : [csvLineEnds({ quote: this.#quote })]),
      lineBlocks(),
      async (block: LineBlock) => {
        readBlock.read(block);
        this.#onRow(this.count);
        if (this.#table.queued >= ROWS_OF_A_COMMIT) await this.#table.flush();
        return none;
      },
    ];
    await drain(pipe(gen(...(stages as [(input: Input) => unknown])))(input));
    readBlock.finish();
  }

  get #quote(): string | null | undefined {
    const { quote, format } = this.#args;
    return format === 'tsv' || quote === 'none' ? null : quote;
  }

  #csvRows(input: Input): { read(block: LineBlock): void; finish(): void } {
    const { columns, delimiter, format, skipLines } = this.#args;
    let header: readonly string[] | undefined = columns;
    const rows: CsvRows = new CsvRows(
      {
        delimiter: format === 'tsv' ? '\t' : delimiter === '\\t' ? '\t' : delimiter,
        quote: this.#quote,
        skipLines,
      },
      (cells) => {
        if (header === undefined) {
          header = [...cells];
          this.#at(input, rows.line, () => this.#checkHeader(header as readonly string[]));
          return;
        }
        const names = header;
        this.#at(input, rows.line, () => {
          if (cells.length !== names.length)
            throw invalidArgument(
              'row',
              `the row has ${cells.length} cells, but there are ${names.length} columns`,
            );
          this.#put(Object.fromEntries(names.map((name, i) => [name, this.#text.ofText(name, cells[i])])));
        });
      },
      ({ place, problem }) => {
        throw invalidArgument('file', `${input.name}, line ${place}: ${problem}${this.#soFar()}`);
      },
    );
    if (header !== undefined) this.#checkHeader(header);
    return rows;
  }

  #checkHeader(names: readonly string[]): void {
    for (const name of names) this.#text.type(name);
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined)
      throw invalidArgument('columns', `the column ${JSON.stringify(twice)} is there twice`);
  }

  #jsonLines(input: Input): { read(block: LineBlock): void; finish(): void } {
    const { skipLines } = this.#args;
    let line = 0;
    const readLine = (bytes: Uint8Array, start: number, end: number): void => {
      line++;
      this.#at(input, line, () => {
        const broken = findInvalidUtf8(bytes, start, end);
        if (broken >= 0) throw invalidArgument('file', brokenUtf8(bytes[broken], broken - start));
        const text = decodeUtf8(bytes, start, end);
        if (/^\s*$/.test(text) || skipLines?.test(text) === true) return;
        this.#put(this.#text.ofJson(this.#parse(text)));
      });
    };
    return {
      read: ({ bytes, start, end, offset, oversized }) => {
        if (oversized)
          throw new CairnError('TOO_LARGE', `${input.name}, line ${line + 1}: the line is too long`);
        for (let at = offset === 0 && startsWithMark(bytes, start, end) ? start + 3 : start; at < end; ) {
          const newline = bytes.indexOf(0x0a, at);
          const lineEnd = newline < 0 || newline >= end ? end : newline;
          readLine(bytes, at, lineEnd);
          at = lineEnd + 1;
        }
      },
      finish: () => undefined,
    };
  }

  /** Parses a line; numbers that a double can't hold are taken as they are written where the column can hold them. */
  #parse(text: string): unknown {
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch (error) {
      throw invalidArgument('file', jsonProblem(error), error);
    }
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed) || !mayAlterNumbers(text))
      return parsed;
    const members: [string, unknown][] = [];
    eachMember(text, (name, start, end) => {
      const written = text.slice(start, end).trim();
      const type = this.#text.names.includes(name) ? this.#text.type(name).type : undefined;
      const isExact = type === 'BIGINT' || type === 'DECIMAL';
      members.push([name, isExact && /^-?[\d.]+$/.test(written) ? written : exactly(name, written)]);
    });
    return Object.fromEntries(members);
  }

  #put(row: Row): void {
    if (this.#isLog) this.#table.append(row);
    else this.#table.upsert(row);
    this.count++;
  }

  /** Runs something, and adds to its error where in the input that is. */
  #at(input: Input, line: number, run: () => void): void {
    try {
      run();
    } catch (error) {
      if (!isCairnError(error, 'INVALID_ARGUMENT', 'TOO_LARGE')) throw error;
      throw new CairnError(error.code, `${input.name}, line ${line}: ${error.message}${this.#soFar()}`, {
        argument: error.argument,
        cause: error,
      });
    }
  }

  /** What became of the rows before the one that is refused. */
  #soFar(): string {
    const { queued } = this.#table;
    const committed = this.count - queued;
    return committed === 0
      ? '. Nothing was imported'
      : `. The ${committed} rows that were committed before stay`;
  }
}

function exactly(name: string, json: string): unknown {
  try {
    return parseJsonExactly(json);
  } catch (error) {
    throw invalidArgument(name, `${name}: ${(error as Error).message}`, error);
  }
}
