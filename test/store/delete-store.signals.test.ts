import { describe, expect, it } from 'vitest';
import {
  createStore,
  deleteStore,
  listStores,
  openStore,
  renameStore,
  storeInfo,
  sweepStores,
  type WaitOptions,
} from '../../src/index.ts';
import { failure, rejection } from '../support/failures.ts';
import { tree } from '../support/storage-tools.ts';
import { fill, numbered, SMALL_PARTITIONS, TEXT } from '../support/stores.ts';

async function all(stores: AsyncIterable<unknown>): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const one of stores) found.push(one);
  return found;
}

const VERBS: [name: string, call: (uri: string, options: WaitOptions) => Promise<unknown>][] = [
  ['storeInfo', (uri, options) => storeInfo(uri, options)],
  ['listStores', (uri, options) => all(listStores(uri.slice(0, -2), options))],
  ['sweepStores', (uri, options) => sweepStores(uri, options)],
  ['renameStore', (uri, options) => renameStore(uri, `${uri}-2`, options)],
  ['deleteStore', (uri, options) => deleteStore(uri, options)],
];

/** A signal that is aborted the n-th time that someone looks at it. */
function abortedAt(look: number, reason: unknown): AbortSignal {
  const controller = new AbortController();
  const { signal } = controller;
  const check = signal.throwIfAborted.bind(signal);
  signal.throwIfAborted = () => {
    if (--look === 0) controller.abort(reason);
    check();
  };
  return signal;
}

describe('the signal of a call about whole stores', () => {
  it.each(VERBS)('refuses %s once it is aborted, with nothing changed', async (name, call) => {
    const uri = `memory:verb-${name}/s`;
    await fill(uri, numbered(10));
    const before = await tree(uri);
    const reason = { aborted: name };
    expect(await rejection(call(uri, { signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(await tree(uri)).toEqual(before);
    await failure(call(uri, { sginal: undefined } as never), 'INVALID_ARGUMENT');
    await failure(call(uri, { signal: {} as never }), 'INVALID_ARGUMENT');
    await call(uri, { signal: new AbortController().signal });
  });

  it('ends deleteStore between two files, and a second call finishes it', async () => {
    let ended = 0;
    for (let look = 2; look < 8; look++) {
      const uri = `memory:verb-cut-${look}/s`;
      await fill(uri, numbered(2000, 'k', 50), SMALL_PARTITIONS);
      const reason = new Error('cut short');
      expect(await rejection(deleteStore(uri, { signal: abortedAt(look, reason) }))).toBe(reason);
      // Whole or incomplete, and never a store that misses something.
      if ((await tree(uri)).includes('MANIFEST.json')) {
        expect(await openStore(uri, TEXT).count()).toBe(2000);
      } else {
        ended++;
        await failure(openStore(uri), 'INCOMPLETE');
      }
      await deleteStore(uri);
      expect(await tree(uri)).toEqual([]);
    }
    expect(ended).toBeGreaterThan(3);
  });

  it('ends sweepStores between two files, and the next sweep finds the rest', async () => {
    const uri = 'memory:verb-sweep/s';
    const writer = await createStore(uri, { ...TEXT, ...SMALL_PARTITIONS });
    for (const [key, value] of numbered(2000, 'k', 50)) await writer.put(key, value);
    const files = (await sweepStores(uri, { olderThanMs: 0, dryRun: true })).length;
    const reason = new Error('cut short');
    const sweeping = sweepStores(uri, { olderThanMs: 0, signal: abortedAt(4, reason) });
    expect(await rejection(sweeping)).toBe(reason);
    const left = await sweepStores(uri, { olderThanMs: 0 });
    expect(left.length).toBeGreaterThan(0);
    expect(left.length).toBeLessThan(files);
  });
});
