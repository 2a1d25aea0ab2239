import { expect, it } from 'vitest';
import { createStore, openStore, storeInfo, verifyStore } from '../../src/index.ts';
import { damageOf } from '../support/damage.ts';
import { failureNow } from '../support/failures.ts';
import type { Place } from '../support/places.ts';
import { readFile, readTree, writeFile } from '../support/storage-tools.ts';
import {
  collect,
  fill,
  fillSized,
  numbered,
  open,
  type Pair,
  pairsOf,
  readAll,
  SMALL_PARTITIONS,
  TEXT,
  utf8,
} from '../support/stores.ts';

/** The numbered cases on partitions and their format. */
export function partitionCases(place: Place): void {
  it('50: partitions report the sizes 1 and 2; an empty store has none', async () => {
    const root = await place.root();
    for (const count of [0, 1, 2]) {
      const info = await fill(`${root}/${count}`, numbered(count));
      expect(info.partitions.map((partition) => partition.count)).toEqual(count === 0 ? [] : [count]);
      if (count === 0) continue;
      const partition = await storeInfo(`${root}/${count}/data/${info.partitions[0].name}`);
      expect(partition).toMatchObject({ count, firstKey: 'k00000', id: info.id, bytes: info.bytes });
    }
  });

  it('51: a partition of one entry iterates to it, and no partition to nothing', async () => {
    const root = await place.root();
    await fill(`${root}/none`, []);
    expect(await readAll(`${root}/none`)).toEqual([]);
    const info = await fill(`${root}/one`, numbered(1));
    expect(await readAll(`${root}/one/data/${info.partitions[0].name}`)).toEqual(numbered(1));
  });

  it('52: 100 pairs are read back from a partition opened alone', async () => {
    const uri = `${await place.root()}/s`;
    const info = await fill(uri, numbered(100));
    await using partition = await open(`${uri}/data/${info.partitions[0].name}`);
    expect(await collect(partition)).toEqual(numbered(100));
    for (const [key, value] of numbered(100)) expect(await partition.get(key)).toBe(value);
    expect(partition.info).toMatchObject({ id: info.id, keyEncoding: 'utf8', valueEncoding: 'utf8' });
    expect((await partition.verify()).ok).toBe(true);
  });

  it('52: each partition of a store opens alone with its own entries', async () => {
    const uri = `${await place.root()}/s`;
    const info = await fillSized(uri, 'three partitions');
    const pairs: Pair[] = [];
    for (const { name, count, firstKey, lastKey } of info.partitions) {
      await using partition = await openStore(`${uri}/data/${name}`, TEXT);
      expect(partition.info).toMatchObject({ count, firstKey, lastKey });
      pairs.push(...(await collect(partition)));
    }
    expect(pairs).toEqual(pairsOf('three partitions'));
  });

  it('53: a value of exactly `limit` bytes fits into a partition, which holds nothing more then', async () => {
    const root = await place.root();
    // Lengths around the points where a length takes another byte.
    for (const partitionBytes of [1024, 1100, 8192, 16_384 + 560, 17_000, 70_000]) {
      for (const hashIndex of [true, false]) {
        const uri = `${root}/${partitionBytes}-${hashIndex}`;
        const writer = await createStore(uri, { ...TEXT, partitionBytes, hashIndex, blockBytes: 512 });
        const { limit } = failureNow(() => writer.put('a', 'x'.repeat(partitionBytes)), 'TOO_LARGE');
        failureNow(() => writer.put('a', 'x'.repeat((limit as number) + 1)), 'TOO_LARGE');
        writer.put('a', 'x'.repeat(limit as number));
        expect(writer.count).toBe(1);
        writer.put('b', 'y'.repeat(limit as number));
        const info = await writer.close();
        expect(info.partitions.map(({ count }) => count)).toEqual([1, 1]);
        for (const { bytes } of info.partitions) expect(bytes).toBeLessThanOrEqual(partitionBytes);
        expect((await readAll(uri)).map(([key, value]) => [key, value.length])).toEqual([
          ['a', limit],
          ['b', limit],
        ]);
      }
    }
  });

  it('54: `count` grows by each put that is taken, and survives', async () => {
    const uri = `${await place.root()}/s`;
    const writer = await createStore(uri, { ...TEXT, ...SMALL_PARTITIONS });
    const pairs = numbered(40, 'k', 100);
    for (const [i, [key, value]] of pairs.entries()) {
      expect(writer.count).toBe(i);
      writer.put(key, value);
      failureNow(() => writer.put(key, value), 'DUPLICATE_KEY');
    }
    expect(writer.count).toBe(40);
    expect((await writer.close()).count).toBe(40);
    expect((await storeInfo(uri)).count).toBe(40);
    await using store = await open(uri);
    expect(await store.count()).toBe(40);
  });

  it('55: two entries are found after reopening and a third is not, forwards and backwards', async () => {
    const uri = `${await place.root()}/s`;
    await fill(uri, [
      ['key1', 'value1'],
      ['key2', 'value2'],
    ]);
    const wanted = ['value1', 'value2', undefined];
    for (let round = 0; round < 2; round++) {
      await using store = await open(uri);
      for (let i = 0; i < 3; i++) expect(await store.get(`key${i + 1}`)).toBe(wanted[i]);
      for (let i = 2; i >= 0; i--) expect(await store.get(`key${i + 1}`)).toBe(wanted[i]);
    }
  });

  it('56: entries lie one after the other: two lengths, key, value, from byte 16 of the file', async () => {
    const uri = `${await place.root()}/s`;
    const pairs: Pair[] = [
      ['a', 'one'],
      ['bb', ''],
      ['ccc', 'x'.repeat(127)],
      ['d'.repeat(127), 'four'],
    ];
    const info = await fill(uri, pairs, { hashIndex: false });
    const file = await readFile(`${uri}/data/${info.partitions[0].name}`);
    let at = 16;
    for (const [key, value] of pairs) {
      expect([...file.subarray(at, at + 2)]).toEqual([key.length, value.length]);
      expect(file.subarray(at + 2, at + 2 + key.length + value.length)).toEqual(utf8(key + value));
      at += 2 + key.length + value.length;
    }
  });

  it('57: a file that is cut anywhere is CORRUPTION, by reading and by verifying', async () => {
    const root = await place.root();
    await fill(`${root}/s`, numbered(3));
    const files = await readTree(`${root}/s`);
    for (const [path, whole] of files) {
      for (let length = 0; length < whole.length; length++) {
        await writeFile(`${root}/s/${path}`, whole.slice(0, length));
        expect(await damageOf(`${root}/s`), `${path} cut to ${length}`).toMatchObject({ code: 'CORRUPTION' });
      }
      await writeFile(`${root}/s/${path}`, whole);
    }
    expect(await damageOf(`${root}/s`)).toBeUndefined();
  });

  it('57: a flipped bit is the right data or a typed error, and is found by `verifyStore()`', async () => {
    const root = await place.root();
    const uri = `${root}/s`;
    await fill(uri, numbered(3));
    for (const [path, whole] of await readTree(uri)) {
      for (let at = 0; at < whole.length; at++) {
        const flipped = whole.slice();
        flipped[at] ^= 1 << (at % 8);
        await writeFile(`${uri}/${path}`, flipped);
        const pairs = await readAll(uri).catch((error: unknown) => error);
        const report = await verifyStore(uri);
        expect(report.ok, `bit ${at % 8} of byte ${at} of ${path}`).toBe(false);
        if (Array.isArray(pairs)) expect(pairs).toEqual(numbered(3));
        else
          expect(pairs).toMatchObject({
            name: 'CairnError',
            code: expect.stringMatching(/CORRUPTION|UNSUPPORTED_FORMAT/),
          });
      }
      await writeFile(`${uri}/${path}`, whole);
    }
    expect((await verifyStore(uri)).ok).toBe(true);
  });
}
