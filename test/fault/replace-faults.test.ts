import { describe, expect, it } from 'vitest';
import { FaultyStorage } from '../support/faulty-storage.ts';
import { fill, numbered, readAll, SMALL_PARTITIONS } from '../support/stores.ts';
import { everyFault, KINDS } from './faults.ts';
import { OVERS } from './interrupted.ts';
import { SCENARIOS } from './scenarios.ts';

const ROOT = 'faulty:root';

describe.each(KINDS)('when an operation of the storage fails $name', (kind) => {
  it.each(Object.entries(OVERS))(
    'the scenario %s leaves the store that was there, or the new one, and both can be replaced',
    async (scenario, { prepare, check }) => {
      await everyFault(kind, {
        prepare: () => prepare(ROOT),
        attempt: () => SCENARIOS[scenario](ROOT),
        check: (outcome) => check(ROOT, 'done' in outcome),
      });
    },
  );
});

it('a store that is replaced while it is opened is opened in one of its states, also if that happens often', async () => {
  const storage = new FaultyStorage().register();
  let version = 0;
  const replace = async (): Promise<void> => {
    version++;
    await fill(`${ROOT}/s`, numbered(9, `k${version % 10}`, 300), { ...SMALL_PARTITIONS, replace: true });
  };
  await replace();
  for (const times of [1, 3, 100]) {
    let left = times;
    storage.watcher = async (operation, path) => {
      if (operation !== 'open' || !path.endsWith('.cairn') || left === 0) return;
      const { watcher } = storage;
      storage.watcher = undefined;
      left--;
      await replace();
      storage.watcher = watcher;
    };
    const outcome = await readAll(`${ROOT}/s`).catch((error: unknown) => error);
    storage.watcher = undefined;
    if (times === 100) expect(outcome).toMatchObject({ code: 'REPLACED' });
    else expect(outcome).toEqual(numbered(9, `k${version % 10}`, 300));
    expect(storage.openSources).toBe(0);
  }
});
