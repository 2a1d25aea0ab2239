import { describe, expect, it } from 'vitest';
import {
  keyText,
  showBytes,
  showCount,
  valueKind,
  valuePreview,
  valueText,
} from '../../../src/server/page/show.ts';

it('shows sizes and counts as people write them', () => {
  expect([0, 999, 1000, 44_040_000, 99_999_000, 1e9, 5e15].map(showBytes)).toEqual([
    '0 B',
    '999 B',
    '1.0\u00a0kB',
    '44.0\u00a0MB',
    '100\u00a0MB',
    '1.0\u00a0GB',
    '5000\u00a0TB',
  ]);
  expect(showCount(1234567)).toBe('1,234,567');
});

describe('keys', () => {
  it.each([
    ['apple', 'apple'],
    [{ $bytes: '00ff' }, '0x00ff'],
    [{ $bigint: '18446744073709551616' }, '18446744073709551616'],
    [42, '42'],
    [['US', 1], '["US",1]'],
  ])('%j is written as queries take it', (key, text) => {
    expect(keyText(key)).toBe(text);
  });
});

describe('values', () => {
  it.each([
    [null, 'null', 'null'],
    ['two\n  lines', 'text', 'two lines'],
    [1.5, 'number', '1.5'],
    [Object.assign(Object.create(null), { rawJSON: '1.0' }), 'number', '{"rawJSON":"1.0"}'],
    [true, 'boolean', 'true'],
    [[1, 2], 'array of 2', '[1,2]'],
    [{ a: 1 }, 'object', '{"a":1}'],
    [{}, 'object', '{}'],
    [{ $bytes: '00ff' }, '2 bytes', '{"$bytes":"00ff"}'],
    [{ $bytes: 1 }, 'bytes', '{"$bytes":1}'],
    [{ $instant: '2020-01-01T00:00:00Z' }, 'instant', '{"$instant":"2020-01-01T00:00:00Z"}'],
  ])('%j has a kind and a line', (value, kind, line) => {
    expect(valueKind(value)).toBe(kind);
    expect(valuePreview(value)).toBe(line);
  });

  it('are cut in lines, and whole otherwise', () => {
    const long = 'x'.repeat(1000);
    expect(valuePreview(long)).toBe(`${'x'.repeat(300)}…`);
    expect(valueText(long)).toBe(long);
    expect(valueText({ a: [1] })).toBe('{\n  "a": [\n    1\n  ]\n}');
  });
});
