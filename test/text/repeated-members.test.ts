import { describe, expect, it } from 'vitest';
import { parseJsonExactly, parseTaggedJson } from '../../src/text/json-text.ts';
import { repeatedName } from '../../src/text/repeated-members.ts';
import { SeededRandom } from '../support/seeded-random.ts';

function found(text: string): string | undefined {
  return repeatedName(text, JSON.parse(text));
}

describe('a member that is repeated', () => {
  it.each([
    ['{"a":1,"a":2}', 'a'],
    ['{"a":1,"a":1}', 'a'],
    ['[[{"x":{"b":1,"c":2,"b":3}}]]', 'b'],
    ['{"a":1,"\\u0061":2}', 'a'],
    ['{"__proto__":1,"__proto__":2}', '__proto__'],
    ['{"":1,"":2}', ''],
    ['{"a" :1 ,\n"a"\t: 2}', 'a'],
    ['{"a\\\\":1,"b\\"":2,"a\\\\":3}', 'a\\'],
    ['{"1":1,"1":2}', '1'],
    ['{"a":{"a":1},"a":2}', 'a'],
    ['{"url":"a:b","url":"c"}', 'url'],
  ])('is found in %s', (text, name) => {
    expect(found(text)).toBe(name);
    expect(() => parseJsonExactly(text)).toThrow(`the object has the member ${JSON.stringify(name)} twice`);
    expect(() => parseTaggedJson(text)).toThrow(RangeError);
  });

  it.each([
    '{"a":1,"b":1}',
    '{"a":{"a":{"a":1}}}',
    '[{"a":1},{"a":2}]',
    '{"a":"\\"a\\":","b":"x:y\\\\"}',
    '{"a":"\\\\\\"","b":":"}',
    '{"__proto__":{"__proto__":1}}',
    '["a","a",":"]',
    '{}',
    '"a:"',
    '1',
    'null',
  ])('is not found in %s', (text) => {
    expect(found(text)).toBe(undefined);
    expect(parseJsonExactly(text)).toEqual(JSON.parse(text));
  });

  it('is not found in what JSON.stringify writes, and found in any of it once it is planted', () => {
    const random = new SeededRandom(7);
    const value = (depth: number): unknown => {
      if (depth === 0 || random.oneIn(3)) return random.pick([1, null, 'a":', '\\', ':', '"', 'é', true]);
      if (random.oneIn(3)) return Array.from({ length: random.below(4) }, () => value(depth - 1));
      const names = ['a', 'b:', '"', '\\', 'é', ' '].filter(() => random.oneIn(2));
      return Object.fromEntries(names.map((name) => [name, value(depth - 1)]));
    };
    for (let i = 0; i < 2000; i++) {
      const spaces = random.pick([0, 1, '\t', '\n ']);
      const text = JSON.stringify({ first: value(5) }, null, spaces);
      expect(found(text), text).toBe(undefined);
      const inner = JSON.stringify(value(3));
      const planted = `${text.slice(0, text.lastIndexOf('}'))},"list":[{"twice":${inner},"b:":${inner},"twice":0}]}`;
      expect(found(planted), planted).toBe('twice');
    }
  });

  it('is looked for at any depth, in time that grows with the text', () => {
    const deep = `${'{"a":['.repeat(5000)}${']}'.repeat(5000)}`;
    expect(found(deep)).toBe(undefined);
    expect(found(`[${deep},{"z":1,"z":2}]`)).toBe('z');
    const long = `{"a":"${'\\\\'.repeat(500_000)}","b":"${'\\"'.repeat(500_000)}"}`;
    expect(found(long)).toBe(undefined);
  });
});
