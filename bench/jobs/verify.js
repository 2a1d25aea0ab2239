/**
 * Verifying stores of about 1 GB whose files are in the system's cache, beside what else is done to find damage.
 *
 *     npm ci --prefix bench && npm run build && node bench/jobs/verify.js [--bytes 1e9] [--values 100,1000,4000] [--rounds 3]
 *
 * - `cairn` is `verifyStore()`: all bytes by their checksums, and all that they say of each other; in as many threads as
 *   the machine has. `cairn, one thread` is the same without them.
 * - `sha256` reads the same files and hashes them by `node:crypto`, as who keeps lists of checksums beside files.
 * - `sqlite` is better-sqlite3's `PRAGMA integrity_check`. It looks at the shape of the tree: SQLite keeps no checksums.
 *
 * Neither classic-level nor lmdb has a check of its own. Keys are 16 digits, values random bytes. Each figure comes from a
 * fresh process; the contestants take turns.
 */

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Random } from '../peers/random.js';
import { median } from '../report/median.js';

const DATA = fileURLToPath(new URL('../data/verify', import.meta.url));
const require = createRequire(import.meta.url);

const { values: options } = parseArgs({
  options: {
    bytes: { type: 'string', default: '1e9' },
    values: { type: 'string', default: '100,1000,4000' },
    rounds: { type: 'string', default: '3' },
    child: { type: 'string' },
    place: { type: 'string' },
  },
});

/**
 * Ascending keys with random values; the arrays are used again.
 *
 * @param {number} valueBytes
 * @returns {Generator<[Buffer, Buffer]>}
 */
function* entries(valueBytes) {
  const random = new Random(valueBytes);
  const words = new Uint32Array(Math.ceil(valueBytes / 4));
  const value = Buffer.from(words.buffer, 0, valueBytes);
  const count = Math.floor(Number(options.bytes) / (valueBytes + 16));
  for (let i = 0; i < count; i++) {
    for (let w = 0; w < words.length; w++) words[w] = random.next();
    yield [Buffer.from(String(i * 7).padStart(16, '0')), value];
  }
}

/** @param {string} place @returns {string[]} */
function filesOf(place) {
  return readdirSync(place, { recursive: true, encoding: 'utf8' })
    .map((name) => join(place, name))
    .filter((name) => statSync(name).isFile());
}

/** @type {Record<string, (place: string) => Promise<void>>} */
const CHECKS = {
  async cairn(place) {
    const { verifyStore } = await import('cairnkv');
    const { ok, problems } = await verifyStore(place);
    if (!ok) throw new Error(`a sound store is not ok: ${problems[0].message}`);
  },
  async 'cairn, one thread'(place) {
    os.availableParallelism = () => 1;
    syncBuiltinESMExports();
    await CHECKS.cairn(place);
  },
  async sha256(place) {
    for (const file of filesOf(place)) {
      const hash = createHash('sha256');
      for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk);
      hash.digest();
    }
  },
  async sqlite(place) {
    const Database = require('better-sqlite3');
    const database = new Database(`${place}.sqlite`, { readonly: true });
    const [{ integrity_check: answer }] = database.pragma('integrity_check');
    if (answer !== 'ok') throw new Error(answer);
    database.close();
  },
};

/** @param {string} place @param {number} valueBytes */
async function build(place, valueBytes) {
  const { createStore } = await import('cairnkv');
  const writer = await createStore(place, { keyEncoding: 'binary', valueEncoding: 'binary' });
  for (const [key, value] of entries(valueBytes)) {
    const full = writer.put(key, value);
    if (full) await full;
  }
  await writer.close();
  const Database = require('better-sqlite3');
  const database = new Database(`${place}.sqlite`);
  for (const pragma of ['journal_mode = OFF', 'synchronous = OFF', 'locking_mode = EXCLUSIVE'])
    database.pragma(pragma);
  database.exec('CREATE TABLE store (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID');
  const insert = database.prepare('INSERT INTO store VALUES (?, ?)');
  database.transaction(() => {
    for (const [key, value] of entries(valueBytes)) insert.run(key, value);
  })();
  database.close();
}

/** `maxRSS` would do, but a process has that of the one that started it, here one that has built stores. */
function peakMegabytes() {
  const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}

if (options.child !== undefined) {
  const before = process.cpuUsage();
  const began = performance.now();
  await CHECKS[options.child](options.place ?? '');
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(before);
  process.stdout.write(
    JSON.stringify({
      seconds,
      cpu: (user + system) / 1e6,
      megabytes: peakMegabytes(),
    }),
  );
} else {
  process.stdout.write(
    `${Number(options.bytes) / 1e6} MB of entries, warm, ${os.availableParallelism()} cores, Node ${process.version}, ` +
      `medians of ${options.rounds} rounds\n\n| values |  | wall | GB/s | CPU | peak memory |\n|---|---|---|---|---|---|\n`,
  );
  for (const valueBytes of options.values.split(',').map(Number)) {
    rmSync(DATA, { recursive: true, force: true });
    mkdirSync(DATA, { recursive: true });
    const place = join(DATA, 'store');
    await build(place, valueBytes);
    const bytes = {
      store: filesOf(place).reduce((sum, file) => sum + statSync(file).size, 0),
      sqlite: statSync(`${place}.sqlite`).size,
    };
    /** @type {Record<string, { seconds: number[], cpu: number[], megabytes: number[] }>} */
    const measured = {};
    // One round more: the first one warms the system's cache.
    for (let round = 0; round <= Number(options.rounds); round++) {
      for (const name of Object.keys(CHECKS)) {
        const args = [fileURLToPath(import.meta.url), '--child', name, '--place', place];
        const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
        if (status !== 0) throw new Error(`${name} failed: ${stderr}`);
        if (round === 0) continue;
        const { seconds, cpu, megabytes } = JSON.parse(stdout);
        const samples = (measured[name] ??= { seconds: [], cpu: [], megabytes: [] });
        samples.seconds.push(seconds);
        samples.cpu.push(cpu);
        samples.megabytes.push(megabytes);
      }
    }
    for (const [name, { seconds, cpu, megabytes }] of Object.entries(measured)) {
      const wall = median(seconds);
      const read = name === 'sqlite' ? bytes.sqlite : bytes.store;
      process.stdout.write(
        `| ${valueBytes} B | ${name} | ${wall.toFixed(2)} s | ${(read / 1e9 / wall).toFixed(2)} | ` +
          `${median(cpu).toFixed(2)} s | ${median(megabytes).toFixed(0)} MB |\n`,
      );
    }
  }
  rmSync(DATA, { recursive: true, force: true });
}
