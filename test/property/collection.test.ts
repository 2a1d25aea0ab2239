import { afterAll, expect, it } from 'vitest';
import '../../src/node/register.ts';
import { startFake } from '../support/azure-fake.ts';
import { azurePlace, filePlace, type Place, s3Place, schemePlace } from '../support/places.ts';
import { startServer } from '../support/s3-place.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { CollectionLife } from './collection-model.ts';

/** Minutes that this is to take, for all places together; unless given, a fixed number of histories. */
const MINUTES = Number(process.env.CAIRNKV_MODEL_MINUTES ?? 0);
const SEED = Number(process.env.CAIRNKV_MODEL_SEED ?? 1);

const PLACES: readonly { readonly place: Place; readonly runs: number; readonly steps: number }[] = [
  { place: schemePlace('memory:'), runs: 6, steps: 120 },
  { place: filePlace(), runs: 3, steps: 80 },
  { place: s3Place('s3:', startServer), runs: 1, steps: 40 },
  { place: azurePlace('az:', startFake), runs: 1, steps: 40 },
];

for (const { place, runs, steps } of PLACES) {
  afterAll(() => place.cleanUp());

  const share = (MINUTES * 60_000) / PLACES.length;
  it(`whatever is done to a collection in ${place.name}, in any order, is what a plain model says`, {
    timeout: Math.max(60_000, share * 2),
  }, async () => {
    const end = Date.now() + share;
    let done = 0;
    for (let run = 0; MINUTES > 0 ? Date.now() < end : run < runs; run++) {
      const seed = SEED + run;
      const life = new CollectionLife(`${await place.root()}/c`, new SeededRandom(seed));
      try {
        await life.live(steps);
      } catch (error) {
        throw new Error(`seed ${seed}, step ${life.steps}`, { cause: error });
      }
      done += life.steps;
    }
    if (MINUTES > 0) process.stdout.write(`${place.name} ${done} steps\n`);
    else expect(done).toBe(runs * steps);
  });
}
