import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sampleRanks } from '../../../src/store/read/sample.ts';
import { failureNow } from '../../support/failures.ts';

describe('`sampleRanks()`', () => {
  it('returns distinct ranks below the count, ascending: n of them, or all', () => {
    fc.assert(
      fc.property(
        fc.nat(200),
        fc.nat(200),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        (n, count, seed) => {
          const ranks = sampleRanks(n, count, { seed });
          expect(ranks.length).toBe(Math.min(n, count));
          expect(
            ranks.every(
              (rank, i) =>
                Number.isInteger(rank) && rank >= 0 && rank < count && (i === 0 || rank > ranks[i - 1]),
            ),
          ).toBe(true);
          expect(sampleRanks(n, count, { seed })).toEqual(ranks);
        },
      ),
    );
  });

  it('chooses every rank and every pair of neighbours equally often', () => {
    const [n, count, rounds] = [10, 50, 4000];
    const seen = new Float64Array(count);
    let both = 0;
    for (let seed = 0; seed < rounds; seed++) {
      const ranks = sampleRanks(n, count, { seed });
      for (const rank of ranks) seen[rank]++;
      if (ranks.includes(10) && ranks.includes(11)) both++;
    }
    // Standard deviation of each: √(rounds · 0.2 · 0.8) ≈ 25; five of them.
    for (const times of seen) expect(Math.abs(times - rounds * (n / count))).toBeLessThan(130);
    const pairs = rounds * (n / count) * ((n - 1) / (count - 1));
    expect(Math.abs(both - pairs)).toBeLessThan(5 * Math.sqrt(pairs));
  });

  it('reaches all of a count far beyond 2^32', () => {
    const count = 2 ** 45;
    const ranks = sampleRanks(1000, count, { seed: 3 });
    expect(new Set(ranks).size).toBe(1000);
    expect(ranks[0]).toBeLessThan(count / 50);
    expect(ranks[999]).toBeGreaterThan(count - count / 50);
    // The low bits are random, too.
    const odd = ranks.filter((rank) => rank % 2 === 1).length;
    expect(Math.abs(odd - 500)).toBeLessThan(80);
  });

  it('makes a choice of its own for each seed, fractions and large ones included', () => {
    const seeds = [0, 1, 2, 0.5, 0.25, -1, 1e9, 2 ** 32, 2 ** 32 + 1, 2 ** 53, 1e300, 5e-324];
    const choices = seeds.map((seed) => sampleRanks(5, 1_000_000, { seed }).join());
    expect(new Set(choices).size).toBe(seeds.length);
    expect(sampleRanks(5, 1000, {})).toEqual(sampleRanks(5, 1000, { seed: 0 }));
  });

  it('refuses numbers that are none', () => {
    for (const n of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, '1' as unknown as number]) {
      failureNow(() => sampleRanks(n, 10, {}), 'INVALID_ARGUMENT');
    }
    for (const seed of [
      Number.NaN,
      Number.POSITIVE_INFINITY,
      '1' as unknown as number,
      null as unknown as number,
    ]) {
      failureNow(() => sampleRanks(1, 10, { seed }), 'INVALID_ARGUMENT');
    }
  });
});
