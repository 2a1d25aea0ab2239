import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  copyStore,
  createStore,
  deleteStore,
  listStores,
  mergeStore,
  mergeStores,
  openStore,
  renameStore,
  type StoreInfo,
  sweepStores,
} from '../../src/node/index.ts';
import { failure } from '../support/failures.ts';
import { readTree } from '../support/storage-tools.ts';
import { collect, fill, numbered, readAll, SMALL_PARTITIONS } from '../support/stores.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const PAIRS = numbered(9, 'k', 300);
let root: string;
beforeEach(async () => {
  root = temporaryDirectory();
  await fill(`${root}/v1`, PAIRS, SMALL_PARTITIONS);
  symlinkSync('v1', `${root}/current`);
  return () => rmSync(root, { recursive: true });
});

describe('a symbolic link to a store', () => {
  it('is read, listed and verified as the store is', async () => {
    expect(await readAll(`${root}/current`)).toEqual(PAIRS);
    const listed: StoreInfo[] = await collect(listStores(root));
    expect(listed.map(({ uri }) => uri).sort()).toEqual([`${root}/current`, `${root}/v1`]);
    expect(await (await openStore(`${root}/current`)).verify()).toMatchObject({ ok: true });
  });

  it('is neither deleted, renamed nor merged away: nothing is touched', async () => {
    await fill(`${root}/to`, numbered(3, 'x'));
    const before = await readTree(root);
    for (const work of [
      () => deleteStore(`${root}/current`),
      () => renameStore(`${root}/current`, `${root}/archive/current`),
      () => mergeStore(`${root}/current`, `${root}/to`),
    ]) {
      const { message } = await failure(work, 'NOT_A_STORE');
      expect(message).toContain(`${root}/current is a symbolic link to v1`);
    }
    expect(await readTree(root)).toEqual(before);
    expect(existsSync(`${root}/archive`)).toBe(false);
  });

  it('is not another store to merge with', async () => {
    for (const onDuplicate of ['error', 'last'] as const)
      await failure(mergeStore(`${root}/v1`, `${root}/current`, { onDuplicate }), 'INVALID_ARGUMENT');
    expect(await readAll(`${root}/v1`)).toEqual(PAIRS);
  });

  it('can be copied from, merged from and merged into', async () => {
    await fill(`${root}/more`, numbered(3, 'x'));
    await copyStore(`${root}/current`, `${root}/copy`);
    await mergeStores([`${root}/current`, `${root}/more`], `${root}/both`);
    await mergeStore(`${root}/more`, `${root}/current`);
    expect(await readAll(`${root}/copy`)).toEqual(PAIRS);
    for (const name of ['v1', 'current', 'both'])
      expect(await readAll(`${root}/${name}`)).toEqual([...PAIRS, ...numbered(3, 'x')]);
    expect(readlinkSync(`${root}/current`)).toBe('v1');
  });

  it('is not followed by a sweep of what it lies in, but by one of itself', async () => {
    writeFileSync(`${root}/v1/data/part-00009-dead.cairn`, '');
    mkdirSync(`${root}/links`);
    symlinkSync('../v1', `${root}/links/there`);
    expect(await sweepStores(`${root}/links`, { olderThanMs: 0 })).toEqual([]);
    const found = await sweepStores(root, { olderThanMs: 0, dryRun: true });
    expect(found.map(({ uri }) => uri)).toEqual([`${root}/v1/data/part-00009-dead.cairn`]);
    expect((await sweepStores(`${root}/links/there`, { olderThanMs: 0 })).length).toBe(1);
    expect(lstatSync(`${root}/links/there`).isSymbolicLink()).toBe(true);
  });

  it('in the way of a new store is ALREADY_EXISTS, wherever it leads', async () => {
    symlinkSync('nowhere', `${root}/dangling`);
    for (const name of ['current', 'dangling']) {
      await failure(createStore(`${root}/${name}`), 'ALREADY_EXISTS');
      await failure(renameStore(`${root}/v1`, `${root}/${name}`), 'ALREADY_EXISTS');
    }
    await failure(deleteStore(`${root}/dangling`), 'NOT_A_STORE');
    expect(await readAll(`${root}/v1`)).toEqual(PAIRS);
  });

  it('to an empty directory can be written through, and outlives a writer that is cancelled', async () => {
    mkdirSync(`${root}/empty`);
    symlinkSync('empty', `${root}/link`);
    await (await createStore(`${root}/link`)).cancel();
    expect(readlinkSync(`${root}/link`)).toBe('empty');
    await fill(`${root}/link`, PAIRS);
    expect(await readAll(`${root}/empty`)).toEqual(PAIRS);
  });
});

describe('a store whose data directory is a symbolic link', () => {
  beforeEach(async () => {
    mkdirSync(`${root}/disk/a`, { recursive: true });
    mkdirSync(`${root}/s`);
    symlinkSync('../disk/a', `${root}/s/data`);
    await fill(`${root}/s`, PAIRS, SMALL_PARTITIONS);
  });

  it('is deleted with the link; the directory that it leads to stays, empty', async () => {
    expect(readdirSync(`${root}/disk/a`).length).toBe(3);
    await deleteStore(`${root}/s`);
    expect(existsSync(`${root}/s`)).toBe(false);
    expect(readdirSync(`${root}/disk/a`)).toEqual([]);
    await fill(`${root}/s`, PAIRS);
    expect(await readAll(`${root}/s`)).toEqual(PAIRS);
  });

  it('keeps the link where other files are behind it, or a writer is cancelled', async () => {
    writeFileSync(`${root}/disk/a/precious.bin`, '');
    const skipped: string[] = [];
    await deleteStore(`${root}/s`, { onSkip: ({ uri }) => void skipped.push(uri) });
    expect(skipped).toEqual([`${root}/s/data/precious.bin`]);
    expect(readlinkSync(`${root}/s/data`)).toBe('../disk/a');
    rmSync(`${root}/disk/a/precious.bin`);
    await (await createStore(`${root}/s`)).cancel();
    expect(readlinkSync(`${root}/s/data`)).toBe('../disk/a');
    await deleteStore(`${root}/s`);
    expect(existsSync(`${root}/s`)).toBe(false);
  });

  it('is renamed where the link leads to the same place afterwards, and refused where it would not', async () => {
    const { message } = await failure(renameStore(`${root}/s`, `${root}/deep/er/s`), 'UNSUPPORTED');
    expect(message).toContain(`${root}/s/data is a symbolic link to ../disk/a`);
    expect(existsSync(`${root}/deep`)).toBe(false);
    expect(await readAll(`${root}/s`)).toEqual(PAIRS);
    await renameStore(`${root}/s`, `${root}/t`);
    expect(await readAll(`${root}/t`)).toEqual(PAIRS);
    rmSync(`${root}/t/data`);
    symlinkSync(`${root}/disk/a`, `${root}/t/data`);
    await renameStore(`${root}/t`, `${root}/deep/er/t`);
    expect(await readAll(`${root}/deep/er/t`)).toEqual(PAIRS);
  });

  it('is swept where it is', async () => {
    writeFileSync(`${root}/disk/a/part-00009-dead.cairn`, '');
    expect((await sweepStores(root, { olderThanMs: 0 })).map(({ uri }) => uri)).toEqual([
      `${root}/s/data/part-00009-dead.cairn`,
    ]);
    expect(await readAll(`${root}/s`)).toEqual(PAIRS);
  });
});

describe('a directory whose files belong to a store elsewhere, by a symbolic link', () => {
  const inBig = (): string[] => readdirSync(`${root}/sl/big/data`).sort();
  beforeEach(async () => {
    mkdirSync(`${root}/sl/big/data`, { recursive: true });
    mkdirSync(`${root}/sl/live`);
    symlinkSync('../big/data', `${root}/sl/live/data`);
    await fill(`${root}/sl/live`, PAIRS, SMALL_PARTITIONS);
  });

  it('is not swept, except for what no store names', async () => {
    writeFileSync(`${root}/sl/big/data/part-00009-dead.cairn`, '');
    const named = inBig().filter((name) => !name.includes('dead'));
    for (const place of ['sl/big', 'sl/big', 'sl']) await sweepStores(`${root}/${place}`, { olderThanMs: 0 });
    expect(inBig()).toEqual(named);
    expect(await readAll(`${root}/sl/live`)).toEqual(PAIRS);
  });

  it('stays if the manifest that names the files is damaged, or not written yet', async () => {
    const before = inBig();
    writeFileSync(`${root}/sl/live/MANIFEST.json`, '{');
    expect(await sweepStores(`${root}/sl`, { olderThanMs: 0 })).toEqual([]);
    rmSync(`${root}/sl/live/MANIFEST.json`);
    expect(await sweepStores(`${root}/sl/big`, { olderThanMs: 0 })).toEqual([]);
    expect(inBig()).toEqual(before);
  });

  it('is not swept of files that a store links to one by one', async () => {
    mkdirSync(`${root}/sl/single/data`, { recursive: true });
    for (const name of inBig()) symlinkSync(`../../big/data/${name}`, `${root}/sl/single/data/${name}`);
    renameSync(`${root}/sl/live/MANIFEST.json`, `${root}/sl/single/MANIFEST.json`);
    rmSync(`${root}/sl/live`, { recursive: true });
    await sweepStores(`${root}/sl`, { olderThanMs: 0 });
    expect(await readAll(`${root}/sl/single`)).toEqual(PAIRS);
  });

  it('is not deleted; the store is, and leaves it', async () => {
    const before = await readTree(root);
    const { message } = await failure(deleteStore(`${root}/sl/big`), 'NOT_A_STORE');
    expect(message).toContain(`belongs to the store ${root}/sl/live`);
    expect(await readTree(root)).toEqual(before);
    await deleteStore(`${root}/sl/live`);
    expect(inBig()).toEqual([]);
    await deleteStore(`${root}/sl/big`);
    expect(existsSync(`${root}/sl/big`)).toBe(false);
  });
});

describe('a store whose parts lead to those of another one', () => {
  it.each([
    ['manifest and data', ['MANIFEST.json', 'data']],
    ['data', ['data']],
    ['manifest', ['MANIFEST.json']],
  ])('is neither deleted nor merged away: %s', async (_, linked) => {
    await fill(`${root}/to`, numbered(3, 'x'));
    mkdirSync(`${root}/deep/cur`, { recursive: true });
    for (const name of ['MANIFEST.json', 'data']) {
      const link = `${root}/deep/cur/${name}`;
      if (linked.includes(name)) symlinkSync(`../../v1/${name}`, link);
      else cpSync(`${root}/v1/${name}`, link, { recursive: true });
    }
    const before = await readTree(root);
    await failure(deleteStore(`${root}/deep/cur`), 'NOT_A_STORE');
    await failure(mergeStore(`${root}/deep/cur`, `${root}/to`), 'NOT_A_STORE');
    await sweepStores(`${root}/deep`, { olderThanMs: 0 });
    expect(await readTree(root)).toEqual(before);
    expect(await readAll(`${root}/v1`)).toEqual(PAIRS);
  });

  it('loses nothing of a newer state of that store to a sweep', async () => {
    mkdirSync(`${root}/old`);
    cpSync(`${root}/v1/MANIFEST.json`, `${root}/old/MANIFEST.json`);
    symlinkSync('../v1/data', `${root}/old/data`);
    await fill(`${root}/more`, numbered(3, 'x'));
    await mergeStore(`${root}/more`, `${root}/v1`);
    await sweepStores(`${root}/old`, { olderThanMs: 0 });
    expect(await readAll(`${root}/v1`)).toEqual([...PAIRS, ...numbered(3, 'x')]);
  });
});
