import { describe, expect, it } from 'vitest';
import * as cairnkv from '../../src/index.ts';
import { failure } from '../support/failures.ts';

/** The library as JavaScript without types sees it. */
// biome-ignore lint/suspicious/noExplicitAny: what is tested is what types would forbid.
const library = cairnkv as any;
const PLACE = 'memory:untyped';

// biome-ignore lint/suspicious/noExplicitAny: as above.
const CALLS: [name: string, call: (options: any) => unknown][] = [
  ['createStore', (options) => library.createStore('memory:untyped-new', options)],
  ['openStore', (options) => library.openStore(PLACE, options)],
  ['storeInfo', (options) => library.storeInfo(PLACE, options)],
  ['listStores', (options) => library.listStores('memory:', options).next()],
  ['deleteStore', (options) => library.deleteStore(PLACE, options)],
  ['renameStore', (options) => library.renameStore(PLACE, 'memory:untyped-2', options)],
  ['mergeStore', (options) => library.mergeStore(PLACE, 'memory:untyped-3', options)],
  ['mergeStores', (options) => library.mergeStores([PLACE], 'memory:untyped-4', options)],
  ['copyStore', (options) => library.copyStore(PLACE, 'memory:untyped-5', options)],
  ['salvageStore', (options) => library.salvageStore(PLACE, 'memory:untyped-6', options)],
  ['sweepStores', (options) => library.sweepStores(PLACE, options)],
  ['verifyStore', (options) => library.verifyStore(PLACE, options)],
  ['close', (options) => library.createStore('memory:untyped-7').close(options)],
  ...['get', 'has', 'floor', 'ceiling', 'rank'].map((name): [string, (options: object) => unknown] => [
    name,
    (options) => library.openStore(PLACE)[name]('a', options),
  ]),
  ...['entries', 'keys', 'values', 'batches'].map((name): [string, (options: object) => unknown] => [
    name,
    (options) => library.openStore(PLACE)[name](options).next(),
  ]),
  ['count', (options) => library.openStore(PLACE).count(options)],
  ['sample', (options) => library.openStore(PLACE).sample(1, options)],
  ['verify', (options) => library.openStore(PLACE).verify(options)],
];

describe('without types', () => {
  it.each(CALLS)(
    '%s refuses options that are none, misspelt, or of the wrong type, and changes nothing',
    async (_, call) => {
      await library
        .createStore(PLACE)
        .put('a', 1)
        .close()
        .catch(() => undefined);
      for (const options of [null, 'signal', 7, { sginal: undefined }, { signal: 'now' }, { onProgres: 1 }]) {
        expect((await failure(async () => call(options), 'INVALID_ARGUMENT')).message).toMatch(
          /option|signal/,
        );
      }
      expect(await library.openStore(PLACE).get('a')).toBe(1);
    },
  );

  it.each(['keyEncoding', 'valueEncoding'])('null is no %s', async (name) => {
    for (const call of [library.createStore, library.openStore]) {
      expect((await failure(call(PLACE + name, { [name]: null }), 'INVALID_ARGUMENT')).argument).toBe(name);
    }
  });

  it.each(['partitionBytes', 'blockBytes', 'sortBytes'])('null is no %s', async (name) => {
    const made = library.createStore(PLACE + name, { sort: true, [name]: null });
    expect((await failure(made, 'INVALID_ARGUMENT')).argument).toBe(name);
  });
});
