import { describe, expect, it } from 'vitest';
import { createStore, openStore, type StoreReader } from '../../../src/index.ts';
import { createLog, openLog } from '../../../src/log/index.ts';
import { ChainedOpening } from '../../../src/store/read/chained-opening.ts';
import { failure, rejection } from '../../support/failures.ts';

/** What was opened, in order, and whether it is open. */
class Openings {
  readonly open: boolean[] = [];
  waiting: Promise<unknown> = Promise.resolve();

  chain(): ChainedOpening<Opened> {
    const begin = async (): Promise<Opened> => {
      const number = this.open.push(true) - 1;
      await this.waiting;
      return { number, close: async () => void (this.open[number] = false) };
    };
    const first = begin();
    return new ChainedOpening(() => first, begin);
  }
}

interface Opened {
  readonly number: number;
  close(): Promise<void>;
}

const numberOf = async ({ number }: Opened): Promise<number> => number;

describe('ChainedOpening', () => {
  it('closes when the last of several calls has settled', async () => {
    const openings = new Openings();
    const chain = openings.chain();
    let finish = (): void => undefined;
    const long = chain.call(() => new Promise<void>((resolve) => (finish = resolve)));
    expect(await chain.call(numberOf)).toBe(0);
    expect(openings.open).toEqual([true]);
    finish();
    await long;
    expect(openings.open).toEqual([false]);
  });

  it('closes after a call that fails, and after an iteration that ends early', async () => {
    const openings = new Openings();
    expect(await rejection(openings.chain().call(() => Promise.reject(1)))).toBe(1);
    const three = openings.chain().iterate(async function* () {
      yield* [1, 2, 3];
    });
    for await (const _ of three) break;
    expect(openings.open).toEqual([false, false]);
  });

  it('leaves open what was taken', async () => {
    const openings = new Openings();
    const chain = openings.chain();
    const [number, taken] = await Promise.all([chain.call(numberOf), chain.take()]);
    expect([number, taken.number, openings.open]).toEqual([0, 0, [true]]);
    await chain.call(numberOf);
    expect(openings.open).toEqual([true]);
    await chain.close();
    expect(openings.open).toEqual([false]);
  });

  it('opens once more for a later call, and stays open then', async () => {
    const openings = new Openings();
    const chain = openings.chain();
    const numbers: number[] = [];
    for (let i = 0; i < 4; i++) numbers.push(await chain.call(numberOf));
    expect([numbers, openings.open]).toEqual([
      [0, 1, 1, 1],
      [false, true],
    ]);
    await chain.close();
    expect(openings.open).toEqual([false, false]);
  });

  it('leaves an opening that takes too long, and closes it when it is done', async () => {
    const openings = new Openings();
    let opened = (): void => undefined;
    openings.waiting = new Promise<void>((resolve) => (opened = resolve));
    for (const call of [
      (chain: ChainedOpening<Opened>, signal: AbortSignal) => chain.call(numberOf, signal),
      (chain: ChainedOpening<Opened>, signal: AbortSignal) =>
        chain.iterate(async function* () {}, signal).next(),
    ]) {
      const controller = new AbortController();
      const ended = rejection(call(openings.chain(), controller.signal));
      controller.abort(7);
      expect(await ended).toBe(7);
    }
    expect(openings.open).toEqual([true, true]);
    opened();
    await new Promise((resolve) => setImmediate(resolve));
    expect(openings.open).toEqual([false, false]);
  });
});

describe('calls that are chained to an opening', () => {
  it('close the store, which the promise of a reader opens again for others', async () => {
    await createStore('memory:chained').put('a', 1).close();
    const promise = openStore<string, number>('memory:chained');
    expect(await promise.get('a')).toBe(1);
    expect(await promise.getMany(['a', 'b'])).toEqual([1, undefined]);
    const reader: StoreReader<string, number> = await promise;
    expect(reader.getSync('a')).toBe(1);
    expect(await promise).toBe(reader);
    await promise.close();
    await failure(reader.get('a'), 'CLOSED');
    await failure(promise.get('a'), 'CLOSED');
  });

  it('leave the reader to whoever takes it meanwhile', async () => {
    const promise = openStore<string, number>('memory:chained');
    const [value, reader] = await Promise.all([promise.get('a'), promise]);
    expect([value, reader.getSync('a')]).toEqual([1, 1]);
    await reader.close();
  });

  it('report what failed to open, once for each call', async () => {
    const promise = openStore('memory:chained-nowhere');
    await failure(promise.get('a'), 'NOT_FOUND');
    await failure(promise.entries().next(), 'NOT_FOUND');
    await failure(promise, 'NOT_FOUND');
    await failure(promise.close(), 'NOT_FOUND');
  });

  it('of a log close it, too', async () => {
    const producer = await createLog('memory:chained-log');
    producer.send('a', '1');
    await producer.close();
    const promise = openLog('memory:chained-log');
    expect((await promise.bucket(0).at(0))?.valueString()).toBe('1');
    expect(await promise.bucket(0).count()).toBe(1);
    const log = await promise;
    expect(await promise).toBe(log);
    expect(await log.bucket(0).count()).toBe(1);
    await promise.close();
    await failure(log.bucket(0).count(), 'CLOSED');
  });
});
