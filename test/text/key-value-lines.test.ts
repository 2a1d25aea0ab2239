import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCairnError } from '../../src/errors.ts';
import type { EntryBatch, InvalidEntry } from '../../src/text/entry-batch.ts';
import { formatKeyValueLines } from '../../src/text/key-value-format.ts';
import { type KeyValueLineOptions, parseKeyValueLines } from '../../src/text/key-value-lines.ts';
import { growthOf } from '../support/growth.ts';

const plain: KeyValueLineOptions = { keyEncoding: 'utf8', valueEncoding: 'utf8', separator: '\t' };

function bytesOf(text: string | Uint8Array): Uint8Array {
  return typeof text === 'string' ? new TextEncoder().encode(text) : text;
}

/** Parses pieces of input that each are whole lines. */
function parse(
  options: KeyValueLineOptions,
  ...blocks: (string | Uint8Array)[]
): { batches: EntryBatch[]; invalid: InvalidEntry[] } {
  const invalid: InvalidEntry[] = [];
  const stage = parseKeyValueLines(options, (line) => invalid.push(line));
  let offset = 0;
  const batches = blocks.map((block) => {
    const content = bytesOf(block);
    // Bytes around the block must not matter.
    const bytes = new Uint8Array(Buffer.concat([Uint8Array.of(9, 10), content, Uint8Array.of(9, 97, 10)]));
    const batch = stage({ bytes, start: 2, end: 2 + content.length, offset, oversized: false });
    offset += content.length;
    return batch;
  });
  return { batches, invalid };
}

describe('parseKeyValueLines()', () => {
  it('takes time in proportion to lines without a separator', () => {
    const work = (lines: number): unknown => parse(plain, 'no separator\n'.repeat(lines));
    expect(growthOf(work, 2500)).toBeLessThan(80);
  });

  it('reads the same as text and as bytes, with several separators as one', () => {
    const unit = fc.constantFrom(...'ab  \n\r\ufeffé');
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 30 }), fc.boolean(), (input, crlf) => {
        const options = { ...plain, separator: ' ', collapseSeparators: true, crlf };
        const text = parse(options, input);
        const bytes = parse({ ...options, valueEncoding: 'binary' }, input);
        expect(bytes.invalid).toEqual(text.invalid);
        expect(bytes.batches[0].keys).toEqual(text.batches[0].keys);
        expect(bytes.batches[0].values).toEqual(text.batches[0].values.map((one) => bytesOf(one as string)));
        const lines = input
          .replace(/^\ufeff/, '')

          .split(crlf ? /\r?\n/ : '\n');
        const expected = lines.flatMap((line) => {
          const [, key, value] = /^ *([^ ]+) +(.*)$/s.exec(line) ?? [];
          return key === undefined ? [] : [[key, value]];
        });
        expect(text.batches[0].keys.map((key, i) => [key, text.batches[0].values[i]])).toEqual(expected);
      }),
      { numRuns: 2000 },
    );
  });

  it('counts lines through blocks, invalid ones too', () => {
    const { batches, invalid } = parse(plain, 'a\t1\nb\t2\n', 'bad\nc\t3\n', 'd\t4');
    expect(batches).toEqual([
      { keys: ['a', 'b'], values: ['1', '2'], places: [1, 2] },
      { keys: ['c'], values: ['3'], places: [4] },
      { keys: ['d'], values: ['4'], places: [5] },
    ]);
    expect(invalid).toEqual([
      {
        place: 3,
        offset: 8,
        reason: 'separator',
        problem: 'no TAB separates a key from a value',
        final: false,
      },
    ]);
  });

  it('does not find a separator in the next line', () => {
    const { batches, invalid } = parse(plain, 'a\nb\t2\n');
    expect(batches[0].keys).toEqual(['b']);
    expect(invalid.map(({ place }) => place)).toEqual([1]);
  });

  it('says what is wrong with each line, and where', () => {
    const input = Buffer.from('\n\tx\nk\xff\tv\nk\tv\xfe\nok\tv\n', 'latin1');
    expect(parse(plain, input).invalid).toEqual([
      { place: 1, offset: 0, reason: 'separator', problem: 'the line is empty', final: false },
      { place: 2, offset: 1, reason: 'empty-key', problem: 'the key is empty', final: false },
      {
        place: 3,
        offset: 5,
        reason: 'utf8',
        problem: 'the byte 0xff at offset 5 is not UTF-8',
        final: false,
      },
      {
        place: 4,
        offset: 12,
        reason: 'utf8',
        problem: 'the byte 0xfe at offset 12 is not UTF-8',
        final: false,
      },
    ]);
    const json = parse({ ...plain, valueEncoding: 'json' }, 'a\t{"x":1}\nb\t{x}\n');
    expect(json.batches[0]).toEqual({ keys: ['a'], values: [{ x: 1 }], places: [1] });
    expect(json.invalid).toEqual([
      {
        place: 2,
        offset: 10,
        reason: 'json',
        problem: expect.stringMatching(/^not valid JSON: /),
        final: false,
      },
    ]);
  });

  it('tolerates broken UTF-8 where a field is bytes, and only there', () => {
    const input = Buffer.from('k\xff\tv\nk\tv\xfe\n', 'latin1');
    const { batches, invalid } = parse({ ...plain, keyEncoding: 'binary' }, input);
    expect(batches[0]).toEqual({ keys: [Uint8Array.of(0x6b, 0xff)], values: ['v'], places: [1] });
    expect(invalid).toMatchObject([{ place: 2, offset: 8, reason: 'utf8', final: false }]);
  });
});

describe('formatKeyValueLines()', () => {
  const separator = fc.constantFrom('\t', ':', '::', 'ab', 'é', '\0');
  const text = fc.string({
    unit: fc.constantFrom('a', 'b', ':', '\t', 'é', '\r', '\0', '\ufeff', '😀', '\n'),
    maxLength: 6,
  });
  const bytes = fc.uint8Array({ maxLength: 4, max: 13 });
  const fields = {
    utf8: text,
    binary: bytes,
    tuple: fc.array(fc.oneof(text, bytes, fc.bigInt(), fc.constant(null))),
    json: fc.jsonValue().map((value): unknown => JSON.parse(JSON.stringify(value))),
    msgpack: fc.array(fc.oneof(text, bytes, fc.double())),
  };

  for (const keyEncoding of ['utf8', 'binary', 'tuple'] as const) {
    for (const valueEncoding of ['utf8', 'binary', 'json', 'msgpack'] as const) {
      it(`writes ${keyEncoding} keys and ${valueEncoding} values so that they are read back, or refuses`, () => {
        fc.assert(
          fc.property(separator, fields[keyEncoding], fields[valueEncoding], (between, key, value) => {
            fc.pre((key as { length: number }).length > 0);
            const options = { keyEncoding, valueEncoding, separator: between };
            let line: string | Uint8Array;
            try {
              line = formatKeyValueLines(options)([[key, value]]);
            } catch (error) {
              expect(isCairnError(error, 'INVALID_ARGUMENT')).toBe(true);
              return;
            }
            const { batches, invalid } = parse(options, line);
            expect(invalid).toEqual([]);
            expect(batches).toStrictEqual([{ keys: [key], values: [value], places: [1] }]);
          }),
        );
      });
    }
  }

  it('joins entries, as text or as bytes', () => {
    expect(
      formatKeyValueLines(plain)([
        ['a', '1'],
        ['b', '2'],
      ]),
    ).toBe('a\t1\nb\t2\n');
    const binary = formatKeyValueLines({ ...plain, keyEncoding: 'binary' })([
      [Uint8Array.of(255), 'é'],
      [Uint8Array.of(254), ''],
    ]);
    expect(binary).toEqual(Uint8Array.of(255, 9, 0xc3, 0xa9, 10, 254, 9, 10));
  });

  it.each([
    [{ ...plain }, 'a\tb', 'x', 'the key "a\\tb" has the separator TAB'],
    [{ ...plain }, 'a\nb', 'x', 'the key "a\\nb" has a newline'],
    [{ ...plain }, 'a', 'x\ny', 'the key "a" has a newline in its value'],
    [{ ...plain, separator: '::' }, 'a:', 'x', 'the key "a:" has the separator "::"'],
  ])('refuses what a line cannot hold (%#)', (options, key, value, message) => {
    expect(() => formatKeyValueLines(options)([[key, value]])).toThrow(message);
    expect(() =>
      formatKeyValueLines({ ...options, valueEncoding: 'binary' })([[key, bytesOf(value)]]),
    ).toThrow(message);
  });

  it('names a key of bytes in hex', () => {
    const format = formatKeyValueLines({ ...plain, keyEncoding: 'binary' });
    expect(() => format([[Uint8Array.of(0xff, 9), 'x']])).toThrow('the key 0xff09 has the separator TAB');
  });
});
