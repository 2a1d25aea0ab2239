import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { copyStore, createStore, mergeStores, openStore, type StoreReader } from '../../src/node/index.ts';
import { AzureFake, registerFake } from '../support/azure-fake.ts';
import { rejection } from '../support/failures.ts';
import { HttpServer } from '../support/http-server.ts';
import { startServer } from '../support/s3-place.ts';
import { collect, fill, numbered, TEXT } from '../support/stores.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** Three partitions of half a megabyte, in blocks of 4 KiB. */
const PAIRS = numbered(12_000, 'k', 120);
const LAYOUT = { partitionBytes: 1 << 19, blockBytes: 4096 } as const;
const KEY = PAIRS[6000][0];

type Reader = StoreReader<string, string>;
type Call = [name: string, call: (reader: Reader, signal: AbortSignal) => Promise<unknown>];

const CALLS: readonly Call[] = [
  ['get', (reader, signal) => reader.get(KEY, { signal })],
  [
    'getMany',
    (reader, signal) =>
      reader.getMany(
        PAIRS.slice(0, 9000).map(([key]) => key),
        { signal },
      ),
  ],
  ['has', (reader, signal) => reader.has(KEY, { signal })],
  ['hasMany', (reader, signal) => reader.hasMany([KEY, PAIRS[0][0]], { signal })],
  ['first', (reader, signal) => reader.first({ signal })],
  ['last', (reader, signal) => reader.last({ signal })],
  ['floor', (reader, signal) => reader.floor(KEY, { signal })],
  ['ceiling', (reader, signal) => reader.ceiling(KEY, { signal })],
  ['rank', (reader, signal) => reader.rank(KEY, { signal })],
  ['at', (reader, signal) => reader.at(6000, { signal })],
  ['sample', (reader, signal) => reader.sample(3, { signal })],
  ['count', (reader, signal) => reader.count({ gte: KEY, signal })],
  ['entries', (reader, signal) => collect(reader.entries({ gte: KEY, signal }))],
  ['entries in reverse', (reader, signal) => collect(reader.entries({ lt: KEY, reverse: true, signal }))],
  ['keys', (reader, signal) => collect(reader.keys({ signal }))],
  ['values', (reader, signal) => collect(reader.values({ signal, limit: 5000 }))],
  ['batches', (reader, signal) => collect(reader.batches({ signal }))],
  ['forEach', (reader, signal) => reader.forEach(() => {}, { signal })],
  ['verify', (reader, signal) => reader.verify({ signal })],
];

let server: HttpServer;
let directory: string;

beforeAll(async () => {
  directory = temporaryDirectory();
  await fill(join(directory, 'store'), PAIRS, LAYOUT);
  server = await HttpServer.start(directory);
});
afterEach(() => {
  server.behave();
});
afterAll(async () => {
  await server.close();
  rmSync(directory, { recursive: true, force: true });
});

function opened(options: object = {}): Promise<Reader> {
  return openStore<string, string>(`${server.origin}/store`, { ...TEXT, ...options });
}

/** Aborts a call once requests of it are unanswered; returns them. Fails unless it ends with the reason, and soon. */
async function aborted(call: (signal: AbortSignal) => Promise<unknown>): Promise<typeof server.requests> {
  const controller = new AbortController();
  const reason = new Error('stop');
  const ended = rejection(call(controller.signal));
  await server.reached(1);
  // What else is to be asked has been asked by then.
  await new Promise((resolve) => setTimeout(resolve, 30));
  const started = performance.now();
  controller.abort(reason);
  expect(await ended).toBe(reason);
  expect(performance.now() - started).toBeLessThan(1000);
  return server.requests;
}

describe('a signal that is aborted while a server is silent', () => {
  describe.each([
    ['in the middle of a body', { stallAt: 100 }],
    ['before its answer', { silent: true }],
  ])('%s', (_, misbehaviour) => {
    it.each(CALLS)('ends %s at once, and the requests', async (_name, call) => {
      await using reader = await opened();
      server.behave(misbehaviour);
      const requests = await aborted((signal) => call(reader, signal));
      for (const { ended } of requests) expect(await ended).toBe('closed');
      server.behave();
      expect(await call(reader, new AbortController().signal)).toEqual(
        await call(await opened(), new AbortController().signal),
      );
    });

    it.each(['get', 'getMany', 'ceiling', 'count', 'entries', 'batches', 'forEach'])(
      'ends %s of a store that is not kept in memory, too',
      async (name) => {
        const [, call] = CALLS.find(([one]) => one === name) as Call;
        for (const options of [{ cacheBytes: 0 }, { verify: 'always' as const }]) {
          await using reader = await opened(options);
          // With the tails, so that blocks are asked for.
          for (const [key] of [PAIRS[100], PAIRS[5000], PAIRS[11_000]]) await reader.get(key);
          server.behave(misbehaviour);
          const requests = await aborted((signal) => call(reader, signal));
          for (const { ended } of requests) expect(await ended).toBe('closed');
          server.behave();
        }
      },
    );

    it('ends a copy of the store', async () => {
      server.behave(({ path }) => (path.endsWith('.cairn') ? misbehaviour : undefined));
      await aborted((signal) => copyStore(`${server.origin}/store`, 'memory:aborts-copied', { signal }));
    });
  });

  it('ends neither the request nor the waiting of others that share it', async () => {
    for (const options of [{}, { cacheBytes: 0 }]) {
      await using reader = await opened(options);
      await reader.get(PAIRS[6100][0]);
      let release = (): void => undefined;
      const after = new Promise<void>((resolve) => {
        release = resolve;
      });
      server.behave({ after });
      const controllers = [new AbortController(), new AbortController(), new AbortController()];
      const first = reader.get(KEY, { signal: controllers[0].signal });
      const others = [
        reader.get(KEY),
        reader.floor(KEY, { signal: controllers[1].signal }),
        reader.get(KEY, { signal: controllers[2].signal }),
      ];
      await server.reached(1);
      controllers[0].abort(new Error('stop'));
      expect(await rejection(first)).toBe(controllers[0].signal.reason);
      controllers[2].abort(new Error('stop, too'));
      expect(await rejection(others[2])).toBe(controllers[2].signal.reason);
      release();
      expect(await others[0]).toBe(PAIRS[6000][1]);
      expect(await others[1]).toEqual(PAIRS[6000]);
      expect(server.requests.length).toBe(1);
      expect(await server.requests[0].ended).toBe('sent');
    }
  });

  it('ends a request when the last that waited for it has gone, and the next begins anew', async () => {
    await using reader = await opened();
    await reader.get(PAIRS[6100][0]);
    server.behave({ silent: true });
    const controllers = [new AbortController(), new AbortController()];
    const calls = controllers.map(({ signal }) => rejection(reader.get(KEY, { signal })));
    await server.reached(1);
    const [request] = server.requests;
    controllers[0].abort(1);
    expect(await calls[0]).toBe(1);
    controllers[1].abort(2);
    // Not of the one that is being ended.
    server.script = () => undefined;
    expect(await reader.get(KEY)).toBe(PAIRS[6000][1]);
    expect(await calls[1]).toBe(2);
    expect(await request.ended).toBe('closed');
    expect(server.requests.length).toBe(2);
  });
});

describe('a signal that is aborted while a storage does not answer', () => {
  it.each(['s3', 'azure'])('ends calls of a store in it at once: %s', async (kind) => {
    const s3 = kind === 's3' ? await startServer() : undefined;
    const azure = new AzureFake();
    if (s3 === undefined) registerFake(azure);
    const uri = s3 === undefined ? 'az://container/aborts' : 's3://bucket/aborts';
    try {
      await fill(uri, PAIRS, LAYOUT);
      await createStore(`memory:aborts-${kind}`, TEXT).put('k00000+', 'x').close();
      const merge: Call = [
        'mergeStores',
        (_, signal) => mergeStores([uri, `memory:aborts-${kind}`], `memory:merged-${kind}`, { signal }),
      ];
      for (const [name, call] of [...CALLS, merge]) {
        await using reader = await openStore<string, string>(uri, TEXT);
        (s3 ?? azure).fault = (asked: object) =>
          name !== 'mergeStores' || JSON.stringify(asked).includes('.cairn') ? 'hang' : undefined;
        const controller = new AbortController();
        const ended = rejection(call(reader, controller.signal));
        await new Promise((resolve) => setTimeout(resolve, 20));
        const started = performance.now();
        const reason = new Error('stop');
        controller.abort(reason);
        expect(await ended).toBe(reason);
        expect(performance.now() - started).toBeLessThan(1000);
        (s3 ?? azure).fault = undefined;
      }
    } finally {
      await s3?.stop();
    }
  });
});
