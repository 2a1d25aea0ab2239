import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatLengthPrefixed, parseLengthPrefixed } from '../../src/text/length-prefixed.ts';
import { chunkSizes, type EntryParser, readEntries } from '../support/read-entries.ts';
import { cut, runStage } from '../support/stage.ts';

const utf8 = { keyEncoding: 'utf8', valueEncoding: 'utf8' } as const;

describe('parseLengthPrefixed()', () => {
  const binary = { keyEncoding: 'binary', valueEncoding: 'binary' } as const;
  const prefixed: EntryParser = (onInvalid) => [parseLengthPrefixed(binary, onInvalid)];

  it('reads what formatLengthPrefixed() writes, wherever chunks end', () => {
    const bytes = fc.uint8Array({ maxLength: 300 });
    fc.assert(
      fc.property(fc.array(fc.tuple(bytes, bytes)), chunkSizes, (pairs, cuts) => {
        const [written] = runStage<Uint8Array>(formatLengthPrefixed(binary), [pairs]);
        const { entries, invalid } = readEntries(prefixed, cut(written, cuts));
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
    expect(readEntries(prefixed, [Uint8Array.from(bytes)]).invalid).toMatchObject([
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
    const { entries, invalid } = readEntries((onInvalid) => [parseLengthPrefixed(utf8, onInvalid)], [bytes]);
    expect(entries).toEqual([['b', 'a', 10]]);
    expect(invalid).toMatchObject([{ place: 0, reason: 'bytes', final: false }]);
  });
});
