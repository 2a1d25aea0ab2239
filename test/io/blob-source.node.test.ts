import { openAsBlob, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { openStore } from '../../src/node/index.ts';
import { failure } from '../support/failures.ts';
import { fill, numbered, TEXT } from '../support/stores.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

describe('a partition file as `fs.openAsBlob()` gives it', () => {
  const directory = temporaryDirectory();
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('is read piece by piece, and IO when it has changed since', async () => {
    const { partitions } = await fill(`${directory}/s`, numbered(500), { blockBytes: 512 });
    const file = `${directory}/s/data/${partitions[0].name}`;
    await using store = await openStore(await openAsBlob(file), { ...TEXT, cacheBytes: 0 });
    expect(await store.get('k00123')).toBe('v00123');
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.subarray(1));
    const error = await failure(store.get('k00400'), 'IO');
    expect(error).toMatchObject({ operation: 'read', transient: false });
  });
});
