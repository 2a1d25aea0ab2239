import { Buffer } from 'node:buffer';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { DURATION_FIELDS, loadTemporal } from '../../../src/codec/temporal.ts';
import { TypedCodec, type TypedValue } from '../../../src/codec/values/typed.ts';
import {
  fromHex,
  jsonValue,
  nested,
  outcome,
  refusedEverywhere,
  someText,
  toHex,
} from '../../support/exact-values.ts';
import { LAST_INSTANT, temporalFacts, temporalValue } from '../../support/temporal-values.ts';

const codec = new TypedCodec(Temporal);

function encode(value: unknown): Uint8Array {
  return codec.encode(value as TypedValue).slice();
}

function decode(bytes: Uint8Array): TypedValue {
  const padded = Buffer.concat([Buffer.of(0x05, 0xff), bytes, Buffer.of(0x00)]);
  return codec.decode(padded, 2, 2 + bytes.length);
}

function same(value: unknown): boolean {
  return isDeepStrictEqual(temporalFacts(decode(encode(value))), temporalFacts(value));
}

const structure = jsonValue.filter((value) => typeof value === 'object' && value !== null);
const typedValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(null, true, false),
  fc.double(),
  fc.constantFrom(0, -0, NaN, Infinity, -Infinity, Number.MIN_VALUE, Number.MAX_VALUE),
  fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }),
  someText,
  temporalValue,
  structure,
);

describe('the codec typed', () => {
  it('gives back any value it takes, exactly and with its type', () => {
    fc.assert(
      fc.property(typedValue, (value) => {
        const bytes = encode(value);
        const back = decode(bytes);
        expect(isDeepStrictEqual(temporalFacts(back), temporalFacts(value))).toBe(true);
        expect(toHex(encode(back))).toBe(toHex(bytes));
      }),
      { numRuns: 4000 },
    );
  });

  it.each<[string, unknown, string]>([
    ['null', null, '00'],
    ['false', false, '01'],
    ['true', true, '02'],
    ['1', 1, '03 3ff0000000000000'],
    ['-0', -0, '03 8000000000000000'],
    ['NaN', NaN, '03 7ff8000000000000'],
    ['a bigint', 1n, '04 01'],
    ['a bigint below 0', -129n, '04 ff7f'],
    ['a bigint beyond 64 bits', 2n ** 64n, '04 010000000000000000'],
    ['text', 'P5D', '05 503544'],
    ['empty text', '', '05'],
    ['text with a BOM', '\ufeffa', '05 efbbbf61'],
    ['an instant', Temporal.Instant.from('2021-09-01T01:02:03.000000004Z'), '06 00000000612ed10b 00000004'],
    ['an instant before 1970', new Temporal.Instant(-1n), '06 ffffffffffffffff 3b9ac9ff'],
    [
      'a date and time',
      Temporal.PlainDateTime.from('2021-09-01T01:02:03.123456789'),
      '07 000007e5 09 01 01 02 03 075bcd15',
    ],
    ['a date', Temporal.PlainDate.from('2021-09-01'), '08 000007e5 09 01'],
    ['a date before the year 0', new Temporal.PlainDate(-271821, 4, 19), '08 fffbda33 04 13'],
    ['five days', Temporal.Duration.from('P5D'), '09 0008 4014000000000000'],
    ['120 hours', Temporal.Duration.from('PT120H'), '09 0010 405e000000000000'],
    ['nothing of a duration', new Temporal.Duration(), '09 0000'],
    [
      'a duration of several fields, below 0',
      Temporal.Duration.from({ years: -1, nanoseconds: -1 }),
      '09 0201 bff0000000000000 bff0000000000000',
    ],
    ['an object', { b: [1], a: 'é' }, '0a 7b2262223a5b315d2c2261223a22c3a9227d'],
    ['an array', [], '0a 5b5d'],
  ])('writes %s as it is documented', (_, value, hex) => {
    expect(toHex(encode(value))).toBe(hex.replaceAll(' ', ''));
    expect(same(value)).toBe(true);
  });

  it('keeps what looks alike apart', () => {
    const alike = [
      '1',
      1,
      1n,
      '1.2.3',
      'P5D',
      Temporal.Duration.from('P5D'),
      Temporal.Duration.from('PT120H'),
      Temporal.Duration.from({ milliseconds: 1500 }),
      Temporal.Duration.from('PT1.5S'),
      '2021-09-01',
      Temporal.PlainDate.from('2021-09-01'),
      Temporal.PlainDateTime.from('2021-09-01'),
      Temporal.Instant.from('2021-09-01T00:00:00Z'),
      'true',
      true,
      ' trimmed? ',
      'null',
      null,
      '{}',
      {},
    ];
    for (const value of alike) expect(same(value)).toBe(true);
    expect(new Set(alike.map((value) => toHex(encode(value)))).size).toBe(alike.length);
  });

  it('keeps the greatest and least of Temporal', () => {
    for (const value of [
      new Temporal.Instant(LAST_INSTANT),
      new Temporal.Instant(-LAST_INSTANT),
      new Temporal.PlainDateTime(-271821, 4, 19, 0, 0, 0, 0, 0, 1),
      new Temporal.PlainDateTime(275760, 9, 13, 23, 59, 59, 999, 999, 999),
      new Temporal.PlainDate(275760, 9, 13),
      new Temporal.Duration(0, 0, 0, 0, 0, 0, 0, 0, 0, 9007199254740991e9),
      new Temporal.Duration(4294967295, 4294967295, 4294967295, 1),
    ]) {
      expect(same(value)).toBe(true);
    }
  });

  it('takes a NaN of any kind for the one NaN', () => {
    const odd = new DataView(fromHex('fff8000000000001').buffer).getFloat64(0);
    expect(toHex(encode(odd))).toBe('037ff8000000000000');
  });

  it('keeps a key __proto__, odd keys and unpaired surrogates within objects', () => {
    expect(same(JSON.parse('{"__proto__":{"a":1},"10":2,"":3,"\\ud800":"\\udc00"}'))).toBe(true);
    expect(same(nested(256))).toBe(true);
  });

  it('has memory for long text and works on after it', () => {
    for (const length of [4094, 4095, 4096, 100_000, 3_000_000, 1])
      expect(same('é'.repeat(length))).toBe(true);
    expect(same(1n << 100_000n)).toBe(true);
  });

  const json = refusedEverywhere().filter(
    ([, value]) => typeof value !== 'object' || !ArrayBuffer.isView(value),
  );
  it.each<[string, unknown, string]>([
    ...json.map(([what, value, message]): [string, unknown, string] => [what, value, message]),
    ['a Date', new Date(0), 'fromEpochMilliseconds(value.getTime())'],
    ['an invalid Date', new Date(NaN), 'value is a Date'],
    ['bytes', Uint8Array.of(1), "valueEncoding 'binary'"],
    ['a date and time in a zone', Temporal.ZonedDateTime.from('2021-09-01T00[UTC]'), 'toInstant()'],
    ['a time', Temporal.PlainTime.from('10:00'), 'value is a Temporal.PlainTime'],
    ['a month', Temporal.PlainYearMonth.from('2021-09'), 'value is a Temporal.PlainYearMonth'],
    ['a birthday', Temporal.PlainMonthDay.from('09-01'), 'value is a Temporal.PlainMonthDay'],
    ['another calendar', Temporal.PlainDate.from('2021-09-01[u-ca=gregory]'), "withCalendar('iso8601')"],
    ['an unpaired surrogate', '\ud800', 'unpaired surrogate'],
    ['a bigint within', { a: [1n] }, 'value.a[0] is a bigint'],
    ['-0 within', [-0], 'value[0] is -0'],
    ['NaN within', { a: NaN }, 'value.a is NaN'],
    ['a Date within', { a: new Date(0) }, 'value.a is a Date'],
    ['a date within', { a: Temporal.PlainDate.from('2021-09-01') }, 'value.a is a PlainDate'],
    ['a subclass', new (class Deadline extends Temporal.PlainDate {})(2021, 9, 1), 'value is a Deadline'],
  ])('refuses %s, and says why', (_, value, message) => {
    const refused = expect.objectContaining({ code: 'INVALID_ARGUMENT', argument: 'value' });
    expect(() => codec.encode(value as TypedValue)).toThrow(refused);
    expect(() => codec.encode(value as TypedValue)).toThrow(message);
    expect(same('and works on')).toBe(true);
  });
});

/** An object like those of another implementation of Temporal. */
function foreign(kind: string, fields: object): object {
  const prototype = Object.create(Object.prototype, { [Symbol.toStringTag]: { value: `Temporal.${kind}` } });
  return Object.assign(Object.create(prototype), fields);
}

describe('an object of another implementation of Temporal', () => {
  const iso = { calendarId: 'iso8601' };
  it.each<[string, object, TypedValue]>([
    [
      'Instant',
      { epochNanoseconds: 5n, toString: () => '1970-01-01T00:00:00.000000005Z' },
      new Temporal.Instant(5n),
    ],
    [
      'PlainDate',
      { ...iso, year: 2021, month: 9, day: 1, toString: () => '2021-09-01' },
      new Temporal.PlainDate(2021, 9, 1),
    ],
    [
      'Duration',
      { ...new Array(10), ...zeros(), days: 5, toString: () => 'P5D' },
      Temporal.Duration.from('P5D'),
    ],
  ])('is taken for what it is: %s', (kind, fields, expected) => {
    expect(toHex(encode(foreign(kind, fields)))).toBe(toHex(encode(expected)));
  });

  it.each<[string, object]>([
    ['Instant', {}],
    ['Instant', { epochNanoseconds: 5 }],
    ['Instant', { epochNanoseconds: 10n ** 30n, toString: () => 'later' }],
    ['PlainDate', { ...iso, year: 2021, month: 13, day: 1, toString: () => '2021-13-01' }],
    ['PlainDate', { ...iso, year: 2021.5, month: 9, day: 1, toString: () => '2021.5-09-01' }],
    ['PlainDate', { year: 2021, month: 9, day: 1, toString: () => '2021-09-01' }],
    ['PlainDateTime', { ...iso, year: 2021, month: 9, day: 1, toString: () => '2021-09-01T10:00:00' }],
    ['Duration', { days: 5, toString: () => 'P5D' }],
    ['Duration', { ...zeros(), days: 1.5, toString: () => 'P1.5D' }],
    ['Duration', { ...zeros(), days: 1, hours: -1, toString: () => 'P1DT-1H' }],
    ['Epoch', {}],
  ])('is refused when it is not what it pretends to be: %s %o', (kind, fields) => {
    expect(() => codec.encode(foreign(kind, fields) as TypedValue)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', argument: 'value' }),
    );
  });

  it('must have the fields of its class: an empty object with the prototype has none', () => {
    expect(() => codec.encode(Object.create(Temporal.Instant.prototype))).toThrow(
      'not a whole Temporal.Instant',
    );
  });
});

function zeros(): Record<string, number> {
  return Object.fromEntries(DURATION_FIELDS.map((name) => [name, 0]));
}

describe('decoding typed values from elsewhere', () => {
  it.each([
    ['nothing', ''],
    ['an unknown tag', '0b'],
    ['tag ff', 'ff'],
    ['something behind null', '0000'],
    ['something behind false', '0100'],
    ['something behind true', '02ff'],
    ['a number cut short', '03 3ff00000000000'],
    ['a number that is too long', '03 3ff000000000000000'],
    ['another NaN', '03 7ff8000000000001'],
    ['a negative NaN', '03 fff8000000000000'],
    ['a bigint of no bytes', '04'],
    ['a bigint with a byte too many', '04 0001'],
    ['text that is not UTF-8', '05 ff'],
    ['text with a surrogate', '05 eda080'],
    ['an instant cut short', '06 0000000000000000 000000'],
    ['an instant with a second of nanoseconds', '06 0000000000000000 3b9aca00'],
    ['an instant beyond all', '06 7fffffffffffffff 00000000'],
    ['a date cut short', '08 000007e5 09'],
    ['month 0', '08 000007e5 00 01'],
    ['month 13', '08 000007e5 0d 01'],
    ['February 30th', '08 000007e5 02 1e'],
    ['a year beyond all', '08 7fffffff 01 01'],
    ['hour 24', '07 000007e5 09 01 18 00 00 00000000'],
    ['second 60', '07 000007e5 09 01 00 00 3c 00000000'],
    ['a date and time with a second of nanoseconds', '07 000007e5 09 01 00 00 00 3b9aca00'],
    ['a duration without its fields', '09'],
    ['a duration cut short', '09 0008 40140000000000'],
    ['a duration with more than its fields', '09 0008 4014000000000000 00'],
    ['a duration with an eleventh field', '09 0400 4014000000000000'],
    ['a field that is 0', '09 0008 0000000000000000'],
    ['a field that is -0', '09 0008 8000000000000000'],
    ['half a day', '09 0008 3fe0000000000000'],
    ['a field that is NaN', '09 0008 7ff8000000000000'],
    ['fields of both signs', '09 0003 3ff0000000000000 bff0000000000000'],
    ['JSON of a number', '0a 31'],
    ['JSON of null', '0a 6e756c6c'],
    ['JSON of text', '0a 2261 22'],
    ['broken JSON', '0a 7b'],
    ['no JSON', '0a'],
    ['JSON with white space', '0a 5b 20 5d'],
    ['JSON with a needless escape', `0a ${Buffer.from('["\\u0061"]').toString('hex')}`],
    ['JSON with two equal keys', `0a ${Buffer.from('{"a":1,"a":1}').toString('hex')}`],
    ['JSON with a number in another form', `0a ${Buffer.from('[1.0]').toString('hex')}`],
    ['JSON with numbers as keys out of order', `0a ${Buffer.from('{"2":1,"1":1}').toString('hex')}`],
    ['JSON with -0', `0a ${Buffer.from('[-0]').toString('hex')}`],
    ['JSON with a number beyond all', `0a ${Buffer.from('[1e999]').toString('hex')}`],
    ['JSON with a BOM', '0a efbbbf5b5d'],
  ])('refuses %s', (_, hex) => {
    expect(outcome(() => decode(fromHex(hex)))).toBeUndefined();
  });

  it('refuses a million arrays in each other', () => {
    const bytes = new Uint8Array(2_000_001).fill(0x5b, 1, 1_000_001).fill(0x5d, 1_000_001);
    bytes[0] = 0x0a;
    expect(outcome(() => decode(bytes))).toBeUndefined();
  });

  it('reads or refuses random bytes, and what it reads it writes alike', () => {
    let read = 0;
    const byte = fc.oneof(fc.constantFrom(0, 1, 2, 3, 8, 0x3f, 0xf0, 0x5b, 0x5d, 0xff), fc.nat(255));
    const tagged = fc.tuple(fc.nat(12), fc.array(byte, { maxLength: 20 }));
    fc.assert(
      fc.property(tagged, ([tag, content]) => {
        const bytes = Uint8Array.of(tag, ...content);
        const result = outcome(() => decode(bytes));
        if (result === undefined) return;
        read++;
        expect(toHex(encode(result.value))).toBe(toHex(bytes));
      }),
      { numRuns: 20_000 },
    );
    expect(read).toBeGreaterThan(1000);
  });

  it('reads or refuses damaged values', () => {
    for (const value of [
      1.5,
      -300n,
      'é',
      { a: [1, 'b'] },
      new Temporal.Instant(-5n),
      Temporal.PlainDateTime.from('2021-09-01T10:00:00.5'),
      Temporal.PlainDate.from('2021-09-01'),
      Temporal.Duration.from('P1Y5DT3.000000001S'),
    ]) {
      const bytes = encode(value);
      for (let at = 0; at < bytes.length; at++) {
        outcome(() => decode(bytes.subarray(0, at)));
        for (let change = 1; change < 256; change++) {
          const damaged = bytes.slice();
          damaged[at]! ^= change;
          const result = outcome(() => decode(damaged));
          if (result !== undefined) expect(toHex(encode(result.value))).toBe(toHex(damaged));
        }
      }
    }
  });
});

describe('loadTemporal()', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('gives the platform`s own', async () => {
    const native = { ...Temporal };
    vi.stubGlobal('Temporal', native);
    expect(await loadTemporal()).toBe(native);
  });

  it('gives the polyfill where the platform has none', async () => {
    vi.stubGlobal('Temporal', undefined);
    expect((await loadTemporal()).Instant.from('1970-01-01T00:00Z').epochNanoseconds).toBe(0n);
  });
});
