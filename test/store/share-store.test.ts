import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
// The threads run what was built.
import * as built from 'cairnkv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStore, openStore, type StoreHandle } from '../../src/node/index.ts';
import { buildCommand } from '../support/built-command.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const COUNT = 6_000;
const THREADS = 3;

const directory = temporaryDirectory();
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const keyOf = (i: number): string => `key-${String(i).padStart(6, '0')}`;
const bytesOf = (i: number): Uint8Array =>
  Uint8Array.from({ length: 20 + (i % 3000) }, (_, at) => (i * 7 + at) & 0xff);

async function makeStore(name: string, compression: 'none' | 'deflate' = 'none'): Promise<string> {
  const uri = `${directory}/${name}`;
  const writer = createStore(uri, { valueEncoding: 'binary', partitionBytes: 4 << 20, compression });
  for (let i = 0; i < COUNT; i++) await writer.put(keyOf(i), bytesOf(i));
  await writer.close();
  return uri;
}

interface Outcome {
  readonly wrong: readonly number[];
  readonly damaged: readonly string[];
  readonly bytes: number;
}

/** What threads find that look all keys up at once, each in its own order. */
function runThreads(handle: StoreHandle, threads = THREADS): Promise<Outcome[]> {
  const gate = new Int32Array(new SharedArrayBuffer(8));
  gate[1] = threads;
  return Promise.all(
    Array.from({ length: threads }, (_, seed) => {
      const workerData = { handle, count: COUNT, seed, gate };
      const worker = new Worker(new URL('../support/share-worker.mjs', import.meta.url), { workerData });
      return new Promise<Outcome>((resolve, reject) => {
        worker.on('message', resolve);
        worker.on('error', reject);
      });
    }),
  );
}

describe('a store that threads share', () => {
  let uri: string;
  beforeAll(async () => {
    buildCommand();
    uri = await makeStore('store');
  });

  it('answers without a hash index', async () => {
    const plain = `${directory}/plain`;
    const writer = createStore(plain, { valueEncoding: 'utf8', hashIndex: false });
    writer.put('a', 'one');
    writer.put('b', 'two');
    await writer.close();
    await using owner = await openStore(plain);
    await using other = await openStore(owner.share());
    expect(other.getSync('a')).toBe('one');
    expect(await other.getMany(['b', 'c'])).toEqual(['two', undefined]);
  });

  it.each(['none', 'deflate'] as const)(
    'answers all threads at once from one copy (%s)',
    async (compression) => {
      const shared = compression === 'none' ? uri : await makeStore('deflated', compression);
      await using reader = await built.openStore<string, Uint8Array>(shared);
      for (const { wrong, damaged } of await runThreads(reader.share())) {
        expect(wrong).toEqual([]);
        expect(damaged).toEqual([]);
      }
      // What the threads have brought is here, too: no more is read.
      const { bytes } = reader.stats();
      for (let i = 0; i < COUNT; i++) {
        if (Buffer.compare(reader.getSync(keyOf(i)) as Uint8Array, bytesOf(i)) !== 0) expect.fail(keyOf(i));
      }
      expect(reader.stats().bytes).toBe(bytes);
      // And a thread that comes later reads its tails alone.
      const [late] = await runThreads(reader.share(), 1);
      expect((late as Outcome).bytes).toBeLessThan(reader.info.bytes / 10);
    },
  );

  it('lets each thread find the damage of a file', async () => {
    const damagedUri = await makeStore('damaged');
    await using reader = await built.openStore(damagedUri);
    const [, second] = reader.info.partitions;
    const descriptor = openSync(`${damagedUri}/data/${second?.name}`, 'r+');
    writeSync(descriptor, Uint8Array.of(0xff, 0xff, 0x00, 0xff), 0, 4, 1_000_000);
    closeSync(descriptor);
    const outcomes = await runThreads(reader.share());
    for (const { wrong, damaged } of outcomes) {
      expect(wrong).toEqual([]);
      expect(damaged).toHaveLength(1);
      expect(damaged).toEqual(outcomes[0]?.damaged);
    }
  });
});

describe('a handle', () => {
  let uri: string;
  beforeAll(async () => {
    uri = await makeStore('handles');
  });

  const openShared = (handle: StoreHandle, options = {}) =>
    openStore<string, Uint8Array>(structuredClone(handle), options);

  it('carries on what its reader has in memory, in views, too', async () => {
    await using reader = await openStore<string, Uint8Array>(uri, { views: true });
    const before = [0, 1, 4000].map((i) => reader.getSync(keyOf(i)) as Uint8Array);
    for (let i = 0; i < 600; i++) reader.getSync(keyOf(i));
    const bytes = reader.stats().bytes;
    const handle = reader.share();
    expect([0, 1, 4000].map((i) => reader.getSync(keyOf(i)))).toEqual(before);
    await using other = await openShared(handle);
    const lent = other.getSync(keyOf(1)) as Uint8Array;
    expect(lent).toEqual(before[1]);
    expect(lent.buffer).toBeInstanceOf(SharedArrayBuffer);
    await using owner = await openShared(handle, { views: false });
    expect((owner.getSync(keyOf(1)) as Uint8Array).buffer).toBeInstanceOf(ArrayBuffer);
    expect(bytes).toBeGreaterThan(0);
    expect(other.stats().bytes).toBeLessThan(bytes);
  });

  it('is the same each time, also from a reader that came from it', async () => {
    await using reader = await openStore<string, Uint8Array>(uri);
    const handle = reader.share();
    expect(reader.share()).toEqual(handle);
    await using other = await openShared(handle);
    expect(other.share().partitions[0]?.memory.byteLength).toBe(handle.partitions[0]?.memory.byteLength);
    expect(other.info).toEqual(reader.info);
    expect(await other.verify()).toMatchObject({ ok: true, checked: { entries: COUNT } });
  });

  it('outlives its reader, and readers close independently', async () => {
    const reader = await openStore<string, Uint8Array>(uri);
    const handle = reader.share();
    const first = await openShared(handle);
    await reader.close();
    expect(first.getSync(keyOf(77))).toEqual(bytesOf(77));
    await using second = await openShared(handle);
    await first.close();
    expect(second.getSync(keyOf(78))).toEqual(bytesOf(78));
    expect(() => first.getSync(keyOf(1))).toThrow(expect.objectContaining({ code: 'CLOSED' }));
    expect(() => reader.share()).toThrow(expect.objectContaining({ code: 'CLOSED' }));
  });

  it('serves a single partition file', async () => {
    await using whole = await openStore(uri);
    const file = `${uri}/data/${whole.info.partitions[1]?.name}`;
    await using reader = await openStore<string, Uint8Array>(file);
    await using other = await openShared(reader.share());
    expect(await other.first()).toEqual(await reader.first());
    expect(other.info).toEqual(reader.info);
  });

  it('needs codec objects again, and takes no text for another', async () => {
    const reversed = {
      name: 'reversed',
      encode: (value: string) => new TextEncoder().encode([...value].reverse().join('')),
      decode: (bytes: Uint8Array) => [...new TextDecoder().decode(bytes.slice())].reverse().join(''),
    };
    const own = `${directory}/reversed`;
    await createStore(own, { valueEncoding: reversed }).put('k', 'größe').close();
    await using reader = await openStore<string, string>(own, { valueEncoding: reversed });
    const handle = reader.share();
    await expect(openStore(handle)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      argument: 'valueEncoding',
    });
    await using other = await openStore<string, string>(handle, { valueEncoding: reversed });
    expect(other.getSync('k')).toBe('größe');
  });

  it.each(['utf8', 'json', 'msgpack'] as const)('reads %s from shared memory', async (valueEncoding) => {
    const own = `${directory}/text-${valueEncoding}`;
    const values = ['', 'plain', 'größer', '\ufeffwith a mark', '\ufffd', '字'.repeat(400), 'x'.repeat(5000)];
    const writer = createStore(own, { valueEncoding });
    values.forEach((value, i) => void writer.put(`schlüssel-${i}`, value));
    await writer.close();
    await using reader = await openStore<string, string>(own);
    await using other = await openStore<string, string>(reader.share());
    expect([...other.entriesSync()]).toEqual(values.map((value, i) => [`schlüssel-${i}`, value]));
    expect(values.map((_, i) => other.getSync(`schlüssel-${i}`))).toEqual(values);
  });

  it("can't be had of what another thread can't open, or what is not in memory", async () => {
    await createStore('memory:not-shared').put('a', 1).close();
    await using inMemory = await openStore('memory:not-shared');
    await using paged = await openStore(uri, { cacheBytes: 0 });
    await using checking = await openStore(uri, { verify: 'always' });
    for (const reader of [inMemory, paged, checking])
      expect(() => reader.share()).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }));
    await using reader = await openStore(uri);
    await expect(openStore(reader.share(), { verify: 'always' })).rejects.toMatchObject({
      argument: 'verify',
    });
  });

  it('is refused when it is damaged or something else', async () => {
    await using reader = await openStore(uri);
    const handle = reader.share();
    const [first, second, ...rest] = handle.partitions;
    if (first === undefined || second === undefined) throw new Error('the store has too few partitions');
    const swapped = [{ ...first, memory: second.memory }, { ...second, memory: first.memory }, ...rest];
    const damaged: object[] = [
      {},
      [],
      { ...handle, kind: 'store' },
      { ...handle, version: 2 },
      { ...handle, uri: 5 },
      { ...handle, views: 'no' },
      { ...handle, manifest: handle.manifest.slice(1) },
      { ...handle, manifest: 'text' },
      { ...handle, partitions: undefined },
      { ...handle, partitions: [] },
      { ...handle, partitions: [null, second, ...rest] },
      { ...handle, partitions: [{ ...first, memory: new ArrayBuffer(8) }, second, ...rest] },
      { ...handle, partitions: [{ ...first, memory: new SharedArrayBuffer(8) }, second, ...rest] },
      { ...handle, partitions: swapped },
    ];
    for (const one of damaged) {
      await expect(openStore(one as StoreHandle), JSON.stringify(one).slice(0, 80)).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        argument: 'uri',
      });
    }
  });

  it('notices files of another build, and files that are gone', async () => {
    const own = await makeStore('replaced');
    await using reader = await openStore<string, Uint8Array>(own);
    const handle = reader.share();
    const [first] = reader.info.partitions;
    const path = `${own}/data/${first?.name}`;
    const descriptor = openSync(path, 'r+');
    // The end of the file is its footer.
    writeSync(descriptor, Uint8Array.of(1, 2, 3, 4), 0, 4, (first?.bytes ?? 0) - 40);
    closeSync(descriptor);
    await using other = await openShared(handle);
    expect(() => other.getSync(keyOf(0))).toThrow(expect.objectContaining({ code: 'CORRUPTION' }));
    rmSync(path);
    await expect(openShared(handle)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
