import { beforeAll, describe, expect, it } from 'vitest';
import {
  copyStore,
  createStore,
  deleteStore,
  mergeStore,
  mergeStores,
  type Progress,
  salvageStore,
  storeInfo,
  verifyStore,
} from '../src/index.ts';
import { MemoryStorage, memoryScheme } from '../src/io/memory.ts';
import { registerStorage } from '../src/io/uri.ts';
import { createLog } from '../src/log/index.ts';
import { rejection } from './support/failures.ts';
import { fill, numbered, type TextOptions } from './support/stores.ts';

type Options = { readonly onProgress: (progress: Progress) => void };

const ENTRIES = 10_000;
const SMALL: TextOptions = { partitionBytes: 65_536, blockBytes: 1024 };

/** A store of an even number of partitions, every second entry of which is in `evens`. */
const ODDS = numbered(ENTRIES).filter((_, i) => i % 2 === 1);
const EVENS = numbered(ENTRIES).filter((_, i) => i % 2 === 0);

class Progressing extends MemoryStorage {
  override readonly scheme: string = 'progress';
}

let storage: Progressing;
let bytes = 0;

beforeAll(async () => {
  storage = new Progressing();
  registerStorage(memoryScheme(storage));
  const info = await fill('progress:all', numbered(ENTRIES), SMALL);
  bytes = info.partitions.reduce((sum, partition) => sum + partition.bytes, 0);
  await fill('progress:odds', ODDS, SMALL);
  await fill('progress:evens', EVENS, SMALL);
  await fill('progress:later', numbered(100, 'z'), SMALL);
  await fill('progress:damaged', numbered(ENTRIES), SMALL);
  const [, second, third] = (await storeInfo('progress:damaged')).partitions;
  const path = (name: string): string => `damaged/data/${name}`;
  await storage.remove(path(second.name));
  const whole = new Uint8Array(third.bytes);
  const source = await storage.open(path(third.name));
  source.readSync?.(0, whole);
  whole[5000] ^= 1;
  await storage.replace(path(third.name), whole);
});

/** Calls that take `onProgress`, and the unit and total of their reports. */
const CALLS: readonly (readonly [
  string,
  Progress['unit'],
  () => number,
  (o: Options) => Promise<unknown>,
])[] = [
  ['close() of a writer', 'entries', () => ENTRIES, (o) => writing({}, o)],
  [
    'close() of a writer that keeps the last of equal keys',
    'entries',
    () => ENTRIES,
    (o) => writing({ onDuplicate: 'last' }, o),
  ],
  ['close() of a sorting writer', 'entries', () => ENTRIES, (o) => writing({ sort: true }, o)],
  [
    'close() of a writer that sorts on disk',
    'entries',
    () => ENTRIES,
    (o) => writing({ sort: true, sortBytes: 65_536 }, o),
  ],
  [
    'close() of a log',
    'entries',
    () => ENTRIES,
    async (options) => {
      const producer = await createLog('progress:log', { buckets: 2 });
      for (let i = 0; i < ENTRIES; i++) await producer.send(null, 'x');
      await producer.close(options);
    },
  ],
  [
    'mergeStores() that rewrites and links',
    'entries',
    () => ENTRIES + 100,
    (options) =>
      mergeStores(['progress:odds', 'progress:evens', 'progress:later'], 'progress:merged', options),
  ],
  [
    'mergeStores() into another storage',
    'entries',
    () => ENTRIES + 100,
    (options) => mergeStores(['progress:all', 'progress:later'], 'memory:progress-merged', options),
  ],
  [
    'mergeStores() of equal keys',
    'entries',
    () => ENTRIES + EVENS.length,
    (options) =>
      mergeStores(['progress:all', 'progress:evens'], 'progress:both', { ...options, onDuplicate: 'first' }),
  ],
  [
    'mergeStore()',
    'entries',
    () => ENTRIES,
    async (options) => {
      await fill('progress:from', ODDS, SMALL);
      await fill('progress:into', EVENS, SMALL);
      await mergeStore('progress:from', 'progress:into', options);
    },
  ],
  ['copyStore()', 'bytes', () => bytes, (options) => copyStore('progress:all', 'progress:copy', options)],
  [
    'salvageStore()',
    'bytes',
    () => bytes,
    (options) => salvageStore('progress:all', 'progress:saved', options),
  ],
  [
    'salvageStore() of a damaged store',
    'bytes',
    () => bytes,
    (options) => salvageStore('progress:damaged', 'progress:saved-2', options),
  ],
  ['verifyStore()', 'bytes', () => bytes, (options) => verifyStore('progress:all', options)],
];

async function writing(options: TextOptions, closing: Options): Promise<void> {
  const uri = 'progress:written';
  const writer = await createStore(uri, { valueEncoding: 'utf8', ...options });
  await writer.putAll(numbered(ENTRIES));
  await writer.close(closing);
  await deleteStore(uri);
}

describe.each(CALLS)('%s', (_, unit, totalOf, call) => {
  it('reports its progress, to the end', async () => {
    const seen: number[] = [];
    await call({
      onProgress(progress) {
        expect([progress.unit, progress.total]).toEqual([unit, totalOf()]);
        seen.push(progress.done);
      },
    });
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(totalOf());
  });
});

describe('what `onProgress` throws', () => {
  it('ends close(), and nothing is left', async () => {
    const reason = new Error('no more');
    const writer = await createStore('progress:thrown');
    writer.put('a', 1);
    const closing = writer.close({
      onProgress: () => {
        throw reason;
      },
    });
    expect(await rejection(closing)).toBe(reason);
    expect(await storage.kind('thrown')).toBe(undefined);
  });
});

describe('a signal', () => {
  it('cancels close() until the commit begins', async () => {
    const abort = new AbortController();
    const reason = new Error('stop');
    const writer = await createStore('progress:aborted', { signal: abort.signal });
    writer.put('a', 1);
    expect(await rejection(writer.close({ onProgress: () => abort.abort(reason) }))).toBe(reason);
    expect(await storage.kind('aborted')).toBe(undefined);
  });

  it('that is aborted ends a merge before it looks for a store', async () => {
    const reason = new Error('stop');
    const signal = AbortSignal.abort(reason);
    expect(await rejection(mergeStore('progress:none', 'progress:no', { signal }))).toBe(reason);
    expect(await rejection(mergeStores(['progress:none'], 'progress:no', { signal }))).toBe(reason);
    expect(await rejection(copyStore('progress:none', 'progress:no', { signal }))).toBe(reason);
    expect(await rejection(salvageStore('progress:none', 'progress:no', { signal }))).toBe(reason);
  });
});
