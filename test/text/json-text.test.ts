import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatReadableJson,
  formatTaggedJson,
  mayAlterNumbers,
  parseJsonExactly,
  parseTaggedJson,
} from '../../src/text/json-text.ts';

const tag = fc.constantFrom(
  '$bytes',
  '$$bytes',
  '$bigint',
  '$$$date',
  '$number',
  '$ref',
  '$',
  '__proto__',
  'a',
);
/** What the encodings tuple and msgpack keep. */
const anyValue: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.string({ unit: 'binary' }),
    fc.double(),
    fc.integer(),
    fc.constantFrom(null, true, false, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
    fc.bigInt(),
    fc.date({ noInvalidDate: true }),
    fc.uint8Array({ maxLength: 9 }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(tag, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value;

describe('tagged JSON', () => {
  it('keeps everything', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const text = formatTaggedJson(value);
        expect(text).not.toContain('\n');
        const back = parseTaggedJson(text);
        expect(back).toStrictEqual(value);
        // Also what toStrictEqual doesn't look at, such as the order of members.
        expect(formatTaggedJson(back)).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });

  it('is JSON that other programs can read', () => {
    fc.assert(fc.property(anyValue, (value) => void JSON.parse(formatTaggedJson(value))));
  });

  it.each([
    [Uint8Array.of(0, 255), '{"$bytes":"00ff"}'],
    [-12345678901234567890n, '{"$bigint":"-12345678901234567890"}'],
    [new Date(0), '{"$date":"1970-01-01T00:00:00.000Z"}'],
    [-0, '{"$number":"-0"}'],
    [{ $bytes: 'mine' }, '{"$$bytes":"mine"}'],
    [{ $ref: 'x' }, '{"$ref":"x"}'],
    [{ $bytes: 1, $date: 2 }, '{"$bytes":1,"$date":2}'],
    [['US', 42, null], '["US",42,null]'],
  ])('writes %o', (value, text) => {
    expect(formatTaggedJson(value)).toBe(text);
    expect(parseTaggedJson(text)).toStrictEqual(value);
  });

  it('reads tags that are written with escapes, and white space', () => {
    expect(parseTaggedJson(' { "\\u0024bytes" : "0A" } ')).toStrictEqual(Uint8Array.of(10));
  });

  it.each([
    ['{"$bytes":"0"}', '"$bytes" must hold pairs of hex digits'],
    ['{"$bytes":"zz"}', '"$bytes" must hold pairs of hex digits'],
    ['{"$bigint":"1.5"}', '"$bigint" must hold decimal digits'],
    ['{"$bigint":5}', '"$bigint" must hold decimal digits'],
    ['{"$date":"tomorrow"}', '"$date" must hold an ISO 8601 date'],
    ['{"$number":"toString"}', '"$number" must hold "NaN"'],
    ['{"a":[{"$bytes":null}]}', 'as a key of your own write "$$bytes"'],
  ])('refuses %s', (text, message) => {
    expect(() => parseTaggedJson(text)).toThrow(message);
  });

  it('refuses what would use up the stack', () => {
    const text = `${'['.repeat(200_000)}{"$bytes":""}${']'.repeat(200_000)}`;
    expect(() => parseTaggedJson(text)).toThrow(RangeError);
  });
});

describe('parseJsonExactly()', () => {
  it.each([
    '9007199254740992',
    '-34766383387770190',
    '1e22',
    '-1E+20',
    '0.1234567890123456789',
    '1234567890123456',
    '["12345678901234567890"]',
    '"\\"1e999"',
    '1e-999',
  ])('reads %s', (text) => {
    expect(parseJsonExactly(text)).toEqual(JSON.parse(text));
  });

  it.each([
    '9007199254740993',
    '-12345678901234567890',
    '1e999',
    '[1,{"a\\\\":-1E+400}]',
    '{"12":"\\"","b":9007199254740993}',
  ])('refuses %s', (text) => {
    expect(() => parseJsonExactly(text)).toThrow(/would be altered; write it as a string/);
  });

  it('refuses an integer when a double is another one that is also written differently', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }), fc.string(), (integer, text) => {
        const json = `[${JSON.stringify(text)},${integer},${JSON.stringify(text)}]`;
        const kept = BigInt(Number(integer)) === integer || String(Number(integer)) === String(integer);
        if (kept) expect(parseJsonExactly(json)).toEqual(JSON.parse(json));
        else expect(() => parseJsonExactly(json)).toThrow(RangeError);
      }),
      { numRuns: 1000 },
    );
  });

  it('sees sixteen digits wherever they stand', () => {
    for (let before = 0; before < 40; before++) {
      for (let after = 0; after < 20; after++) {
        const around = (digits: number): string =>
          `${'x'.repeat(before)}${'7'.repeat(digits)}${'x'.repeat(after)}`;
        expect(mayAlterNumbers(around(16))).toBe(true);
        expect(mayAlterNumbers(around(15))).toBe(false);
      }
    }
  });
});

describe('formatReadableJson()', () => {
  it('writes bigints as digits and dates as text', () => {
    const value = { a: 12345678901234567890n, b: new Date(0), c: [Number.NaN, Uint8Array.of(1)] };
    expect(formatReadableJson(value)).toBe(
      '{"a":12345678901234567890,"b":"1970-01-01T00:00:00.000Z","c":[NaN,{"$bytes":"01"}]}',
    );
  });
});
