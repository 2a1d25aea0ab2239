import { beforeEach, describe, expect, it } from 'vitest';
import { copyStore } from '../../src/index.ts';
import { failure } from '../support/failures.ts';
import { OddStorage } from '../support/odd-storage.ts';
import { kindOf, makeDirectory, readFile, tree } from '../support/storage-tools.ts';
import { fillSized } from '../support/stores.ts';

let storage: OddStorage;

beforeEach(async () => {
  storage = new OddStorage().register();
  await fillSized('odd:s', 'three partitions');
});

describe('copyStore()', () => {
  it('finds a tail that is another one once the blocks before it are copied', async () => {
    const [name] = await tree('odd:s/data');
    const { length } = await readFile(`odd:s/data/${name}`);
    let ends = 0;
    storage.onRead = (path, offset, target) => {
      // The tail is read first, and once more on its way to the copy.
      if (path.endsWith(name) && offset + target.length === length && ++ends === 2)
        target[target.length - 1] ^= 1;
    };
    const error = await failure(copyStore('odd:s', 'odd:t'), 'CORRUPTION');
    expect(error).toMatchObject({ section: 'tail', message: expect.stringContaining('the tail changed') });
    expect(error.file).toBe(`odd:s/data/${name}`);
    expect(await kindOf('odd:t')).toBe(undefined);
    expect(storage.openSources).toBe(0);
  });

  it('leaves an empty directory that was there before, when it fails', async () => {
    await makeDirectory('odd:t');
    storage.onRead = (path, _offset, target) => {
      if (path.endsWith('.cairn')) target[0] ^= 1;
    };
    await failure(copyStore('odd:s', 'odd:t'), 'CORRUPTION');
    expect(await kindOf('odd:t')).toBe('directory');
    expect(await tree('odd:t')).toEqual([]);
  });

  it('is ended by its signal while the target takes nothing', async () => {
    storage.onWrite = () => new Promise(() => undefined);
    const controller = new AbortController();
    const reason = new Error('stop');
    setTimeout(() => controller.abort(reason), 5);
    await expect(copyStore('odd:s', 'odd:t', { signal: controller.signal })).rejects.toBe(reason);
    expect(await kindOf('odd:t')).toBe(undefined);
    expect(storage.openSources).toBe(0);
  });

  it('refuses options that are none, before it does anything', async () => {
    for (const options of [{ onProgress: 1 }, { resume: 'yes' }, { quick: true }]) {
      const error = await failure(copyStore('odd:s', 'odd:t', options as never), 'INVALID_ARGUMENT');
      expect(error.argument).toBe(Object.keys(options)[0]);
    }
    expect(await kindOf('odd:t')).toBe(undefined);
  });
});
