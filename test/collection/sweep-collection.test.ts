import { expect, it } from 'vitest';
import { collectionInfo, openCollection, sweepCollection } from '../../src/collection/index.ts';
import { versionName } from '../../src/collection/version/version-name.ts';
import { HOST, type Host } from '../../src/io/host.ts';
import '../../src/node/register.ts';
import { failure } from '../support/failures.ts';
import { startServer } from '../support/s3-place.ts';
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

it('a sweep of a bucket spares files that were dropped a while ago, however old they are', async () => {
  const server = await startServer();
  try {
    const uri = 's3://bucket/swept';
    await using collection = await openCollection<string, string>(uri, { autoCompact: false });
    await collection.set('a', value);
    await using reader = await openCollection<string, string>(uri, { readOnly: true });
    await collection.commit([{ set: ['b', value] }], { replace: true });
    await collection.compact({ full: true });
    const later = (hours: number): Host => ({ ...HOST, now: () => Date.now() + hours * 3_600_000 });
    const sweep = (hours: number): Promise<unknown> =>
      sweepCollection(uri, { olderThanMs: 3_600_000 }, later(hours));
    expect(await sweep(2)).toEqual([]);
    expect(await reader.get('a')).toBe(value);
    expect((await tree(`${uri}/data`)).length).toBe(2);
    await sweep(25);
    expect((await tree(`${uri}/data`)).length).toBe(1);
  } finally {
    await server.stop();
  }
});
