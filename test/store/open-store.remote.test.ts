import { beforeEach, describe, expect, it } from 'vitest';
import { openStore, type StoreInfo, type StoreReader, verifyStore } from '../../src/index.ts';
import { failureNow } from '../support/failures.ts';
import { RemoteStorage } from '../support/remote-storage.ts';
import { collect, fill, numbered, type Pair, TEXT } from '../support/stores.ts';

const URI = 'remote:s';
/** About a megabyte in blocks of 4 KiB. */
const PAIRS = numbered(8000, 'k', 120);
/** Five partitions of 256 KiB, of some sixty blocks each. */
const LAYOUT = { partitionBytes: 1 << 18, blockBytes: 4096 } as const;

let storage: RemoteStorage;
let info: StoreInfo<string>;

beforeEach(async () => {
  storage = new RemoteStorage().register();
  info = await fill(URI, PAIRS, LAYOUT);
  storage.requests.length = 0;
});

/** The same store with its cache larger, and smaller, than it. */
const CACHES = [{ cacheBytes: 1 << 24 }, { cacheBytes: 1 << 17 }] as const;

async function opened(options: object = {}): Promise<StoreReader<string, string>> {
  return openStore<string, string>(URI, { ...TEXT, ...options });
}

function kinds(): string[] {
  return storage.requests.map(({ name }) => (name === 'MANIFEST.json' ? 'manifest' : 'partition'));
}

describe.each(CACHES)('a store far away, read with $cacheBytes bytes of cache', (options) => {
  it('takes three requests for the first get, then one, then none', async () => {
    await using store = await opened(options);
    expect(kinds()).toEqual(['manifest']);
    expect(await store.get(PAIRS[4000][0])).toBe(PAIRS[4000][1]);
    expect(kinds()).toEqual(['manifest', 'partition', 'partition']);
    const { name, bytes } = info.partitions.find(({ lastKey }) => lastKey >= PAIRS[4000][0]) as never;
    const [, tail, block] = storage.requests as { name: string; offset: number; length: number }[];
    expect(tail.name).toBe(name);
    expect(tail.offset + tail.length).toBe(bytes);
    expect(block.name).toBe(name);
    expect(block.length).toBeLessThanOrEqual(4096);
    // The same block, then another one of the same partition.
    expect(await store.get(PAIRS[4001][0])).toBe(PAIRS[4001][1]);
    expect(await store.get('k04000x')).toBeUndefined();
    expect(storage.requests.length).toBe(3);
    expect(await store.get(PAIRS[4100][0])).toBe(PAIRS[4100][1]);
    expect(storage.requests.length).toBe(4);
    expect(await store.floor(`${PAIRS[4100][0]}x`)).toEqual(PAIRS[4100]);
    expect(await store.count({ gte: PAIRS[4000][0], lt: PAIRS[4100][0] })).toBe(100);
    expect(storage.requests.length).toBe(4);
  });

  it('scans each partition by one request, and knows the next one before it gets there', async () => {
    await using store = await opened(options);
    expect(await collect(store.entries())).toEqual(PAIRS);
    // The manifest, then a tail and a stream for each partition; the last one is small, and comes as a whole.
    expect(info.partitions[4].bytes).toBeLessThan(1 << 17);
    expect(storage.requests.length).toBe(2 * info.partitions.length);
    expect(storage.streaming).toBe(0);
    const names = storage.requests.slice(1).map(({ name }) => name);
    const second = info.partitions[1].name;
    // The tail of the second was asked for while the first was read, and its stream before the first had ended.
    expect(names.indexOf(second)).toBeLessThanOrEqual(2);
    if (options.cacheBytes > 1 << 20) {
      expect(await collect(store.entries())).toEqual(PAIRS);
      expect(storage.requests.length).toBe(2 * info.partitions.length);
    }
  });

  it('scans backwards in a few requests', async () => {
    await using store = await opened(options);
    expect(await collect(store.entries({ reverse: true }))).toEqual([...PAIRS].reverse());
    expect(storage.requests.length).toBeLessThanOrEqual(1 + 2 * info.partitions.length);
  });

  it('brings of the next partition no more than a bound in it needs', async () => {
    await using store = await opened(options);
    // The tails are here; of the blocks, little or nothing stays in the smaller cache.
    for (const { firstKey } of info.partitions) await store.get(firstKey);
    storage.requests.length = 0;
    const [first, second] = info.partitions;
    const end = first.count + 100;
    const range = { gte: PAIRS[first.count - 100][0], lt: PAIRS[end][0] };
    expect(await collect(store.entries(range))).toEqual(PAIRS.slice(first.count - 100, end));
    // Which of the two is asked for first is not said.
    expect(storage.requests.map(({ name }) => name).sort()).toEqual([first.name, second.name]);
    for (const { length } of storage.requests) expect(length).toBeLessThan(100 * 140 + 2 * 4096);
    storage.requests.length = 0;
    const backwards = { ...range, reverse: true };
    expect(await collect(store.keys(backwards))).toEqual(
      PAIRS.slice(first.count - 100, end)
        .reverse()
        .map(([key]) => key),
    );
    for (const { length } of storage.requests) expect(length).toBeLessThan(100 * 140 + 2 * 4096);
    expect(storage.streaming).toBe(0);
  });

  it('reads of a range what belongs to it, and no more blocks than a limit needs', async () => {
    await using store = await opened(options);
    const range = { gte: PAIRS[1000][0], lt: PAIRS[1100][0] };
    expect(await collect(store.entries(range))).toEqual(PAIRS.slice(1000, 1100));
    expect(storage.requests.length).toBe(3);
    expect(storage.requests[2].length).toBeLessThan(100 * 140 + 2 * 4096);
    expect(await collect(store.keys({ gte: PAIRS[1500][0], limit: 10 }))).toEqual(
      PAIRS.slice(1500, 1510).map(([key]) => key),
    );
    expect(storage.requests.length).toBe(4);
    expect(storage.requests[3].length).toBeLessThanOrEqual(2 * 4096);
  });

  it('ends its streams when a loop is left, and when the visitor throws', async () => {
    await using store = await opened(options);
    for await (const [key] of store.entries()) if (key === PAIRS[5][0]) break;
    expect(storage.streaming).toBe(0);
    const reason = new Error('enough');
    const scanning = store.forEach(() => {
      throw reason;
    });
    await expect(scanning).rejects.toBe(reason);
    expect(storage.streaming).toBe(0);
  });

  it('tells what it has asked for', async () => {
    const reports: string[] = [];
    await using store = await opened({
      ...options,
      onRequest: ({ url }: { url: string }) => void reports.push(url),
    });
    await store.get(PAIRS[4000][0]);
    await store.get(PAIRS[4001][0]);
    await store.has('nothing');
    const { requests, bytes, lookups, cacheHits } = store.stats();
    expect(reports).toEqual(storage.requests.map(({ name }) => name));
    expect({ requests, lookups, cacheHits }).toEqual({ requests: reports.length, lookups: 3, cacheHits: 1 });
    expect(bytes).toBe(storage.requests.reduce((sum, { length }) => sum + length, 0));
  });

  it('can be verified, in few requests', async () => {
    const report = await verifyStore(URI);
    expect(report.ok).toBe(true);
    expect(report.checked.entries).toBe(PAIRS.length);
    expect(storage.requests.length).toBeLessThanOrEqual(3 + 4 * info.partitions.length);
  });

  it('refuses what can not wait', async () => {
    await using store = await opened(options);
    failureNow(() => store.getSync(PAIRS[9][0]), 'UNSUPPORTED');
    failureNow(() => [...store.entriesSync()], 'UNSUPPORTED');
    expect(failureNow(() => store.countSync({ gte: 'k1' }), 'UNSUPPORTED').message).toContain(
      'without the suffix',
    );
  });
});

it('a small store takes two requests for everything', async () => {
  const few: Pair[] = numbered(50);
  await fill('remote:few', few);
  storage.requests.length = 0;
  await using store = await openStore<string, string>('remote:few', TEXT);
  expect(await store.get(few[7][0])).toBe(few[7][1]);
  expect(storage.requests.length).toBe(2);
  expect(await collect(store.entries())).toEqual(few);
  expect(await store.getMany(few.map(([key]) => key))).toEqual(few.map(([, value]) => value));
  expect(storage.requests.length).toBe(2);
});

it('a store on disk counts its reads', async () => {
  await fill('memory:counted', numbered(10));
  await using store = await openStore<string, string>('memory:counted', TEXT);
  await store.get('k00001');
  const { requests, lookups, cacheHits } = store.stats();
  expect(requests).toBeGreaterThan(0);
  expect({ lookups, cacheHits }).toEqual({ lookups: 1, cacheHits: 0 });
  expect(await store.getMany(['k00001', 'k00002', 'none'])).toEqual(['v00001', 'v00002', undefined]);
  expect(store.stats().lookups).toBe(4);
});

it('does not begin the next partition`s stream while there is much to come of the current one', async () => {
  const pairs = numbered(48, 'k', 1 << 19);
  const { partitions } = await fill('remote:wide', pairs, { partitionBytes: 12 << 20, blockBytes: 1 << 19 });
  await using store = await openStore<string, string>('remote:wide', { ...TEXT, cacheBytes: 1 << 20 });
  for (const { firstKey } of partitions) await store.get(firstKey);
  storage.requests.length = 0;
  /** Partitions of which something was asked for when each entry came. */
  const asked: number[] = [];
  for await (const _ of store.entries()) asked.push(new Set(storage.requests.map(({ name }) => name)).size);
  expect(asked[0]).toBe(1);
  // With eight megabytes left, the next stream is on its way before this one has ended.
  const [{ count }] = partitions;
  expect(asked[count - 1]).toBe(2);
  expect(asked.at(-1)).toBe(partitions.length);
  expect(storage.streaming).toBe(0);
});
