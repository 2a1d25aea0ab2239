import { ClassicLevel } from 'classic-level';
import { installedVersion, touchBytes, touchText } from './contestant.js';

const BATCH_ENTRIES = 1000;
// The default of 16 KiB hands over some 140 small entries a crossing, and one large one.
const HIGH_WATER_MARK = 4 * 2 ** 20;

/**
 * @param {object} variant
 * @param {string} variant.name
 * @param {string} variant.settings
 * @param {boolean} variant.compressed
 * @param {object} variant.options for ClassicLevel
 * @param {boolean} variant.sizesCache whether the block cache gets the size that a measure sets
 * @returns {import('./contestant.js').Contestant}
 */
export function makeLevel({ name, settings, compressed, options, sizesCache }) {
  const openLevel = async (
    /** @type {string} */ dir,
    /** @type {boolean} */ textKeys,
    /** @type {number | undefined} */ cacheSize,
  ) => {
    /** @type {ClassicLevel<any, any>} */
    const level = new ClassicLevel(dir, {
      keyEncoding: textKeys ? 'utf8' : 'buffer',
      valueEncoding: 'buffer',
      ...options,
      ...(sizesCache && cacheSize !== undefined ? { cacheSize: Math.min(cacheSize, 2 ** 32 - 1) } : {}),
    });
    await level.open();
    return level;
  };

  return {
    name,
    version: installedVersion('classic-level'),
    kind: 'peer',
    packageName: 'classic-level',
    settings: `${settings}; load: chained batches of ${BATCH_ENTRIES}`,
    compressed,
    calls: {
      load: 'batch',
      'get-hit-owned': 'getSync',
      'get-zipf-owned': 'getSync',
      'get-miss-owned': 'getSync',
      'get-await-owned': 'await get',
      'get-many-owned': 'loop of getSync',
      'get-many-library': 'await getMany',
      'paged-get-owned': 'getSync',
      'defaults-get-owned': 'getSync',
      'defaults-await-owned': 'await get',
      scan: 'iterator, nextv(1000)',
      ranges: 'iterator, nextv(limit)',
      'start-import': 'import',
      'start-open': 'open, getSync',
    },
    keyForm: (textKeys) => (textKeys ? 'string' : 'buffer'),

    async load(dir, entries, { textKeys }) {
      const level = await openLevel(dir, textKeys, undefined);
      let batch = level.batch();
      for (const { length, keys, values } of entries) {
        for (let i = 0; i < length; i++) {
          batch.put(keys[i], values[i]);
          if (batch.length === BATCH_ENTRIES) {
            await batch.write();
            batch = level.batch();
          }
        }
      }
      await batch.write();
      await level.close();
    },

    // The last part of a load stays in the log, which the next opening turns into a table.
    async settle(dir, { textKeys }) {
      const level = await openLevel(dir, textKeys, undefined);
      await level.close();
    },

    async open(dir, { textKeys, cacheBytes }) {
      const level = await openLevel(dir, textKeys, cacheBytes);
      const touch = /** @type {(key: any, value: Uint8Array) => number} */ (
        textKeys ? touchText : touchBytes
      );
      return {
        get: (key) => level.getSync(key),
        getAwait: (key) => level.get(key),
        getMany: (keys) => {
          const values = new Array(keys.length);
          for (let i = 0; i < keys.length; i++) values[i] = level.getSync(keys[i]);
          return values;
        },
        getManyAwait: (keys) => level.getMany(keys),
        scan: async () => {
          let entries = 0;
          let check = 0;
          const iterator = level.iterator({ highWaterMarkBytes: HIGH_WATER_MARK });
          for (;;) {
            const batch = await iterator.nextv(1000);
            if (batch.length === 0) break;
            for (const [key, value] of batch) check += touch(key, value);
            entries += batch.length;
          }
          await iterator.close();
          return { entries, check };
        },
        ranges: async (starts, limit) => {
          let entries = 0;
          let check = 0;
          for (const gte of starts) {
            const iterator = level.iterator({ gte, limit, highWaterMarkBytes: HIGH_WATER_MARK });
            for (const [key, value] of await iterator.nextv(limit)) {
              check += touch(key, value);
              entries++;
            }
            await iterator.close();
          }
          return { entries, check };
        },
        close: () => level.close(),
      };
    },
  };
}

export const contestant = makeLevel({
  name: 'level',
  settings: 'as it comes: Snappy, 4 MiB write buffer, 8 MiB cache',
  compressed: true,
  options: {},
  sizesCache: false,
});
