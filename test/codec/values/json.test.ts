import { Buffer } from 'node:buffer';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonCodec } from '../../../src/codec/values/json.ts';
import { jsonValue, outcome, refusedEverywhere } from '../../support/exact-values.ts';

const codec = new JsonCodec();

function decode(text: string): unknown {
  const bytes = Buffer.from(text);
  return codec.decode(bytes, 0, bytes.length);
}

function same(value: unknown): boolean {
  const bytes = codec.encode(value).slice();
  return isDeepStrictEqual(codec.decode(bytes, 0, bytes.length), value);
}

describe('the codec json', () => {
  it('gives back any value it takes, exactly', () => {
    fc.assert(
      fc.property(jsonValue, (value) => {
        expect(same(value)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  it('writes compact JSON in UTF-8, without a BOM', () => {
    const bytes = codec.encode({ b: ['é', null, 1e21], a: { c: true } });
    expect(Buffer.from(bytes).toString()).toBe('{"b":["é",null,1e+21],"a":{"c":true}}');
  });

  it('keeps a key __proto__ as a property, which pollutes nothing', () => {
    const value = JSON.parse('{"__proto__": {"polluted": true}}');
    expect(same(value)).toBe(true);
    const bytes = codec.encode(value).slice();
    const back = codec.decode(bytes, 0, bytes.length) as object;
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
    expect(Object.keys(back)).toEqual(['__proto__']);
  });

  it('keeps unpaired surrogates, by their escapes', () => {
    const value = { 'k\udc00': ['\ud800', 'a\udfffb', '\udc00\ud800'] };
    expect(Buffer.from(codec.encode(value)).toString()).toContain('"\\ud800"');
    expect(same(value)).toBe(true);
  });

  it('keeps a BOM at the start of text', () => {
    expect(same('\ufeff')).toBe(true);
    expect(same({ '\ufeffa': `\ufeff${'a'.repeat(500)}` })).toBe(true);
  });

  it('takes a property toJSON that is no function', () => {
    expect(same({ toJSON: 1 })).toBe(true);
  });

  it('writes long values, and short ones again after them', () => {
    expect(same(['é'.repeat(2_000_000)])).toBe(true);
    expect(same(1)).toBe(true);
  });

  it.each<[string, unknown, string]>([
    ...refusedEverywhere(),
    ['NaN', [NaN], 'value[0] is NaN'],
    ['Infinity', { a: Infinity }, 'value.a is Infinity'],
    ['-Infinity', -Infinity, 'value is -Infinity'],
    ['-0', [1, -0], 'value[1] is -0'],
    ['a bigint', { n: 1n }, 'value.n is a bigint'],
    ['a Date', [new Date(0)], 'value[0] is a Date'],
    ['bytes', { raw: new Uint8Array(1) }, 'value.raw is a Uint8Array'],
    ['a Buffer', Buffer.of(1), 'value is a Buffer'],
    ['a method toJSON', { toJSON: () => 1 }, 'value.toJSON is a function'],
    ['a hidden method toJSON', Object.defineProperty({}, 'toJSON', { value: () => 1 }), 'not enumerable'],
  ])('refuses %s, says where, and works on', (_, value, message) => {
    expect(() => codec.encode(value)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', argument: 'value' }),
    );
    expect(() => codec.encode(value)).toThrow(message);
    expect(same({ a: [1, 'b'] })).toBe(true);
  });

  it('refuses everything while somebody has put toJSON on a prototype', () => {
    Object.defineProperty(Array.prototype, 'toJSON', { value: () => 'changed', configurable: true });
    try {
      expect(() => codec.encode({ a: [1] })).toThrow('value.a has a method toJSON');
    } finally {
      delete (Array.prototype as { toJSON?: unknown }).toJSON;
    }
  });

  it.each([
    ['nothing', ''],
    ['a leading BOM', '\ufeff1'],
    ['two values', '1 2'],
    ['NaN', 'NaN'],
    ['an object cut short', '{"a":'],
    ['a trailing comma', '[1,]'],
  ])('throws a plain error for %s', (_, text) => {
    expect(() => decode(text)).toThrow(SyntaxError);
  });

  it('throws a plain error for invalid UTF-8', () => {
    expect(() => codec.decode(Uint8Array.of(0x22, 0xff, 0x22), 0, 3)).toThrow(TypeError);
  });

  it('reads or refuses random bytes', () => {
    let read = 0;
    const character = fc.constantFrom(...'[]{}",:0123-.eE\\u true false null');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 30 }),
          fc.string({ unit: character, maxLength: 12 }).map((text) => new Uint8Array(Buffer.from(text))),
        ),
        (bytes) => {
          if (outcome(() => codec.decode(bytes, 0, bytes.length)) !== undefined) read++;
        },
      ),
      { numRuns: 10_000 },
    );
    expect(read).toBeGreaterThan(50);
  });
});
