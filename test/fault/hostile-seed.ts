import { openCollection } from '../../src/collection/index.ts';
import { goldenCollection } from '../golden/golden-collections.ts';
import { type HostileCollection, hostileCollection } from './hostile-collection.ts';
import { readHostileCollection } from './hostile-collection-reading.ts';
import { type Reading, readHostile } from './hostile-reading.ts';
import { type HostileStore, hostileStore } from './hostile-store.ts';
import { type RegressFile, regressFiles } from './regress-file.ts';

type Entries = readonly (readonly [unknown, unknown])[];

const truths = new Map<string, Promise<Entries>>();

/** What a seed means: a store if it is even, a collection if it is odd. */
export function hostileOf(seed: number): HostileStore | HostileCollection {
  return seed % 2 === 0 ? hostileStore(seed) : hostileCollection(seed);
}

/** Reads it in every way there is. @throws {Finding} */
export async function readHostileOf(
  hostile: HostileStore | HostileCollection,
  seed: number,
): Promise<Reading> {
  if (!('damaged' in hostile)) return readHostile(hostile.files, seed, false);
  const truth = hostile.damaged ? await entriesOf(hostile.golden) : undefined;
  return readHostileCollection(hostile.files, seed, truth);
}

/** Reads what was read wrong once. @throws {Finding} */
export async function readRegress(file: RegressFile): Promise<void> {
  const files = regressFiles(file);
  const { collection } = file;
  if (collection === undefined) await readHostile(files, 0, true);
  else {
    const truth = collection === null ? undefined : await entriesOf(collection);
    for (const seed of [0, 1, 2]) await readHostileCollection(files, seed, truth);
  }
}

/** What a golden collection holds; that it does, other tests show. */
function entriesOf(name: string): Promise<Entries> {
  let entries = truths.get(name);
  if (entries === undefined) {
    entries = readAll(name);
    truths.set(name, entries);
  }
  return entries;
}

async function readAll(name: string): Promise<Entries> {
  await using collection = await openCollection<unknown, unknown>(goldenCollection(name), { readOnly: true });
  return [...collection.entriesSync()];
}
