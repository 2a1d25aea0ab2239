import { describe, expect, it } from 'vitest';
import { lineBlocks } from '../../src/text/line-blocks.ts';
import { parseNulFields } from '../../src/text/nul-fields.ts';
import { type EntryParser, readEntries } from '../support/read-entries.ts';
import { cut } from '../support/stage.ts';

const text = new TextEncoder();
const utf8 = { keyEncoding: 'utf8', valueEncoding: 'utf8' } as const;

describe('parseNulFields()', () => {
  const nul: EntryParser = (onInvalid) => [lineBlocks({ terminator: 0 }), parseNulFields(utf8, onInvalid)];

  it('takes fields by turns, newlines and all, wherever chunks end', () => {
    const input = text.encode('a\0one\nline\0b\n\0\0é\0😀\0');
    for (let size = 1; size <= input.length; size++) {
      const { entries, invalid } = readEntries(nul, cut(input, [size]));
      expect(invalid).toEqual([]);
      expect(entries).toEqual([
        ['a', 'one\nline', 1],
        ['b\n', '', 2],
        ['é', '😀', 3],
      ]);
    }
  });

  it('ends at a key without a value, and at a field without a NUL', () => {
    expect(readEntries(nul, [text.encode('a\0b\0c\0')]).invalid).toMatchObject([
      { place: 2, offset: 6, final: true, problem: 'the input ends after a key, before its value' },
    ]);
    expect(readEntries(nul, [text.encode('a\0b\0c\0d')]).invalid).toMatchObject([
      { place: 2, offset: 6, final: true, problem: 'the input ends without a NUL' },
    ]);
  });

  it('passes over a record with broken UTF-8 in either field', () => {
    const input = Buffer.from('\xff\x00v\x00k\x00\xfe\x00a\x00b\x00', 'latin1');
    const { entries, invalid } = readEntries(nul, [input]);
    expect(entries).toEqual([['a', 'b', 3]]);
    expect(invalid.map(({ place, offset, reason }) => [place, offset, reason])).toEqual([
      [1, 0, 'utf8'],
      [2, 6, 'utf8'],
    ]);
  });
});
