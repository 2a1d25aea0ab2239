import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync } from 'node:fs';
import { expect, it } from 'vitest';
import { copyStore, renameStore } from '../../src/node/index.ts';
import { directoryPerTest } from '../support/directory-per-test.ts';
import { failure } from '../support/failures.ts';
import { fill, numbered, open, readAll, SMALL_PARTITIONS } from '../support/stores.ts';

const at = directoryPerTest();

const OLD = numbered(9, 'k', 300);
const NEW = numbered(5, 'new', 300);
const OVER = { ...SMALL_PARTITIONS, replace: true } as const;

it('a symbolic link to a store is not replaced, and its target stays', async () => {
  await fill(at('store'), OLD, SMALL_PARTITIONS);
  symlinkSync(at('store'), at('link'));
  const { message } = await failure(fill(at('link'), NEW, OVER), 'NOT_A_STORE');
  expect(message).toContain('links are not replaced: name the store that it leads to');
  expect(await readAll(at('store'))).toEqual(OLD);
  await fill(at('next'), NEW);
  await failure(copyStore(at('next'), at('link'), { replace: true }), 'NOT_A_STORE');
  await failure(renameStore(at('next'), at('link'), { replace: true }), 'NOT_A_STORE');
  expect(await readAll(at('store'))).toEqual(OLD);
  expect(await readAll(at('next'))).toEqual(NEW);
});

it('a store whose manifest is a symbolic link is not replaced', async () => {
  await fill(at('store'), OLD, SMALL_PARTITIONS);
  renameSync(at('store/MANIFEST.json'), at('manifest'));
  symlinkSync(at('manifest'), at('store/MANIFEST.json'));
  const before = readFileSync(at('manifest'), 'utf8');
  await failure(fill(at('store'), NEW, OVER), 'NOT_A_STORE');
  expect(readFileSync(at('manifest'), 'utf8')).toBe(before);
  expect(await readAll(at('store'))).toEqual(OLD);
});

it('a store whose `data` lies elsewhere is replaced there; what belongs to another store is not touched', async () => {
  await fill(at('store'), OLD, SMALL_PARTITIONS);
  mkdirSync(at('disk'));
  renameSync(at('store/data'), at('disk/data'));
  symlinkSync(at('disk/data'), at('store/data'));
  await fill(at('store'), NEW, OVER);
  expect(await readAll(at('store'))).toEqual(NEW);
  expect(readdirSync(at('disk/data')).length).toBe(readdirSync(at('store/data')).length);
  // The data of one store leads to that of another.
  await fill(at('owner'), OLD, SMALL_PARTITIONS);
  mkdirSync(at('guest'));
  symlinkSync(at('owner/data'), at('guest/data'));
  symlinkSync(at('owner/MANIFEST.json'), at('guest/MANIFEST.json'));
  await failure(fill(at('guest'), NEW, OVER), 'NOT_A_STORE');
  expect(await readAll(at('owner'))).toEqual(OLD);
});

it('readers of files go on with the store that they have opened, whose files have no names any more', async () => {
  await fill(at('store'), OLD, SMALL_PARTITIONS);
  await using store = await open(at('store'));
  const names = readdirSync(at('store/data'));
  await fill(at('store'), NEW, OVER);
  for (const name of names) expect(existsSync(at(`store/data/${name}`))).toBe(false);
  for (const [key, value] of OLD) expect(store.getSync(key)).toBe(value);
  expect((await store.verify()).ok).toBe(true);
});
