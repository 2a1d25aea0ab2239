import fc from 'fast-check';
import { it } from 'vitest';
import { checkScenario, scenario } from '../property/store-questions.ts';

/** The same stores and questions in every run; a failure prints it, and the path to the smallest example. */
const SEED = 61;

it('case 61: random stores answer every question as a sorted array does', async () => {
  await fc.assert(fc.asyncProperty(scenario, checkScenario), { seed: SEED, numRuns: 150 });
});
