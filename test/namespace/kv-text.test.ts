import { Temporal } from 'temporal-polyfill';
import { describe, expect, it } from 'vitest';
import { kvTextOf, parseKvText } from '../../src/namespace/kv-text.ts';
import { kvJson, kvValueOf } from '../../src/namespace/kv-value.ts';
import { failure } from '../support/failures.ts';

describe('what a person writes', () => {
  it.each([
    ['  1.50 \n', 'NUMBER', '1.50'],
    ['-0', 'NUMBER', '-0'],
    ['1e3', 'NUMBER', '1e3'],
    ['12345678901234567890123', 'NUMBER', '12345678901234567890123'],
    ['+5', 'STRING', '+5'],
    ['01', 'STRING', '01'],
    ['NaN', 'STRING', 'NaN'],
    ['true', 'BOOLEAN', 'true'],
    ['TRUE', 'STRING', 'TRUE'],
    ['null', 'JSON', 'null'],
    ['""', 'STRING', ''],
    ['"a\\nb"', 'STRING', 'a\nb'],
    [' { "a" : 1.0 } ', 'JSON', '{ "a" : 1.0 }'],
    ['hello', 'STRING', 'hello'],
    [' hello\n', 'STRING', ' hello\n'],
    ['2021-09-01', 'DATE', '2021-09-01'],
    ['2021-02-30', 'STRING', '2021-02-30'],
    ['2021-09-01T01:02:03+02:00', 'DATETIME', '2021-09-01T01:02:03+02:00'],
    ['2021-09-01T01:02:03', 'STRING', '2021-09-01T01:02:03'],
    ['2021-09-01T25:02:03Z', 'STRING', '2021-09-01T25:02:03Z'],
    ['P5D', 'DURATION', 'P5D'],
    ['-P5DT1.5S', 'DURATION', '-P5DT1.5S'],
    ['P', 'STRING', 'P'],
    ['PT', 'STRING', 'PT'],
    ['p5d', 'STRING', 'p5d'],
    ['P5D5D', 'STRING', 'P5D5D'],
    ['P0.5D', 'STRING', 'P0.5D'],
    ['Paris', 'STRING', 'Paris'],
    ['\ufeff1', 'STRING', '\ufeff1'],
  ])('%j is a %s', async (written, type, text) => {
    expect(await parseKvText(written)).toEqual({ type, text });
  });

  it.each([
    ['', 'empty'],
    [' \n', 'empty'],
    ['{hello', 'is not JSON'],
    ['[1,', 'is not JSON'],
    [' "open', 'is not JSON'],
    ['1e999', 'is too large'],
    ['"\\ud800"', 'unpaired surrogate'],
  ])('%j is refused', async (written, reason) => {
    expect((await failure(parseKvText(written), 'INVALID_ARGUMENT')).message).toContain(reason);
  });

  it.each([
    ['1', 'STRING', '1'],
    ['"q"', 'STRING', '"q"'],
    ['', 'STRING', ''],
    ['{', 'STRING', '{'],
    ['"1.0"', 'NUMBER', '1.0'],
    ['true', 'BOOLEAN', 'true'],
    ['"2021-09-01"', 'DATE', '2021-09-01'],
    ['PT5M', 'DURATION', 'PT5M'],
    ['"text"', 'JSON', '"text"'],
    [' 5 ', 'JSON', '5'],
  ] as const)('%j is a %s if it is to be one', async (written, type, text) => {
    expect(await parseKvText(written, type)).toEqual({ type, text });
  });

  it.each([
    ['x', 'NUMBER'],
    ['', 'NUMBER'],
    ['Infinity', 'NUMBER'],
    ['yes', 'BOOLEAN'],
    ['2021-13-01', 'DATE'],
    ['2021-09-01', 'DATETIME'],
    ['2021-09-01T01:02:03', 'DATETIME'],
    ['5 minutes', 'DURATION'],
    ['hello', 'JSON'],
    ['', 'JSON'],
  ] as const)('%j is no %s', async (written, type) => {
    await failure(parseKvText(written, type), 'INVALID_ARGUMENT');
  });

  it('takes no type that there is not, and nothing but text', async () => {
    await failure(parseKvText('1', 'number' as 'NUMBER'), 'INVALID_ARGUMENT');
    await failure(parseKvText(5 as unknown as string), 'INVALID_ARGUMENT');
  });
});

describe('what a program sets', () => {
  it.each([
    ['P5D', 'STRING', 'P5D'],
    ['', 'STRING', ''],
    [-0, 'NUMBER', '-0'],
    [0.1, 'NUMBER', '0.1'],
    [2n ** 70n, 'NUMBER', String(2n ** 70n)],
    [true, 'BOOLEAN', 'true'],
    [null, 'JSON', 'null'],
    [{ a: [1, null] }, 'JSON', '{"a":[1,null]}'],
    [new Date(0), 'DATETIME', '1970-01-01T00:00:00.000Z'],
    [Temporal.Instant.from('2021-09-01T01:02:03.000000001Z'), 'DATETIME', '2021-09-01T01:02:03.000000001Z'],
    [Temporal.PlainDate.from('2021-09-01'), 'DATE', '2021-09-01'],
    [Temporal.Duration.from('P5D'), 'DURATION', 'P5D'],
  ])('%s is a %s', async (value, type, text) => {
    const found = await kvTextOf(value);
    expect(found).toEqual({ type, text });
    const again = await kvTextOf(await kvValueOf(found));
    expect(again.type).toBe(type);
  });

  it('may be JSON where it is a number or a boolean', async () => {
    expect(await kvTextOf(5, 'JSON')).toEqual({ type: 'JSON', text: '5' });
    expect(await kvTextOf(false, 'JSON')).toEqual({ type: 'JSON', text: 'false' });
  });

  it.each([
    [Number.NaN],
    [undefined],
    [Symbol('s')],
    [() => 1],
    [new Map()],
    [{ a: undefined }],
    [{ at: new Date(0) }],
    [[-0]],
    [{ n: 1n }],
    [new Date(Number.NaN)],
    ['\ud800'],
    [Temporal.PlainDateTime.from('2021-09-01T01:02:03')],
    [Temporal.ZonedDateTime.from('2021-09-01T01:02:03[UTC]')],
    [Temporal.PlainDate.from('2021-09-01[u-ca=gregory]')],
  ])('%s is refused', async (value) => {
    await failure(kvTextOf(value), 'INVALID_ARGUMENT');
  });

  it('is refused as another type than it has', async () => {
    await failure(kvTextOf(5, 'STRING'), 'INVALID_ARGUMENT');
    await failure(kvTextOf({}, 'NUMBER'), 'INVALID_ARGUMENT');
    await failure(kvTextOf(2n ** 70n, 'JSON'), 'INVALID_ARGUMENT');
    await failure(kvTextOf(Temporal.Duration.from('P5D'), 'DATE'), 'INVALID_ARGUMENT');
  });

  it('is refused above 16 MiB', async () => {
    const most = 16 * 2 ** 20;
    expect((await kvTextOf('a'.repeat(most))).text.length).toBe(most);
    expect(await failure(kvTextOf('a'.repeat(most + 1)), 'TOO_LARGE')).toMatchObject({ limit: most });
  });
});

describe('what is read', () => {
  it.each([
    ['1.0', 1],
    ['9007199254740991', 2 ** 53 - 1],
    ['9007199254740993', 9007199254740993n],
    ['-9007199254740993', -9007199254740993n],
    ['1e300', 1e300],
    ['-0', -0],
  ])('the NUMBER %s is %s', async (text, value) => {
    expect(await kvValueOf({ type: 'NUMBER', text })).toBe(value);
    expect(kvJson({ type: 'NUMBER', text })).toBe(text);
  });

  it('is JSON with the digits that were written', () => {
    expect(kvJson({ type: 'JSON', text: '{"a":1.0}' })).toBe('{"a":1.0}');
    expect(kvJson({ type: 'STRING', text: 'a"b' })).toBe('"a\\"b"');
    expect(kvJson({ type: 'DURATION', text: 'P5D' })).toBe('"P5D"');
    expect(kvJson({ type: 'BOOLEAN', text: 'true' })).toBe('true');
  });
});
