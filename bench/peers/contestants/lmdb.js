import { open } from 'lmdb';
import { installedVersion, touchBytes } from './contestant.js';

// Buffers as keys are as fast as strings or faster in every measure here, and their order is that of the bytes.
const settings = /** @type {const} */ ({ encoding: 'binary', keyEncoding: 'binary', cache: false });

/** @type {import('./contestant.js').Contestant} */
export const contestant = {
  name: 'lmdb',
  version: installedVersion('lmdb'),
  kind: 'peer',
  packageName: 'lmdb',
  settings:
    'binary keys and values; load: a map of 4 GiB, one transactionSync of put(…, { append: true }), flushed',
  calls: {
    load: 'put, append, one transactionSync',
    'get-hit-lent': 'getBinaryFast',
    'get-zipf-lent': 'getBinaryFast',
    'get-miss-lent': 'getBinaryFast',
    'get-hit-owned': 'get',
    'get-zipf-owned': 'get',
    'get-miss-owned': 'get',
    'get-many-owned': 'loop of get',
    'get-many-library': 'await getMany',
    'paged-get-lent': 'getBinaryFast',
    'paged-get-owned': 'get',
    'defaults-get-lent': 'getBinaryFast',
    'defaults-get-owned': 'get',
    'defaults-first-owned': 'get',
    threads: 'open, get',
    scan: 'getRange',
    ranges: 'getRange',
    'start-import': 'import',
    'start-open': 'open, get',
  },
  keyForm: () => 'buffer',

  async load(dir, entries) {
    // A map that is large from the start need not grow, step by step, within the transaction.
    const store = open({ path: dir, ...settings, mapSize: 4 * 2 ** 30 });
    const append = /** @type {any} */ ({ append: true });
    store.transactionSync(() => {
      for (const { length, keys, values } of entries) {
        for (let i = 0; i < length; i++) store.put(keys[i], values[i], append);
      }
    });
    await store.flushed;
    await store.close();
  },

  open(dir, { lent }) {
    const store = open({ path: dir, ...settings, readOnly: true });
    const walk = (/** @type {Iterable<any>} */ range) => {
      let entries = 0;
      let check = 0;
      for (const { key, value } of range) {
        check += touchBytes(key, value);
        entries++;
      }
      return { entries, check };
    };
    return {
      get: lent ? (key) => store.getBinaryFast(key) : (key) => store.get(key),
      getMany: (keys) => {
        const values = new Array(keys.length);
        for (let i = 0; i < keys.length; i++) values[i] = store.get(keys[i]);
        return values;
      },
      getManyAwait: (keys) => store.getMany(keys),
      scan: () => walk(store.getRange({ snapshot: false })),
      ranges: (starts, limit) => {
        let entries = 0;
        let check = 0;
        for (const start of starts) {
          const part = walk(store.getRange({ start, limit, snapshot: false }));
          entries += part.entries;
          check += part.check;
        }
        return { entries, check };
      },
      close: () => store.close(),
    };
  },
};
