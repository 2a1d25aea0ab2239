// Leads many whole lives of stores everywhere, and prints what this process holds after some and after all of them.
// Run with --expose-gc.

import { readdirSync, rmSync } from 'node:fs';
import {
  copyStore,
  createStore,
  deleteStore,
  listStores,
  mergeStore,
  openStore,
  renameStore,
  sweepStores,
  verifyStore,
} from '../../src/node/index.ts';
import { createLog, openLog } from '../../src/node/log.ts';
import { HttpServer } from '../support/http-server.ts';
import { startServer } from '../support/s3-place.ts';
import { fill, numbered, SMALL_PARTITIONS, TEXT } from '../support/stores.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const [lives] = process.argv.slice(2).map(Number);

const PAIRS = numbered(30, 'k', 300);
const OPTIONS = { ...TEXT, ...SMALL_PARTITIONS };

/** What a process holds. */
export interface Held {
  readonly descriptors: number;
  readonly resources: readonly string[];
  readonly listeners: number;
  readonly heapBytes: number;
  readonly outsideBytes: number;
}

async function held(): Promise<Held> {
  // Twice, with a turn between: what is collected closes its files then.
  for (let i = 0; i < 4; i++) {
    await new Promise(setImmediate);
    (globalThis as unknown as { gc: () => void }).gc();
  }
  await new Promise((resolve) => setTimeout(resolve, 20));
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return {
    descriptors: readdirSync('/proc/self/fd').length,
    resources: process.getActiveResourcesInfo().sort(),
    listeners: process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
    heapBytes: heapUsed,
    outsideBytes: external + arrayBuffers,
  };
}

async function fails(promise: Promise<unknown>): Promise<void> {
  try {
    await promise;
  } catch {
    return;
  }
  throw new Error('this was to fail');
}

/** Reads in every way, and leaves scans in their middle in every way. */
async function read(uri: string): Promise<void> {
  const store = await openStore(uri, { ...TEXT, cacheBytes: 2000 });
  await store.get('k00003');
  await Promise.all(PAIRS.map(([key]) => store.get(key)));
  await store.getMany(['k00001', 'none', 'k00029']);
  for await (const [key] of store.entries()) if (key === 'k00007') break;
  for await (const _ of store.keys({ reverse: true, limit: 3 }));
  // Neither read to its end nor returned.
  const iterator = store.batches({}, { size: 4 })[Symbol.asyncIterator]();
  await iterator.next();
  await store.verify();
  // Closed under look-ups at work.
  const late = PAIRS.slice(0, 5).map(([key]) => store.get(key).catch(() => undefined));
  await store.close();
  await Promise.all(late);
  await fails(store.get('k00001'));
}

async function life(root: string): Promise<void> {
  await fill(`${root}/s`, PAIRS, SMALL_PARTITIONS);
  await read(`${root}/s`);
  await fails(createStore(`${root}/s`, OPTIONS) as unknown as Promise<unknown>);
  await fails(openStore(`${root}/none`, TEXT) as unknown as Promise<unknown>);
  await fails(openStore(`${root}/s`, { keyEncoding: 'tuple' }) as unknown as Promise<unknown>);
  await fails(openStore(`${root}/s`, { signal: AbortSignal.abort() }) as unknown as Promise<unknown>);
  const cancelled = await createStore(`${root}/c`, OPTIONS);
  await cancelled.putAll(PAIRS);
  await cancelled.cancel();
  const refused = await createStore(`${root}/r`, OPTIONS);
  await fails((async () => refused.putAll([...PAIRS].reverse()))());
  await refused.cancel();
  await fill(`${root}/sorted`, [...numbered(9, 'x', 20_000)].reverse(), { sort: true, sortBytes: 65_536 });
  await copyStore(`${root}/s`, `${root}/copy`);
  await fails(copyStore(`${root}/s`, `${root}/aborted`, { signal: AbortSignal.abort() }));
  await mergeStore(`${root}/sorted`, `${root}/copy`);
  await fails(mergeStore(`${root}/s`, `${root}/copy`));
  await renameStore(`${root}/copy`, `${root}/moved`);
  await verifyStore(`${root}/moved`);
  for await (const _ of listStores(root)) break;
  const producer = await createLog(`${root}/log`, { buckets: 2 });
  for (let i = 0; i < 9; i++) await producer.send(`key ${i}`, `value ${i}`);
  await producer.close();
  const log = await openLog(`${root}/log`);
  for await (const _ of log.records()) break;
  await log.close();
  for (const name of ['s', 'moved', 'log']) await deleteStore(`${root}/${name}`);
  await sweepStores(root, { olderThanMs: 0 }).catch(() => undefined);
}

const base = temporaryDirectory();
await fill(`${base}/served`, PAIRS, SMALL_PARTITIONS);

// What the platform makes once is made before the first look.
await life(`${base}/work`);
const first = await HttpServer.start(base);
await read(`${first.origin}/served`);
await first.close();
const start = await held();
const web = await HttpServer.start(base);
const bucket = await startServer();

/** So many lives in each place. Those that wait on the network are fewer. */
async function lead(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    for (const root of [`${base}/work`, 'memory:work']) await life(root);
    await read(`${web.origin}/served`);
    if (i % 6 > 0) continue;
    await life('s3://bucket/work');
    // A connection that breaks, and one that says nothing until its reader has enough.
    web.behave(({ number }) => (number % 3 === 0 ? { reset: true } : {}));
    await read(`${web.origin}/served`);
    web.behave({ silent: true });
    const signal = AbortSignal.timeout(5);
    await fails(openStore(`${web.origin}/served`, { ...TEXT, signal }) as unknown as Promise<unknown>);
    // What the servers note for the tests is no leak.
    web.behave();
    bucket.log.length = 0;
  }
}

await lead(7);
const before = await held();
await lead(lives);
const after = await held();
await web.close();
await bucket.stop();
const end = await held();
rmSync(base, { recursive: true, force: true });
process.stdout.write(`${JSON.stringify({ start, before, after, end })}\n`);
