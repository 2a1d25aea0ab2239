import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvLineEnds } from '../../src/text/csv-line-ends.ts';
import { cut, runStage } from '../support/stage.ts';

const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 });

function throughStage(input: string, cuts: readonly number[] = [5], quote?: string | null): string {
  const chunks = cut(Buffer.from(input), cuts);
  return Buffer.concat(runStage<Uint8Array>(csvLineEnds({ quote }), chunks)).toString();
}

describe('csvLineEnds()', () => {
  it.each([
    ['a,b\r1,2\r', 'a,b\n1,2\n'],
    ['a,b\r1,2', 'a,b\n1,2'],
    ['a,"b\r"\r1,"2\r\n3"\r\r', 'a,"b\r"\n1,"2\r\n3"\n\n'],
    ['"a\n",b\r1,2\r', '"a\n",b\n1,2\n'],
    ['\r', '\n'],
  ])('ends the rows of %j in newlines', (input, expected) => {
    fc.assert(
      fc.property(sizes, (cuts) => {
        expect(throughStage(input, cuts)).toBe(expected);
      }),
    );
  });

  it.each(['', 'a,b', 'a,b\n1,2\n', 'a,b\r\n1,2\r\n', 'a,b\r1,2\n', 'a\rb,c\n1,2\r3\n', '"\r",b\n1\r,2\n'])(
    'passes %j on unchanged',
    (input) => {
      fc.assert(
        fc.property(sizes, (cuts) => {
          expect(throughStage(input, cuts)).toBe(input);
        }),
      );
    },
  );

  it('knows other quotes and none', () => {
    expect(throughStage("'\n',b\r1,2\r", [3], "'")).toBe("'\n',b\n1,2\n");
    expect(throughStage('"a\r1,"\r', [3], null)).toBe('"a\n1,"\n');
  });

  it('decides after 64 KiB, wherever chunks end, and keeps CRLF after that', () => {
    const far = 'x'.repeat(1 << 16);
    const rows = `a\r${far}\r\nb\r`;
    for (const size of [1000, 1001, 1 << 20]) {
      expect(throughStage(rows, [size])).toBe(`a\n${far}\r\nb\n`);
      expect(throughStage(`a\r${far.slice(1)}\nb\r`, [size])).toBe(`a\r${far.slice(1)}\nb\r`);
    }
  });
});
