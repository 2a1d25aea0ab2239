import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isCairnError } from '../../src/errors.ts';
import { copyStore, createStore, mergeStores, sweepStores } from '../../src/node/index.ts';
import { type Bundle, bundle } from '../support/bundle.ts';
import { failure } from '../support/failures.ts';
import { tree } from '../support/storage-tools.ts';
import {
  fill,
  numbered,
  type Pair,
  readAll,
  SMALL_PARTITIONS,
  TEXT,
  type TextOptions,
} from '../support/stores.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const DISK_BYTES = 1 << 20;

describe('case 7: on a disk of one megabyte', () => {
  let disk: string;
  beforeEach(() => {
    disk = mkdtempSync(join(tmpdir(), 'cairnkv-disk-'));
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'tmpfs', disk]);
    if (mounted.status !== 0) throw new Error(`these tests mount a tmpfs, as root: ${mounted.stderr}`);
  });
  afterEach(() => {
    execFileSync('umount', ['-l', disk]);
    rmSync(disk, { recursive: true });
  });

  function freeBytes(): number {
    const { bavail, bsize } = statfsSync(disk);
    return bavail * bsize;
  }

  /** As `fill`, by a writer that gives up when it can't go on. */
  async function attempt(uri: string, pairs: Pair[], options: TextOptions): Promise<void> {
    const writer = await createStore(uri, { ...TEXT, ...options });
    try {
      await writer.putAll(pairs);
      await writer.close();
    } catch (error) {
      await writer.cancel();
      throw error;
    }
  }

  it('a store that does not fit is an IO error with advice, and its space comes back', async () => {
    const free = freeBytes();
    for (const count of [1100, 3000, 6000]) {
      const error = await failure(
        attempt(`${disk}/s`, numbered(count, 'k', 1000), { ...SMALL_PARTITIONS, partitionBytes: 100_000 }),
        'IO',
      );
      expect(error.message).toMatch(/ENOSPC.*The disk is full; free some space/);
      expect(error).toMatchObject({ transient: false });
      expect(await tree(disk)).toEqual([]);
      expect(freeBytes()).toBe(free);
    }
    await fill(`${disk}/s`, numbered(500, 'k', 1000));
    expect(await readAll(`${disk}/s`)).toEqual(numbered(500, 'k', 1000));
  });

  it('so is one whose files are sorted there, and one of a writer that nobody ends', async () => {
    const free = freeBytes();
    const pairs = numbered(3000, 'k', 1000).reverse();
    const sorting = attempt('memory:elsewhere', pairs, {
      sort: true,
      sortBytes: 65_536,
      sortDirectory: `${disk}/tmp`,
    });
    expect((await failure(sorting, 'IO')).message).toMatch(/ENOSPC/);
    expect((await tree(disk)).filter((path) => !path.endsWith('/'))).toEqual([]);
    const writer = await createStore(`${disk}/s`, { ...TEXT, partitionBytes: 100_000 });
    const putting = (async () => {
      for (const [key, value] of numbered(3000, 'k', 1000)) await writer.put(key, value);
    })();
    await failure(putting, 'IO');
    await failure(writer.close(), 'IO');
    await writer.cancel();
    await sweepStores(disk, { olderThanMs: 0 });
    expect(freeBytes()).toBe(free);
  });

  it('a copy and a merge that do not fit leave their sources alone, and nothing else', async () => {
    const a = numbered(400, 'a', 1000);
    await fill(`${disk}/a`, a);
    const free = freeBytes();
    await fill('memory:large', numbered(1000, 'c', 1000));
    expect((await failure(copyStore('memory:large', `${disk}/c`), 'IO')).message).toMatch(/ENOSPC/);
    expect((await failure(mergeStores([`${disk}/a`, 'memory:large'], `${disk}/d`), 'IO')).message).toMatch(
      /ENOSPC/,
    );
    expect(freeBytes()).toBe(free);
    expect((await tree(disk)).filter((path) => !path.startsWith('a/'))).toEqual([]);
    expect(await readAll(`${disk}/a`)).toEqual(a);
  });
});

describe('case 10: with few descriptors', () => {
  let child: Bundle;
  let root: string;
  beforeAll(async () => {
    child = await bundle(new URL('./descriptors-child.ts', import.meta.url));
    root = temporaryDirectory();
  });
  afterAll(() => {
    child.remove();
    rmSync(root, { recursive: true, force: true });
  });

  it('too many open files is an IO error that may pass, for readers and writers, and nothing is lost by it', async () => {
    for (const limit of [40, 41, 42, 64]) {
      const run = spawnSync(
        'sh',
        ['-c', `ulimit -n ${limit}; exec "$0" "$1" "$2"`, process.execPath, child.file, `${root}/${limit}`],
        { encoding: 'utf8' },
      );
      expect(run.stderr).toBe('');
      const met = JSON.parse(run.stdout);
      const error = {
        code: 'IO',
        transient: true,
        message: expect.stringMatching(/EMFILE.*close readers, or raise/),
      };
      expect(met).toMatchObject({ reading: error, writing: error, again: 9, verified: 9 });
      expect(met.readers).toBeGreaterThan(3);
      expect(met.answers).toBe(met.readers);
      expect(met.whole).toBeGreaterThan(3);
      if (met.creating !== undefined) expect(met.creating).toMatchObject(error);
      for (const name of readdirSync(`${root}/${limit}`)) {
        const state = await readAll(`${root}/${limit}/${name}`).catch((error: unknown) => {
          if (!isCairnError(error, 'INCOMPLETE', 'NOT_A_STORE')) throw error;
        });
        if (state !== undefined) expect([1, 9]).toContain(state.length);
      }
    }
  });
});
