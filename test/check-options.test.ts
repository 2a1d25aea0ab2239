import { afterEach, describe, expect, it } from 'vitest';
import { checkOptions } from '../src/check-options.ts';
import { createStore, deleteStore, openStore, sweepStores } from '../src/index.ts';
import { failureNow } from './support/failures.ts';
import { numbered } from './support/stores.ts';

describe('options', () => {
  it('are returned as an object of their own members', () => {
    const own = checkOptions({ limit: 3, reverse: undefined }, ['limit', 'reverse', 'signal']);
    expect(Object.getPrototypeOf(own)).toBeNull();
    expect({ ...own }).toEqual({ limit: 3, reverse: undefined });
  });

  it('that are not known, or no object, are refused', () => {
    expect(failureNow(() => checkOptions({ limt: 3 }, ['limit']), 'INVALID_ARGUMENT').message).toContain(
      'limt',
    );
    for (const options of [null, [], 3]) {
      failureNow(() => checkOptions(options as object, ['limit']), 'INVALID_ARGUMENT');
    }
  });
});

describe('what a program has put into Object.prototype', () => {
  const POLLUTION = {
    limit: 1,
    reverse: true,
    gte: 'k00003',
    size: 1,
    dryRun: true,
    metadata: { by: 'accident' },
    blockBytes: 'x',
    verify: 'x',
    onSkip: 3,
    onProgress: 3,
    seed: 'x',
  };
  afterEach(() => {
    for (const name of Object.keys(POLLUTION)) delete (Object.prototype as Record<string, unknown>)[name];
  });

  it.each(Object.entries(POLLUTION))('is no option of a call: %s', async (name, value) => {
    Object.defineProperty(Object.prototype, name, { value, configurable: true, writable: true });
    const uri = `memory:polluted-${name}`;
    const writer = createStore(uri, {});
    for (const [key, each] of numbered(5)) writer.put(key, each);
    const { metadata } = await writer.close({});
    expect(Object.hasOwn(metadata, 'by')).toBe(false);
    const reader = await openStore(uri, {});
    expect(reader.countSync({ lte: 'k00003' })).toBe(4);
    expect(await reader.count({ gt: 'k00000' })).toBe(4);
    expect([...reader.keysSync({})]).toEqual(numbered(5).map(([key]) => key));
    expect([...reader.batchesSync({}, {})].length).toBe(1);
    expect((await reader.sample(2, {})).length).toBe(2);
    expect(await reader.get('k00001', {})).toEqual(numbered(5)[1][1]);
    expect(await reader.verify({})).toMatchObject({ ok: true });
    await reader.close();
    expect(await sweepStores(uri, {})).toEqual([]);
    await deleteStore(uri, {});
  });
});
