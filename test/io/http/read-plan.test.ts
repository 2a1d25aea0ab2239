import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ByteRange, type PlanLimits, planReads } from '../../../src/io/http/read-plan.ts';

const LIMITS: PlanLimits = { maxGapBytes: 10, maxRequestBytes: 100 };

/** Ranges as `[offset, length]`; requests as `[offset, length, ...serves]`. */
function plan(ranges: [number, number][], limits = LIMITS): number[][] {
  return planReads(
    ranges.map(([offset, length]) => ({ offset, length })),
    limits,
  ).map(({ offset, length, serves }) => [offset, length, ...serves]);
}

describe('`planReads()`', () => {
  it('asks for nothing when nothing is wanted', () => {
    expect(plan([])).toEqual([]);
    expect(
      plan([
        [5, 0],
        [7, 0],
      ]),
    ).toEqual([]);
  });

  it('asks once for equal, contained and overlapping ranges', () => {
    expect(
      plan([
        [50, 10],
        [50, 10],
        [52, 3],
        [55, 20],
        [50, 0],
      ]),
    ).toEqual([[50, 25, 0, 1, 2, 3]]);
  });

  it('reads small gaps along, and asks around large ones', () => {
    expect(
      plan([
        [35, 5],
        [0, 5],
        [15, 9],
      ]),
    ).toEqual([
      [0, 24, 1, 2],
      [35, 5, 0],
    ]);
  });

  it('makes no request larger than allowed, and cuts a range only where it must', () => {
    expect(
      plan([
        [0, 60],
        [60, 60],
      ]),
    ).toEqual([
      [0, 60, 0],
      [60, 60, 1],
    ]);
    expect(
      plan([
        [0, 250],
        [90, 20],
        [255, 5],
      ]),
    ).toEqual([
      [0, 100, 0, 1],
      [100, 100, 0, 1],
      [200, 60, 0, 2],
    ]);
    expect(
      plan([
        [0, 80],
        [70, 60],
      ]),
    ).toEqual([
      [0, 80, 0, 1],
      [80, 50, 1],
    ]);
  });

  it('serves every byte that is asked for exactly once, within its bounds', () => {
    const ranges = fc.array(fc.record({ offset: fc.nat({ max: 150 }), length: fc.nat({ max: 50 }) }), {
      maxLength: 12,
    });
    const limits = fc.record({
      maxGapBytes: fc.nat({ max: 12 }),
      maxRequestBytes: fc.integer({ min: 1, max: 80 }),
    });
    fc.assert(
      fc.property(ranges, limits, (wanted, limit) => {
        expect(complaints(wanted, limit)).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });

  it('plans ten thousand ranges at large offsets', () => {
    const ranges = Array.from({ length: 10_000 }, (_, i) => ({
      offset: 2 ** 52 + (i % 100) * 1000,
      length: 900,
    }));
    const requests = planReads(ranges, { maxGapBytes: 100, maxRequestBytes: 50_000 });
    expect(requests.map(({ length }) => length)).toEqual([49_900, 49_900]);
    expect(requests.map(({ serves }) => serves.length)).toEqual([5_000, 5_000]);
  });
});

/** What is wrong with a plan, found byte by byte. */
function complaints(ranges: readonly ByteRange[], { maxGapBytes, maxRequestBytes }: PlanLimits): string[] {
  const requests = planReads(ranges, { maxGapBytes, maxRequestBytes });
  const found: string[] = [];
  const has = ({ offset, length }: ByteRange, byte: number): boolean =>
    byte >= offset && byte < offset + length;
  for (let byte = 0; byte < 200; byte++) {
    const covering = requests.filter((request) => has(request, byte));
    if (covering.length > 1) found.push(`byte ${byte} is asked for twice`);
    ranges.forEach((range, i) => {
      if (has(range, byte) && covering[0]?.serves.includes(i) !== true)
        found.push(`range ${i} lacks byte ${byte}`);
    });
  }
  let before = -1;
  for (const { offset, length, serves } of requests) {
    const end = offset + length;
    if (offset <= before || length < 1 || length > maxRequestBytes)
      found.push(`${offset}+${length} is out of bounds`);
    if (new Set(serves).size < serves.length) found.push('a range is served twice by one request');
    // Nobody is told of a request that brings nothing for him.
    for (const i of serves) {
      if (ranges[i].offset >= end || ranges[i].offset + ranges[i].length <= offset)
        found.push(`range ${i} is idle`);
    }
    let gap = 0;
    for (let byte = offset; byte < end; byte++) {
      gap = ranges.some((range) => has(range, byte)) ? 0 : gap + 1;
      if (gap > maxGapBytes || (gap > 0 && (byte === offset || byte === end - 1)))
        found.push(`byte ${byte} is idle`);
    }
    before = end - 1;
  }
  return found;
}
