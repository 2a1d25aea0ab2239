import { createStore, openStore } from 'cairnkv';
import { installedVersion, touchBytes, touchText } from './contestant.js';

const everything = {
  load: 'put',
  'get-hit-lent': 'getSync, views',
  'get-zipf-lent': 'getSync, views',
  'get-miss-lent': 'getSync, views',
  'get-hit-owned': 'getSync',
  'get-zipf-owned': 'getSync',
  'get-miss-owned': 'getSync',
  'get-await-lent': 'await get, views',
  'get-await-owned': 'await get',
  'get-many-lent': 'getManySync, views',
  'get-many-owned': 'getManySync',
  'paged-get-lent': 'getSync, views',
  'paged-get-owned': 'getSync',
  'defaults-get-lent': 'getSync, views',
  'defaults-get-owned': 'getSync',
  'defaults-first-owned': 'getSync',
  'defaults-await-owned': 'await get',
  threads: 'share, openStore, getSync',
  'scan-each': 'forEachSync',
  'scan-sync-lent': 'entriesSync, views',
  'scan-sync-owned': 'entriesSync',
  'scan-await-lent': 'for await entries, views',
  'scan-await-owned': 'for await entries',
  'ranges-each': 'forEachSync',
  'ranges-lent': 'entriesSync, views',
  'ranges-owned': 'entriesSync',
  'start-import': 'import',
  'start-open': 'openStore, getSync',
  'start-command': 'cairn get',
  count: 'countSync',
  rank: 'rankSync',
  at: 'atSync',
};

/**
 * @param {object} variant
 * @param {string} variant.name
 * @param {string} variant.settings
 * @param {'none' | 'deflate' | 'zstd'} variant.compression
 * @param {Record<string, string>} variant.calls
 * @returns {import('./contestant.js').Contestant}
 */
export function makeCairn({ name, settings, compression, calls }) {
  return {
    name,
    version: installedVersion('cairnkv'),
    kind: 'ours',
    settings,
    compressed: compression !== 'none',
    packageName: 'cairnkv',
    shares: true,
    calls,
    keyForm: (textKeys) => (textKeys ? 'string' : 'buffer'),

    async load(dir, entries, { textKeys }) {
      const writer = await createStore(dir, {
        keyEncoding: textKeys ? 'utf8' : 'binary',
        valueEncoding: 'binary',
        compression,
      });
      for (const { length, keys, values } of entries) {
        for (let i = 0; i < length; i++) {
          const full = writer.put(keys[i], values[i]);
          if (full) await full;
        }
      }
      await writer.close();
    },

    async open(dir, { textKeys, lent, cacheBytes }) {
      const reader = await openStore(dir, {
        ...(lent ? { views: true } : {}),
        ...(cacheBytes === undefined ? {} : { cacheBytes }),
      });
      const touch = /** @type {(key: any, value: Uint8Array) => number} */ (
        textKeys ? touchText : touchBytes
      );
      return {
        get: (key) => reader.getSync(key),
        getAwait: (key) => reader.get(key),
        getMany: (keys) => reader.getManySync(keys),
        scanEach: () => {
          let entries = 0;
          let check = 0;
          reader.forEachSync((/** @type {any} */ key, /** @type {Uint8Array} */ value) => {
            check += touch(key, value);
            entries++;
          });
          return { entries, check };
        },
        scanSync: () => {
          let entries = 0;
          let check = 0;
          for (const [key, value] of reader.entriesSync()) {
            check += touch(key, value);
            entries++;
          }
          return { entries, check };
        },
        scanAwait: async () => {
          let entries = 0;
          let check = 0;
          for await (const [key, value] of reader.entries()) {
            check += touch(key, value);
            entries++;
          }
          return { entries, check };
        },
        ranges: (starts, limit) => {
          let entries = 0;
          let check = 0;
          for (const gte of starts) {
            for (const [key, value] of reader.entriesSync({ gte, limit })) {
              check += touch(key, value);
              entries++;
            }
          }
          return { entries, check };
        },
        rangesEach: (starts, limit) => {
          let entries = 0;
          let check = 0;
          const visit = (/** @type {any} */ key, /** @type {Uint8Array} */ value) => {
            check += touch(key, value);
            entries++;
          };
          for (const gte of starts) reader.forEachSync(visit, { gte, limit });
          return { entries, check };
        },
        count: (gte, lt) => reader.countSync({ gte, lt }),
        rank: (key) => reader.rankSync(key),
        at: (index) => reader.atSync(index),
        ...(typeof reader.share === 'function' ? { share: () => reader.share() } : {}),
        close: () => reader.close(),
      };
    },
  };
}

export const contestant = makeCairn({
  name: 'cairn',
  settings: 'defaults, valueEncoding binary; cacheBytes 2 GiB when resident; "lent" is views: true',
  compression: 'none',
  calls: everything,
});
