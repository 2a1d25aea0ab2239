import { expect, it } from 'vitest';
import '../../src/node/register.ts';
import { hostileCollection } from './hostile-collection.ts';
import { readHostileOf } from './hostile-seed.ts';

const SEEDS = 150;

// Other ones, for as long as one likes: npm run fuzz
it('collections that were damaged or forged are refused, or read the same in every way, whatever is wrong with them', async () => {
  const outcomes = { damaged: 0, verified: 0, refused: 0 };
  for (let seed = 1; seed < 2 * SEEDS; seed += 2) {
    const hostile = hostileCollection(seed);
    const what = `seed ${seed}, ${hostile.golden}: ${hostile.mutations.join('; ')}`;
    const reading = await readHostileOf(hostile, seed).catch((error: Error) => {
      throw new Error(`${what}: ${error.message}`, { cause: error });
    });
    if (hostile.damaged) outcomes.damaged++;
    else outcomes[reading.verified ? 'verified' : 'refused']++;
  }
  // All ways of ending are tried.
  for (const count of Object.values(outcomes)) expect(count).toBeGreaterThan(SEEDS / 30);
}, 180_000);
