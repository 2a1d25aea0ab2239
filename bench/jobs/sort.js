/**
 * Loading entries that come in random order: cairnkv's sorting writer beside stores that take any order.
 *
 *     npm ci --prefix bench && npm run build && node bench/jobs/sort.js [--entries 3000000] [--rounds 3] [--only cairn,lmdb]
 *
 * Each figure comes from a fresh process; the contestants take turns. Keys are 12 digits, values 40 bytes. The time
 * ends when everything is on disk; making keys is part of it, for everyone.
 */

import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { median } from '../report/median.js';

const KEY_BYTES = 12;
const VALUE_BYTES = 40;
const DATA = fileURLToPath(new URL('../data/sort', import.meta.url));
const require = createRequire(import.meta.url);

/** @typedef {(dir: string, count: number) => Promise<void>} Load */

/** @type {Record<string, { settings: string, load: Load }>} */
const CONTESTANTS = {
  cairn: {
    settings: 'sort: true, sortBytes 64 MiB; fsynced',
    async load(dir, count) {
      const { createStore } = await import('cairnkv');
      const writer = await createStore(dir, { keyEncoding: 'binary', valueEncoding: 'binary', sort: true });
      for (const [key, value] of entries(count)) {
        const full = writer.put(key, value);
        if (full) await full;
      }
      const { count: stored } = await writer.close();
      if (stored !== count) throw new Error(`${stored} entries are stored`);
    },
  },
  'level-raw': {
    settings: 'compression off, writeBufferSize 64 MiB; chained batches of 1000; not fsynced',
    async load(dir, count) {
      const { ClassicLevel } = require('classic-level');
      const store = new ClassicLevel(dir, {
        keyEncoding: 'buffer',
        valueEncoding: 'buffer',
        compression: false,
        writeBufferSize: 64 * 2 ** 20,
      });
      await store.open();
      let batch = store.batch();
      for (const [key, value] of entries(count)) {
        batch.put(Buffer.from(key), Buffer.from(value));
        if (batch.length < 1000) continue;
        await batch.write();
        batch = store.batch();
      }
      await batch.write();
      await store.close();
    },
  },
  lmdb: {
    settings: 'one transactionSync, a map of 4 GiB; flushed',
    async load(dir, count) {
      const { open } = require('lmdb');
      const store = open({ path: dir, keyEncoding: 'binary', encoding: 'binary', mapSize: 4 * 2 ** 30 });
      store.transactionSync(() => {
        for (const [key, value] of entries(count)) store.put(Buffer.from(key), Buffer.from(value));
      });
      await store.flushed;
      await store.close();
    },
  },
  sqlite: {
    settings: 'WITHOUT ROWID, one transaction of a prepared INSERT, no journal; cache of 64 MiB; not fsynced',
    async load(dir, count) {
      mkdirSync(dir, { recursive: true });
      const Database = require('better-sqlite3');
      const database = new Database(`${dir}/data.sqlite`);
      for (const pragma of [
        'journal_mode = OFF',
        'synchronous = OFF',
        'locking_mode = EXCLUSIVE',
        'cache_size = -65536',
      ])
        database.pragma(pragma);
      database.exec('CREATE TABLE store (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID');
      const insert = database.prepare('INSERT INTO store VALUES (?, ?)');
      database.transaction(() => {
        for (const [key, value] of entries(count)) insert.run(key, value);
      })();
      database.close();
    },
  },
};

/**
 * Every number below `count` once, in an order without pattern, as a key of digits. The arrays are used again.
 *
 * @param {number} count
 * @returns {Generator<[Uint8Array, Uint8Array]>}
 */
function* entries(count) {
  const key = new Uint8Array(KEY_BYTES);
  const value = new Uint8Array(VALUE_BYTES).fill(0x61);
  // A step that has no divisor in common with the count meets every number.
  let step = Math.floor(count * 0.618_033_988_7) | 1;
  while (divisor(step, count) !== 1) step += 2;
  for (let i = 0, number = 0; i < count; i++) {
    number = (number + step) % count;
    for (let at = KEY_BYTES - 1, rest = number; at >= 0; at--) {
      key[at] = 0x30 + (rest % 10);
      rest = Math.floor(rest / 10);
    }
    value[0] = i;
    value[1] = i >>> 8;
    yield [key, value];
  }
}

/**
 * @param {number} a
 * @param {number} b
 * @returns {number}
 */
function divisor(a, b) {
  return b === 0 ? a : divisor(b, a % b);
}

const { values: options } = parseArgs({
  options: {
    entries: { type: 'string', default: '3000000' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: Object.keys(CONTESTANTS).join(',') },
    child: { type: 'string' },
  },
});
const count = Number(options.entries);

if (options.child !== undefined) {
  const began = performance.now();
  await CONTESTANTS[options.child].load(`${DATA}/${options.child}`, count);
  const seconds = (performance.now() - began) / 1000;
  process.stdout.write(JSON.stringify({ seconds, megabytes: process.resourceUsage().maxRSS / 1024 }));
} else {
  /** @type {Record<string, { seconds: number[], megabytes: number[] }>} */
  const measured = {};
  const names = options.only.split(',');
  mkdirSync(DATA, { recursive: true });
  for (let round = 0; round < Number(options.rounds); round++) {
    for (const name of round % 2 === 0 ? names : [...names].reverse()) {
      rmSync(`${DATA}/${name}`, { recursive: true, force: true });
      const args = [fileURLToPath(import.meta.url), '--child', name, '--entries', String(count)];
      const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
      if (status !== 0) throw new Error(`${name} failed: ${stderr}`);
      const { seconds, megabytes } = JSON.parse(stdout);
      process.stderr.write(`${name}: ${seconds.toFixed(1)} s, ${megabytes.toFixed(0)} MB\n`);
      const samples = (measured[name] ??= { seconds: [], megabytes: [] });
      samples.seconds.push(seconds);
      samples.megabytes.push(megabytes);
    }
  }
  rmSync(DATA, { recursive: true, force: true });
  process.stdout.write(`${count} entries, medians of ${options.rounds} rounds\n\n`);
  process.stdout.write(
    '|  | entries/s | peak memory | ours is faster by | settings |\n|---|---|---|---|---|\n',
  );
  const ours = measured.cairn === undefined ? Number.NaN : median(measured.cairn.seconds);
  for (const [name, { seconds, megabytes }] of Object.entries(measured)) {
    const ratio = name === 'cairn' ? '' : `${(median(seconds) / ours).toFixed(2)} ×`;
    process.stdout.write(
      `| ${name} | ${Math.round(count / median(seconds) / 1000)} k | ${median(megabytes).toFixed(0)} MB | ${ratio} | ` +
        `${CONTESTANTS[name].settings} |\n`,
    );
  }
}
