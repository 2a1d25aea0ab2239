// First, before the library takes hold of the functions that it replaces.
import '../support/fs-hooks.ts';

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { syncDirectory, syncFile } from '../../src/node/sync-file.ts';
import { failure } from '../support/failures.ts';
import { errno, setFsHook } from '../support/fs-hooks.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

let root: string;
beforeEach(() => {
  root = temporaryDirectory();
});
afterEach(() => {
  setFsHook();
  rmSync(root, { recursive: true });
});

it('a file is synced, or it is an error, whatever the file system lacks', async () => {
  writeFileSync(`${root}/f`, 'x');
  await syncFile(`${root}/f`);
  await failure(syncFile(`${root}/none`), 'NOT_FOUND');
  for (const code of ['EIO', 'ENOSPC', 'EINVAL', 'EPERM']) {
    setFsHook(({ operation }) => (operation === 'fsync' ? errno(code, 'fsync') : undefined), root);
    expect(await failure(syncFile(`${root}/f`), 'IO')).toMatchObject({ operation: 'fsync' });
  }
});

it('where Node denies syncing, a file is written through, and keeps its bytes', async () => {
  const bytes = Uint8Array.from({ length: 2_500_000 }, (_, i) => (i * 7) % 251);
  for (const length of [0, 1, 1 << 20, bytes.length]) {
    writeFileSync(`${root}/f`, bytes.subarray(0, length));
    const calls: string[] = [];
    setFsHook(({ operation }) => {
      calls.push(operation);
      return /sync$/.test(operation) ? errno('ERR_ACCESS_DENIED', 'fsync') : undefined;
    }, root);
    await syncFile(`${root}/f`);
    setFsHook();
    expect(calls).toEqual(expect.arrayContaining(['fsync', 'handle.sync']));
    expect(Buffer.compare(readFileSync(`${root}/f`), bytes.subarray(0, length))).toBe(0);
  }
});

it('where Node denies syncing by descriptor alone, a handle does it, and its error counts', async () => {
  mkdirSync(`${root}/d`);
  for (const code of [undefined, 'EIO']) {
    const calls: string[] = [];
    setFsHook(({ operation }) => {
      calls.push(operation);
      if (operation === 'fsync') return errno('ERR_ACCESS_DENIED', 'fsync');
      return operation === 'handle.sync' && code !== undefined ? errno(code, 'fsync') : undefined;
    }, root);
    if (code === undefined) await syncDirectory(`${root}/d`);
    else await failure(syncDirectory(`${root}/d`), 'IO');
    setFsHook();
    expect(calls).toEqual(['openSync', 'fsync', 'closeSync', 'open', 'handle.sync', 'handle.close']);
  }
});

it('a directory that can not be synced is none the worse, one that fails is an error', async () => {
  mkdirSync(`${root}/d`);
  await syncDirectory(`${root}/d`);
  await failure(syncDirectory(`${root}/none`), 'NOT_FOUND');
  for (const operation of ['openSync', 'fsync']) {
    const failing = (code: string): void =>
      setFsHook((call) => (call.operation === operation ? errno(code, operation) : undefined), root);
    for (const code of ['EINVAL', 'ENOTSUP', 'EISDIR', 'EPERM', 'EACCES', 'ERR_ACCESS_DENIED']) {
      failing(code);
      await syncDirectory(`${root}/d`);
    }
    for (const code of ['EIO', 'ENOSPC', 'EDQUOT', 'EROFS', 'EMFILE']) {
      failing(code);
      await failure(syncDirectory(`${root}/d`), 'IO');
    }
  }
});
