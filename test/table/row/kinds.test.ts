import { Temporal } from 'temporal-polyfill';
import { describe, expect, it } from 'vitest';
import type { KeyKind } from '../../../src/table/row/kind.ts';
import { kindOf } from '../../../src/table/row/kinds.ts';
import { RowReader } from '../../../src/table/row/row-reader.ts';
import { RowWriter } from '../../../src/table/row/row-writer.ts';
import type { ColumnTemporal } from '../../../src/table/row/temporal-kinds.ts';
import { Refusal } from '../../../src/table/schema/refusal.ts';
import { parseType } from '../../../src/table/schema/type-text.ts';

function kind(type: string): ReturnType<typeof kindOf> {
  return kindOf(parseType(type, 'type'), Temporal as unknown as ColumnTemporal);
}

/** What is read back of a value that is written between others. */
function roundTrip(type: string, value: unknown): unknown {
  const writer = new RowWriter();
  writer.byte(7);
  const one = kind(type);
  one.write(one.take(value), writer);
  writer.byte(9);
  const bytes = writer.copy();
  const reader = new RowReader();
  reader.open(bytes, new DataView(bytes.buffer), 1, bytes.length);
  one.skip(reader);
  expect(reader.byte()).toBe(9);
  reader.open(bytes, new DataView(bytes.buffer), 1, bytes.length - 1);
  const read = one.give(one.read(reader));
  expect(reader.at).toBe(reader.end);
  return read;
}

function refusal(type: string, value: unknown): string {
  try {
    kind(type).take(value);
  } catch (error) {
    if (error instanceof Refusal) return `${error.path} ${error.message}`;
    throw error;
  }
  throw new Error(`${type} took ${String(value)}`);
}

describe('what a type refuses', () => {
  it.each([
    ['BOOLEAN', 1, 'not true or false'],
    ['TINYINT', 128, 'outside -128 to 127'],
    ['SMALLINT', -32769, 'outside'],
    ['INT', 2 ** 31, 'outside -2147483648 to 2147483647'],
    ['INT', 1.5, 'not an integer'],
    ['INT', -0, 'the number -0, not an integer'],
    ['INT', Number.NaN, 'NaN'],
    ['INT', 1n, 'a bigint, not a number'],
    ['INT', '1', 'not a number'],
    ['BIGINT', 2n ** 63n, 'outside'],
    ['BIGINT', 2 ** 53, 'not a bigint'],
    ['BIGINT', 0.5, 'not a bigint'],
    ['FLOAT', 1e39, 'outside what 32 bits can hold'],
    ['DOUBLE', '1', 'not a number'],
    ['STRING', '\ud800', 'unpaired surrogate'],
    ['STRING', 7, 'not a string'],
    ['CHAR(2)', 'abc', 'has 3 characters, and CHAR(2) at most 2'],
    ['CHAR(2)', '\u{1F600}\u{1F600}\u{1F600}', 'has 3 characters'],
    ['BYTES', 'abc', 'not a Uint8Array'],
    ['BYTES', new Uint16Array(1), 'not a Uint8Array'],
    ['BINARY(2)', new Uint8Array(1), 'has 1 bytes, and BINARY(2) exactly 2'],
    ['BINARY(2)', new Uint8Array(3), 'exactly 2'],
    ['DECIMAL(4, 2)', '123', 'more than 4 digits'],
    ['DECIMAL(4, 2)', '1.234', 'more than 2 digits after the point'],
    ['DECIMAL(4, 2)', 0.5, 'not a decimal number as text'],
    ['DECIMAL(4, 2)', '1e2', 'not a decimal number'],
    ['DECIMAL(4, 2)', '', 'not a decimal number'],
    ['DATE', '2026-02-30', '2026-02-30'],
    ['DATE', '2026-11-30T00:00:00', 'not a Temporal.PlainDate'],
    ['DATE', new Date(0), 'not a Temporal.PlainDate'],
    [
      'DATE',
      Temporal.PlainDate.from('2026-11-30').withCalendar('iso8601').toPlainDateTime(),
      'not a Temporal.PlainDate',
    ],
    ['TIME(0)', '08:30:00.5', 'more than 0 digits of a second'],
    ['TIME(3)', '24:00:00', '24:00:00'],
    ['TIMESTAMP(6)', '2026-11-30T08:30:00.0000001', 'more than 6 digits'],
    ['TIMESTAMP(6)', '2026-11-30T08:30:00Z', 'not a date and time'],
    ['TIMESTAMP_LTZ(6)', '2026-11-30T08:30:00', 'with its offset'],
    ['TIMESTAMP_LTZ(6)', new Date(Number.NaN), 'invalid Date'],
    ['TIMESTAMP_LTZ(6)', 0.5, 'not an integer of milliseconds'],
    ['TIMESTAMP_LTZ(6)', 2n ** 80n, 'beyond all moments'],
    ['TIMESTAMP_LTZ(3)', 1n, 'more than 3 digits'],
    ['ARRAY<INT>', [1, null], '[1] is null, and INT is not nullable'],
    ['ARRAY<INT>', { length: 1 }, 'not an array'],
    ['ARRAY<ARRAY<CHAR(1)?>>', [['a'], ['bc']], '[1][0] has 2 characters'],
    ['MAP<STRING, INT>', { a: 1 }, 'not a Map'],
    ['MAP<STRING, INT>', new Map([['a', 'b']]), '.get(the string "a") is the string "b"'],
    ['MAP<STRING, INT>', new Map([[1, 1]]), '(a key) is the number 1'],
    ['ROW<a INT, b ROW<c INT>>', { a: 1, b: { c: '' } }, '.b.c is the string ""'],
    ['ROW<a INT>', { a: 1, z: 1 }, 'has a member "z"'],
    ['ROW<a INT>', {}, '.a is undefined, and INT is not nullable'],
    ['ROW<a INT>', [1], 'not an object'],
  ])('%s: %s', (type, value, why) => {
    expect(refusal(type, value)).toContain(why);
  });

  it('an array that has lost its memory', () => {
    const bytes = new Uint8Array(8);
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    expect(refusal('BYTES', bytes)).toContain('memory');
  });
});

describe('what a type keeps', () => {
  it.each([
    ['INT', [0, 1, -1, 63, -64, 64, 2 ** 31 - 1, -(2 ** 31)]],
    ['BIGINT', [0n, -1n, 2n ** 51n, -(2n ** 51n), 2n ** 52n, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n)]],
    ['FLOAT', [-0, 0, Number.NaN, 1.5, Number.POSITIVE_INFINITY]],
    ['DOUBLE', [-0, 0.1, Number.NaN, 5e-324, Number.MAX_VALUE]],
    [
      'STRING',
      [
        '',
        'a'.repeat(127),
        'a'.repeat(128),
        'é'.repeat(64),
        '\u{1F600}',
        '\u0000',
        '\ufeff',
        'ä'.repeat(70_000),
      ],
    ],
    ['BOOLEAN', [true, false]],
  ] as [string, unknown[]][])('%s', (type, values) => {
    for (const value of values) expect(Object.is(roundTrip(type, value), value), String(value)).toBe(true);
  });

  it('a number for what is exact as an integer, too', () => {
    expect(roundTrip('BIGINT', 5)).toBe(5n);
    expect(roundTrip('DECIMAL(5, 2)', 5)).toBe('5.00');
    expect(roundTrip('DECIMAL(5, 2)', -5n)).toBe('-5.00');
    expect(roundTrip('DECIMAL(5, 2)', '+1.50')).toBe('1.50');
    expect(roundTrip('DECIMAL(5, 2)', '-0.000')).toBe('0.00');
    expect(roundTrip('DECIMAL(3, 3)', '-0.001')).toBe('-0.001');
    expect(roundTrip('FLOAT', 0.1)).toBe(Math.fround(0.1));
  });

  it('days, times and moments of every form', () => {
    const text = (type: string, value: unknown): string => String(roundTrip(type, value));
    expect(text('DATE', '1600-02-29')).toBe('1600-02-29');
    expect(text('DATE', '-000001-03-01')).toBe('-000001-03-01');
    expect(text('TIME(0)', '08:30')).toBe('08:30:00');
    expect(text('TIME(9)', '08:30:00.000000001')).toBe('08:30:00.000000001');
    expect(text('TIMESTAMP(3)', new Date(-1))).toBe('1969-12-31T23:59:59.999');
    expect(text('TIMESTAMP(0)', 0)).toBe('1970-01-01T00:00:00');
    expect(text('TIMESTAMP(9)', -1n)).toBe('1969-12-31T23:59:59.999999999');
    expect(text('TIMESTAMP(9)', '2026-11-30 08:30')).toBe('2026-11-30T08:30:00');
    expect(text('TIMESTAMP_LTZ(6)', '2026-11-30T08:30:00+01:00')).toBe('2026-11-30T07:30:00Z');
    expect(text('TIMESTAMP_LTZ(6)', 1000)).toBe('1970-01-01T00:00:01Z');
  });

  it('bytes that the caller changes afterwards', () => {
    const bytes = Uint8Array.of(1, 2);
    const read = roundTrip('ARRAY<BYTES>', [bytes]) as Uint8Array[];
    bytes.fill(0);
    expect([...read[0]]).toEqual([1, 2]);
  });

  it('nested values with null at every place', () => {
    const value = [{ a: null, m: new Map([['x', [null, 1]]]) }, null, { a: 1, m: null }];
    expect(roundTrip('ARRAY<ROW<a INT?, m MAP<STRING, ARRAY<INT?>>?>?>', value)).toEqual(value);
    const long = Array.from({ length: 1000 }, (_, i) => (i % 3 === 0 ? null : i));
    expect(roundTrip('ARRAY<INT?>', long)).toEqual(long);
  });
});

describe('bytes that are no row', () => {
  it.each([
    ['ARRAY<INT>', [0xff, 0xff, 0xff, 0x7f]],
    ['STRING', [0x05, 0x61]],
    ['STRING', [0x01, 0xff]],
    ['BYTES', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80]],
    ['BOOLEAN', [2]],
    ['DOUBLE', [1, 2, 3]],
    ['BIGINT', [0x80]],
  ] as [string, number[]][])('%s %s are refused', (type, bytes) => {
    const reader = new RowReader();
    const array = Uint8Array.from(bytes);
    reader.open(array, new DataView(array.buffer), 0, array.length);
    expect(() => kind(type).read(reader)).toThrow();
  });
});

it.each([
  ['a Uint8Array', new Uint8Array(2)],
  ['a Buffer', Buffer.alloc(2)],
])('bytes of a key are copied: %s', (_, bytes) => {
  const element = (kind('BYTES') as KeyKind).toElement(bytes);
  bytes[0] = 1;
  expect(element).toEqual(new Uint8Array(2));
});
