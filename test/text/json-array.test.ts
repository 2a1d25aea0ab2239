import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatJsonArray, parseJsonArray } from '../../src/text/json-array.ts';
import { chunkSizes, type EntryParser, readEntries } from '../support/read-entries.ts';
import { cut, runStage } from '../support/stage.ts';

const text = new TextEncoder();

describe('parseJsonArray()', () => {
  const options = {
    keyEncoding: 'utf8',
    valueEncoding: 'json',
    key: ['key'],
    value: ['value'],
  } as const;
  const json: EntryParser = (onInvalid) => [parseJsonArray(options, onInvalid)];

  it('takes rows, and names members that an element has twice', () => {
    const rows: EntryParser = (onInvalid) => [
      parseJsonArray({ keyEncoding: 'utf8', valueEncoding: 'json', key: ['sku'] }, onInvalid),
    ];
    const input =
      '[{"sku":"a","n":{"x":1,"x":1}},\n{"sku":"b","n":1,"n":2},{"n":1},{"__proto__":1,"sku":"c","__proto__":2},{"sku":"d","n":{"x":1}}]';
    const { entries, invalid } = readEntries(rows, [text.encode(input)]);
    expect(entries).toEqual([['d', { n: { x: 1 } }, 5, 2]]);
    expect(invalid.map(({ place, line, problem }) => [place, line, problem])).toEqual([
      [1, 1, 'the object has the member "x" twice'],
      [2, 2, 'the object has the member "n" twice'],
      [3, 2, 'the object has no member "sku"'],
      [4, 2, 'the object has the member "__proto__" twice'],
    ]);
  });

  it('gives what JSON.parse gives, with elements and lines, wherever chunks end', () => {
    const value = fc.jsonValue({ stringUnit: 'binary' }).filter((one) => !JSON.stringify(one).includes('-0'));
    const layout = fc.constantFrom<[number, string]>([0, ''], [2, '\n'], [0, '\r\n'], [1, ' \t']);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string(), value)),
        layout,
        chunkSizes,
        (pairs, [indent, space], cuts) => {
          const elements = pairs.map(([key, one]) => JSON.stringify({ key, value: one }, undefined, indent));
          const input = `${space}[${space}${elements.join(`${space},${space}`)}${space}]${space}`;
          const { entries, invalid } = readEntries(json, cut(text.encode(input), cuts));
          expect(invalid).toEqual([]);
          const parsed = JSON.parse(input) as { key: string; value: unknown }[];
          expect(entries.map(([key, one, place]) => [key, one, place])).toEqual(
            parsed.map((one, i) => [one.key, one.value, i + 1]),
          );
          let at = 0;
          for (const [i, element] of elements.entries()) {
            at = input.indexOf(element, at);
            expect(entries[i][3]).toBe(input.slice(0, at).split('\n').length);
            at += element.length;
          }
        },
      ),
    );
  });

  it('refuses what JSON.parse refuses', () => {
    const unit = fc.constantFrom(
      '[',
      ']',
      '{',
      '}',
      '"key"',
      '"value"',
      ':',
      ',',
      '1',
      '-',
      '0',
      '.',
      'e',
      'null',
      '"',
      '\\',
      'u00',
      ' ',
      '\n',
    );
    const record = '{"key":"a","value":1}';
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 12 }), fc.nat(30), chunkSizes, (noise, at, cuts) => {
        const whole = `[${record},${record}]`;
        const input = whole.slice(0, at) + noise + whole.slice(at);
        const { invalid } = readEntries(json, cut(text.encode(input), cuts));
        let parsed: unknown;
        try {
          parsed = JSON.parse(input);
        } catch {
          parsed = undefined;
        }
        expect(invalid.some(({ final }) => final)).toBe(!Array.isArray(parsed));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['{"key":"a"}', 1, 1, 'the input is not a JSON array; for one object a line choose jsonl'],
    ['', 1, 1, 'the input ends before its array does'],
    ['[\n{"key":"a","value":1},\n{"key"', 2, 3, 'the input ends before its array does'],
    ['[\n{"key":"a","value":1},\n\n{"key":x}]', 2, 4, 'not valid JSON: expected a value'],
    ['[] []', 1, 1, 'not valid JSON: unexpected characters'],
    [`[${'['.repeat(1001)}`, 1, 1, 'more than 1000 arrays and objects deep'],
  ])('ends at %j', (input, place, line, problem) => {
    expect(readEntries(json, [text.encode(input)]).invalid).toMatchObject([
      { place, line, problem, final: true },
    ]);
  });

  it('ends at bytes that are not UTF-8, wherever chunks end', () => {
    const input = Buffer.from('[{"key":"\xc3\xa9","value":"\xff"}]', 'latin1');
    for (let size = 1; size < input.length; size++) {
      expect(readEntries(json, cut(input, [size])).invalid).toMatchObject([
        { reason: 'utf8', offset: 22, final: true },
      ]);
    }
    expect(readEntries(json, [text.encode('[]'), Uint8Array.of(0xe2)]).invalid).toMatchObject([
      { offset: 2 },
    ]);
  });

  it('passes over elements that are none, and goes on', () => {
    const input =
      '\ufeff[1,{"key":"a"},{"key":"b","value":12345678901234567890},{"key":"c","value":{"__proto__":1}}]';
    const { entries, invalid } = readEntries(json, [text.encode(input)]);
    expect(JSON.stringify(entries)).toBe('[["c",{"__proto__":1},4,1]]');
    expect(invalid.map(({ place, problem }) => [place, problem])).toEqual([
      [1, 'not a JSON object'],
      [2, 'the object has no member "value"'],
      [3, 'the number 12345678901234567890 would be altered; write it as a string'],
    ]);
  });

  it('is written with its brackets', () => {
    expect(runStage<string>(formatJsonArray(options), []).join('')).toBe('[]\n');
    const written = runStage<string>(formatJsonArray(options), [[['a', 1]], [['b', null]]]).join('');
    expect(written).toBe('[\n{"key":"a","value":1},\n{"key":"b","value":null}\n]\n');
  });
});
