import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { installedVersion, touchBytes, touchText } from './contestant.js';

const FILE = 'store.sqlite';
const PAGE_OF_ROWS = 1000;

/** @type {import('./contestant.js').Contestant} */
export const contestant = {
  name: 'sqlite',
  version: `better-sqlite3 ${installedVersion('better-sqlite3')}`,
  kind: 'peer',
  packageName: 'better-sqlite3',
  settings:
    'WITHOUT ROWID (a rowid table and its index where values are kilobytes: twice as fast there), exclusive lock, ' +
    'mmap; load: one transaction of a prepared INSERT, no journal, fsynced once',
  calls: {
    load: 'INSERT, prepared',
    'get-hit-owned': 'get, pluck',
    'get-zipf-owned': 'get, pluck',
    'get-miss-owned': 'get, pluck',
    'get-many-owned': 'loop of get',
    'paged-get-owned': 'get, pluck',
    'defaults-get-owned': 'get, pluck',
    scan: 'all, raw, 1000 rows at a time',
    ranges: 'all, raw',
    'start-import': 'import',
    'start-open': 'new, get',
  },
  keyForm: (textKeys) => (textKeys ? 'string' : 'buffer'),

  async load(dir, entries, { textKeys, largeValues }) {
    mkdirSync(dir, { recursive: true });
    const database = new Database(join(dir, FILE));
    database.pragma('journal_mode = OFF');
    database.pragma('synchronous = OFF');
    database.pragma('locking_mode = EXCLUSIVE');
    database.exec(
      `CREATE TABLE store (key ${textKeys ? 'TEXT' : 'BLOB'} PRIMARY KEY, value BLOB NOT NULL)` +
        (largeValues ? '' : ' WITHOUT ROWID'),
    );
    const insert = database.prepare('INSERT INTO store VALUES (?, ?)');
    database.transaction(() => {
      for (const { length, keys, values } of entries) {
        for (let i = 0; i < length; i++) insert.run(keys[i], values[i]);
      }
    })();
    database.close();
  },

  open(dir, { textKeys }) {
    const database = new Database(join(dir, FILE), { readonly: true });
    // Without the exclusive mode every statement takes and drops file locks: a fourth of the speed.
    database.pragma('locking_mode = EXCLUSIVE');
    database.pragma(`mmap_size = ${2 ** 40}`);
    const touch = /** @type {(key: any, value: any) => number} */ (textKeys ? touchText : touchBytes);
    const get = database.prepare('SELECT value FROM store WHERE key = ?').pluck();
    const from = database.prepare('SELECT key, value FROM store WHERE key >= ? ORDER BY key LIMIT ?').raw();
    const after = database.prepare('SELECT key, value FROM store WHERE key > ? ORDER BY key LIMIT ?').raw();
    return {
      get: (key) => /** @type {any} */ (get.get(key)),
      getMany: (keys) => {
        const values = new Array(keys.length);
        for (let i = 0; i < keys.length; i++) values[i] = get.get(keys[i]);
        return values;
      },
      scan: () => {
        let entries = 0;
        let check = 0;
        /** @type {any} */
        let last = textKeys ? '' : Buffer.alloc(0);
        for (;;) {
          const rows = /** @type {any[]} */ (after.all(last, PAGE_OF_ROWS));
          for (const [key, value] of rows) check += touch(key, value);
          entries += rows.length;
          if (rows.length < PAGE_OF_ROWS) return { entries, check };
          last = rows[rows.length - 1][0];
        }
      },
      ranges: (starts, limit) => {
        let entries = 0;
        let check = 0;
        for (const start of starts) {
          const rows = /** @type {any[]} */ (from.all(start, limit));
          for (const [key, value] of rows) check += touch(key, value);
          entries += rows.length;
        }
        return { entries, check };
      },
      close: () => {
        database.close();
      },
    };
  },
};
