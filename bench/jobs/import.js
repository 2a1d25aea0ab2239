/**
 * How fast files become stores, and stores files: `cairn import` and `cairn export` in each format, beside peers that
 * read the same file with what Node programs read it with, into better-sqlite3 and classic-level. Everything runs in
 * fresh processes, start included, round after round with the contestants taking turns.
 *
 *     npm run build && npm ci --prefix bench && node bench/jobs/import.js [--rows 1000000] [--rounds 3] [--formats csv,jsonl]
 */

import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, createWriteStream, mkdirSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { installedProgram } from '../peers/contestants/contestant.js';
import { mix } from '../peers/random.js';
import { median } from '../report/median.js';

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));
const DATA = here('../data/import');
const CAIRN = installedProgram('cairnkv', 'cairn');
const BATCH = 1000;

/** The options of `cairn import` for each format; `cairn export` makes the files of those that have no `line`. */
const FORMATS = {
  lines: { options: ['--key-separator', '='], line: (row) => `${row.sku}=${row.name} ${row.price}` },
  csv: {
    options: ['--format', 'csv', '--key', 'sku', '--numbers', 'price,stock'],
    head: 'sku,name,price,stock',
    line: (row) => `${row.sku},${row.name},${row.price},${row.stock}`,
  },
  'csv, every 10th row quoted': {
    options: ['--format', 'csv', '--key', 'sku', '--numbers', 'price,stock'],
    head: 'sku,name,price,stock',
    line: (row, i) =>
      `${row.sku},${i % 10 === 0 ? `"${row.name}, large"` : row.name},${row.price},${row.stock}`,
  },
  jsonl: { options: ['--format', 'jsonl'], line: ({ sku, ...value }) => JSON.stringify({ key: sku, value }) },
  json: { options: ['--format', 'json'] },
  msgpack: { options: ['--format', 'msgpack', '--value-encoding', 'json'] },
  nul: { options: ['--format', 'nul', '--value-encoding', 'json'] },
  'length-prefixed': { options: ['--format', 'length-prefixed', '--value-encoding', 'json'] },
};

/** What peers read a file with. */
const READERS = {
  lines: async function* (file) {
    for await (const line of createInterface({ input: createReadStream(file) })) {
      const split = line.indexOf('=');
      yield [line.slice(0, split), line.slice(split + 1)];
    }
  },
  csv: async function* (file) {
    const { parse } = await import('csv-parse');
    for await (const { sku, name, price, stock } of createReadStream(file).pipe(parse({ columns: true }))) {
      yield [sku, JSON.stringify({ name, price: Number(price), stock: Number(stock) })];
    }
  },
  jsonl: async function* (file) {
    for await (const line of createInterface({ input: createReadStream(file) })) {
      const { key, value } = JSON.parse(line);
      yield [key, JSON.stringify(value)];
    }
  },
};

const PEERS = {
  'better-sqlite3': async (entries, store) => {
    const { default: Database } = await import('better-sqlite3');
    const database = new Database(store);
    database.pragma('journal_mode = OFF');
    database.exec('CREATE TABLE entries (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID; BEGIN');
    const insert = database.prepare('INSERT INTO entries VALUES (?, ?)');
    for await (const [key, value] of entries) insert.run(key, value);
    database.exec('COMMIT');
    database.close();
  },
  'classic-level': async (entries, store) => {
    const { ClassicLevel } = await import('classic-level');
    const database = new ClassicLevel(store);
    let batch = [];
    for await (const [key, value] of entries) {
      batch.push({ type: 'put', key, value });
      if (batch.length < BATCH) continue;
      await database.batch(batch);
      batch = [];
    }
    await database.batch(batch);
    await database.close();
  },
};

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    formats: { type: 'string', default: Object.keys(FORMATS).join(';') },
    peer: { type: 'string' },
    format: { type: 'string' },
  },
});

if (options.peer === undefined) await compare();
else
  await PEERS[options.peer](READERS[options.format.split(',')[0]](fileOf(options.format)), `${DATA}/store`);

async function compare() {
  const rows = Number(options.rows);
  const chosen = options.formats.split(';');
  rmSync(DATA, { recursive: true, force: true });
  mkdirSync(DATA, { recursive: true });
  for (const [name, format] of Object.entries(FORMATS)) if (format.line) await makeFile(name, format, rows);
  run(['import', `${DATA}/source`, '-f', fileOf('jsonl'), '--format', 'jsonl']);
  for (const name of chosen.filter((one) => FORMATS[one].line === undefined)) {
    run(['export', `${DATA}/source`, '--format', name, '-o', fileOf(name)]);
  }
  /** @type {Map<string, number[]>} */
  const seconds = new Map();
  for (let round = 0; round < Number(options.rounds); round++) {
    for (const name of chosen)
      for (const [what, task] of tasksOf(name)) note(seconds, `${name}|${what}`, timed(task));
  }
  console.log(
    '| format | cairn import | cairn export | into better-sqlite3 | into classic-level |\n|---|---|---|---|---|',
  );
  for (const name of chosen) {
    const rate = (what) => {
      const taken = seconds.get(`${name}|${what}`);
      return taken === undefined ? undefined : rows / median(taken) / 1e6;
    };
    const base = rate('import');
    const cell = (what) => {
      const value = rate(what);
      if (value === undefined) return '–';
      return `${value.toFixed(2)} M/s${what in PEERS ? ` (${(base / value).toFixed(1)} ×)` : ''}`;
    };
    console.log(`| ${name} | ${['import', 'export', ...Object.keys(PEERS)].map(cell).join(' | ')} |`);
  }
  rmSync(DATA, { recursive: true, force: true });
}

/** What is timed of a format, in the order in which it is done. */
function tasksOf(name) {
  const { options: how, line } = FORMATS[name];
  const out = how.filter(
    (_, i) =>
      !/^--(?:numbers|value-encoding)$/.test(how[i]) && !/^--(?:numbers|value-encoding)$/.test(how[i - 1]),
  );
  const peers = line === undefined ? [] : Object.keys(PEERS);
  return [
    ['import', () => run(['import', `${DATA}/store`, '-f', fileOf(name), ...how])],
    ['export', () => run(['export', `${DATA}/store`, '-o', `${DATA}/out`, ...out])],
    ...peers.map((peer) => [
      peer,
      () => {
        rmSync(`${DATA}/store`, { recursive: true, force: true });
        node([here('./import.js'), '--peer', peer, '--format', name]);
        rmSync(`${DATA}/store`, { recursive: true, force: true });
      },
    ]),
  ];
}

function timed(task) {
  const began = performance.now();
  task();
  return (performance.now() - began) / 1000;
}

function note(seconds, name, value) {
  seconds.set(name, [...(seconds.get(name) ?? []), value]);
}

function run(argv) {
  if (argv[0] === 'import') rmSync(argv[1], { recursive: true, force: true });
  node([CAIRN, ...argv]);
}

function node(argv) {
  const { status, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`node ${argv.join(' ')} ended with ${status}: ${stderr}`);
}

function fileOf(name) {
  return `${DATA}/${name.replace(/\W+/g, '-')}.txt`;
}

async function makeFile(name, { head, line }, rows) {
  const file = createWriteStream(fileOf(name));
  if (head !== undefined) file.write(`${head}\n`);
  for (let i = 0; i < rows; ) {
    let text = '';
    for (const end = Math.min(rows, i + 10_000); i < end; i++) {
      const random = mix(i);
      const row = {
        sku: `sku${String(i).padStart(8, '0')}`,
        name: `item-${random % 9999}`,
        price: (random % 100_000) / 100,
        stock: random % 500,
      };
      text += `${line(row, i)}\n`;
    }
    if (!file.write(text)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'close');
}
