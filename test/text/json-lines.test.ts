import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EntryBatch, InvalidEntry } from '../../src/text/entry-batch.ts';
import { formatJsonLines, type JsonLineOptions, parseJsonLines } from '../../src/text/json-lines.ts';

const plain: JsonLineOptions = {
  keyEncoding: 'utf8',
  valueEncoding: 'json',
  keyField: 'key',
  valueField: 'value',
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
    expect(parse({ ...plain, valueField: 'toString' }, '{"key":"a"}').invalid).toMatchObject([
      { problem: 'the object has no member "toString"' },
    ]);
    expect(
      parse({ ...plain, valueField: '__proto__' }, '{"key":"a","__proto__":5}').batches[0].values,
    ).toEqual([5]);
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
          keyField: 'k "',
          valueField: '$bytes',
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
