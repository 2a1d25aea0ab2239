import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openStore, type StoreInfo, type StoreReader } from '../../src/node/index.ts';
import { failure } from '../support/failures.ts';
import { HttpServer } from '../support/http-server.ts';
import { collect, fill, numbered, type Pair, TEXT } from '../support/stores.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** Three partitions of a megabyte, in blocks of 4 KiB. */
const PAIRS = numbered(24_000, 'k', 120);
const LAYOUT = { partitionBytes: 1 << 20, blockBytes: 4096 } as const;

let server: HttpServer;
let directory: string;
let info: StoreInfo<string>;

beforeAll(async () => {
  directory = temporaryDirectory();
  info = await fill(join(directory, 'store'), PAIRS, LAYOUT);
  await fill(join(directory, 'small'), PAIRS.slice(0, 200));
  server = await HttpServer.start(directory);
});
afterEach(() => {
  server.behave();
  server.requests.length = 0;
});
afterAll(async () => {
  await server.close();
  rmSync(directory, { recursive: true, force: true });
});

function opened(name = 'store', options: object = {}): Promise<StoreReader<string, string>> {
  return openStore<string, string>(`${server.origin}/${name}`, { ...TEXT, ...options });
}

describe('requests to a web server', () => {
  it('a first get takes three, one more block one, and what is here none', async () => {
    await using store = await opened();
    expect(server.requests.length).toBe(1);
    expect(await store.get(PAIRS[2000][0])).toBe(PAIRS[2000][1]);
    expect(server.requests.length).toBe(3);
    expect(await store.get(PAIRS[2001][0])).toBe(PAIRS[2001][1]);
    expect(server.requests.length).toBe(3);
    expect(await store.get(PAIRS[3000][0])).toBe(PAIRS[3000][1]);
    expect(server.requests.length).toBe(4);
    expect(store.stats()).toMatchObject({ requests: 4, lookups: 3, cacheHits: 1 });
  });

  it('of a small store, two bring everything', async () => {
    await using store = await opened('small');
    expect(await collect(store.entries())).toEqual(PAIRS.slice(0, 200));
    expect(await store.get(PAIRS[7][0])).toBe(PAIRS[7][1]);
    expect(server.requests.length).toBe(2);
  });

  it('many keys share them: neighbouring blocks come together, others at the same time', async () => {
    await using store = await opened();
    // A hundred keys over ten stretches of one partition, which are further apart than a gap that is read along.
    const wanted: Pair[] = [];
    for (let stretch = 0; stretch < 10; stretch++) {
      for (let i = 0; i < 10; i++) wanted.push(PAIRS[stretch * 600 + i * 25]);
    }
    expect(await store.getMany(wanted.map(([key]) => key))).toEqual(wanted.map(([, value]) => value));
    // The manifest, the tail, and one a stretch.
    expect(server.requests.length).toBe(12);
    expect(server.mostOpen).toBeLessThanOrEqual(16);
  });

  it('ten thousand gets of keys in one block share one', async () => {
    await using store = await opened();
    await store.get(PAIRS[0][0]);
    server.requests.length = 0;
    const [key, value] = PAIRS[5000];
    const values = await Promise.all(Array.from({ length: 10_000 }, () => store.get(key)));
    expect(new Set(values)).toEqual(new Set([value]));
    expect(server.requests.length).toBe(1);
  });

  it('a scan takes a tail and a stream a partition', async () => {
    for (const options of [{}, { cacheBytes: 1 << 18 }]) {
      server.requests.length = 0;
      await using store = await opened('store', options);
      expect(await collect(store.entries())).toEqual(PAIRS);
      expect(server.requests.length).toBeLessThanOrEqual(1 + 2 * info.partitions.length);
    }
  });

  it('a loop that is left ends its request', async () => {
    await using store = await opened();
    for await (const _ of store.entries()) break;
    const { ended } = server.requests[2];
    expect(['closed', 'sent']).toContain(await ended);
    expect(await store.get(PAIRS[9][0])).toBe(PAIRS[9][1]);
  });
});

describe('a cache between reader and server that answers with other bytes', () => {
  /** Every answer that is not asked for past caches has one bit flipped, at a place in the body. */
  function flipped(where: (length: number) => number, always = false): void {
    server.behave(({ headers, path }) => {
      if (!path.endsWith('.cairn') || (!always && headers['cache-control'] === 'no-cache')) return undefined;
      const [, from, to] = /bytes=(\d+)-(\d+)/.exec(String(headers.range)) as unknown as string[];
      const body = new Uint8Array(readFileSync(join(directory, path)).subarray(Number(from), Number(to) + 1));
      body[where(body.length)] ^= 8;
      return { body };
    });
  }

  it.each([
    ['a tail and a block', 'store'],
    ['a whole file', 'small'],
  ])('is found out and passed by: %s', async (_, name) => {
    flipped((length) => length >>> 1);
    await using store = await opened(name);
    expect(await store.get(PAIRS[100][0])).toBe(PAIRS[100][1]);
    const expected = name === 'small' ? PAIRS.slice(0, 200) : PAIRS;
    expect(await collect(store.entries())).toEqual(expected);
  });

  it('is detected in the middle of a scan, which continues', async () => {
    await using store = await opened();
    await store.get(PAIRS[0][0]);
    flipped((length) => length - 100);
    expect(await collect(store.entries())).toEqual(PAIRS);
  });

  it('is an error with its place when it can not be passed by', async () => {
    flipped((length) => length >>> 1, true);
    await using store = await opened();
    const error = await failure(store.get(PAIRS[100][0]), 'CORRUPTION');
    expect(error.file).toBe(`${server.origin}/store/data/${info.partitions[0].name}`);
    expect(error.offset).toBeGreaterThan(0);
    server.behave();
    expect(await store.get(PAIRS[100][0])).toBe(PAIRS[100][1]);
  });
});

it('a single partition takes three requests for its first get, and fewer when that is at its beginning', async () => {
  const [{ name }] = info.partitions;
  await using store = await opened(`store/data/${name}`);
  expect(store.info.count).toBe(info.partitions[0].count);
  expect(server.requests.length).toBe(2);
  expect(await store.get(PAIRS[0][0])).toBe(PAIRS[0][1]);
  expect(server.requests.length).toBe(2);
  expect(await store.get(PAIRS[4000][0])).toBe(PAIRS[4000][1]);
  expect(server.requests.length).toBe(3);
});
