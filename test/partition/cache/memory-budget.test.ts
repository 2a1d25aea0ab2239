import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createStore, openStore, type StoreReader } from '../../../src/index.ts';
import { hostMemory, nodeMemory } from '../../../src/node/host-memory.ts';
import {
  type HostMemory,
  MemoryBudget,
  pageMemory,
  registerHostMemory,
} from '../../../src/partition/cache/memory-budget.ts';

const MIB = 2 ** 20;
const GIB = 2 ** 30;

describe('a budget of memory', () => {
  const budgetOf = (limitBytes: number, availableBytes = limitBytes): MemoryBudget =>
    new MemoryBudget(() => ({ limitBytes, availableBytes }));

  it('is a quarter of what the process may use, of which stores that do not fit keep an eighth', () => {
    expect(budgetOf(4 * GIB).admit(GIB * (7 / 8))).toBeTypeOf('function');
    expect(budgetOf(4 * GIB).admit(GIB * (7 / 8) + 1)).toBeUndefined();
    const budget = budgetOf(4 * GIB);
    budget.admit(GIB / 2);
    expect(budget.restBytes).toBe(GIB / 2);
  });

  it('is one for all stores together, and a store takes what it needs', () => {
    const budget = budgetOf(4 * GIB);
    const releases = Array.from({ length: 7 }, () => budget.admit(128 * MIB));
    expect(releases).not.toContain(undefined);
    expect(budget.admit(1)).toBeUndefined();
    releases[3]?.();
    releases[3]?.();
    expect(budget.admit(128 * MIB + 1)).toBeUndefined();
    expect(budget.admit(128 * MIB)).toBeDefined();
    expect(budget.admit(1)).toBeUndefined();
  });

  it('takes no more than half of what is available', () => {
    expect(budgetOf(24 * GIB, GIB).admit(448 * MIB)).toBeDefined();
    expect(budgetOf(24 * GIB, GIB).admit(449 * MIB)).toBeUndefined();
  });

  it('counts what resident stores have taken as available to them', () => {
    let availableBytes = 2 * GIB;
    const budget = new MemoryBudget(() => ({ limitBytes: 24 * GIB, availableBytes }));
    budget.admit(GIB / 2);
    availableBytes = GIB;
    expect(budget.admit(385 * MIB)).toBeUndefined();
    expect(budget.admit(384 * MIB)).toBeDefined();
  });

  it('does not ask the host for the first 16 MiB', () => {
    const budget = new MemoryBudget(() => {
      throw new Error('asked');
    });
    expect(budget.admit(16 * MIB)).toBeDefined();
    expect(() => budget.admit(1)).toThrow('asked');
  });

  it('does not count stores with memory of their own', () => {
    const budget = budgetOf(0);
    expect(budget.admit(GIB, GIB)).toBeDefined();
    expect(budget.admit(GIB, GIB - 1)).toBeUndefined();
    expect(budget.admit(0, 0)).toBeDefined();
  });
});

describe('the memory that Node tells', () => {
  it('is what the container allows, where it allows less than there is', () => {
    const figures = { total: 24 * GIB, available: 3 * GIB };
    expect(hostMemory({ ...figures, constrained: 2 * GIB })).toEqual({
      limitBytes: 2 * GIB,
      availableBytes: 2 * GIB,
    });
    for (const constrained of [0, 2 ** 64]) {
      expect(hostMemory({ ...figures, constrained })).toEqual({
        limitBytes: 24 * GIB,
        availableBytes: 3 * GIB,
      });
    }
  });

  it('is some', () => {
    const { limitBytes, availableBytes } = nodeMemory();
    expect(limitBytes).toBeGreaterThan(64 * MIB);
    expect(availableBytes).toBeGreaterThan(0);
    expect(availableBytes).toBeLessThanOrEqual(limitBytes);
  });
});

describe('the memory of a page', () => {
  it('is a quarter of the device, or of 4 GiB where the browser does not report it', () => {
    expect(pageMemory({ deviceMemory: 8 })).toEqual({ limitBytes: 2 * GIB, availableBytes: 2 * GIB });
    for (const navigator of [{}, undefined]) expect(pageMemory(navigator).limitBytes).toBe(GIB);
  });
});

describe('readers opened without cacheBytes', () => {
  let memory: HostMemory;
  const open: StoreReader<number, Uint8Array>[] = [];
  const BLOCK = 128 * 1024;
  /** 20 MiB: more than is taken without asking. */
  const WIDE = 'memory:budget-wide';
  /** As much, in entries of 100 bytes. */
  const NARROW = 'memory:budget-narrow';
  const NARROW_COUNT = 200_000;

  beforeAll(async () => {
    const wide = createStore(WIDE, {
      keyEncoding: 'number',
      valueEncoding: 'binary',
      blockBytes: BLOCK,
      hashIndex: false,
    });
    for (let i = 0; i < 170; i++) await wide.put(i, new Uint8Array(BLOCK - 100).fill(i));
    await wide.close();
    const narrow = createStore(NARROW, { keyEncoding: 'number', valueEncoding: 'binary' });
    for (let i = 0; i < NARROW_COUNT; i++) await narrow.put(i, new Uint8Array(100).fill(i));
    await narrow.close();
    registerHostMemory(() => memory);
  });

  afterEach(async () => {
    for (const store of open.splice(0)) await store.close();
  });

  const limit = (limitBytes: number): void => {
    memory = { limitBytes, availableBytes: limitBytes };
  };

  async function openDefault(uri: string): Promise<StoreReader<number, Uint8Array>> {
    const store = await openStore<number, Uint8Array>(uri);
    open.push(store);
    return store;
  }

  /** Requests for the first `count` values, once they have been read twice. */
  function requestsAgain(store: StoreReader<number, Uint8Array>, count: number): number {
    let before = 0;
    for (let turn = 0; turn < 3; turn++) {
      before = store.stats().requests;
      for (let i = 0; i < count; i++) expect(store.getSync(i)?.[5]).toBe(i & 0xff);
    }
    return store.stats().requests - before;
  }

  it('keep a store wholly in memory where it fits', async () => {
    limit(4 * 32 * MIB);
    const store = await openDefault(WIDE);
    expect(requestsAgain(store, 170)).toBe(0);
    const second = await openDefault(WIDE);
    expect(requestsAgain(second, 170)).toBeGreaterThan(0);
    await store.close();
    // Its memory is free: another one becomes resident, and the one that is open has the rest.
    expect(requestsAgain(await openDefault(WIDE), 170)).toBe(0);
    expect(requestsAgain(second, 70)).toBe(0);
  });

  it('keep nothing where an explicit size says so', async () => {
    limit(GIB);
    await using store = await openStore<number, Uint8Array>(WIDE, { cacheBytes: 0 });
    expect(requestsAgain(store, 10)).toBe(10);
  });

  it('divide what there is for stores that do not fit, however many they are', async () => {
    limit(4 * 64 * BLOCK);
    const first = await openDefault(WIDE);
    expect(requestsAgain(first, 60)).toBe(0);
    expect(requestsAgain(first, 66)).toBeGreaterThan(0);
    const second = await openDefault(WIDE);
    for (const store of [first, second]) {
      expect(requestsAgain(store, 30)).toBe(0);
      expect(requestsAgain(store, 34)).toBeGreaterThan(0);
    }
    for (let i = 0; i < 6; i++) await openDefault(WIDE);
    for (const store of open) {
      expect(requestsAgain(store, 8)).toBe(0);
      expect(requestsAgain(store, 10)).toBeGreaterThan(0);
    }
    for (const store of open.splice(1)) await store.close();
    expect(requestsAgain(first, 60)).toBe(0);
  });

  it('give up the hash index when their part gets too small for it, and take it again', async () => {
    const hashBytes = (NARROW_COUNT * 4 * 4) / 3;
    limit(4 * 1.5 * hashBytes);
    const first = await openDefault(NARROW);
    const bytesPerGet = (): number => {
      for (let i = 0; i < 20; i++) first.getSync(i);
      const { bytes } = first.stats();
      for (let i = 0; i < 100; i++) expect(first.getSync(i * 1999)?.[0]).toBe((i * 1999) & 0xff);
      return (first.stats().bytes - bytes) / 100;
    };
    bytesPerGet();
    expect(bytesPerGet()).toBeLessThan(1000);
    const second = await openDefault(NARROW);
    expect(requestsAgain(second, 100)).toBe(0);
    expect(bytesPerGet()).toBeGreaterThan(10_000);
    await second.close();
    bytesPerGet();
    expect(bytesPerGet()).toBeLessThan(1000);
  });

  it('give their part back when nothing refers to them any more', async () => {
    limit(4 * 32 * MIB);
    await (async () => {
      expect(requestsAgain(await openStore<number, Uint8Array>(WIDE), 170)).toBe(0);
    })();
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    for (let turn = 0; turn < 50; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      collect();
      const store = await openDefault(WIDE);
      if (requestsAgain(store, 170) === 0) return;
      await store.close();
    }
    throw new Error('the memory of the first reader is never free');
  });
});
