import { checkOptions } from '../../check-options.ts';
import { asText, invalidArgument } from '../../errors.ts';

/** How a sample is chosen. */
export interface SampleOptions {
  /** The same number returns the same sample. Default: 0. */
  readonly seed?: number | undefined;
}

/**
 * Returns `n` distinct numbers below `count`, chosen evenly and ascending; all of them if n ≥ count.
 *
 * The cost is that of the sample, not of the store.
 *
 * Source: R. W. Floyd's sampling without replacement (Bentley & Floyd, CACM 30/9, 1987).
 */
export function sampleRanks(n: number, count: number, options: SampleOptions): number[] {
  const { seed = 0 } = checkOptions(options, ['seed']);
  if (!Number.isSafeInteger(n) || n < 0)
    throw invalidArgument('n', `n must be a non-negative integer, not ${asText(n)}`);
  if (typeof seed !== 'number' || !Number.isFinite(seed))
    throw invalidArgument('seed', 'seed must be a number');
  if (n >= count) return Array.from({ length: count }, (_, rank) => rank);
  const random = mulberry32(seed);
  const chosen = new Set<number>();
  for (let top = count - n; top < count; top++) {
    const pick = Math.floor(random() * (top + 1));
    chosen.add(chosen.has(pick) ? top : pick);
  }
  return [...chosen].sort((a, b) => a - b);
}

/** A small generator of numbers in [0, 1) with 53 random bits, from any seed. */
function mulberry32(seed: number): () => number {
  // Mixes both halves of the double, so that fractions and large seeds make a difference, too.
  const words = new Uint32Array(new Float64Array([seed]).buffer);
  let state = (words[0] ^ Math.imul(words[1], 0x9e3779b1)) >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  return () => ((next() >>> 5) * 0x4000000 + (next() >>> 6)) / 2 ** 53;
}
