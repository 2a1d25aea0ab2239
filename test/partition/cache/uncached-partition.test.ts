import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compareBytes } from '../../../src/bytes/compare.ts';
import { loadChecksum } from '../../../src/bytes/xxh64.ts';
import { keyCodecFor } from '../../../src/codec/keys/key-codecs.ts';
import { loadValueDecoder } from '../../../src/codec/values/load-value-decoder.ts';
import { createStore, deleteStore } from '../../../src/index.ts';
import { locate } from '../../../src/io/uri.ts';
import { UncachedPartition } from '../../../src/partition/cache/uncached-partition.ts';
import { ReadCounter } from '../../../src/partition/read-counter.ts';
import { describeStore } from '../../../src/store/manifest/describe-store.ts';
import { openFiles } from '../../../src/store/manifest/open-files.ts';
import { StoreDirectory } from '../../../src/store/manifest/store-directory.ts';
import { PartitionSet } from '../../../src/store/read/partition-set.ts';
import { checkReadOptions } from '../../../src/store/read/read-options.ts';
import { entryDecoder } from '../../../src/store/read/reader-codecs.ts';
import { StoreReader } from '../../../src/store/read/store-reader.ts';

const URI = 'memory:uncached-partition';
const COUNT = 500;
const keyOf = (i: number): string => `key-${String(i).padStart(4, '0')}`;

describe('partitions of which nothing is kept', () => {
  let reader: StoreReader<string, string>;

  beforeEach(async () => {
    const writer = createStore(URI, { valueEncoding: 'utf8', blockBytes: 256, partitionBytes: 4096 });
    for (let i = 0; i < COUNT; i++) await writer.put(keyOf(i), `value ${i}`);
    await writer.close();
    const checksum = await loadChecksum();
    const counter = new ReadCounter();
    const { manifest, files } = await openFiles(new StoreDirectory(locate(URI)), {
      checksum,
      counter,
      signal: undefined,
    });
    const keys = keyCodecFor('utf8');
    reader = new StoreReader<string, string>({
      info: describeStore(URI, manifest, (key) => keys.decode(key, 0, key.length)),
      set: new PartitionSet(files.map((file) => new UncachedPartition(file))),
      counter,
      decoder: await entryDecoder(keys, await loadValueDecoder('utf8'), checkReadOptions({})),
      share: () => {
        throw new Error('not shared');
      },
      verify: () => Promise.reject(new Error('not verified')),
      isCurrent: () => Promise.reject(new Error('not followed')),
      reopen: () => Promise.reject(new Error('not followed')),
    });
  });

  afterEach(async () => {
    await reader.close();
    await deleteStore(URI);
  });

  it('answer look-ups, in both forms', async () => {
    for (let i = 0; i < COUNT; i += 7) {
      expect(reader.getSync(keyOf(i))).toBe(`value ${i}`);
      expect(await reader.get(keyOf(i))).toBe(`value ${i}`);
    }
    expect(reader.getSync('key-')).toBeUndefined();
    expect(await reader.floor('key-0100x')).toEqual([keyOf(100), 'value 100']);
  });

  it('are scanned in both directions', async () => {
    const forwards = [...reader.keysSync()];
    expect(forwards).toHaveLength(COUNT);
    const encoder = new TextEncoder();
    for (let i = 1; i < COUNT; i++)
      expect(compareBytes(encoder.encode(forwards[i - 1]), encoder.encode(forwards[i]))).toBeLessThan(0);
    const backwards: string[] = [];
    for await (const key of reader.keys({ reverse: true })) backwards.push(key);
    expect(backwards.reverse()).toEqual(forwards);
  });
});
