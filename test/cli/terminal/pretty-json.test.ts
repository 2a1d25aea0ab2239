import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { prettyJson } from '../../../src/cli/terminal/pretty-json.ts';

describe('`prettyJson()`', () => {
  it('is what JSON.stringify() makes of the same, for what numbers and objects can hold', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(3), (text, indent) => {
        const value: unknown = JSON.parse(text);
        expect(prettyJson(JSON.stringify(value, null, indent))).toBe(JSON.stringify(value, null, 2));
      }),
    );
  });

  it('refuses what is no JSON, or deeper than any', () => {
    for (const text of ['', '{', '{"a":1,}', "{'a':1}", '1 2', 'NaN']) {
      expect(() => prettyJson(text), text).toThrow(SyntaxError);
    }
    expect(prettyJson('['.repeat(1000) + ']'.repeat(1000)).split('\n').length).toBe(1999);
    expect(() => prettyJson('['.repeat(1001) + ']'.repeat(1001))).toThrow(RangeError);
  });
});
