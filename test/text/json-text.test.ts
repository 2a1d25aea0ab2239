import * as fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, it, vi } from 'vitest';
import {
  formatReadableJson,
  formatTaggedJson,
  mayAlterNumbers,
  parseJsonExactly,
  parseTaggedJson,
} from '../../src/text/json-text.ts';
import { temporalFacts, temporalValue } from '../support/temporal-values.ts';

const tag = fc.constantFrom(
  '$bytes',
  '$$bytes',
  '$bigint',
  '$$$date',
  '$number',
  '$instant',
  '$$duration',
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

describe('tagged JSON of Temporal', () => {
  it('keeps everything', () => {
    fc.assert(
      fc.property(temporalValue, (value) => {
        const text = formatTaggedJson({ a: [value] });
        const back = parseTaggedJson(text, Temporal) as { a: unknown };
        expect(temporalFacts(back.a)).toStrictEqual(temporalFacts([value]));
        expect(formatTaggedJson(back)).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    [
      Temporal.Instant.from('2021-09-01T01:02:03.000000004Z'),
      '{"$instant":"2021-09-01T01:02:03.000000004Z"}',
    ],
    [Temporal.PlainDateTime.from('2021-09-01T01:02'), '{"$plainDateTime":"2021-09-01T01:02:00"}'],
    [Temporal.PlainDate.from('-000001-09-01'), '{"$plainDate":"-000001-09-01"}'],
    [Temporal.PlainDate.from('2021-09-01[u-ca=gregory]'), '{"$plainDate":"2021-09-01[u-ca=gregory]"}'],
    [Temporal.Duration.from('P5D'), '{"$duration":"P5D"}'],
    [Temporal.Duration.from('-PT1.5S'), '{"$duration":"-PT1.5S"}'],
    [Temporal.Duration.from({ milliseconds: -1500 }), '{"$duration":{"milliseconds":-1500}}'],
    [{ $instant: 'mine' }, '{"$$instant":"mine"}'],
  ])('writes %o', (value, text) => {
    expect(formatTaggedJson(value)).toBe(text);
    expect(temporalFacts(parseTaggedJson(text, Temporal))).toStrictEqual(temporalFacts(value));
  });

  it.each([
    ['{"$instant":"2021-09-01T01:02:03+02:00"}', '{"$instant":"2021-08-31T23:02:03Z"}'],
    ['{"$duration":"PT0S"}', '{"$duration":"PT0S"}'],
    ['{"$duration":{"days":5}}', '{"$duration":"P5D"}'],
  ])('also reads %s', (text, written) => {
    expect(formatTaggedJson(parseTaggedJson(text, Temporal))).toBe(written);
  });

  it.each([
    ['$instant', '2021-09-01'],
    ['$instant', '2021-09-01T01:02:03'],
    ['$instant', '2016-12-31T23:59:60Z'],
    ['$instant', '2021-09-01T01:02:03.0000000001Z'],
    ['$instant', '2021-09-01T01:02:03Z[Europe/Berlin]'],
    ['$instant', '2021-02-30T01:02:03Z'],
    ['$instant', 5],
    ['$plainDateTime', '2021-09-01'],
    ['$plainDateTime', '2021-09-01T10:00+02:00'],
    ['$plainDateTime', '2021-09-01T10:00:60'],
    ['$plainDateTime', '2021-09-01T24:00'],
    ['$plainDate', '2021-09-01T10:00'],
    ['$plainDate', '2021-02-29'],
    ['$plainDate', '20210901'],
    ['$plainDate', ''],
    ['$duration', 'PT0.5H'],
    ['$duration', 'P'],
    ['$duration', 'PD'],
    ['$duration', 'PT'],
    ['$duration', '5 days'],
    ['$duration', { days: 1.5 }],
    ['$duration', { days: 1, hours: -1 }],
    ['$duration', { dais: 1 }],
    ['$duration', {}],
    ['$duration', [5]],
    ['$duration', null],
  ])('refuses what would be altered: %s of %o', (tag, content) => {
    expect(() => parseTaggedJson(JSON.stringify({ [tag]: content }), Temporal)).toThrow(
      expect.objectContaining({
        name: 'TypeError',
        message: expect.stringContaining(`"${tag}" must hold a`),
      }),
    );
  });

  it('takes the platform`s own unless another is given, and says so where there is none', () => {
    const text = '{"$duration":"P5D"}';
    vi.stubGlobal('Temporal', undefined);
    expect(() => parseTaggedJson(text)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', argument: 'temporal' }),
    );
    vi.stubGlobal('Temporal', Temporal);
    expect(String(parseTaggedJson(text))).toBe('P5D');
    vi.unstubAllGlobals();
  });

  it('is bare words for people', () => {
    expect(
      formatReadableJson([Temporal.Duration.from('P5D'), 'P5D', Temporal.PlainDate.from('2021-09-01')]),
    ).toBe('[P5D,"P5D",2021-09-01]');
  });
});

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
