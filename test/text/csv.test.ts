import { parse } from 'csv-parse/sync';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CanonicalJson } from '../../src/codec/canonical-json.ts';
import { type CsvOptions, csvHeader, parseCsv } from '../../src/text/csv.ts';
import { formatCsv } from '../../src/text/csv-format.ts';
import { type CsvRowOptions, CsvRows } from '../../src/text/csv-rows.ts';
import type { EntryBatch, InvalidEntry } from '../../src/text/entry-batch.ts';
import { hexKeys, ipKeys } from '../../src/text/key-format.ts';
import { type LineBlock, lineBlocks } from '../../src/text/line-blocks.ts';
import { growthOf } from '../support/growth.ts';
import { cut, runStage, runStages } from '../support/stage.ts';

const text = new TextEncoder();
const utf8 = { keyEncoding: 'utf8', valueEncoding: 'utf8' } as const;

interface Row {
  readonly line: number;
  readonly cells: readonly string[];
}

/** The rows of bytes that come in chunks, and what is wrong with them. */
function rowsOf(
  chunks: readonly Uint8Array[],
  options: CsvRowOptions = {},
): { rows: Row[]; invalid: InvalidEntry[] } {
  const rows: Row[] = [];
  const invalid: InvalidEntry[] = [];
  const reader: CsvRows = new CsvRows(
    options,
    (cells) => rows.push({ line: reader.line, cells: [...cells] }),
    (problem) => invalid.push(problem),
  );
  try {
    for (const block of runStage<LineBlock>(lineBlocks(), chunks)) reader.read(block);
    reader.finish();
  } catch (error) {
    if (!invalid.some(({ final }) => final)) throw error;
  }
  return { rows, invalid };
}

/** The same by csv-parse; `undefined` where it refuses. */
function expected(input: string, dialect: { readonly quote?: string | null } = {}): Row[] | undefined {
  const { quote = '"' } = dialect;
  // Its escape stays the double quote otherwise.
  const quoting = { quote, escape: quote ?? '"' };
  const options = { ...quoting, record_delimiter: ['\n', '\r\n'], relax_column_count: true };
  try {
    // Its own count of lines takes each CR for one: rows have a line, and one more for each newline in their
    // cells.
    const wanted = parse(input, { ...options, skip_empty_lines: true });
    const rows: Row[] = [];
    let line = 1;
    for (const cells of parse(input, options)) {
      const isEmpty = (row: string[] | undefined): boolean => row?.length === 1 && row[0] === '';
      const blank = isEmpty(cells) && !isEmpty(wanted[rows.length]);
      if (!blank && rows.length < wanted.length) rows.push({ line, cells });
      line += 1 + (cells.join('').match(/\n/g)?.length ?? 0);
    }
    return rows;
  } catch {
    return undefined;
  }
}

const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 });

describe('CsvRows', () => {
  it('agrees with csv-parse on any text, wherever chunks end', () => {
    const unit = fc.constantFrom(...'aé😀,,""\'\n\n\r \\', '\r\n');
    const quotes = fc.constantFrom('"', '"', "'", null);
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 40 }), sizes, quotes, (input, cuts, quote) => {
        const { rows, invalid } = rowsOf(cut(text.encode(input), cuts), { quote });
        const wanted = expected(input, { quote });
        if (wanted === undefined) expect(invalid.length).toBeGreaterThan(0);
        else {
          expect(invalid).toEqual([]);
          expect(rows.map(({ cells }) => cells)).toEqual(wanted.map(({ cells }) => cells));
          // Which of several such lines is blank, csv-parse doesn't say.
          if (!/(^|\n)(""|'')\r?(\n|$)/.test(input)) expect(rows).toEqual(wanted);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('agrees with csv-parse on well-formed rows, near each other or not', () => {
    const cell = fc.oneof(
      fc.constantFrom('', 'a', 'x'.repeat(600), '"', 'a,b', 'a\nb', '\r\n', 'é"'),
      fc.string(),
    );
    const row = fc.array(cell, { minLength: 2, maxLength: 4 });
    const end = fc.constantFrom('\n', '\r\n');
    fc.assert(
      fc.property(fc.array(row, { maxLength: 12 }), end, sizes, (table, newline, cuts) => {
        const quote = (c: string): string => (/[",\r\n]/.test(c) ? `"${c.replaceAll('"', '""')}"` : c);
        const input = table.map((cells) => cells.map(quote).join(',') + newline).join('');
        const { rows, invalid } = rowsOf(
          cut(
            text.encode(input),
            cuts.map((size) => size * 40),
          ),
        );
        expect(invalid).toEqual([]);
        expect(rows.map(({ cells }) => cells)).toEqual(table);
        expect(rows.map(({ line }) => line)).toEqual(expected(input)?.map(({ line }) => line));
      }),
      { numRuns: 500 },
    );
  });

  it('passes over lines that match, but not within quotes', () => {
    const input = '# one\n"a\n# b",1\n# two\nc,"2"\n';
    expect(rowsOf([text.encode(input)], { skipLines: /^#/ }).rows).toEqual([
      { line: 2, cells: ['a\n# b', '1'] },
      { line: 5, cells: ['c', '2'] },
    ]);
  });

  it('tells one broken row from those around it', () => {
    const input = Buffer.from('a,1\nb,"x"y\n"c",\xff\nd\xff,2\ne,"5"\n', 'latin1');
    const { rows, invalid } = rowsOf([input]);
    expect(rows.map(({ line, cells }) => [line, cells[0]])).toEqual([
      [1, 'a'],
      [5, 'e'],
    ]);
    expect(invalid.map(({ place, offset, reason }) => [place, offset, reason])).toEqual([
      [2, 4, 'csv'],
      [3, 15, 'utf8'],
      [4, 18, 'utf8'],
    ]);
  });

  it('ends at a quote that is never closed', () => {
    expect(rowsOf([text.encode('a,1\nb,"x\nc,2\n')]).invalid).toMatchObject([
      { place: 2, offset: 4, final: true, problem: 'a quote that begins in this row is never closed' },
    ]);
  });

  it.each([
    { delimiter: '' },
    { delimiter: ',,' },
    { delimiter: '"' },
    { delimiter: '\n' },
    { delimiter: '\r' },
    { delimiter: 'é' },
    { quote: '""' },
    { quote: '\n' },
    { quote: 'é' },
    { quote: ',' },
  ])('refuses %j', (options) => {
    expect(
      () =>
        new CsvRows(
          options,
          () => undefined,
          () => undefined,
        ),
    ).toThrow('one ASCII character');
  });

  const repeat = (line: string) => (lines: number) => text.encode(line.repeat(lines));
  it.each<[string, (lines: number) => Uint8Array, CsvRowOptions]>([
    ['blank lines between rows with quotes', repeat('"k","v"\n\n'), {}],
    ['rows without a delimiter', repeat('value\n'), {}],
    ['rows without quotes, line by line', repeat('k,v\n'), { skipLines: /^#/ }],
    ['rows that are not UTF-8', (lines) => Buffer.from('k,\xff\n'.repeat(lines), 'latin1'), {}],
    ['cells with quotes in one row', repeat('"c",'), {}],
    ['cells of several lines', repeat('"a\nb","c\n\n"\n'), {}],
  ])('takes time in proportion to the number of %s', (_, input, options) => {
    expect(growthOf((lines) => rowsOf([input(lines)], options), 2500)).toBeLessThan(80);
  });
});

/** The entries of CSV, and what is wrong with it. */
function read(
  input: string | Uint8Array,
  options: CsvOptions,
): { entries: unknown[][]; invalid: InvalidEntry[] } {
  const invalid: InvalidEntry[] = [];
  const bytes = typeof input === 'string' ? text.encode(input) : input;
  const stages = [lineBlocks(), parseCsv(options, (problem) => invalid.push(problem))];
  const entries: unknown[][] = [];
  for (const { keys, values, places } of runStages<EntryBatch>(stages, [bytes])) {
    for (const [i, key] of keys.entries()) entries.push([key, values[i], places[i]]);
  }
  return { entries, invalid };
}

describe('parseCsv()', () => {
  it('takes the column key, and all others as an object of texts', () => {
    const { entries } = read('\ufeffname,key,n\nx,a,1\n\n"y, z",b,2\n', { ...utf8, valueEncoding: 'json' });
    expect(entries).toEqual([
      ['a', { name: 'x', n: '1' }, 2],
      ['b', { name: 'y, z', n: '2' }, 4],
    ]);
  });

  it('takes tuples of several columns, numbers, and one column as its text', () => {
    const options = {
      keyEncoding: 'tuple',
      valueEncoding: 'utf8',
      key: ['c', 'a'],
      value: ['b'],
      numbers: ['a'],
    } as const;
    expect(read('a,b,c\n1.5,x,y\n', options).entries).toEqual([[['y', 1.5], 'x', 2]]);
    const json = { ...utf8, valueEncoding: 'json', value: ['b'], columns: ['key', 'b'] } as const;
    expect(read('k,"[1,{""x"":2}]"\n', json).entries).toEqual([['k', [1, { x: 2 }], 1]]);
    expect(read('k,7\n', { ...json, numbers: ['b'] }).entries).toEqual([['k', 7, 1]]);
  });

  it('reads keys that are bytes', () => {
    const binary = { keyEncoding: 'binary', valueEncoding: 'utf8', columns: ['key', 'v'] } as const;
    expect(read('8.8.8.8,x\n', { ...binary, keyFormat: ipKeys() }).entries[0][0]).toEqual(
      Uint8Array.of(8, 8, 8, 8),
    );
    expect(read('00ff,x\n', { ...binary, keyFormat: hexKeys() }).entries[0][0]).toEqual(
      Uint8Array.of(0, 255),
    );
    expect(read('é,x\n', binary).entries[0][0]).toEqual(text.encode('é'));
    const { entries, invalid } = read('8.8.8.8,x\n::1,y\n9.9.9,z\n', { ...binary, keyFormat: ipKeys() });
    expect(entries.length).toBe(1);
    expect(invalid.map(({ reason, place }) => [reason, place])).toEqual([
      ['key', 2],
      ['key', 3],
    ]);
  });

  it.each([
    ['a,b\n1,2\n', {}, 1, 'there is no column "key"; the columns are "a", "b". Name the column of the key'],
    ['a,a\n1,2\n', { key: ['a'] }, 1, 'the column "a" is there twice'],
    ['key\n1\n', {}, 1, 'no column is left for the value'],
    [
      'key,b,c\n1,2,3\n',
      {},
      1,
      'several value columns need the value encoding json, msgpack or typed, not utf8',
    ],
    [
      'key,b\n1,2\n',
      { expected: ['key', 'c'] },
      1,
      'the columns differ from those of the first input; missing: "c"; new: "b"',
    ],
  ])('ends at the header of %j', (input, options, place, problem) => {
    const invalid: InvalidEntry[] = [];
    const stages = [lineBlocks(), parseCsv({ ...utf8, ...options }, (one) => invalid.push(one))];
    expect(() => runStages(stages, [text.encode(input)])).toThrow(problem);
    expect(invalid).toMatchObject([{ place, final: true }]);
    expect(invalid[0].problem).toContain(problem);
  });

  it('names rows with too few or too many cells, and texts that are no numbers', () => {
    const numbers = { keyEncoding: 'utf8', valueEncoding: 'json', value: ['n'], numbers: ['n'] } as const;
    const input =
      'key,n\na\nb,1,2\nc,x\nd,\ne,12345678901234567890\nf,1e999\ng,007\nh,0x10\ni,0.10\nj,-1e3\n';
    const { entries, invalid } = read(input, numbers);
    expect(entries).toEqual([
      ['i', 0.1, 10],
      ['j', -1000, 11],
    ]);
    expect(invalid.map(({ place, offset, problem }) => [place, offset, problem])).toEqual([
      [2, 6, 'the row has 1 cells, but there are 2 columns'],
      [3, 8, 'the row has 3 cells, but there are 2 columns'],
      [4, 14, '"x" in the column "n" is not a number'],
      [5, 18, '"" in the column "n" is not a number'],
      [6, 21, 'in the column "n", the number 12345678901234567890 would be altered; write it as a string'],
      [7, 44, 'in the column "n", the number 1e999 would be altered; write it as a string'],
      [8, 52, '"007" in the column "n" is not a number'],
      [9, 58, '"0x10" in the column "n" is not a number'],
    ]);
  });

  it('makes the JSON text that JSON.stringify would make', () => {
    const cell = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\\', '\t', '\u2028', '\r', 'a\nb', '"'),
    );
    const number = fc
      .oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer())
      .filter((n) => !Object.is(n, -0));
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, number, fc.boolean()), { minLength: 1 }), (rows) => {
        const lines = rows.map(
          ([c, n, fixed]) =>
            `k,"${c.replaceAll('"', '""')}",${fixed && Math.abs(n) < 1e15 ? n.toFixed(3) : n}\n`,
        );
        const plain = rows.every(([c]) => !/["\r\n,]/.test(c))
          ? rows.map(([c, n]) => `k,${c},${n}\n`)
          : lines;
        for (const table of [lines, plain]) {
          const input = `key,c,n\n${table.join('')}`;
          const options = { ...utf8, valueEncoding: 'json', numbers: ['n'] } as const;
          const slow = read(input, options);
          const fast = read(input, { ...options, canonicalJson: true });
          const texts = fast.entries.map(([, value]) => (value as CanonicalJson).text);
          const kept = slow.entries.filter(([, value]) => !Object.is((value as { n: number }).n, -0));
          expect(texts).toEqual(kept.map(([, value]) => JSON.stringify(value)));
        }
      }),
    );
    // Members whose names are integers come first in an object: that needs one.
    const named = read('key,b,1\nk,x,y\n', { ...utf8, valueEncoding: 'json', canonicalJson: true });
    expect(named.entries[0][1]).toEqual({ 1: 'y', b: 'x' });
  });

  it('keeps a column __proto__ a member', () => {
    const { entries } = read('key,__proto__,b\nk,x,y\n', { ...utf8, valueEncoding: 'json' });
    expect(JSON.stringify(entries[0][1])).toBe('{"__proto__":"x","b":"y"}');
  });
});

describe('csvHeader()', () => {
  it('waits for the whole row', () => {
    expect(csvHeader(text.encode('a,"b'), {}, false)).toBeUndefined();
    expect(csvHeader(text.encode('a,"b\nc"'), {}, false)).toBeUndefined();
    expect(csvHeader(text.encode('a,"b\nc"'), {}, true)).toEqual(['a', 'b\nc']);
    expect(csvHeader(text.encode('# x\na;b\nc;d\ne'), { delimiter: ';', skipLines: /^#/ }, false)).toEqual([
      'a',
      'b',
    ]);
  });
});

describe('formatCsv()', () => {
  function format(options: Parameters<typeof formatCsv>[0], ...entries: [unknown, unknown][]): string {
    return runStage<string>(formatCsv(options), entries.length === 0 ? [] : [entries]).join('');
  }
  const json = { keyEncoding: 'utf8', valueEncoding: 'json' } as const;

  it('writes a header and rows, quoting what needs it', () => {
    expect(format(utf8)).toBe('key,value\n');
    expect(format(utf8, ['a,b', '"x"'], ['c\n', ' d'])).toBe('key,value\n"a,b","""x"""\n"c\n", d\n');
    expect(format({ ...utf8, delimiter: ';', key: ['k'] }, ['a,b', ';'])).toBe('k;value\na,b;";"\n');
    expect(format({ ...json, keyEncoding: 'tuple' }, [['a', 1], { x: 1.5, y: 'z' }])).toBe(
      'key1,key2,x,y\na,1,1.5,z\n',
    );
    expect(format({ ...json, keyEncoding: 'tuple', key: ['k'] }, [['a', 1], [1]])).toBe(
      'k,value\n"[""a"",1]",[1]\n',
    );
    expect(format(json, ['a', { x: 1 }])).toBe('key,value\na,"{""x"":1}"\n');
  });

  it.each([
    [
      'other members',
      json,
      [
        { x: 1, y: 2 },
        { x: 1, z: 2 },
      ],
      'has the members x, z and not x, y',
    ],
    [
      'another order',
      json,
      [
        { x: 1, y: 2 },
        { y: 1, x: 2 },
      ],
      'has the members y, x and not x, y',
    ],
    [
      'another type',
      json,
      [
        { x: 1, y: 2 },
        { x: '1', y: 2 },
      ],
      'has a string in "x", where others have a number',
    ],
    [
      'structure',
      json,
      [
        { x: 1, y: 2 },
        { x: [], y: 2 },
      ],
      'has something else than a text or number in "x"',
    ],
    ['a text', json, [{ x: 1, y: 2 }, 'x'], 'has a value without the columns x, y'],
    ['a column twice', json, [{ key: 1, y: 2 }], 'has two columns "key"'],
    [
      'bytes',
      { ...utf8, valueEncoding: 'binary' } as const,
      [Uint8Array.of(255)],
      'has bytes that are not UTF-8',
    ],
  ])('refuses %s', (_, options, values, problem) => {
    const entries = values.map((value, i): [unknown, unknown] => [`k${i}`, value]);
    expect(() => format(options, ...entries)).toThrow(problem);
    expect(() => format(options, ...entries)).toThrow('choose the format jsonl');
  });
});
