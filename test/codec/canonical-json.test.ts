import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CanonicalJson, canonicalJsonEnd, canonicalNumberEnd } from '../../src/codec/canonical-json.ts';
import { JsonCodec } from '../../src/codec/values/json.ts';

/** Whether `JSON.stringify` would write the text for what it says. */
function isCanonical(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return JSON.stringify(value) === text;
  } catch {
    return false;
  }
}

describe('canonicalJsonEnd()', () => {
  it('finds the end of nothing but what JSON.stringify would write', () => {
    const unit = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"',
      '"a"',
      '"b":',
      ':',
      ',',
      '1',
      '0',
      '-',
      '.',
      '5',
      'e',
      'null',
      'true',
      '\\',
      'n',
      'u0041',
      ' ',
      '\n',
      'é',
      '"__proto__":',
    );
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 14 }), (text) => {
        if (canonicalJsonEnd(text, 0) === text.length) expect(isCanonical(text), text).toBe(true);
      }),
      { numRuns: 20_000 },
    );
  });

  it('finds the end of most of what JSON.stringify writes, whatever follows', () => {
    let found = 0;
    let all = 0;
    const name = fc.string({ minLength: 1 }).filter((text) => !/^\d/.test(text));
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 4 },
        fc.string(),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('any')),
        fc.dictionary(name, tie('any')),
      ),
    })).any;
    fc.assert(
      fc.property(value, fc.constantFrom('', ',', '}', ' x'), (one, after) => {
        const text = JSON.stringify(one);
        const end = canonicalJsonEnd(`[${text}${after}`, 1);
        if (end >= 0) expect(end).toBe(1 + text.length);
        all++;
        if (end >= 0) found++;
      }),
    );
    expect(found / all).toBeGreaterThan(0.9);
  });

  it.each([
    '{"a":1,"a":2}',
    '{"b":1,"1":2}',
    '{"a": 1}',
    '"\\u0041"',
    '"\\/"',
    '-0',
    '0.10',
    '1e3',
    '1E3',
    '01',
    '1234567890123456',
    '0.0000001',
    '-',
    '.5',
    '5.',
    '"\t"',
    'nul',
    '',
    '{"a":1,}',
    '[1,]',
  ])('leaves %j to others', (text) => {
    expect(canonicalJsonEnd(text, 0)).not.toBe(text.length);
  });

  it.each([
    '{"a":{"a":1,"b":2},"b":[]}',
    '"\\n\\"\\\\é"',
    '0',
    '-1.5',
    '0.000001',
    '123456789012345',
    '12345678.9012345',
    '{}',
    '[]',
    '[[1],{"x":null}]',
  ])('takes %j', (text) => {
    expect(isCanonical(text)).toBe(true);
    expect(canonicalJsonEnd(text, 0)).toBe(text.length);
  });

  it('takes numbers that String() writes so, and no others', () => {
    const digits = fc.string({ unit: fc.constantFrom('0', '1', '9', '.', '-', 'e'), maxLength: 18 });
    const number = fc.oneof(
      digits,
      fc.double().map(String),
      fc.integer().map(String),
      fc.tuple(fc.integer(), fc.nat(6)).map(([n, d]) => String(n / 10 ** d)),
    );
    fc.assert(
      fc.property(number, (text) => {
        if (canonicalNumberEnd(text, 0) === text.length) expect(String(Number(text))).toBe(text);
      }),
      { numRuns: 20_000 },
    );
  });

  it('is not misled by depth', () => {
    expect(canonicalJsonEnd('['.repeat(100_000), 0)).toBe(-1);
    expect(canonicalJsonEnd('{"a":'.repeat(100_000), 0)).toBe(-1);
  });
});

describe('JsonCodec', () => {
  it('writes canonical JSON as it is', () => {
    const codec = new JsonCodec();
    const text = '{"é":[1,"\\n"]}';
    expect(codec.encode(new CanonicalJson(text)).slice()).toEqual(codec.encode(JSON.parse(text)).slice());
  });
});
