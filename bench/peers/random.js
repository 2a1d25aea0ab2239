/**
 * Seeded randomness. Everything that a workload holds follows from `(seed, index)`, so that a reading process can make
 * the keys and values that a loading process has stored without passing them on.
 */

/**
 * Mixes 32 bits so that each bit of the answer depends on each bit of `x` (the "lowbias32" constants).
 * @param {number} x
 * @returns {number} an unsigned 32-bit integer
 */
export function mix(x) {
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}

/** A stream of unsigned 32-bit integers that a seed determines. */
export class Random {
  #state;

  /** @param {number} seed */
  constructor(seed) {
    this.#state = mix(seed);
  }

  /** @returns {number} an unsigned 32-bit integer */
  next() {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    return mix(this.#state);
  }

  /**
   * @param {number} limit at most 2^32
   * @returns {number} an integer in [0, limit)
   */
  below(limit) {
    return Math.floor((this.next() / 0x1_0000_0000) * limit);
  }

  /** @returns {number} in (0, 1): never 0, so that its logarithm is finite */
  fraction() {
    return (this.next() + 0.5) / 0x1_0000_0000;
  }
}

/**
 * Fills `target[start, end)` with bytes that `seed` determines and that no codec can compress.
 * @param {Buffer} target
 * @param {number} start
 * @param {number} end
 * @param {number} seed
 */
export function fillRandom(target, start, end, seed) {
  let at = start;
  let word = mix(seed) | 1;
  while (at < end) {
    // One step of Marsaglia's xorshift: a whole `mix` a word would make the data dearer than storing it.
    word ^= word << 13;
    word ^= word >>> 17;
    word ^= word << 5;
    const stop = Math.min(end, at + 4);
    for (let rest = word; at < stop; at++, rest >>>= 8) target[at] = rest;
  }
}

/**
 * @param {number} count
 * @param {Random} random
 * @returns {Uint32Array} 0 … count−1, shuffled
 */
export function permutation(count, random) {
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[i] = i;
  for (let i = count - 1; i > 0; i--) {
    const j = random.below(i + 1);
    const moved = order[i];
    order[i] = order[j];
    order[j] = moved;
  }
  return order;
}

/**
 * Positions drawn by Zipf's law with exponent 0.99 as YCSB has it: position 0 is the most frequent.
 * @param {number} items
 * @param {number} draws
 * @param {Random} random
 * @returns {Uint32Array}
 */
export function zipf(items, draws, random) {
  const theta = 0.99;
  let zeta = 0;
  for (let i = 1; i <= items; i++) zeta += i ** -theta;
  const zeta2 = 1 + 2 ** -theta;
  const alpha = 1 / (1 - theta);
  const eta = (1 - (2 / items) ** (1 - theta)) / (1 - zeta2 / zeta);
  const drawn = new Uint32Array(draws);
  for (let i = 0; i < draws; i++) {
    const u = random.fraction();
    if (u * zeta < 1) drawn[i] = 0;
    else if (u * zeta < zeta2) drawn[i] = Math.min(1, items - 1);
    else drawn[i] = Math.min(items - 1, Math.floor(items * (eta * u - eta + 1) ** alpha));
  }
  return drawn;
}
