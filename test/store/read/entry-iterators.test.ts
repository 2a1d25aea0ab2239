import { expect, it } from 'vitest';
import { createStore, openStore } from '../../../src/index.ts';
import { createLog, openLog } from '../../../src/log/index.ts';
import { numbered } from '../../support/stores.ts';

it('iterators have what those of the platform have, and can be disposed of', async () => {
  const writer = createStore('memory:helpers', { valueEncoding: 'utf8' });
  for (const [key, value] of numbered(20)) writer.put(key, value);
  await writer.close();
  const producer = await createLog('memory:helpers-log');
  for (let i = 0; i < 3; i++) producer.send('a', `${i}`);
  await producer.close();
  await using reader = await openStore<string, string>('memory:helpers');
  await using log = await openLog('memory:helpers-log');

  function* generator(): Generator<never, void> {}
  async function* asyncGenerator(): AsyncGenerator<never, void> {}
  const helpersOf = (iterator: object): object => {
    let prototype: object = iterator;
    while (Object.getPrototypeOf(prototype) !== Object.prototype)
      prototype = Object.getPrototypeOf(prototype);
    return prototype;
  };
  for (const iterator of [reader.entriesSync(), reader.keysSync(), reader.valuesSync()]) {
    expect(helpersOf(iterator)).toBe(helpersOf(generator()));
    expect(iterator.next().done).toBe(false);
    iterator[Symbol.dispose]();
    expect(iterator.next()).toEqual({ value: undefined, done: true });
  }
  for (const iterator of [
    reader.entries(),
    reader.keys(),
    reader.values(),
    log.records(),
    log.bucket(0).records(),
  ]) {
    expect(helpersOf(iterator)).toBe(helpersOf(asyncGenerator()));
    expect((await iterator.next()).done).toBe(false);
    await iterator[Symbol.asyncDispose]();
    expect(await iterator.next()).toEqual({ value: undefined, done: true });
  }
  const keys = reader.keysSync() as IteratorObject<string> & {
    take?(n: number): { map(of: (key: string) => string): Iterable<string> };
  };
  // Node 22 has helpers.
  if (keys.take !== undefined)
    expect([...keys.take(2).map((key) => key.slice(1))]).toEqual(['00000', '00001']);
});
