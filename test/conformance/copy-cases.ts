import { describe, expect, it } from 'vitest';
import { copyStore, createStore, deleteStore, openStore, storeInfo } from '../../src/index.ts';
import { failure } from '../support/failures.ts';
import type { Place } from '../support/places.ts';
import { readFile, readTree, tree, writeFile } from '../support/storage-tools.ts';
import { collect, fill, numbered, readAll, SMALL_PARTITIONS, TEXT } from '../support/stores.ts';

const PAIRS = numbered(40, 'k', 300);

let number = 0;

/** Copies within a storage, and to and from another one. */
export function copyCases(place: Place): void {
  /** A fresh place in memory. */
  const elsewhere = (): string => `memory:copies-${place.name.replace(/\W/g, '')}-${number++}/s`;

  it('has the same files as its source, there and back', async () => {
    const root = await place.root();
    for (const compression of ['none', 'deflate'] as const) {
      const info = await fill(`${root}/${compression}`, PAIRS, { ...SMALL_PARTITIONS, compression });
      const [there, back] = [elsewhere(), `${root}/${compression}-back`];
      const copy = await copyStore(`${root}/${compression}`, there);
      expect({ ...copy, uri: info.uri }).toEqual(info);
      await copyStore(there, back);
      const original = await readTree(`${root}/${compression}`);
      expect(await readTree(there)).toEqual(original);
      expect(await readTree(back)).toEqual(original);
      expect(await readAll(back)).toEqual(PAIRS);
    }
  });

  it('copies an empty store, and the metadata', async () => {
    const root = await place.root();
    await createStore(`${root}/s`, { metadata: { a: [1, null] } }).close();
    const copy = await copyStore(`${root}/s`, `${root}/t`);
    expect(copy.metadata).toEqual({ a: [1, null] });
    expect(await collect((await openStore(`${root}/t`)).entries())).toEqual([]);
  });

  it('tells how far it is, and can be aborted; then nothing is left', async () => {
    const root = await place.root();
    const { bytes } = await fill(`${root}/s`, PAIRS, SMALL_PARTITIONS);
    const told: number[] = [];
    await copyStore(`${root}/s`, `${root}/t`, {
      onProgress: (progress) => {
        expect(progress).toMatchObject({ unit: 'bytes', total: bytes });
        told.push(progress.done);
      },
    });
    expect(told.at(-1)).toBe(bytes);
    expect(told).toEqual([...told].sort((a, b) => a - b));
    const reason = new Error('enough');
    const controller = new AbortController();
    const copying = copyStore(`${root}/s`, `${root}/u`, {
      signal: controller.signal,
      onProgress: (progress) => {
        if (progress.done > bytes / 2) controller.abort(reason);
      },
    });
    await expect(copying).rejects.toBe(reason);
    expect((await tree(root)).filter((path) => path.startsWith('u'))).toEqual([]);
  });

  it('finds damage in the source, and leaves nothing', async () => {
    const root = await place.root();
    const info = await fill(`${root}/s`, PAIRS, SMALL_PARTITIONS);
    const { name, bytes } = info.partitions[3];
    const file = `${root}/s/data/${name}`;
    const right = await readFile(file);
    for (const at of [3, 20, 700, bytes - 300, bytes - 1]) {
      const wrong = right.slice();
      wrong[at] ^= 4;
      await writeFile(file, wrong);
      const error = await failure(copyStore(`${root}/s`, `${root}/t`), 'CORRUPTION');
      expect(error.file).toContain(name);
      expect((await tree(root)).filter((path) => path.startsWith('t'))).toEqual([]);
    }
  });

  it('refuses a place that is taken, and a source that is none', async () => {
    const root = await place.root();
    await fill(`${root}/s`, PAIRS);
    await fill(`${root}/t`, []);
    await failure(copyStore(`${root}/s`, `${root}/t`), 'ALREADY_EXISTS');
    await failure(copyStore(`${root}/s`, `${root}/s`), 'ALREADY_EXISTS');
    await failure(copyStore(`${root}/none`, `${root}/u`), 'NOT_FOUND');
    await failure(copyStore(`${root}/s`, `${root}/u`, { resume: 1 } as object), 'INVALID_ARGUMENT');
    await failure(copyStore(`${root}/s`, `${root}/u`, { resum: true } as object), 'INVALID_ARGUMENT');
  });

  describe('a copy that was cut short', () => {
    /** A copy that ended half-way and was to be resumed. */
    async function cutShort(root: string): Promise<void> {
      await fill(`${root}/s`, PAIRS, SMALL_PARTITIONS);
      const { bytes } = await storeInfo(`${root}/s`);
      const controller = new AbortController();
      const reason = new Error('cut short');
      const copying = copyStore(`${root}/s`, `${root}/t`, {
        resume: true,
        signal: controller.signal,
        onProgress: (progress) => {
          if (progress.done > bytes / 2) controller.abort(reason);
        },
      });
      await expect(copying).rejects.toBe(reason);
    }

    it('is resumed: what is whole is kept, what is not is copied anew', async () => {
      const root = await place.root();
      await cutShort(root);
      const kept = (await tree(`${root}/t/data`)).sort();
      expect(kept.length).toBeGreaterThan(2);
      // One was damaged meanwhile, another one cut.
      const damaged = await readFile(`${root}/t/data/${kept[0]}`);
      damaged[100] ^= 1;
      await writeFile(`${root}/t/data/${kept[0]}`, damaged);
      const cut = await readFile(`${root}/t/data/${kept[1]}`);
      await writeFile(`${root}/t/data/${kept[1]}`, cut.slice(0, 500));
      await copyStore(`${root}/s`, `${root}/t`, { resume: true });
      expect(await readTree(`${root}/t`)).toEqual(await readTree(`${root}/s`));
    });

    it('is a conflict for one that does not resume it, and can be deleted', async () => {
      const root = await place.root();
      await cutShort(root);
      const error = await failure(copyStore(`${root}/s`, `${root}/t`), 'CONFLICT');
      expect(error.message).toContain('resume');
      await deleteStore(`${root}/t`);
      await copyStore(`${root}/s`, `${root}/t`);
      expect(await readAll(`${root}/t`)).toEqual(PAIRS);
    });
  });

  it('is found by readers when it is whole, and not before', async () => {
    const root = await place.root();
    await fill(`${root}/s`, PAIRS, SMALL_PARTITIONS);
    const attempts: Promise<unknown>[] = [];
    await copyStore(`${root}/s`, `${root}/t`, {
      onProgress: ({ done, total }) => {
        if (done < total) attempts.push(failure(openStore(`${root}/t`, TEXT), 'INCOMPLETE'));
      },
    });
    expect((await Promise.all(attempts)).length).toBeGreaterThan(3);
    expect(await readAll(`${root}/t`)).toEqual(PAIRS);
  });
}
