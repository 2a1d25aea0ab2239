import { expect, it } from 'vitest';
import { openCollection, verifyCollection } from '../../src/collection/index.ts';
import { decodeVersion, encodeVersion } from '../../src/collection/version/version-file.ts';
import { versionName } from '../../src/collection/version/version-name.ts';
import type { Generation } from '../../src/collection/version/version-state.ts';
import '../../src/node/register.ts';
import { checksum } from '../support/signed.ts';
import { readFile, writeFile } from '../support/storage-tools.ts';

const value = 'v'.repeat(100_000);

/** A version with a generation in a file, and one with tombstones in the version file. */
async function layered(): Promise<string> {
  const uri = `memory:${crypto.randomUUID()}`;
  await using collection = await openCollection<string, string>(uri, { autoCompact: false });
  await collection.set('a', value);
  await collection.commit([{ delete: 'a' }, { set: ['b', 'x'] }]);
  return uri;
}

/** Makes the newest version say something else of its generations, under a right checksum. */
async function forge(uri: string, change: (generation: Generation) => Generation): Promise<void> {
  const file = `${uri}/versions/${versionName(2)}`;
  const state = decodeVersion(await readFile(file), file, checksum);
  await writeFile(file, encodeVersion({ ...state, generations: state.generations.map(change) }, checksum));
}

it('finds a number of tombstones that is wrong, and a generation whose values have no mark', async () => {
  const uri = await layered();
  expect(await verifyCollection(uri)).toMatchObject({ ok: true });
  await forge(uri, (one) => ({ ...one, tombstones: one.isMarked ? 2 : 0 }));
  expect((await verifyCollection(uri)).problems).toMatchObject([
    { code: 'CORRUPTION', expected: '2', actual: '1' },
  ]);
  await forge(uri, (one) => ({ ...one, tombstones: one.isMarked ? 1 : 0, isMarked: true }));
  expect((await verifyCollection(uri)).problems).toMatchObject([{ code: 'CORRUPTION', section: 'entry' }]);
});
