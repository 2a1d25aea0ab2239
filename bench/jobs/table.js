/**
 * Tables beside better-sqlite3: the same ten columns, the same key, in files that are made durable by each commit. Rows are
 * loaded in commits of 10,000, looked up, looked up by a prefix of 100 rows, and scanned for two of the ten columns; and what
 * lies on the disk afterwards. Each figure is a process of its own, and the contestants take turns.
 *
 *     npm ci --prefix bench && npm run build && node bench/jobs/table.js [--rows 1000000] [--rounds 3] [--write]
 *
 * With `--write` the table goes into RESULTS.md.
 */

import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runNode } from '../peers/processes.js';
import { permutation, Random } from '../peers/random.js';
import { replaceGenerated } from '../report/generated.js';
import { median } from '../report/median.js';

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    write: { type: 'boolean', default: false },
    /** Set in the processes that measure: contestant and task. */
    child: { type: 'string' },
  },
});
const ROWS = Number(options.rows);
const RESULTS = fileURLToPath(new URL('../RESULTS.md', import.meta.url));
const DATA = fileURLToPath(new URL('../data/table', import.meta.url));
const COMMIT_ROWS = 10_000;
const PREFIX_ROWS = 100;
const LOOKUPS = Math.min(ROWS, 200_000);
const SEED = 20;
const CITIES = ['Bern', 'Lausanne', 'New York', 'São Paulo', 'Wellington', 'Reykjavík'];

/** @param {number} i */
function rowOf(i) {
  return {
    team: Math.floor(i / PREFIX_ROWS),
    id: i % PREFIX_ROWS,
    name: `user ${i.toString(36)}`,
    email: `user.${i.toString(36)}@example.org`,
    age: 18 + (i % 70),
    score: ((i * 7919) % 1000003) / 8,
    active: i % 3 === 0,
    visits: BigInt(i) * 37n,
    city: CITIES[i % CITIES.length],
    note: i % 4 === 0 ? null : `note ${i % 1000} of that user`,
  };
}

/** The order in which rows arrive, and in which they are asked for. */
const arrivals = () => permutation(ROWS, new Random(SEED));
const lookups = () => permutation(ROWS, new Random(SEED + 1)).slice(0, LOOKUPS);

/** @param {() => Promise<number> | number} run  returns how many things were done */
async function rateOf(run, passes = 3) {
  let best = 0;
  for (let pass = 0; pass < passes; pass++) {
    const began = performance.now();
    const count = await run();
    best = Math.max(best, count / ((performance.now() - began) / 1000));
  }
  return best;
}

/** @param {string} dir */
function bytesOf(dir) {
  let bytes = 0;
  for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) bytes += statSync(join(entry.parentPath, entry.name)).size;
  return bytes;
}

/** @type {Record<string, () => Promise<Record<string, (dir: string) => Promise<Record<string, number>>>>>} */
const CONTESTANTS = {
  cairn: async () => {
    const { bigint, boolean, connect, defineTable, double, int, string } = await import('cairnkv/table');
    const schema = defineTable({
      columns: {
        team: int(),
        id: int(),
        name: string(),
        email: string(),
        age: int(),
        score: double(),
        active: boolean(),
        visits: bigint(),
        city: string(),
        note: string().nullable(),
      },
      primaryKey: ['team', 'id'],
    });
    return {
      async load(dir) {
        const db = await connect(dir);
        await db.admin.createDatabase('b');
        await db.admin.createTable('b.users', schema);
        const users = await db.table('b.users', schema);
        const order = arrivals();
        const cpu = process.cpuUsage();
        const began = performance.now();
        for (let from = 0; from < ROWS; from += COMMIT_ROWS) {
          for (let i = from; i < Math.min(ROWS, from + COMMIT_ROWS); i++) users.upsert(rowOf(order[i]));
          await users.flush();
        }
        const load = ROWS / ((performance.now() - began) / 1000);
        const { user, system } = process.cpuUsage(cpu);
        await users.compact({ full: true, keepVersions: 1 });
        await db.close();
        return { load, loadCpu: ROWS / ((user + system) / 1e6), bytes: bytesOf(dir) };
      },
      async lookup(dir) {
        const db = await connect(dir);
        const users = await db.table('b.users', schema);
        const order = lookups();
        const lookup = await rateOf(async () => {
          for (const i of order) {
            const row = await users.lookup({ team: Math.floor(i / PREFIX_ROWS), id: i % PREFIX_ROWS });
            if (row?.age !== 18 + (i % 70)) throw new Error('a wrong row');
          }
          return order.length;
        });
        return { lookup };
      },
      async prefix(dir) {
        const db = await connect(dir);
        const users = await db.table('b.users', schema);
        const order = lookups().slice(0, LOOKUPS / 20);
        const prefix = await rateOf(async () => {
          for (const i of order) {
            let rows = 0;
            for await (const row of users.prefixLookup({ team: Math.floor(i / PREFIX_ROWS) }))
              if (row.age > 0) rows++;
            if (rows !== PREFIX_ROWS) throw new Error(`${rows} rows`);
          }
          return order.length;
        });
        return { prefix };
      },
      async scan(dir) {
        const db = await connect(dir);
        const users = await db.table('b.users', schema);
        const scan = await rateOf(async () => {
          let rows = 0;
          for await (const { age, score } of users.scan({ columns: ['age', 'score'] }))
            if (age + score > 0) rows++;
          if (rows !== ROWS) throw new Error(`${rows} rows`);
          return rows;
        });
        return { scan };
      },
    };
  },

  sqlite: async () => {
    const { default: Database } = await import('better-sqlite3');
    const open = (/** @type {string} */ dir) => {
      const db = new Database(join(dir, 'users.db'));
      db.pragma('journal_mode = WAL');
      db.pragma('synchronous = FULL');
      db.defaultSafeIntegers(false);
      return db;
    };
    return {
      async load(dir) {
        mkdirSync(dir, { recursive: true });
        const db = open(dir);
        db.exec(
          'CREATE TABLE users (team INTEGER, id INTEGER, name TEXT, email TEXT, age INTEGER, score REAL, active INTEGER, ' +
            'visits INTEGER, city TEXT, note TEXT, PRIMARY KEY (team, id)) WITHOUT ROWID',
        );
        const put = db.prepare('INSERT OR REPLACE INTO users VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
        const order = arrivals();
        const cpu = process.cpuUsage();
        const began = performance.now();
        const commit = db.transaction((/** @type {number} */ from) => {
          for (let i = from; i < Math.min(ROWS, from + COMMIT_ROWS); i++) {
            const { team, id, name, email, age, score, active, visits, city, note } = rowOf(order[i]);
            put.run(team, id, name, email, age, score, active ? 1 : 0, visits, city, note);
          }
        });
        for (let from = 0; from < ROWS; from += COMMIT_ROWS) commit(from);
        const load = ROWS / ((performance.now() - began) / 1000);
        const { user, system } = process.cpuUsage(cpu);
        db.exec('VACUUM');
        db.pragma('wal_checkpoint(TRUNCATE)');
        db.close();
        return { load, loadCpu: ROWS / ((user + system) / 1e6), bytes: bytesOf(dir) };
      },
      async lookup(dir) {
        const get = open(dir).prepare('SELECT * FROM users WHERE team = ? AND id = ?');
        const order = lookups();
        const lookup = await rateOf(() => {
          for (const i of order) {
            const row = /** @type {any} */ (get.get(Math.floor(i / PREFIX_ROWS), i % PREFIX_ROWS));
            if (row?.age !== 18 + (i % 70)) throw new Error('a wrong row');
          }
          return order.length;
        });
        return { lookup };
      },
      async prefix(dir) {
        const all = open(dir).prepare('SELECT * FROM users WHERE team = ? ORDER BY id');
        const order = lookups().slice(0, LOOKUPS / 20);
        const prefix = await rateOf(() => {
          for (const i of order) {
            let rows = 0;
            for (const row of /** @type {any[]} */ (all.all(Math.floor(i / PREFIX_ROWS))))
              if (row.age > 0) rows++;
            if (rows !== PREFIX_ROWS) throw new Error(`${rows} rows`);
          }
          return order.length;
        });
        return { prefix };
      },
      async scan(dir) {
        const every = open(dir).prepare('SELECT age, score FROM users ORDER BY team, id');
        const scan = await rateOf(() => {
          let rows = 0;
          for (const { age, score } of /** @type {Iterable<any>} */ (every.iterate()))
            if (age + score > 0) rows++;
          if (rows !== ROWS) throw new Error(`${rows} rows`);
          return rows;
        });
        return { scan };
      },
    };
  },
};

const TASKS = ['load', 'lookup', 'prefix', 'scan'];

/** What is told of each measure: title, unit, and by how much it is to be ahead. */
const MEASURES = /** @type {const} */ ([
  ['load', 'upsert in commits of 10,000', 'rows/s', 1],
  ['loadCpu', 'the same, by processor time', 'rows/s of CPU', 1],
  ['lookup', 'look-up', 'rows/s', 2],
  ['prefix', 'prefix look-up of 100 rows', 'look-ups/s', 1.5],
  ['scan', 'scan of two of ten columns', 'rows/s', 3],
  ['bytes', 'bytes on disk', 'B', -1],
]);

if (options.child !== undefined) {
  const [name, task] = options.child.split(':');
  const tasks = await CONTESTANTS[name]();
  console.log(JSON.stringify(await tasks[task](join(DATA, name))));
  process.exit(0);
}

/** @type {Record<string, Record<string, number[]>>} */
const samples = Object.fromEntries(Object.keys(CONTESTANTS).map((name) => [name, {}]));
for (let round = 0; round < Number(options.rounds); round++) {
  rmSync(DATA, { recursive: true, force: true });
  for (const task of TASKS) {
    for (const name of Object.keys(CONTESTANTS)) {
      const args = [fileURLToPath(import.meta.url), '--rows', `${ROWS}`, '--child', `${name}:${task}`];
      const { json, error } = runNode(args);
      if (error !== undefined) throw new Error(`${name} ${task}: ${error}`);
      for (const [measure, figure] of Object.entries(json)) (samples[name][measure] ??= []).push(figure);
    }
  }
}
rmSync(DATA, { recursive: true, force: true });

const versionOf = (/** @type {string} */ name) =>
  JSON.parse(readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url), 'utf8')).version;
const format = (/** @type {number} */ figure) => Math.round(figure).toLocaleString('en');
const lines = MEASURES.map(([measure, title, unit, target]) => {
  const [cairn, sqlite] = ['cairn', 'sqlite'].map((name) => median(samples[name][measure]));
  const ratio = cairn / sqlite;
  const isReached = target < 0 ? ratio <= -target : ratio >= target;
  const wanted = target < 0 ? `≤ ${-target} ×` : `≥ ${target} ×`;
  const verdict = isReached ? 'reached' : '**missed**';
  return `| ${title}, ${unit} | ${format(cairn)} | ${format(sqlite)} | ${ratio.toFixed(2)} × | ${wanted} | ${verdict} |`;
});
const report = [
  `${format(ROWS)} rows of ten columns, ${options.rounds} rounds, medians; better-sqlite3 ${versionOf('better-sqlite3')} ` +
    '(WITHOUT ROWID, WAL, synchronous FULL, vacuumed), both durable at each commit.',
  '',
  '| measure | cairnkv/table | better-sqlite3 | ratio | target | |',
  '|---|---|---|---|---|---|',
  ...lines,
].join('\n');
console.log(report);
if (options.write) replaceGenerated(RESULTS, report, 'tables');
