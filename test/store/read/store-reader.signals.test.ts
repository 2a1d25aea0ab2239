import { getEventListeners } from 'node:events';
import { beforeAll, describe, expect, it } from 'vitest';
import { createStore, openStore, type StoreReader, type WaitOptions } from '../../../src/index.ts';
import { failure, rejection } from '../../support/failures.ts';
import { readFile } from '../../support/storage-tools.ts';
import { numbered } from '../../support/stores.ts';

/** A file whose reads wait from some time on. */
class SlowFile extends Blob {
  waiting = false;
  #goOn: (() => void)[] = [];

  override slice(start?: number, end?: number): Blob {
    const part = super.slice(start, end);
    if (!this.waiting) return part;
    const allowed = new Promise<void>((resolve) => this.#goOn.push(resolve));
    Object.defineProperty(part, 'arrayBuffer', {
      value: async () => {
        await allowed;
        return Blob.prototype.arrayBuffer.call(part);
      },
    });
    return part;
  }

  goOn(): void {
    this.waiting = false;
    for (const resolve of this.#goOn.splice(0)) resolve();
  }
}

type Reader = StoreReader<string, unknown>;
const CALLS: [name: string, call: (reader: Reader, options: WaitOptions) => Promise<unknown>][] = [
  ['get', (reader, options) => reader.get('k00100', options)],
  ['getMany', (reader, options) => reader.getMany(['k00100', 'k00101', 'x'], options)],
  ['has', (reader, options) => reader.has('k00100', options)],
  ['hasMany', (reader, options) => reader.hasMany(['k00100', 'x', 'k00101'], options)],
  ['first', (reader, options) => reader.first(options)],
  ['last', (reader, options) => reader.last(options)],
  ['floor', (reader, options) => reader.floor('k00100', options)],
  ['ceiling', (reader, options) => reader.ceiling('k00100', options)],
  ['rank', (reader, options) => reader.rank('k00100', options)],
  ['at', (reader, options) => reader.at(100, options)],
  ['count', (reader, { signal }) => reader.count({ gte: 'k00100', signal })],
  ['sample', (reader, options) => reader.sample(3, { seed: 7, ...options })],
];

describe('the signal of a call that reads', () => {
  let bytes: Uint8Array<ArrayBuffer>;

  beforeAll(async () => {
    const writer = createStore('memory:signals', { valueEncoding: 'utf8', blockBytes: 512 });
    await writer.putAll(numbered(500, 'k', 20));
    const { partitions } = await writer.close();
    bytes = new Uint8Array(await readFile(`memory:signals/data/${partitions[0].name}`));
  });

  it.each(CALLS)('ends the waiting of %s, and the reader goes on', async (_, call) => {
    const file = new SlowFile([bytes]);
    await using reader = await openStore<string, unknown>(file);
    const controller = new AbortController();
    file.waiting = true;
    const ended = rejection(call(reader, { signal: controller.signal }));
    await new Promise((resolve) => setImmediate(resolve));
    const reason = { why: 'enough' };
    controller.abort(reason);
    // What was being read has not come by then.
    expect(await ended).toBe(reason);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    file.goOn();
    await using whole = await openStore<string, unknown>(new Blob([bytes]));
    expect(await call(reader, {})).toEqual(await call(whole, {}));
  });

  it.each(CALLS)('that is aborted refuses %s at once, also what is in memory', async (_, call) => {
    await using reader = await openStore<string, unknown>('memory:signals');
    await call(reader, {});
    const reason = new Error('before');
    expect(await rejection(call(reader, { signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(await rejection(call(reader, { signal: AbortSignal.abort() }))).toMatchObject({
      name: 'AbortError',
    });
    expect(await call(reader, { signal: undefined })).toEqual(
      await call(reader, { signal: new AbortController().signal }),
    );
  });

  it.each(CALLS)('must be one, and the only option, of %s', async (name, call) => {
    await using reader = await openStore<string, unknown>('memory:signals');
    expect((await failure(call(reader, { signal: 1 as never }), 'INVALID_ARGUMENT')).argument).toBe('signal');
    if (name === 'count') return;
    const error = await failure(call(reader, { timeout: 1 } as never), 'INVALID_ARGUMENT');
    expect(error.argument).toBe('timeout');
    if (name !== 'sample') await failure(call(reader, null as never), 'INVALID_ARGUMENT');
  });
});

describe('hasMany', () => {
  it('answers in the order of the keys, from memory or not, as getMany does', async () => {
    for (const options of [{}, { cacheBytes: 0 }]) {
      await using reader = await openStore('memory:signals', options);
      const keys = ['k00003', 'x', '', 'k00001', 'k00003', 'k'.repeat(300), 'k00499', 'k00500'];
      const expected = (await reader.getMany(keys)).map((value) => value !== undefined);
      expect(expected).toEqual([true, false, false, true, true, false, true, false]);
      expect(await reader.hasMany(keys)).toEqual(expected);
      expect(reader.hasManySync(new Set(keys))).toEqual([true, false, false, true, false, true, false]);
      expect(await openStore('memory:signals').hasMany(keys)).toEqual(expected);
      expect(await reader.hasMany([])).toEqual([]);
      const { lookups } = reader.stats();
      reader.hasManySync(keys);
      await reader.hasMany(keys);
      expect(reader.stats().lookups).toBe(lookups + 2 * keys.length);
      await failure(reader.hasMany('k00001' as never), 'INVALID_ARGUMENT');
    }
  });

  it('decodes no values', async () => {
    const refusing = {
      name: 'refusing',
      encode: (value: string) => new TextEncoder().encode(value),
      decode: (): string => {
        throw new Error('decoded');
      },
    };
    await createStore('memory:undecoded', { valueEncoding: refusing }).put('a', 'b').close();
    await using reader = await openStore('memory:undecoded', { valueEncoding: refusing });
    expect(reader.hasManySync(['a', 'b'])).toEqual([true, false]);
    expect(await reader.hasMany(['b', 'a'])).toEqual([false, true]);
    await failure(reader.getMany(['a']), 'INVALID_ARGUMENT');
  });
});

describe('a walk over entries', () => {
  type Walk = (reader: Reader, signal: AbortSignal | undefined, body: (n: number) => unknown) => unknown;

  async function each(walk: AsyncIterable<unknown>, body: (n: number) => unknown): Promise<void> {
    let n = 0;
    for await (const _ of walk) await body(++n);
  }

  function eachSync(walk: Iterable<unknown>, body: (n: number) => unknown): void {
    let n = 0;
    for (const _ of walk) body(++n);
  }

  const counting = (body: (n: number) => unknown): (() => void) => {
    let n = 0;
    return () => void body(++n);
  };

  const WALKS: [name: string, walk: Walk][] = [
    ['entries', (reader, signal, body) => each(reader.entries({ signal }), body)],
    ['keys', (reader, signal, body) => each(reader.keys({ signal, reverse: true }), body)],
    ['values', (reader, signal, body) => each(reader.values({ signal, limit: 2000 }), body)],
    ['batches', (reader, signal, body) => each(reader.batches({ signal }, { size: 1 }), body)],
    ['forEach', (reader, signal, body) => reader.forEach(counting(body), { signal })],
    ['entriesSync', (reader, signal, body) => eachSync(reader.entriesSync({ signal }), body)],
    ['keysSync', (reader, signal, body) => eachSync(reader.keysSync({ signal, reverse: true }), body)],
    ['valuesSync', (reader, signal, body) => eachSync(reader.valuesSync({ signal, limit: 2000 }), body)],
    ['batchesSync', (reader, signal, body) => eachSync(reader.batchesSync({ signal }, { size: 1 }), body)],
    ['forEachSync', (reader, signal, body) => reader.forEachSync(counting(body), { signal })],
  ];

  beforeAll(async () => {
    // One block of five thousand entries.
    const writer = createStore('memory:one-block', { valueEncoding: 'json', blockBytes: 1 << 20 });
    for (const [key, value] of numbered(5000)) writer.put(key, value);
    await writer.close();
  });

  it.each(WALKS)('by %s ends at the next entry when its signal is aborted in the loop', async (_, walk) => {
    for (const options of [{}, { cacheBytes: 0 }]) {
      await using reader = await openStore<string, unknown>('memory:one-block', options);
      const controller = new AbortController();
      const reason = new Error('enough');
      let seen = 0;
      const ended = await rejection(() =>
        walk(reader, controller.signal, (n) => {
          seen = n;
          if (n === 3) controller.abort(reason);
        }),
      );
      expect({ ended, seen }).toEqual({ ended: reason, seen: 3 });
      expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    }
  });

  it.each(WALKS)('by %s ends at the next entry when the reader is closed in the loop', async (_, walk) => {
    const reader = await openStore<string, unknown>('memory:one-block');
    let seen = 0;
    const error = await failure(
      () =>
        walk(reader, undefined, (n) => {
          seen = n;
          if (n === 3) void reader.close();
        }),
      'CLOSED',
    );
    expect({ resource: error.resource, seen }).toEqual({ resource: 'reader', seen: 3 });
  });

  it.each([5000, 4999, 2500, 9000])('by batches of %i ends also in the last one', async (size) => {
    const last = Math.ceil(5000 / size);
    for (const method of ['batches', 'batchesSync'] as const) {
      const reader = await openStore<string, unknown>('memory:one-block');
      const controller = new AbortController();
      const walk = async (signal: AbortSignal | undefined, end: () => void): Promise<void> => {
        let n = 0;
        for await (const _ of reader[method]({ signal }, { size })) if (++n === last) end();
      };
      expect(await rejection(walk(controller.signal, () => controller.abort(7)))).toBe(7);
      await walk(undefined, () => undefined);
      await failure(
        walk(undefined, () => void reader.close()),
        'CLOSED',
      );
    }
  });

  it('that was ended stays ended', async () => {
    await using reader = await openStore<string, unknown>('memory:one-block');
    const controller = new AbortController();
    const later = reader.keys({ signal: controller.signal });
    const now = reader.keysSync({ signal: controller.signal });
    expect([(await later.next()).value, now.next().value]).toEqual(['k00000', 'k00000']);
    controller.abort(1);
    expect([await rejection(later.next()), await rejection(() => now.next())]).toEqual([1, 1]);
    expect([await later.next(), now.next()]).toEqual(Array(2).fill({ value: undefined, done: true }));
  });
});
