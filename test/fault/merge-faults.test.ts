import { describe, expect, it } from 'vitest';
import { deleteStore, mergeStore, mergeStores, storeInfo, sweepStores } from '../../src/node/index.ts';
import { tree } from '../support/storage-tools.ts';
import { stateOf } from '../support/store-state.ts';
import { fill, numbered, type Pair, SMALL_PARTITIONS } from '../support/stores.ts';
import { everyFault, KINDS } from './faults.ts';

const FROM = 'faulty:root/from';
const TO = 'faulty:root/to';
const OLD = numbered(9, 'k', 300);
const LAYOUTS: readonly { layout: string; added: Pair[] }[] = [
  { layout: 'disjoint', added: numbered(9, 'x', 300) },
  { layout: 'overlapping', added: numbered(9, 'k', 300).map(([key, value]): Pair => [`${key}-`, value]) },
];

function union(...lists: Pair[][]): Pair[] {
  return lists.flat().sort(([a], [b]) => (a < b ? -1 : 1));
}

describe.each(KINDS)('when an operation of the storage fails $name', (kind) => {
  describe.each(LAYOUTS)('merging $layout stores', ({ added }) => {
    const both = union(OLD, added);
    const prepare = async (): Promise<void> => {
      await fill(TO, OLD, SMALL_PARTITIONS);
      await fill(FROM, added, SMALL_PARTITIONS);
    };

    it('`mergeStore()` loses no entry: the target is the old or the merged store, whole', async () => {
      await everyFault(kind, {
        prepare,
        attempt: () => mergeStore(FROM, TO),
        async check(outcome) {
          const [to, from] = [await stateOf(TO), await stateOf(FROM)];
          if ('done' in outcome) {
            expect(to).toEqual(both);
            // A file of it that could not be removed is left to sweep.
            expect(from).toBe('absent');
          } else if (JSON.stringify(to) !== JSON.stringify(both)) {
            expect(to).toEqual(OLD);
            expect(from).toEqual(added);
            // What the failed merge left doesn't stand in the way of another.
            await mergeStore(FROM, TO);
            expect(await stateOf(TO)).toEqual(both);
          } else if (from !== 'absent') {
            expect(from).toEqual(added);
            await mergeStore(FROM, TO, { onDuplicate: 'last' });
            expect(await stateOf(TO)).toEqual(both);
          }
          await sweepStores('faulty:root', { olderThanMs: 0 });
          expect(await stateOf(TO)).toEqual(both);
          expect((await tree(`${TO}/data`)).length).toBe((await namesOf(TO)).length);
        },
      });
    });

    it('`mergeStores()` leaves the sources whole, and a whole store or none', async () => {
      const target = 'faulty:root/all';
      await everyFault(kind, {
        prepare,
        attempt: () => mergeStores([FROM, TO], target),
        async check(outcome) {
          expect(await stateOf(TO)).toEqual(OLD);
          expect(await stateOf(FROM)).toEqual(added);
          const state = await stateOf(target);
          if ('done' in outcome || state !== 'absent') expect(state).toEqual(both);
          if (state === 'absent') await mergeStores([FROM, TO], target);
          expect(await stateOf(target)).toEqual(both);
          await deleteStore(target);
          expect(await tree('faulty:root')).not.toContain('all/');
        },
      });
    });
  });
});

async function namesOf(uri: string): Promise<string[]> {
  return (await storeInfo(uri)).partitions.map(({ name }) => name);
}
