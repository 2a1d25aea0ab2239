import { expect } from 'vitest';
import { isCairnError } from '../../src/errors.ts';
import { storeInfo, sweepStores, verifyStore } from '../../src/index.ts';
import { tree } from './storage-tools.ts';
import { type Pair, readAll } from './stores.ts';

/** What is in a store after something went wrong: all of its pairs, and a verification finds nothing; or there is none. */
export async function stateOf(uri: string): Promise<Pair[] | 'absent'> {
  try {
    const pairs = await readAll(uri);
    expect((await verifyStore(uri)).ok).toBe(true);
    return pairs;
  } catch (error) {
    if (isCairnError(error, 'NOT_FOUND', 'INCOMPLETE', 'NOT_A_STORE')) return 'absent';
    throw error;
  }
}

/** Sweeps, and then demands a store of these pairs and no file beside its own. */
export async function isWholeWithoutOrphans(uri: string, pairs: Pair[]): Promise<void> {
  await sweepStores(uri, { olderThanMs: 0 });
  expect(await stateOf(uri)).toEqual(pairs);
  expect((await tree(`${uri}/data`)).length).toBe((await storeInfo(uri)).partitions.length);
}
