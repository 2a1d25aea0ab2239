import { beforeEach, describe, expect, it } from 'vitest';
import { CairnError, type CairnErrorDetails } from '../../src/errors.ts';
import { salvageStore, storeInfo, verifyStore } from '../../src/node/index.ts';
import { storeOf } from '../support/damaged-copy.ts';
import { failure } from '../support/failures.ts';
import { FaultyStorage } from '../support/faulty-storage.ts';
import { signManifest } from '../support/forged.ts';
import { OddStorage } from '../support/odd-storage.ts';
import {
  kindOf,
  makeDirectory,
  readFile,
  readTree,
  removeFile,
  tree,
  writeFile,
} from '../support/storage-tools.ts';
import { fill, fillSized, numbered, pairsOf, readAll } from '../support/stores.ts';

const PAIRS = pairsOf('three partitions');
let storage: OddStorage;
let number = 0;

beforeEach(async () => {
  storage = new OddStorage().register();
  await fillSized('odd:hurt', 'three partitions');
});

const target = (): string => `memory:saved-faults/${number++}`;
const io = (details: CairnErrorDetails): CairnError =>
  new CairnError('IO', 'the disk gives nothing', details);

/** The paths of the store's partitions, in key order. */
async function partitions(): Promise<string[]> {
  const paths = await tree('odd:hurt/data');
  return paths.map((path) => `hurt/data/${path}`);
}

describe('a damaged store on a disk that fails', () => {
  it('loses the blocks that the disk does not give', async () => {
    const [, second] = await partitions();
    // The first bytes of blocks lie behind the header.
    storage.onRead = (path, offset) => {
      if (path === second && offset === 16) throw io({ operation: 'read', transient: false });
    };
    const to = target();
    const { ok, lost, problems } = await salvageStore('odd:hurt', to);
    expect(ok).toBe(false);
    // An error that names no file is one of the file that was read.
    expect(problems).toMatchObject([
      { code: 'IO', file: `odd:${second}`, keys: { entries: expect.any(Number) } },
    ]);
    const entries = problems[0].keys?.entries ?? 0;
    expect(lost).toMatchObject([{ entries }]);
    const saved = await readAll(to);
    expect(saved).toEqual([...PAIRS.slice(0, 4), ...PAIRS.slice(4 + entries)]);
    expect(storage.openSources).toBe(0);
  });

  it('loses nothing permanently because of transient errors', async () => {
    const [, second] = await partitions();
    const to = target();
    storage.onRead = (path, offset) => {
      if (path === second && offset === 16) throw io({ operation: 'read', transient: true });
    };
    expect(await failure(salvageStore('odd:hurt', to), 'IO')).toMatchObject({ transient: true });
    storage.onRead = undefined;
    storage.onOpen = (path) => {
      if (path === second) throw io({ operation: 'open', transient: true });
    };
    await failure(salvageStore('odd:hurt', to), 'IO');
    expect(await kindOf(to)).toBe(undefined);
    storage.onOpen = undefined;
    await salvageStore('odd:hurt', to);
    expect(await readAll(to)).toEqual(PAIRS);
  });

  it('loses a partition that can not be opened, and says which', async () => {
    const [first] = await partitions();
    storage.onOpen = (path) => {
      if (path === first) throw io({ operation: 'open', transient: false });
    };
    const to = target();
    const { problems, lost } = await salvageStore('odd:hurt', to);
    expect(problems).toMatchObject([{ code: 'IO', file: `odd:${first}`, keys: { entries: 4 } }]);
    expect(lost).toMatchObject([{ entries: 4 }]);
    expect(await readAll(to)).toEqual(PAIRS.slice(4));
  });

  it('is not salvaged where reading a tail or the manifest fails otherwise', async () => {
    const [first] = await partitions();
    const to = target();
    for (const fails of [first, 'hurt/MANIFEST.json']) {
      storage.onOpen = (path) => {
        if (path === fails) throw io({ operation: 'stat', transient: false });
      };
      expect(await failure(salvageStore('odd:hurt', to), 'IO')).toMatchObject({ operation: 'stat' });
      expect(await kindOf(to)).toBe(undefined);
    }
  });
});

describe('a store without a usable manifest', () => {
  it('is put together without what is no partition, and whatever its files are called', async () => {
    const [first, second, third] = await partitions();
    const manifest = await readFile('odd:hurt/MANIFEST.json');
    const text = new TextDecoder().decode(manifest).replace('"metadata"', '"METADATA"');
    const names = ['rows.cairn', 'a.cairn', 'part-x-1.cairn'];
    for (const [i, path] of [first, second, third].entries()) {
      await writeFile(`odd:hurt/data/${names[i]}`, await readFile(`odd:${path}`));
      await removeFile(`odd:${path}`);
    }
    await writeFile('odd:hurt/MANIFEST.json', text);
    await writeFile('odd:hurt/MANIFEST.json.0a1b.tmp', 'a manifest that was never put into place');
    const to = target();
    const report = await salvageStore('odd:hurt', to);
    // The id that is still there says that these are all.
    expect(report).toMatchObject({ metadataLost: true, lost: [], lostEntries: 0 });
    expect(report.problems.map(({ section }) => section)).toEqual(['manifest']);
    expect(await readAll(to)).toEqual(PAIRS);
  });

  it('lacks a partition that the disk does not give, unless that passes', async () => {
    const [, second] = await partitions();
    await writeFile('odd:hurt/MANIFEST.json', 'nothing');
    const to = target();
    const failsWith = (transient: boolean): void => {
      storage.onOpen = (path) => {
        if (path === second) throw io({ operation: 'open', transient });
      };
    };
    failsWith(true);
    await failure(salvageStore('odd:hurt', to), 'IO');
    expect(await kindOf(to)).toBe(undefined);
    failsWith(false);
    const { problems, lostEntries } = await salvageStore('odd:hurt', to);
    expect(problems).toMatchObject([{ section: 'manifest' }, { code: 'IO', file: `odd:${second}` }]);
    expect(lostEntries).toBe(undefined);
    const saved = await readAll(to);
    expect(saved.slice(0, 4)).toEqual(PAIRS.slice(0, 4));
    expect(saved.at(-1)).toEqual(PAIRS.at(-1));
    expect(saved.length).toBeLessThan(PAIRS.length);
  });

  it('is not mended to something that its writer did not write: one of a later version is refused', async () => {
    const text = new TextDecoder().decode(await readFile('odd:hurt/MANIFEST.json'));
    const later = signManifest(text.replace('"version": 1', '"version": 2'));
    const to = target();
    await writeFile('odd:hurt/MANIFEST.json', later);
    await failure(salvageStore('odd:hurt', to), 'UNSUPPORTED_FORMAT');
    expect((await verifyStore('odd:hurt')).problems).toMatchObject([{ code: 'UNSUPPORTED_FORMAT' }]);
    // And with a bit flipped: the bit is found, and what it gives is still no manifest of this version.
    later[12] ^= 1;
    await writeFile('odd:hurt/MANIFEST.json', later);
    const report = await verifyStore('odd:hurt');
    expect(report.problems).toMatchObject([{ code: 'CORRUPTION', section: 'manifest' }]);
    expect(report.problems[0].flipped).toBe(undefined);
  });
});

describe('the new store of a salvage', () => {
  it('is another writer`s when that is first, and stays so', async () => {
    const faulty = new FaultyStorage().register();
    faulty.watcher = async (operation, path) => {
      if (operation !== 'putIfAbsent' || path !== 'root/to/MANIFEST.json') return;
      faulty.watcher = undefined;
      await fill('faulty:root/to', numbered(2, 'other'));
    };
    await failure(salvageStore('odd:hurt', 'faulty:root/to'), 'ALREADY_EXISTS');
    expect(await readAll('faulty:root/to')).toEqual(numbered(2, 'other'));
    const { partitions: others } = await storeInfo('faulty:root/to');
    expect(await tree('faulty:root/to/data')).toEqual(others.map(({ name }) => name));
  });

  it('keeps its files when the other writer`s manifest can not be read: it may name them', async () => {
    const faulty = new FaultyStorage().register();
    faulty.watcher = async (operation, path) => {
      if (operation !== 'putIfAbsent' || path !== 'root/to/MANIFEST.json') return;
      faulty.watcher = undefined;
      await writeFile('faulty:root/to/MANIFEST.json', 'no manifest');
    };
    await failure(salvageStore('odd:hurt', 'faulty:root/to'), 'ALREADY_EXISTS');
    expect((await tree('faulty:root/to/data')).length).toBe(3);
  });

  it('is not there, and none of its files, when the commit fails; with an answer lost, its files stay', async () => {
    const faulty = new FaultyStorage().register();
    faulty.arm({ at: 1, forever: true, after: false, only: ['putIfAbsent'] });
    await failure(salvageStore('odd:hurt', 'faulty:root/to'), 'IO');
    expect(await tree('faulty:root')).toEqual([]);
    // Committed, answered with a failure, and nobody can look: whoever looks later must find all of it.
    faulty.arm({ at: 1, forever: true, after: true, only: ['putIfAbsent', 'open'] });
    await failure(salvageStore('odd:hurt', 'faulty:root/to'), 'IO');
    faulty.arm();
    expect(await readAll('faulty:root/to')).toEqual(PAIRS);
  });

  it('leaves an empty directory that was there before', async () => {
    const to = target();
    await makeDirectory(to);
    const controller = new AbortController();
    const ended = salvageStore('odd:hurt', to, {
      signal: controller.signal,
      onProgress: () => controller.abort(new Error('enough')),
    });
    await expect(ended).rejects.toThrow('enough');
    expect(await kindOf(to)).toBe('directory');
    expect(await tree(to)).toEqual([]);
  });

  it('is written no faster than its storage takes it', async () => {
    const from = target();
    const pairs = numbered(60, 'k', 300);
    await fill(from, pairs, { blockBytes: 512 });
    const writes = storage.slowWrites();
    await salvageStore(await storeOf(await readTree(from)), 'odd:slow');
    expect(await readAll('odd:slow')).toEqual(pairs);
    // Of sixty blocks one; and what has no entries, which is a few writes a partition: two sections, a
    // header.
    expect(writes.most).toBeLessThanOrEqual(6);
  });
});
