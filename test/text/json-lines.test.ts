import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CanonicalJson } from '../../src/codec/canonical-json.ts';
import type { EntryBatch, InvalidEntry } from '../../src/text/entry-batch.ts';
import { formatJsonLines, type JsonLineOptions, parseJsonLines } from '../../src/text/json-lines.ts';

const plain: JsonLineOptions = {
  keyEncoding: 'utf8',
  valueEncoding: 'json',
  key: ['key'],
  value: ['value'],
};

function parse(
  options: JsonLineOptions,
  ...blocks: (string | Uint8Array)[]
): { batches: EntryBatch[]; invalid: InvalidEntry[] } {
  const invalid: InvalidEntry[] = [];
  const stage = parseJsonLines(options, (line) => invalid.push(line));
  let offset = 0;
  const batches = blocks.map((block) => {
    const content = typeof block === 'string' ? new TextEncoder().encode(block) : block;
    const bytes = Uint8Array.of(0xff, ...content, 0x7b);
    const batch = stage({ bytes, start: 1, end: 1 + content.length, offset, oversized: false });
    offset += content.length;
    return batch;
  });
  return { batches, invalid };
}

describe('parseJsonLines()', () => {
  it('counts lines through blocks, blank and invalid ones too', () => {
    const { batches, invalid } = parse(plain, '{"key":"a","value":1}\n\n', 'x\n{"key":"b","value":2}', '\n');
    expect(batches.map(({ keys, places }) => [keys, places])).toEqual([
      [['a'], [1]],
      [['b'], [4]],
      [[], []],
    ]);
    expect(invalid).toMatchObject([{ place: 3, offset: 23, reason: 'json' }]);
  });

  it('gives the offset of a line in bytes, and of broken UTF-8 within it', () => {
    const good = '{"key":"é😀","value":1}\n';
    const length = new TextEncoder().encode(good).length;
    expect(parse(plain, `${good}[]\n`).invalid).toMatchObject([
      { place: 2, offset: length, problem: 'not a JSON object' },
    ]);
    const broken = Buffer.concat([
      Buffer.from(good),
      Buffer.from('{"key":"\xe9"}\n', 'latin1'),
      Buffer.from(good),
    ]);
    const { batches, invalid } = parse(plain, broken);
    expect(invalid).toEqual([
      {
        place: 2,
        offset: length + 8,
        reason: 'utf8',
        problem: `the byte 0xe9 at offset ${length + 8} is not UTF-8`,
        final: false,
      },
    ]);
    expect(batches[0].places).toEqual([1, 3]);
  });

  it('passes over a byte-order mark at the beginning of the input only', () => {
    const line = '{"key":"a","value":1}\n';
    expect(parse(plain, `\ufeff${line}`).invalid).toEqual([]);
    expect(
      parse(plain, Buffer.concat([Buffer.from(`\ufeff${line}`), Buffer.of(0xff, 10)])).batches[0].keys,
    ).toEqual(['a']);
    expect(parse(plain, line, `\ufeff${line}`).invalid).toMatchObject([{ place: 2 }]);
  });

  it('takes members of the object itself only', () => {
    expect(parse({ ...plain, value: ['toString'] }, '{"key":"a"}').invalid).toMatchObject([
      { problem: 'the object has no member "toString"' },
    ]);
    expect(parse({ ...plain, value: ['__proto__'] }, '{"key":"a","__proto__":5}').batches[0].values).toEqual([
      5,
    ]);
  });

  it('reads bytes from text or hex digits, and nothing else', () => {
    const options: JsonLineOptions = { ...plain, valueEncoding: 'binary' };
    expect(
      parse(options, '{"key":"a","value":"é"}\n{"key":"b","value":{"$bytes":"00fF"}}').batches[0].values,
    ).toEqual([Uint8Array.of(0xc3, 0xa9), Uint8Array.of(0, 255)]);
    const { invalid } = parse(
      options,
      '{"key":"a","value":5}\n{"key":"b","value":{"$bytes":"0"}}\n{"key":"c","value":null}',
    );
    expect(invalid.map(({ problem }) => problem)).toEqual(
      Array(3).fill('bytes must be text, or {"$bytes":"…"} with pairs of hex digits'),
    );
  });
});

describe('rows of JSON', () => {
  const rows: JsonLineOptions = { keyEncoding: 'utf8', valueEncoding: 'json', key: ['sku'] };
  /** What the values say, whether they come as JSON text or parsed. */
  const entries = (options: JsonLineOptions, text: string): [unknown, unknown][] => {
    const { batches, invalid } = parse(options, text);
    expect(invalid).toEqual([]);
    return batches.flatMap(({ keys, values }) =>
      keys.map((key, i): [unknown, unknown] => {
        const value = values[i];
        if (!(value instanceof CanonicalJson)) return [key, value];
        expect(JSON.stringify(JSON.parse(value.text))).toBe(value.text);
        return [key, JSON.parse(value.text)];
      }),
    );
  };
  const both = [rows, { ...rows, canonicalJson: true }];

  it.each(both)('have the rest of the object for a value, where only the key is named', (options) => {
    const lines = [
      '{"sku":"a","price":1,"tags":["x",{"y":null}]}',
      '{"price": 1.5, "sku": "b"}',
      '{"sku":"c"}',
      '{"z":1,"10":2,"9":3,"sku":"d"}',
      '{"sku":"e\\u0041","nested":{"sku":"kept","__proto__":{"x":1}},"__proto__":{"y":2}}',
    ].join('\n');
    const found = entries(options, lines);
    expect(found.map(([key]) => key)).toEqual(['a', 'b', 'c', 'd', 'eA']);
    expect(found.map(([, value]) => JSON.stringify(value))).toEqual([
      '{"price":1,"tags":["x",{"y":null}]}',
      '{"price":1.5}',
      '{}',
      '{"9":3,"10":2,"z":1}',
      '{"nested":{"sku":"kept","__proto__":{"x":1}},"__proto__":{"y":2}}',
    ]);
    expect(Object.getPrototypeOf(found[4][1])).toBe(Object.prototype);
  });

  it.each(both)('keep the key in the value with keepKey', (options) => {
    expect(JSON.stringify(entries({ ...options, keepKey: true }, '{"n":1,"sku":"a","m":2}'))).toBe(
      '[["a",{"n":1,"sku":"a","m":2}]]',
    );
  });

  it.each(both)('have one member for a value, or an object of several in the order named', (options) => {
    const line = '{"a":1,"sku":"k","b":{"c":[2]},"d":3}';
    expect(entries({ ...options, value: ['b'] }, line)).toEqual([['k', { c: [2] }]]);
    expect(JSON.stringify(entries({ ...options, value: ['d', 'a'] }, line))).toBe('[["k",{"d":3,"a":1}]]');
    expect(entries({ ...options, value: ['sku', 'a'] }, line)).toEqual([['k', { sku: 'k', a: 1 }]]);
    expect(entries({ ...options, value: ['sku'] }, line)).toEqual([['k', 'k']]);
  });

  it.each(['utf8', 'binary'] as const)('have the member value for a value that is %s', (valueEncoding) => {
    const options: JsonLineOptions = { ...rows, valueEncoding };
    const line = '{"sku":"a","value":"x"}\n';
    const [[key, value]] = entries(options, line);
    expect([key, Buffer.from(value as string).toString()]).toEqual(['a', 'x']);
    expect(formatJsonLines(options)([[key, value]])).toBe(
      valueEncoding === 'utf8' ? line : '{"sku":"a","value":{"$bytes":"78"}}\n',
    );
    expect(parse(options, '{"sku":"a","price":1}').invalid).toMatchObject([
      { problem: 'the object has no member "value"' },
    ]);
  });

  it('make tuples of several members of the key', () => {
    const options: JsonLineOptions = { ...rows, keyEncoding: 'tuple', key: ['country', 'id'] };
    expect(entries(options, '{"id":{"$bigint":"5"},"n":1,"country":"DE"}')).toEqual([[['DE', 5n], { n: 1 }]]);
    expect(() => parse({ ...options, keyEncoding: 'utf8' }, '{}')).toThrow(
      'several members make a tuple: a key of utf8 is one member',
    );
  });

  it('are never what a tagged object stands for, but their members may be', () => {
    const options: JsonLineOptions = { ...rows, valueEncoding: 'msgpack' };
    expect(entries(options, '{"sku":"a","$bytes":"00ff"}\n{"sku":"b","raw":{"$bytes":"00ff"}}')).toEqual([
      ['a', { $bytes: '00ff' }],
      ['b', { raw: Uint8Array.of(0, 255) }],
    ]);
  });

  it.each(both)(
    'lack no member that is named, have none twice, and no number that would be altered',
    (options) => {
      const lines = [
        '{"price":1}',
        '{"sku":"a","price":1,"price":2}',
        '{"sku":"a","p\\u0072ice":1,"price":2}',
        '{"sku":"a","sku":"b"}',
        '{"sku":"a","price":12345678901234567890}',
        '[1]',
        '{"sku":"a","nested":{"x":1}}',
      ].join('\n');
      const { batches, invalid } = parse(options, lines);
      expect(invalid.map(({ place, problem }) => [place, problem])).toEqual([
        [1, 'the object has no member "sku"'],
        [2, 'the object has the member "price" twice'],
        [3, 'the object has the member "price" twice'],
        [4, 'the object has the member "sku" twice'],
        [5, 'the number 12345678901234567890 would be altered; write it as a string'],
        [6, 'not a JSON object'],
      ]);
      expect(batches.flatMap(({ places }) => places)).toEqual([7]);
      const named = { ...options, value: ['n'] };
      const repeated = ['{"n":1,"sku":"a","n":2}', '{"n":1,"s\\u006bu":"a","sku":"b"}'].join('\n');
      expect(parse(named, repeated).invalid.map(({ problem }) => problem)).toEqual([
        'the object has the member "n" twice',
        'the object has the member "sku" twice',
      ]);
      expect(entries(named, '{"x":1,"n":{"n":"n"},"sku":"sku","x":2}')).toEqual([['sku', { n: 'n' }]]);
      const deep = ['{"sku":"a","n":[{"b":{"c":1,"d":2,"c":3}}]}', '{"sku":"a","n":{"a":1,"\\u0061":2}}'];
      for (const asked of [named, options]) {
        expect(parse(asked, deep.join('\n')).invalid.map(({ place, problem }) => [place, problem])).toEqual([
          [1, 'the object has the member "c" twice'],
          [2, 'the object has the member "a" twice'],
        ]);
      }
      expect(entries(named, '{"x":{"y":1,"y":2},"sku":"a","n":{"n":[{"n":1},{"n":1}]}}')).toEqual([
        ['a', { n: [{ n: 1 }, { n: 1 }] }],
      ]);
      expect(parse({ ...options, value: ['price', 'stock'] }, '{"sku":"a","price":1}').invalid).toMatchObject(
        [{ problem: 'the object has no member "stock"' }],
      );
    },
  );

  it.each([
    [{ value: ['a', 'a'] }, 'the member "a" is named twice'],
    [{ keepKey: true, value: ['a'] }, 'name the key among the members of the value'],
    [{ keepKey: true, key: undefined }, 'name a member for the key'],
    [
      { valueEncoding: 'utf8', keepKey: true },
      'keepKey needs the value encoding json, msgpack or typed, not utf8',
    ],
    [{ valueEncoding: 'binary', value: ['a', 'b'] }, 'several members need the value encoding json'],
  ] as const)('are refused with %j', (options, message) => {
    expect(() => parse({ ...rows, ...options }, '{}')).toThrow(message);
    expect(() => formatJsonLines({ ...rows, ...options })).toThrow(message);
  });

  it('are written as they are read', () => {
    const write = (options: JsonLineOptions, key: unknown, value: unknown): string =>
      formatJsonLines(options)([[key, value]]);
    expect(write(rows, 'a', { price: 1, $x: [null] })).toBe('{"sku":"a","price":1,"$x":[null]}\n');
    expect(write(rows, 'a', {})).toBe('{"sku":"a"}\n');
    expect(write({ ...rows, keepKey: true }, 'a', { n: 1, sku: 'a' })).toBe('{"n":1,"sku":"a"}\n');
    expect(write({ ...rows, value: ['b', 'a'] }, 'k', { b: 1, a: 2 })).toBe('{"sku":"k","b":1,"a":2}\n');
    expect(write({ ...rows, value: ['sku'] }, 'k', 'k')).toBe('{"sku":"k"}\n');
    expect(write({ ...rows, keyEncoding: 'tuple', key: ['country', 'id'] }, ['DE', 5n], { n: 1 })).toBe(
      '{"country":"DE","id":{"$bigint":"5"},"n":1}\n',
    );
  });

  it.each([
    [{}, 'k', 5, 'it has a value that is not an object'],
    [{}, 'k', [1], 'it has a value that is not an object'],
    [{ valueEncoding: 'msgpack' }, 'k', new Date(0), 'it has a value that is not an object'],
    [{}, 'k', { sku: 'k' }, 'it has a member "sku" beside its key'],
    [{ keepKey: true }, 'k', { sku: 'other' }, 'it has another "sku" than its key'],
    [{ keepKey: true }, 'k', { n: 1 }, 'it has no member "sku"'],
    [{ value: ['a', 'b'] }, 'k', { b: 1, a: 2 }, 'it has the members b, a and not a, b'],
    [{ value: ['a', 'b'] }, 'k', { a: 1 }, 'it has the members a and not a, b'],
    [{ value: ['sku'] }, 'k', 'other', 'it has another "sku" than its key'],
    [{ keyEncoding: 'tuple', key: ['x', 'y'] }, ['a'], {}, 'it has a key of 1 elements and not 2'],
  ] as const)('are not written where they would not come back: %j %j %j', (options, key, value, problem) => {
    expect(() => formatJsonLines({ ...rows, ...options })([[key, value]])).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(problem) }),
    );
  });

  it('come back exactly', () => {
    const name = fc.oneof(
      fc.constantFrom('a', '__proto__', '$bytes', '$$date', '7', 'k"'),
      fc.string({ unit: 'binary' }),
    );
    const object = fc
      .dictionary(name, fc.jsonValue(), { noNullPrototype: true })
      .map((value): object => JSON.parse(JSON.stringify(value)));
    for (const valueEncoding of ['json', 'msgpack'] as const) {
      for (const canonicalJson of [false, true]) {
        const options: JsonLineOptions = { ...rows, valueEncoding, canonicalJson, key: ['the key'] };
        fc.assert(
          fc.property(fc.string({ unit: 'binary' }), object, (key, value) => {
            fc.pre(!Object.hasOwn(value, 'the key'));
            const [[readKey, readValue]] = entries(options, formatJsonLines(options)([[key, value]]));
            expect(readKey).toBe(key);
            expect(JSON.stringify(readValue)).toBe(JSON.stringify(value));
          }),
        );
      }
    }
  });
});

describe('formatJsonLines()', () => {
  const text = fc.string({ unit: 'binary', maxLength: 6 });
  const bytes = fc.uint8Array({ maxLength: 4 });
  const fields = {
    utf8: text,
    binary: bytes,
    tuple: fc.array(fc.oneof(text, bytes, fc.bigInt(), fc.constantFrom(null, -0, Number.POSITIVE_INFINITY))),
    json: fc.jsonValue().map((value): unknown => JSON.parse(JSON.stringify(value))),
    msgpack: fc.dictionary(fc.constantFrom('$bytes', '$$date', 'a'), fc.oneof(text, bytes, fc.double()), {
      noNullPrototype: true,
    }),
  };

  for (const keyEncoding of ['utf8', 'binary', 'tuple'] as const) {
    for (const valueEncoding of ['utf8', 'binary', 'json', 'msgpack'] as const) {
      it(`writes ${keyEncoding} keys and ${valueEncoding} values so that they are read back`, () => {
        const options: JsonLineOptions = {
          keyEncoding,
          valueEncoding,
          key: ['k "'],
          value: ['$bytes'],
        };
        fc.assert(
          fc.property(
            fc.array(fc.tuple(fields[keyEncoding], fields[valueEncoding]), { minLength: 1 }),
            (entries) => {
              const { batches, invalid } = parse(options, formatJsonLines(options)(entries));
              expect(invalid).toEqual([]);
              expect(batches[0].keys).toStrictEqual(entries.map(([key]) => key));
              expect(batches[0].values).toStrictEqual(entries.map(([, value]) => value));
            },
          ),
        );
      });
    }
  }
});
