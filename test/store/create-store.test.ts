import { beforeEach, describe, expect, it } from 'vitest';
import { CairnError } from '../../src/errors.ts';
import { createStore, mergeStores, renameStore, salvageStore } from '../../src/index.ts';
import type { IncompleteUpload } from '../../src/io/storage.ts';
import { failure } from '../support/failures.ts';
import { OddStorage } from '../support/odd-storage.ts';
import { kindOf } from '../support/storage-tools.ts';
import { fill, numbered, readAll, TEXT } from '../support/stores.ts';

const PAIRS = numbered(60, 'k', 300);

/** A storage that can say what writers have begun, or not just now. */
class ShyStorage extends OddStorage {
  transient = true;

  // biome-ignore lint/correctness/useYield: it fails before there is anything to give.
  async *listIncompleteUploads(): AsyncIterable<IncompleteUpload> {
    throw new CairnError('IO', 'nobody may look there', { operation: 'list', transient: this.transient });
  }
}

let storage: OddStorage;

beforeEach(() => {
  storage = new OddStorage().register();
});

describe('a writer to a slow storage', () => {
  it('`putAll()` writes no faster than the storage takes it, from arrays and from what is awaited', async () => {
    for (const [name, source] of [
      ['array', PAIRS],
      [
        'stream',
        (async function* () {
          yield* PAIRS;
        })(),
      ],
    ] as const) {
      const writes = storage.slowWrites();
      const writer = await createStore(`odd:${name}`, { ...TEXT, blockBytes: 512 });
      expect(await writer.putAll(source)).toBe(PAIRS.length);
      await writer.close();
      expect(await readAll(`odd:${name}`)).toEqual(PAIRS);
      // Of sixty blocks one, and what has no entries: a header, two sections.
      expect(writes.most).toBeLessThanOrEqual(6);
    }
  });
});

describe('a writer with a `buildId`', () => {
  it('goes on where one may not see what others have begun, and not where that can be tried again', async () => {
    const shy = new ShyStorage();
    shy.register();
    const options = { ...TEXT, buildId: 'nightly' };
    const error = await failure(createStore('odd:s', options), 'IO');
    expect(error).toMatchObject({ operation: 'list', transient: true });
    expect(await kindOf('odd:s')).toBe(undefined);
    shy.transient = false;
    await createStore('odd:s', options).put('a', 'b').close();
    expect(await readAll('odd:s')).toEqual([['a', 'b']]);
  });
});

describe('stores of two storages', () => {
  it('are merged and salvaged from one into the other, also under the same path', async () => {
    await fill('odd:root/s', PAIRS);
    await fill('odd:root/t', numbered(3, 'z'));
    await mergeStores(['odd:root/s', 'odd:root/t'], 'memory:root/s/inside');
    expect(await readAll('memory:root/s/inside')).toEqual([...PAIRS, ...numbered(3, 'z')]);
    await salvageStore('odd:root/s', 'memory:root/s/saved');
    expect(await readAll('memory:root/s/saved')).toEqual(PAIRS);
    expect(await readAll('odd:root/s')).toEqual(PAIRS);
  });

  it('are not renamed into each other, and stay as they are', async () => {
    await fill('odd:s', PAIRS);
    const error = await failure(renameStore('odd:s', 'memory:renamed-away'), 'UNSUPPORTED');
    expect(error.message).toContain('copy');
    expect(await readAll('odd:s')).toEqual(PAIRS);
    expect(await kindOf('memory:renamed-away')).toBe(undefined);
  });
});
