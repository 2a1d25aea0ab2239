import { encode } from '@msgpack/msgpack';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EntryBatch, InvalidEntry } from '../../src/text/entry-batch.ts';
import { formatJsonArray, parseJsonArray } from '../../src/text/json-array.ts';
import { formatLengthPrefixed, parseLengthPrefixed } from '../../src/text/length-prefixed.ts';
import { lineBlocks } from '../../src/text/line-blocks.ts';
import { formatMsgpackPairs, parseMsgpackPairs } from '../../src/text/msgpack-pairs.ts';
import { parseNulFields } from '../../src/text/nul-fields.ts';
import { cut, runStage, runStages } from './stage.ts';

const text = new TextEncoder();
const utf8 = { keyEncoding: 'utf8', valueEncoding: 'utf8' } as const;
const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 });

type Parser = (onInvalid: (invalid: InvalidEntry) => void) => readonly ((input: never) => unknown)[];

interface Reading {
  readonly entries: [unknown, unknown, number, number?][];
  readonly invalid: InvalidEntry[];
}

function read(parser: Parser, chunks: readonly Uint8Array[]): Reading {
  const invalid: InvalidEntry[] = [];
  const entries: Reading['entries'] = [];
  try {
    for (const { keys, values, places, lines } of runStages<EntryBatch>(
      parser((one) => invalid.push(one)),
      chunks,
    )) {
      for (const [i, key] of keys.entries()) {
        entries.push(
          lines === undefined ? [key, values[i], places[i]] : [key, values[i], places[i], lines[i]],
        );
      }
    }
  } catch (error) {
    if (!invalid.some(({ final }) => final)) throw error;
  }
  return { entries, invalid };
}

describe('parseJsonArray()', () => {
  const options = {
    keyEncoding: 'utf8',
    valueEncoding: 'json',
    key: ['key'],
    value: ['value'],
  } as const;
  const json: Parser = (onInvalid) => [parseJsonArray(options, onInvalid)];

  it('takes rows, and names members that an element has twice', () => {
    const rows: Parser = (onInvalid) => [
      parseJsonArray({ keyEncoding: 'utf8', valueEncoding: 'json', key: ['sku'] }, onInvalid),
    ];
    const input =
      '[{"sku":"a","n":{"x":1,"x":1}},\n{"sku":"b","n":1,"n":2},{"n":1},{"__proto__":1,"sku":"c","__proto__":2}]';
    const { entries, invalid } = read(rows, [text.encode(input)]);
    expect(entries).toEqual([['a', { n: { x: 1 } }, 1, 1]]);
    expect(invalid.map(({ place, line, problem }) => [place, line, problem])).toEqual([
      [2, 2, 'the object has the member "n" twice'],
      [3, 2, 'the object has no member "sku"'],
      [4, 2, 'the object has the member "__proto__" twice'],
    ]);
  });

  it('gives what JSON.parse gives, with elements and lines, wherever chunks end', () => {
    const value = fc.jsonValue({ stringUnit: 'binary' }).filter((one) => !JSON.stringify(one).includes('-0'));
    const layout = fc.constantFrom<[number, string]>([0, ''], [2, '\n'], [0, '\r\n'], [1, ' \t']);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), value)), layout, sizes, (pairs, [indent, space], cuts) => {
        const elements = pairs.map(([key, one]) => JSON.stringify({ key, value: one }, undefined, indent));
        const input = `${space}[${space}${elements.join(`${space},${space}`)}${space}]${space}`;
        const { entries, invalid } = read(json, cut(text.encode(input), cuts));
        expect(invalid).toEqual([]);
        const parsed = JSON.parse(input) as { key: string; value: unknown }[];
        expect(entries.map(([key, one, place]) => [key, one, place])).toEqual(
          parsed.map((one, i) => [one.key, one.value, i + 1]),
        );
        let at = 0;
        for (const [i, element] of elements.entries()) {
          at = input.indexOf(element, at);
          expect(entries[i][3]).toBe(input.slice(0, at).split('\n').length);
          at += element.length;
        }
      }),
    );
  });

  it('refuses what JSON.parse refuses', () => {
    const unit = fc.constantFrom(
      '[',
      ']',
      '{',
      '}',
      '"key"',
      '"value"',
      ':',
      ',',
      '1',
      '-',
      '0',
      '.',
      'e',
      'null',
      '"',
      '\\',
      'u00',
      ' ',
      '\n',
    );
    const record = '{"key":"a","value":1}';
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 12 }), fc.nat(30), sizes, (noise, at, cuts) => {
        const whole = `[${record},${record}]`;
        const input = whole.slice(0, at) + noise + whole.slice(at);
        const { invalid } = read(json, cut(text.encode(input), cuts));
        let parsed: unknown;
        try {
          parsed = JSON.parse(input);
        } catch {
          parsed = undefined;
        }
        expect(invalid.some(({ final }) => final)).toBe(!Array.isArray(parsed));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['{"key":"a"}', 1, 1, 'the input is not a JSON array; for one object a line choose jsonl'],
    ['', 1, 1, 'the input ends before its array does'],
    ['[\n{"key":"a","value":1},\n{"key"', 2, 3, 'the input ends before its array does'],
    ['[\n{"key":"a","value":1},\n\n{"key":x}]', 2, 4, 'not valid JSON: expected a value'],
    ['[] []', 1, 1, 'not valid JSON: unexpected characters'],
    [`[${'['.repeat(1001)}`, 1, 1, 'more than 1000 arrays and objects deep'],
  ])('ends at %j', (input, place, line, problem) => {
    expect(read(json, [text.encode(input)]).invalid).toMatchObject([{ place, line, problem, final: true }]);
  });

  it('ends at bytes that are not UTF-8, wherever chunks end', () => {
    const input = Buffer.from('[{"key":"\xc3\xa9","value":"\xff"}]', 'latin1');
    for (let size = 1; size < input.length; size++) {
      expect(read(json, cut(input, [size])).invalid).toMatchObject([
        { reason: 'utf8', offset: 22, final: true },
      ]);
    }
    expect(read(json, [text.encode('[]'), Uint8Array.of(0xe2)]).invalid).toMatchObject([{ offset: 2 }]);
  });

  it('passes over elements that are none, and goes on', () => {
    const input =
      '\ufeff[1,{"key":"a"},{"key":"b","value":12345678901234567890},{"key":"c","value":{"__proto__":1}}]';
    const { entries, invalid } = read(json, [text.encode(input)]);
    expect(JSON.stringify(entries)).toBe('[["c",{"__proto__":1},4,1]]');
    expect(invalid.map(({ place, problem }) => [place, problem])).toEqual([
      [1, 'not a JSON object'],
      [2, 'the object has no member "value"'],
      [3, 'the number 12345678901234567890 would be altered; write it as a string'],
    ]);
  });

  it('is written with its brackets', () => {
    expect(runStage<string>(formatJsonArray(options), []).join('')).toBe('[]\n');
    const written = runStage<string>(formatJsonArray(options), [[['a', 1]], [['b', null]]]).join('');
    expect(written).toBe('[\n{"key":"a","value":1},\n{"key":"b","value":null}\n]\n');
  });
});

describe('parseMsgpackPairs()', () => {
  const msgpack: Parser = (onInvalid) => [parseMsgpackPairs(onInvalid)];
  const leaf = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ minLength: 300, maxLength: 70_000 }),
    fc.uint8Array({ maxLength: 300 }),
    fc.double(),
    fc.integer(),
    fc.bigInt(),
    fc.constantFrom(null, true, -0, new Date(5)),
  );
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie('any'), { maxLength: 20 }),
      fc.dictionary(fc.string(), tie('any'), { noNullPrototype: true }),
    ),
  })).any;

  it('reads what formatMsgpackPairs() writes, wherever chunks end', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value), { maxLength: 6 }), sizes, (pairs, cuts) => {
        const [bytes = new Uint8Array(0)] = runStage<Uint8Array>(formatMsgpackPairs(), [pairs]);
        for (const chunks of [
          [bytes],
          cut(
            bytes,
            cuts.map((size) => size * 37),
          ),
          bytes.length < 3000 ? cut(bytes, cuts) : [bytes],
        ]) {
          const { entries, invalid } = read(msgpack, chunks);
          expect(invalid).toEqual([]);
          expect(entries.map(([key, one]) => [key, one])).toEqual(pairs);
        }
      }),
    );
  });

  it("reads another library's pairs, its integers of 64 bits as bigints", () => {
    const bytes = Buffer.concat([encode(['a', { b: [1, 'c'] }]), encode([new Uint8Array(3), 2 ** 40])]);
    expect(read(msgpack, [bytes]).entries).toEqual([
      ['a', { b: [1, 'c'] }, 0],
      [new Uint8Array(3), 2n ** 40n, 10],
    ]);
  });

  it('says what is wrong with a value, and goes on after it', () => {
    const bytes = Buffer.concat([
      encode('no pair'),
      encode(['a']),
      encode({ a: 1, b: 2 }),
      Uint8Array.of(0x92, 0xa1, 0xff, 1),
      encode(['ok', 1]),
    ]);
    const { entries, invalid } = read(msgpack, cut(bytes, [1]));
    expect(entries).toEqual([['ok', 1, 22]]);
    expect(invalid.map(({ place, final }) => [place, final])).toEqual([
      [0, false],
      [8, false],
      [11, false],
      [18, false],
    ]);
  });

  it.each([
    ['an unused head', [0x92, 0xc1], 'no MessagePack value begins with 0xc1'],
    [
      'a text that claims 4 GB',
      [0x92, 0xdb, 0xff, 0xff, 0xff, 0xff, 0x61],
      'the value has more than 256 MiB',
    ],
    [
      'nested arrays that claim much',
      [0xdd, 0x0f, 0xff, 0xff, 0xff, 0xdd, 0x0f, 0xff, 0xff, 0xff],
      'the value has more than 256 MiB',
    ],
    ['the end of the input', [0x92, 0xa1, 0x61], 'the input ends within a value, after 3 bytes of it'],
  ])('ends at %s', (_, bytes, problem) => {
    const { invalid } = read(msgpack, [Uint8Array.from(bytes)]);
    expect(invalid).toMatchObject([{ place: 0, final: true }]);
    expect(invalid[0].problem).toContain(problem);
  });

  it('refuses depth without using up the stack', () => {
    const deep = new Uint8Array(100_000).fill(0x91);
    deep[0] = 0x92;
    deep[99_998] = 1;
    deep[99_999] = 1;
    expect(read(msgpack, [deep]).invalid).toMatchObject([{ problem: expect.stringContaining('deep') }]);
  });
});

describe('parseLengthPrefixed()', () => {
  const binary = { keyEncoding: 'binary', valueEncoding: 'binary' } as const;
  const prefixed: Parser = (onInvalid) => [parseLengthPrefixed(binary, onInvalid)];

  it('reads what formatLengthPrefixed() writes, wherever chunks end', () => {
    const bytes = fc.uint8Array({ maxLength: 300 });
    fc.assert(
      fc.property(fc.array(fc.tuple(bytes, bytes)), sizes, (pairs, cuts) => {
        const [written] = runStage<Uint8Array>(formatLengthPrefixed(binary), [pairs]);
        const { entries, invalid } = read(prefixed, cut(written, cuts));
        expect(invalid).toEqual([]);
        expect(entries.map(([key, value]) => [key, value])).toEqual(pairs);
      }),
    );
  });

  it.each([
    ['a long key', [0, 1, 0, 0, 0], 'the length says a key of 65536 bytes, but keys have at most 65535'],
    [
      'a long value',
      [0, 0, 0, 1, 97, 0xff, 0, 0, 0],
      'the length says a value of 4278190080 bytes, more than 256 MiB',
    ],
    [
      'the end of the input',
      [0, 0, 0, 1, 97, 0, 0, 0, 2, 1],
      'the input ends within an entry, after 10 bytes of it',
    ],
  ])('ends at %s', (_, bytes, problem) => {
    expect(read(prefixed, [Uint8Array.from(bytes)]).invalid).toMatchObject([
      { place: 0, final: true, problem },
    ]);
  });

  it('names the place of a field that is not what the encoding asks for', () => {
    const [bytes] = runStage<Uint8Array>(formatLengthPrefixed(binary), [
      [
        [Uint8Array.of(97), Uint8Array.of(0xff)],
        [Uint8Array.of(98), Uint8Array.of(97)],
      ],
    ]);
    const { entries, invalid } = read((onInvalid) => [parseLengthPrefixed(utf8, onInvalid)], [bytes]);
    expect(entries).toEqual([['b', 'a', 10]]);
    expect(invalid).toMatchObject([{ place: 0, reason: 'bytes', final: false }]);
  });
});

describe('parseNulFields()', () => {
  const nul: Parser = (onInvalid) => [lineBlocks({ terminator: 0 }), parseNulFields(utf8, onInvalid)];

  it('takes fields by turns, newlines and all, wherever chunks end', () => {
    const input = text.encode('a\0one\nline\0b\n\0\0é\0😀\0');
    for (let size = 1; size <= input.length; size++) {
      const { entries, invalid } = read(nul, cut(input, [size]));
      expect(invalid).toEqual([]);
      expect(entries).toEqual([
        ['a', 'one\nline', 1],
        ['b\n', '', 2],
        ['é', '😀', 3],
      ]);
    }
  });

  it('ends at a key without a value, and at a field without a NUL', () => {
    expect(read(nul, [text.encode('a\0b\0c\0')]).invalid).toMatchObject([
      { place: 2, offset: 6, final: true, problem: 'the input ends after a key, before its value' },
    ]);
    expect(read(nul, [text.encode('a\0b\0c\0d')]).invalid).toMatchObject([
      { place: 2, offset: 6, final: true, problem: 'the input ends without a NUL' },
    ]);
  });

  it('passes over a record with broken UTF-8 in either field', () => {
    const input = Buffer.from('\xff\x00v\x00k\x00\xfe\x00a\x00b\x00', 'latin1');
    const { entries, invalid } = read(nul, [input]);
    expect(entries).toEqual([['a', 'b', 3]]);
    expect(invalid.map(({ place, offset, reason }) => [place, offset, reason])).toEqual([
      [1, 0, 'utf8'],
      [2, 6, 'utf8'],
    ]);
  });
});
