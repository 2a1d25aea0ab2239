import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startFake } from '../support/azure-fake.ts';
import { azurePlace, filePlace, type Place, s3Place, schemePlace } from '../support/places.ts';
import { startServer } from '../support/s3-place.ts';
import { tree } from '../support/storage-tools.ts';
import { endLife, LIFE_COMMANDS, type Life, LifeModel } from './life-model.ts';
import { ServedCopies } from './served-copies.ts';

/** Minutes that this is to take, for all places together; unless given, a fixed number of runs. */
const MINUTES = Number(process.env.CAIRNKV_MODEL_MINUTES ?? 0);
const SEED = process.env.CAIRNKV_MODEL_SEED;

const PLACES: readonly { readonly place: Place; readonly runs: number; readonly steps: number }[] = [
  { place: schemePlace('memory:'), runs: 450, steps: 8000 },
  { place: filePlace(), runs: 90, steps: 1500 },
  { place: s3Place('s3:', startServer), runs: 20, steps: 300 },
  { place: azurePlace('az:', startFake), runs: 40, steps: 600 },
];

let served: ServedCopies;
beforeAll(async () => {
  served = await ServedCopies.start();
});
afterAll(() => served.close());

for (const { place, runs, steps } of PLACES) {
  afterAll(() => place.cleanUp());

  const share = (MINUTES * 60_000) / PLACES.length;
  it(`case 61: whatever is done to stores in ${place.name}, in any order, is what a plain model says`, {
    timeout: Math.max(60_000, share * 2),
  }, async () => {
    let done = 0;
    const property = fc.asyncProperty(
      fc.commands(LIFE_COMMANDS, { maxCommands: 80, size: 'max' }),
      async (commands) => {
        const root = await place.root();
        const model = new LifeModel();
        const life: Life = {
          root,
          objects: place.objects === true,
          served,
          writers: [],
          readers: [],
          killed: [],
        };
        await fc.asyncModelRun(() => ({ model, real: life }), commands);
        await endLife(model, life);
        // At most directories are left: those of writers that nobody ended.
        expect((await tree(root)).filter((path) => !path.endsWith('/'))).toEqual([]);
        done += model.steps;
      },
    );
    await fc.assert(property, {
      ...(SEED === undefined ? {} : { seed: Number(SEED) }),
      ...(MINUTES > 0
        ? { numRuns: 1e9, interruptAfterTimeLimit: share, markInterruptAsFailure: false }
        : { numRuns: runs }),
    });
    if (MINUTES > 0) process.stdout.write(`${place.name} ${done} steps\n`);
    else expect(done).toBeGreaterThan(steps);
  });
}
