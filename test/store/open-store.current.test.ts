import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { createStore, deleteStore, openStore } from '../../src/node/index.ts';
import { directoryPerTest } from '../support/directory-per-test.ts';
import { failure } from '../support/failures.ts';

const at = directoryPerTest();

it('a reader knows whether its store is still there, and says what is wrong with the manifest', async () => {
  const uri = at('s');
  await createStore(uri).put('a', 1).close();
  await using reader = await openStore(uri);
  expect(await reader.isCurrent()).toBe(true);
  const manifest = at('s/MANIFEST.json');
  const bytes = readFileSync(manifest);
  writeFileSync(
    manifest,
    bytes.map((byte, i) => (i === 40 ? byte ^ 3 : byte)),
  );
  await failure(reader.isCurrent(), 'CORRUPTION');
  writeFileSync(manifest, bytes);
  expect(await reader.isCurrent()).toBe(true);
  await deleteStore(uri);
  expect(await reader.isCurrent()).toBe(false);
});

it('a file that was given as a Blob stays what it was', async () => {
  const { partitions } = await createStore(at('s')).put('a', 1).close();
  const blob = new Blob([readFileSync(at(`s/data/${partitions[0].name}`))]);
  await using reader = await openStore(blob);
  expect(await reader.isCurrent()).toBe(true);
});
