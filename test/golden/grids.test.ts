import { readFileSync } from 'node:fs';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, it } from 'vitest';
import { hex64 } from '../../src/bytes/checksum.ts';
import { KeyBuffer, MAX_KEY_BYTES } from '../../src/bytes/key-buffer.ts';
import type { FieldPlace } from '../../src/bytes/struct.ts';
import { KEY_ENCODINGS, VALUE_ENCODINGS } from '../../src/codec/encoding-names.ts';
import { encodeTupleInto, type TupleKey } from '../../src/codec/keys/tuple.ts';
import { TypedCodec, type TypedValue } from '../../src/codec/values/typed.ts';
import { VERSION_HEADER } from '../../src/collection/version/version-file.ts';
import { FOOTER, FORMAT_VERSION, HEADER, MAGIC } from '../../src/format/layout.ts';
import { MAX_DATA_BYTES, MAX_HOME_SLOTS } from '../../src/format/limits.ts';
import { checksum } from '../support/signed.ts';
import { readFormatDocument } from './format-document.ts';

const LAYOUT = readFileSync(new URL('../../src/format/layout.ts', import.meta.url), 'utf8');
const VERSION_FILE = readFileSync(
  new URL('../../src/collection/version/version-file.ts', import.meta.url),
  'utf8',
);
const FORMAT = readFormatDocument();

const WIDTHS: Readonly<Record<string, number>> = { u16: 2, u32: 4, u64: 8, size: 8 };

/** The byte grids of a text, whether or not it is a comment: a head line, and a line for each field. */
function grids(text: string): FieldPlace[][] {
  const found: FieldPlace[][] = [];
  let grid: FieldPlace[] | undefined;
  for (const line of text.split('\n')) {
    if (/^(?: \* )?Offset +Size +Type +Field$/.test(line)) {
      grid = [];
      found.push(grid);
      continue;
    }
    const row = /^(?: \* )? *(\d+) +(\d+) +([a-z]+\d*) +(\w+)/.exec(line);
    if (row === null) grid = undefined;
    grid?.push({
      name: row?.[4] ?? '',
      type: row?.[3] as FieldPlace['type'],
      offset: Number(row?.[1]),
      length: Number(row?.[2]),
    });
  }
  return found;
}

const PARTITION = [HEADER.fields, FOOTER.fields];
const VERSION = [VERSION_HEADER.fields];
const MAGICS = { partition: 'CAIRN', version: 'CAIRV' };

describe.each([
  ['the docstrings of layout.ts', LAYOUT, PARTITION, ['partition', 'partition']],
  ['the docstring of version-file.ts', VERSION_FILE, VERSION, ['version']],
  ['FORMAT.md', FORMAT, [...PARTITION, ...VERSION], ['partition', 'partition', 'version']],
] as const)('the byte grids in %s', (_, text, layouts, magics) => {
  it('are the declared layouts, field by field', () => {
    const fields = grids(text).map((grid) => grid.filter(({ type }) => type !== undefined));
    expect(fields.map((grid, i) => grid.slice(0, layouts[i].length))).toEqual(layouts);
  });

  it('name the magic as it is', () => {
    const hex = (bytes: Uint8Array): string =>
      Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join(' ');
    const magicOf = (name: keyof typeof MAGICS): string =>
      hex(Uint8Array.of(0x89, ...new TextEncoder().encode(MAGICS[name]), 0x0d, 0x0a));
    expect(magicOf('partition')).toBe(hex(MAGIC));
    expect(text.match(/magic +([0-9A-F]{2}( [0-9A-F]{2}){7})/g)).toEqual(
      magics.map((name) => expect.stringContaining(magicOf(name))),
    );
  });
});

describe('the grid parser', () => {
  it('sees a wrong offset, a wrong type and a missing field', () => {
    const wrong = LAYOUT.replace(/^( \* +)8( +2 +u16 +version)/m, '$19$2');
    expect(grids(wrong)[0]).not.toEqual(HEADER.fields);
    expect(grids(LAYOUT.replace('u16   version', 'u32   version'))[0]).not.toEqual(HEADER.fields);
    expect(grids(LAYOUT.replace(/.*size {2}fileLength.*\n/, ''))[1]).not.toEqual(FOOTER.fields);
  });

  it('finds widths that agree with their types', () => {
    for (const { type, length } of grids(FORMAT).flat()) expect(length).toBe(WIDTHS[type]);
  });
});

describe('FORMAT.md', () => {
  // Line ends and the padding of tables are the formatter's.
  const text = FORMAT.replace(/\s+/g, ' ');
  const says = (sentence: string): void => {
    if (!text.includes(sentence)) throw new Error(`FORMAT.md does not say: ${sentence}`);
  };

  it('has the lengths, the version and the limits of the code', () => {
    says(`# The cairn format, version ${FORMAT_VERSION}`);
    says(`| header | the first ${HEADER.length} bytes |`);
    says(`| footer (§7) | the last ${FOOTER.length} bytes,`);
    says(`| key | ${MAX_KEY_BYTES.toLocaleString('en')} bytes, at least 1 |`);
    expect(MAX_DATA_BYTES).toBe(2 ** 30 - 1);
    expect(MAX_HOME_SLOTS).toBe(2 ** 25);
  });

  it('gives hashes that are right', () => {
    const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
    const hash64 = (text: string): string => hex64(checksum.hash(encode(text)));
    const hash32 = (text: string): string => {
      const key = new KeyBuffer();
      key.set(encode(text));
      return (key.hash() >>> 0).toString(16).padStart(8, '0');
    };
    says(`XXH64 is \`${hash64('')}\` and XXH32 is \`${hash32('')}\``);
    says(`they are \`${hash64('abc')}\` and \`${hash32('abc')}\``);
  });

  it('names every encoding', () => {
    for (const name of KEY_ENCODINGS)
      expect(text).toMatch(new RegExp(`\\| \`${name}\` \\| (?:keys|keys, values) \\|`));
    for (const name of VALUE_ENCODINGS) {
      expect(text).toMatch(new RegExp(`\\| \`${name}\` \\| (?:values|keys, values) \\|`));
    }
  });

  it('gives typed values that are right', () => {
    const codec = new TypedCodec(Temporal);
    const values: [string, TypedValue][] = [
      ['the number 1', 1],
      ['the integer −129', -129n],
      ['the text `P5D`', 'P5D'],
      ['1 ns before 1970', new Temporal.Instant(-1n)],
      ['1 September 2021', Temporal.PlainDate.from('2021-09-01')],
      ['five days', Temporal.Duration.from('P5D')],
      ['`{"a":1}`', { a: 1 }],
    ];
    for (const [shown, value] of values) {
      says(`| ${shown} | \`${Buffer.from(codec.encode(value)).toString('hex').match(/../g)?.join(' ')}\` |`);
    }
  });

  it('gives tuple keys that are right', () => {
    const keys: [string, TupleKey][] = [
      ['["US", 42]', ['US', 42]],
      ['[-1.5, integer 1]', [-1.5, 1n]],
      ['[null, [false], "a\\0"]', [null, [false], 'a\0']],
    ];
    for (const [shown, key] of keys) {
      const target = new Uint8Array(64);
      const bytes = target.subarray(0, encodeTupleInto(key, target, 'key'));
      says(`| \`${shown}\` | \`${Buffer.from(bytes).toString('hex').match(/../g)?.join(' ')}\` |`);
    }
  });
});
