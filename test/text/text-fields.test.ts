import * as fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, it, vi } from 'vitest';
import { KEY_ENCODINGS, VALUE_ENCODINGS } from '../../src/codec/encoding-names.ts';
import type { EntryBatch } from '../../src/text/entry-batch.ts';
import { formatJsonLines, parseJsonLines } from '../../src/text/json-lines.ts';
import { formatKeyValueLines } from '../../src/text/key-value-format.ts';
import { parseKeyValueLines } from '../../src/text/key-value-lines.ts';
import type { LineBlock } from '../../src/text/line-blocks.ts';
import type { TextEncodings, TextKeyEncoding, TextValueEncoding } from '../../src/text/text-fields.ts';
import { temporalFacts, temporalValue } from '../support/temporal-values.ts';

const word = fc.string({ unit: 'grapheme-ascii', minLength: 1 });
const uuid = fc.uuid();
// −0 is not for JSON.
const json = fc.jsonValue().map((value): unknown => JSON.parse(JSON.stringify(value)));
const keys: { readonly [Name in TextKeyEncoding]: fc.Arbitrary<unknown> } = {
  utf8: word,
  binary: fc.uint8Array({ minLength: 1, max: 8 }),
  tuple: fc.tuple(word, fc.double({ noNaN: true }), fc.bigInt()),
  number: fc.oneof(fc.double({ noNaN: true }), fc.integer(), fc.constantFrom(-0, Infinity, -Infinity, 1e21)),
  bigint: fc.bigInt({ min: -(2n ** 100n), max: 2n ** 100n }),
  uuid,
};
const values: { readonly [Name in TextValueEncoding]: fc.Arbitrary<unknown> } = {
  msgpack: fc.oneof(json, fc.bigInt(), fc.date({ noInvalidDate: true })),
  binary: fc.uint8Array({ max: 8 }),
  utf8: word,
  json,
  typed: fc.oneof(temporalValue, fc.double(), fc.bigInt(), fc.string(), json),
};

function readAll(parse: (block: LineBlock) => EntryBatch, text: string | Uint8Array): EntryBatch {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  return parse({ bytes, start: 0, end: bytes.length, offset: 0, oversized: false });
}

function never(): never {
  throw new Error('a line was refused');
}

function isSame(actual: unknown, expected: unknown): void {
  expect(temporalFacts(actual)).toStrictEqual(temporalFacts(expected));
}

describe.each(KEY_ENCODINGS)('keys of the encoding %s', (keyEncoding) => {
  it.each(VALUE_ENCODINGS)(
    'and values of the encoding %s come back from lines and JSON lines',
    (valueEncoding) => {
      const encodings: TextEncodings = { keyEncoding, valueEncoding, temporal: Temporal };
      const lines = { ...encodings, separator: '\t' };
      const objects = { ...encodings, key: ['key'], value: ['value'] };
      fc.assert(
        fc.property(keys[keyEncoding], values[valueEncoding], (key, value) => {
          const line = readAll(
            parseKeyValueLines(lines, never),
            formatKeyValueLines(lines)([[key, value]]) as string,
          );
          isSame([line.keys, line.values], [[key], [value]]);
          const object = readAll(parseJsonLines(objects, never), formatJsonLines(objects)([[key, value]]));
          isSame([object.keys, object.values], [[key], [value]]);
        }),
        { numRuns: 150 },
      );
    },
  );
});

function problemsOf(encodings: Partial<TextEncodings>, text: string): [string[], string[]] {
  const all: TextEncodings = { keyEncoding: 'utf8', valueEncoding: 'utf8', temporal: Temporal, ...encodings };
  const problems: [string[], string[]] = [[], []];
  const [key, value] = text.split('\t');
  readAll(
    parseKeyValueLines({ ...all, separator: '\t' }, ({ problem }) => problems[0].push(problem)),
    `${text}\n`,
  );
  readAll(
    parseJsonLines({ ...all, key: ['key'], value: ['value'] }, ({ problem }) => problems[1].push(problem)),
    `{"key":${key},"value":${value}}\n`,
  );
  return problems;
}

describe('a line is refused', () => {
  it.each(['abc', '', '1,5', '0x10', '01', '+1', ' 1', '1 ', 'NaN', '1_000', '.5', '5.', '-', '--1', '"1"'])(
    'when %j stands where a number should',
    (text) => {
      expect(problemsOf({ keyEncoding: 'number' }, `${text}\t"x"`)[0]).toHaveLength(1);
      expect(problemsOf({ keyEncoding: 'number' }, `${text}\t"x"`)[0][0]).toMatch(/number|key is empty/);
    },
  );

  it.each(['12345678901234567891', '1e999'])('when the number %s would be altered', (text) => {
    const [lines, objects] = problemsOf({ keyEncoding: 'number' }, `${text}\t"x"`);
    expect(lines[0]).toContain('would be altered');
    expect(objects[0]).toContain('would be altered');
  });

  it.each(['abc', '1.5', '1e3', '0x10', '+1', '1n', '-'])(
    'when %j stands where an integer should',
    (text) => {
      expect(problemsOf({ keyEncoding: 'bigint' }, `${text}\t"x"`)[0][0]).toContain('is not an integer');
    },
  );

  it.each(['{"$plainDate":"2021-09-31"}', '{"$instant":"now"}', 'P5D'])(
    'when a typed value is %s',
    (text) => {
      const [lines, objects] = problemsOf({ valueEncoding: 'typed' }, `"a"\t${text}`);
      expect(lines).toHaveLength(1);
      expect(objects).toHaveLength(1);
    },
  );
});

describe('JSON lines', () => {
  it('take numbers and text of digits where keys are bigints', () => {
    const batch = readAll(
      parseJsonLines({ keyEncoding: 'bigint', valueEncoding: 'json', key: ['k'], value: ['v'] }, never),
      '{"k":5,"v":0}\n{"k":"12345678901234567891","v":0}\n{"k":{"$bigint":"-7"},"v":0}\n',
    );
    expect(batch.keys).toEqual([5n, 12345678901234567891n, -7n]);
  });
});

describe('typed values', () => {
  it('need a Temporal from the start', () => {
    vi.stubGlobal('Temporal', undefined);
    const refused = expect.objectContaining({ code: 'INVALID_ARGUMENT', argument: 'temporal' });
    const encodings = { keyEncoding: 'utf8', valueEncoding: 'typed' } as const;
    expect(() => parseKeyValueLines({ ...encodings, separator: '\t' }, never)).toThrow(refused);
    expect(() => parseJsonLines({ ...encodings, key: ['k'], value: ['v'] }, never)).toThrow(refused);
    vi.unstubAllGlobals();
  });
});
