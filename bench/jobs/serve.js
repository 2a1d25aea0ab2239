/**
 * `cairn serve` beside the same API over better-sqlite3 and lmdb in the same framework, and beside an answer of plain text: the
 * most that the framework does. Each server is a process of its own, autocannon asks it from another one, over loopback, and
 * the contestants take turns. A PUT counts when it is durable, for everyone.
 *
 *     npm ci --prefix bench && npm run build && node bench/jobs/serve.js [--seconds 5] [--rounds 3] [--connections 64]
 *         [--keys 1000000] [--measure get,put,list] [--write]
 *     node bench/jobs/serve.js --soak 1000000
 *
 * With `--write` the table goes into RESULTS.md. `--keys` are those of the namespace that is listed.
 */

import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import autocannon from 'autocannon';
import { replaceGenerated } from '../report/generated.js';
import { median } from '../report/median.js';

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '64' },
    keys: { type: 'string', default: '1000000' },
    measure: { type: 'string', default: 'get,put,list' },
    write: { type: 'boolean', default: false },
    /** So many requests of all kinds, and the memory of the server after each tenth of them. */
    soak: { type: 'string' },
    /** Set in the processes that serve: the contestant. */
    child: { type: 'string' },
  },
});
const SECONDS = Number(options.seconds);
const ROUNDS = Number(options.rounds);
const CONNECTIONS = Number(options.connections);
const KEYS = Number(options.keys);
const RESULTS = fileURLToPath(new URL('../RESULTS.md', import.meta.url));
const DATA = fileURLToPath(new URL('../data/serve', import.meta.url));
/** Entries of the store, and rows of the peers, that GET asks for. */
const ENTRIES = 100_000;
/** So many different keys are asked for in turn. */
const ASKED = 2000;
const PAGE = 100;

/** @param {number} i */
const keyOf = (i) => `key-${String(i).padStart(8, '0')}`;
/** @param {number} i */
const contentsOf = (i) => ({ id: i, name: `name ${i}`, tags: ['a', 'b'], ok: i % 2 === 0 });

/** @typedef {{ get: (i: number) => string, put: (i: number) => string, list: () => string }} Paths */

/** What serves, by name: starts to listen and returns the port. @type {Record<string, () => Promise<number>>} */
const SERVERS = {
  async text() {
    const { Hono } = await import('hono');
    return listen(new Hono().get('/', (c) => c.text('hello')));
  },
  async cairn() {
    const { createStore, deleteStore } = await import('cairnkv');
    const { createServer } = await import('cairnkv/server');
    const { openNamespaces } = await import('cairnkv/namespace');
    const root = fresh('cairn');
    await deleteStore(join(root, 'table')).catch(() => undefined);
    const writer = await createStore(join(root, 'table'), { valueEncoding: 'json' });
    for (let i = 0; i < ENTRIES; i++) writer.put(keyOf(i), contentsOf(i));
    await writer.close();
    if (measures().includes('list')) {
      const namespaces = await openNamespaces(root);
      for (let at = 0; at < KEYS; at += 50_000) {
        const many = Math.min(50_000, KEYS - at);
        const settings = Array.from({ length: many }, (_, i) => ({ key: keyOf(at + i), value: i }));
        await namespaces.namespace('listed').setMany(settings);
      }
      await namespaces.settled();
      await namespaces.close();
    }
    const server = createServer({ root, maxRequests: 1000 });
    const { port } = await server.listen({ port: 0 });
    return port;
  },
  async 'better-sqlite3'() {
    const { default: Database } = await import('better-sqlite3');
    const db = new Database(join(fresh('better-sqlite3'), 'kv.sqlite'));
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.exec(
      'CREATE TABLE kv (ns TEXT, key TEXT, value TEXT, revision INTEGER, PRIMARY KEY (ns, key)) WITHOUT ROWID',
    );
    const put = db.prepare(
      'INSERT INTO kv VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE SET value = excluded.value, revision = revision + 1',
    );
    const get = db.prepare('SELECT value, revision FROM kv WHERE ns = ? AND key = ?');
    const list = db.prepare('SELECT key, revision FROM kv WHERE ns = ? AND key > ? ORDER BY key LIMIT ?');
    db.transaction(() => {
      for (let i = 0; i < ENTRIES; i++) put.run('table', keyOf(i), JSON.stringify(contentsOf(i)));
      if (measures().includes('list')) for (let i = 0; i < KEYS; i++) put.run('listed', keyOf(i), `${i}`);
    })();
    return servePeer({
      get: (ns, key) => get.get(ns, key),
      put: (ns, key, value) => put.run(ns, key, value),
      list: (ns, after, limit) => list.all(ns, after, limit),
    });
  },
  async lmdb() {
    const { open } = await import('lmdb');
    const db = open({ path: fresh('lmdb'), compression: false });
    const put = async (ns, key, value) => {
      const { revision = 0 } = db.get([ns, key]) ?? {};
      await db.put([ns, key], { value, revision: revision + 1 });
      await db.flushed;
    };
    for (let i = 0; i < ENTRIES; i++)
      db.put(['table', keyOf(i)], { value: JSON.stringify(contentsOf(i)), revision: 1 });
    if (measures().includes('list'))
      for (let i = 0; i < KEYS; i++) db.put(['listed', keyOf(i)], { value: `${i}`, revision: 1 });
    await db.flushed;
    return servePeer({
      get: (ns, key) => db.get([ns, key]),
      put,
      list: (ns, after, limit) =>
        Array.from(db.getRange({ start: [ns, after], end: [ns, '\uffff'], limit }), ({ key, value }) => ({
          key: key[1],
          revision: value.revision,
        })),
    });
  },
};

/** The same API over a database. */
async function servePeer({ get, put, list }) {
  const { Hono } = await import('hono');
  const app = new Hono();
  app.get('/kv/:ns/:key', (c) => {
    const found = get(c.req.param('ns'), c.req.param('key'));
    if (found === undefined) return c.json({ message: 'Not Found' }, 404);
    return c.body(`{"key":${JSON.stringify(c.req.param('key'))},"value":${found.value}}`, 200, {
      'content-type': 'application/json',
    });
  });
  app.put('/kv/:ns/:key', async (c) => {
    const value = await c.req.text();
    JSON.parse(value);
    await put(c.req.param('ns'), c.req.param('key'), value);
    return c.body('', 200);
  });
  app.get('/kv/:ns', (c) =>
    c.json(list(c.req.param('ns'), c.req.query('after') ?? '', Number(c.req.query('limit')))),
  );
  return listen(app);
}

async function listen(app) {
  const { serve } = await import('@hono/node-server');
  return new Promise((resolve) => {
    serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => resolve(port));
  });
}

/** @type {Record<string, Paths>} */
const PATHS = {
  cairn: {
    get: (i) => `/api/v1/stores/table/entries/${keyOf(i)}`,
    put: (i) => `/api/v1/namespaces/load/kv/${keyOf(i)}`,
    list: () => `/api/v1/namespaces/listed/kv?limit=${PAGE}&after=${keyOf(Math.floor(Math.random() * KEYS))}`,
  },
  text: { get: () => '/', put: () => '/', list: () => '/' },
};
for (const peer of ['better-sqlite3', 'lmdb']) {
  PATHS[peer] = {
    get: (i) => `/kv/table/${keyOf(i)}`,
    put: (i) => `/kv/load/${keyOf(i)}`,
    list: () => `/kv/listed?limit=${PAGE}&after=${keyOf(Math.floor(Math.random() * KEYS))}`,
  };
}

function measures() {
  return options.measure.split(',');
}

function fresh(name) {
  const directory = join(DATA, name);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  return directory;
}

/** Starts a contestant, and returns its port and how to end it. */
async function start(name) {
  const args = [
    fileURLToPath(import.meta.url),
    '--child',
    name,
    '--keys',
    options.keys,
    '--measure',
    options.measure,
  ];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const port = await new Promise((resolve, reject) => {
    child.stdout.once('data', (piece) => resolve(Number(String(piece))));
    child.once('close', (code) => reject(new Error(`${name} ended with ${code}`)));
  });
  return { port, pid: child.pid, stop: () => child.kill('SIGKILL') };
}

/** Asks as fast as it is answered: answers a second, and the time of the median and of one in a hundred, in ms. */
async function load(port, name, measure) {
  const isPut = measure === 'put';
  const requests = Array.from({ length: ASKED }, (_, n) => ({
    method: isPut ? 'PUT' : 'GET',
    path: PATHS[name][measure](Math.floor((n * 7919) % ENTRIES)),
    ...(isPut
      ? { body: JSON.stringify(contentsOf(n)), headers: { 'content-type': 'application/json' } }
      : {}),
  }));
  const result = await autocannon({
    url: `http://127.0.0.1:${port}`,
    connections: CONNECTIONS,
    duration: SECONDS,
    requests,
  });
  if (result.non2xx > 0 || result.errors > 0) {
    throw new Error(
      `${name}, ${measure}: ${result.non2xx} refusals, ${result.errors} errors, ${result.timeouts} timeouts`,
    );
  }
  return { rate: result.requests.average, p50: result.latency.p50, p99: result.latency.p99 };
}

/** Asks for everything in turn, and fails if the server's memory goes on growing. */
async function soak(amount) {
  const { port, pid, stop } = await start('cairn');
  const residentMiB = () =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
  const { get, put, list } = PATHS.cairn;
  const requests = Array.from({ length: ASKED }, (_, n) => [
    { method: 'GET', path: get((n * 7919) % ENTRIES) },
    { method: 'PUT', path: put(n), body: JSON.stringify(contentsOf(n)) },
    { method: 'GET', path: `/api/v1/namespaces/load/kv/${keyOf(n)}` },
    { method: 'GET', path: list() },
    { method: 'GET', path: `/api/v1/stores/table/entries?limit=10&gte=${keyOf(n)}` },
    { method: 'GET', path: '/files/table/MANIFEST.json', headers: { range: 'bytes=0-99' } },
    { method: 'GET', path: `/api/v1/stores/absent-${n}/count` },
    { method: 'DELETE', path: put(n) },
  ]).flat();
  const sizes = [];
  try {
    for (let tenth = 1; tenth <= 10; tenth++) {
      const { errors, '5xx': failed } = await autocannon({
        url: `http://127.0.0.1:${port}`,
        connections: CONNECTIONS,
        amount: Math.ceil(amount / 10),
        requests,
      });
      if (errors > 0 || failed > 0) throw new Error(`${errors} errors, ${failed} answers of 5xx`);
      sizes.push(residentMiB());
      process.stdout.write(`${tenth * 10} %: ${sizes.at(-1).toFixed(0)} MiB\n`);
    }
  } finally {
    stop();
  }
  const settled = Math.max(...sizes.slice(2, 6));
  const last = Math.min(...sizes.slice(8));
  if (last > settled * 1.1)
    throw new Error(`the server's memory grows: ${settled.toFixed(0)}, then ${last.toFixed(0)} MiB`);
}

async function main() {
  const contestants = {
    get: ['text', 'cairn', 'better-sqlite3', 'lmdb'],
    put: ['cairn', 'better-sqlite3', 'lmdb'],
    list: ['cairn', 'better-sqlite3', 'lmdb'],
  };
  const names = [...new Set(measures().flatMap((measure) => contestants[measure]))];
  const found = {};
  for (const name of names) {
    const { port, stop } = await start(name);
    try {
      for (const measure of measures().filter((one) => contestants[one].includes(name))) {
        // The first compiles.
        await load(port, name, measure);
        const rounds = [];
        for (let round = 0; round < ROUNDS; round++) rounds.push(await load(port, name, measure));
        found[measure] ??= {};
        found[measure][name] = {
          rate: median(rounds.map(({ rate }) => rate)),
          p50: median(rounds.map(({ p50 }) => p50)),
          p99: median(rounds.map(({ p99 }) => p99)),
        };
      }
    } finally {
      stop();
    }
  }
  const lines = ['| | answers a second | of the best peer | median ms | p99 ms |', '|---|---|---|---|---|'];
  const titles = {
    get: 'GET of a key (of a store; of a row)',
    put: `PUT, durable, ${CONNECTIONS} connections`,
    list: `a page of ${PAGE} of ${KEYS} keys`,
  };
  for (const [measure, byName] of Object.entries(found)) {
    const best = Math.max(
      ...Object.entries(byName).flatMap(([name, { rate }]) => (name === 'cairn' ? [] : [rate])),
    );
    for (const [name, { rate, p50, p99 }] of Object.entries(byName)) {
      const ratio = name === 'cairn' ? `${(rate / best).toFixed(2)} ×` : '';
      lines.push(
        `| ${titles[measure]}: ${name === 'cairn' ? '**cairn**' : name} | ${Math.round(rate)} | ${ratio} | ${p50} | ${p99} |`,
      );
    }
  }
  const table = `${lines.join('\n')}\n`;
  process.stdout.write(table);
  if (options.write) replaceGenerated(RESULTS, 'serve', table);
}

if (options.soak !== undefined) await soak(Number(options.soak));
else if (options.child === undefined) await main();
else process.stdout.write(`${await SERVERS[options.child]()}\n`);
