import { expect, it } from 'vitest';
import { collectionInfo, openCollection, sweepCollection } from '../../src/collection/index.ts';
import { versionName } from '../../src/collection/version/version-name.ts';
import '../../src/node/register.ts';
import { failure } from '../support/failures.ts';
import { removeFile, tree } from '../support/storage-tools.ts';

const value = 'v'.repeat(100_000);

it('a sweep removes nothing while a kept version is missing', async () => {
  const uri = `memory:${crypto.randomUUID()}`;
  await using collection = await openCollection<string, string>(uri, { autoCompact: false });
  for (const key of ['a', 'b', 'c', 'd']) await collection.commit([{ set: [key, value] }], { replace: true });
  const before = await tree(`${uri}/data`);
  expect(before.length).toBe(4);
  await removeFile(`${uri}/versions/${versionName(2)}`);
  const error = await failure(sweepCollection(uri, { olderThanMs: 0 }), 'CORRUPTION');
  expect(error.message).toContain(versionName(2));
  expect(await tree(`${uri}/data`)).toEqual(before);
  expect((await collectionInfo(uri)).version).toBe(4);
});
