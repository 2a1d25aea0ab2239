/**
 * Collections beside lmdb and classic-level: look-ups and scans of one that was compacted and of one with eight
 * generations, commits, what compaction writes, and requests over HTTP. Everything that is committed is durable before it
 * counts, for everyone. Each figure is a process of its own with fresh directories, and the contestants take turns.
 *
 *     npm ci --prefix bench && npm run build && node bench/jobs/collection.js [--entries 100000] [--rounds 3] [--write]
 *         [--measure get8,commit] [--commits 300] [--keys 200000]
 *
 * With `--write` the table goes into RESULTS.md. `--keys` are those of the measure of write amplification.
 */

import { mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runNode } from '../peers/processes.js';
import { fillRandom, permutation, Random } from '../peers/random.js';
import { replaceGenerated } from '../report/generated.js';
import { median } from '../report/median.js';

const { values: options } = parseArgs({
  options: {
    entries: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '3' },
    commits: { type: 'string', default: '300' },
    keys: { type: 'string', default: '200000' },
    measure: { type: 'string' },
    write: { type: 'boolean', default: false },
    /** Set in the processes that measure: contestant and task. */
    child: { type: 'string' },
  },
});
const ENTRIES = Number(options.entries);
const COMMITS = Number(options.commits);
const KEYS = Number(options.keys);
const RESULTS = fileURLToPath(new URL('../RESULTS.md', import.meta.url));
const DATA = fileURLToPath(new URL('../data/collection', import.meta.url));
const GENERATIONS = 8;
const VALUE_BYTES = 100;
const SEED = 20;
/** Changes of a large commit. */
const MANY = 1000;
/** Calls that are made at once. */
const AT_ONCE = 64;
/** The best of so many passes over all entries counts. */
const PASSES = 5;

/** @param {number} i */
const keyOf = (i) => `user:${String(i * 7).padStart(11, '0')}`;
/** @param {number} i  of a key that nobody has, between two that are there */
const absentKeyOf = (i) => `user:${String(i * 7 + 3).padStart(11, '0')}`;
/** @param {number} i */
function contentsOf(i) {
  const value = Buffer.allocUnsafe(VALUE_BYTES);
  fillRandom(value, 0, VALUE_BYTES, i);
  return value;
}

/** The order in which keys are asked for. */
const lookups = () => permutation(ENTRIES, new Random(SEED + 1));

/** @typedef {Record<string, number>} Figures */

/**
 * What a contestant does: each task returns figures by measure. Rates are per second.
 * @typedef {object} Contestant
 * @property {string} version
 * @property {string} settings
 * @property {Record<string, (dir: string) => Promise<Figures>>} tasks
 */

/**
 * @param {(key: string) => unknown} get
 * @param {(i: number) => string} key
 * @param {boolean} found
 */
function timeGets(get, key, found) {
  const keys = Array.from(lookups(), key);
  // The first compiles, and brings everything into memory.
  let seconds = Number.POSITIVE_INFINITY;
  for (let pass = 0; pass < PASSES; pass++) {
    const began = performance.now();
    for (const one of keys)
      if ((get(one) !== undefined) !== found) throw new Error(`a wrong answer for ${one}`);
    seconds = Math.min(seconds, (performance.now() - began) / 1000);
  }
  return keys.length / seconds;
}

/** @param {() => Promise<number> | number} scan  returns the number of entries */
async function timeScan(scan) {
  let seconds = Number.POSITIVE_INFINITY;
  for (let pass = 0; pass < PASSES; pass++) {
    const began = performance.now();
    const entries = await scan();
    seconds = Math.min(seconds, (performance.now() - began) / 1000);
    if (entries !== ENTRIES) throw new Error(`${entries} entries instead of ${ENTRIES}`);
  }
  return ENTRIES / seconds;
}

/**
 * @param {(from: number) => Promise<unknown>} commit
 * @param {number} times
 * @param {number} changes  of each
 */
async function timeCommits(commit, times, changes) {
  const warm = Math.ceil(times / 10);
  for (let i = 0; i < warm; i++) await commit(i * changes);
  const cpu = process.cpuUsage();
  const began = performance.now();
  for (let i = warm; i < warm + times; i++) await commit(i * changes);
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { rate: (times * changes) / seconds, cpu: (user + system) / 1000 / times };
}

/**
 * @param {object} writer
 * @param {(key: string, value: Buffer) => Promise<unknown>} writer.put  one key
 * @param {(entries: [string, Buffer][]) => Promise<unknown>} writer.putMany  in one commit
 */
async function timeWriter({ put, putMany }) {
  const order = permutation(1_000_000, new Random(SEED + 2));
  const one = await timeCommits((at) => put(keyOf(order[at]), contentsOf(at)), COMMITS, 1);
  const together = await timeCommits(
    (from) =>
      Promise.all(
        Array.from({ length: AT_ONCE }, (_, i) => put(keyOf(order[5000 + from + i]), contentsOf(i))),
      ),
    Math.ceil(COMMITS / 10),
    AT_ONCE,
  );
  const many = await timeCommits(
    (from) =>
      putMany(Array.from({ length: MANY }, (_, i) => [keyOf(order[100_000 + from + i]), contentsOf(i)])),
    Math.ceil(COMMITS / 10),
    MANY,
  );
  return {
    'commit-one': one.rate,
    'commit-one-cpu': one.cpu,
    'commit-together': together.rate,
    'commit-many': many.rate,
    'commit-many-cpu': many.cpu,
  };
}

/** The keys of generation `g`, in random order: each has its share of all. @param {number} g @returns {number[]} */
function generation(g) {
  const order = permutation(ENTRIES, new Random(SEED));
  return [
    ...order.subarray(Math.floor((g * ENTRIES) / GENERATIONS), Math.floor(((g + 1) * ENTRIES) / GENERATIONS)),
  ];
}

/**
 * Counts the requests for files below DATA.
 * @param {(origin: string) => Promise<void>} work
 */
async function countRequests(work) {
  let requests = 0;
  const server = createServer((request, response) => {
    requests++;
    const path = join(DATA, new URL(request.url ?? '/', 'http://localhost').pathname);
    const size = statSync(path, { throwIfNoEntry: false })?.size;
    if (size === undefined) {
      response.writeHead(404).end();
      return;
    }
    const bytes = readFileSync(path);
    const range = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? '');
    const start = range === null ? 0 : Number(range[1]);
    const end = range === null || range[2] === '' ? size - 1 : Math.min(size - 1, Number(range[2]));
    response.writeHead(range === null ? 200 : 206, {
      'content-length': end - start + 1,
      'accept-ranges': 'bytes',
      ...(range === null ? {} : { 'content-range': `bytes ${start}-${end}/${size}` }),
    });
    response.end(request.method === 'HEAD' ? undefined : bytes.subarray(start, end + 1));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  try {
    await work(`http://127.0.0.1:${/** @type {any} */ (server.address()).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
  return requests;
}

/** Bytes that this process has handed to the system so far. */
const writtenBytes = () => Number(/wchar: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);

const openCairn = async (/** @type {string} */ dir, /** @type {object} */ more = {}) => {
  const { openCollection } = await import('cairnkv/collection');
  return openCollection(dir, { valueEncoding: 'binary', ...more });
};

/** @param {any} reader @returns {() => number} */
const scanEach = (reader) => () => {
  let entries = 0;
  for (const [key, value] of reader.entriesSync()) if (key.length + value.length > 0) entries++;
  return entries;
};

/** @type {Record<string, () => Promise<Contestant>>} */
const contestants = {
  cairn: async () => ({
    version: /** @type {string} */ (
      JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version
    ),
    settings: 'valueEncoding binary, otherwise as it comes',
    tasks: {
      async load(dir) {
        const { createStore } = await import('cairnkv');
        const writer = await createStore(join(dir, 'store'), { valueEncoding: 'binary' });
        for (let i = 0; i < ENTRIES; i++) await writer.put(keyOf(i), contentsOf(i));
        await writer.close();
        const whole = await openCairn(join(dir, 'whole'));
        await whole.commit(Array.from({ length: ENTRIES }, (_, i) => ({ set: [keyOf(i), contentsOf(i)] })));
        await whole.compact({ full: true });
        await whole.close();
        const layered = await openCairn(join(dir, 'layered'), { autoCompact: false });
        for (let g = 0; g < GENERATIONS; g++)
          await layered.commit(generation(g).map((i) => ({ set: [keyOf(i), contentsOf(i)] })));
        await layered.close();
        return {};
      },
      async store(dir) {
        const { openStore } = await import('cairnkv');
        const store = await openStore(join(dir, 'store'));
        return {
          'get-store': timeGets((key) => store.getSync(key), keyOf, true),
          'scan-store': await timeScan(scanEach(store)),
        };
      },
      async whole(dir) {
        const whole = await openCairn(join(dir, 'whole'));
        return {
          'get-whole': timeGets((key) => whole.getSync(key), keyOf, true),
          'scan-whole': await timeScan(scanEach(whole)),
        };
      },
      async get8(dir) {
        const layered = await openCairn(join(dir, 'layered'));
        return { get8: timeGets((key) => layered.getSync(key), keyOf, true) };
      },
      async miss8(dir) {
        const layered = await openCairn(join(dir, 'layered'));
        return { miss8: timeGets((key) => layered.getSync(key), absentKeyOf, false) };
      },
      async scan8(dir) {
        const layered = await openCairn(join(dir, 'layered'));
        return { scan8: await timeScan(scanEach(layered)) };
      },
      async firstStore(dir) {
        const { openStore } = await import('cairnkv');
        const began = performance.now();
        const store = await openStore(join(dir, 'store'));
        if (store.getSync(keyOf(1)) === undefined) throw new Error('a wrong answer');
        return { 'first-store': performance.now() - began };
      },
      async first8(dir) {
        const { openCollection } = await import('cairnkv/collection');
        const began = performance.now();
        const layered = await openCollection(join(dir, 'layered'));
        if (layered.getSync(keyOf(1)) === undefined) throw new Error('a wrong answer');
        return { first8: performance.now() - began };
      },
      async commit(dir) {
        const fresh = await openCairn(join(dir, 'fresh'));
        const figures = await timeWriter({
          put: (key, value) => fresh.set(key, value),
          putMany: (entries) => fresh.commit(entries.map((set) => ({ set }))),
        });
        await fresh.close();
        return figures;
      },
      async amplification(dir) {
        const random = new Random(SEED + 3);
        const fresh = await openCairn(join(dir, 'amplified'));
        let [bytes, most] = [0, 0];
        const before = writtenBytes();
        const began = performance.now();
        for (let from = 0; from < KEYS; from += MANY) {
          const changes = Array.from({ length: MANY }, () => ({
            set: /** @type {[string, Buffer]} */ ([keyOf(random.below(1_000_000_000)), contentsOf(from)]),
          }));
          bytes += (await fresh.commit(changes)).bytes;
          for await (const { generations } of fresh.versions()) most = Math.max(most, generations);
        }
        await fresh.close();
        const seconds = (performance.now() - began) / 1000;
        return {
          'amplified-writes': (writtenBytes() - before) / bytes,
          'amplified-generations': most,
          'amplified-rate': KEYS / seconds,
        };
      },
      async http() {
        await import('cairnkv/collection');
        return {
          requests: await countRequests(async (origin) => {
            const layered = await openCairn(`${origin}/cairn/layered`, { readOnly: true });
            if ((await layered.get(keyOf(1))) === undefined) throw new Error('a wrong answer');
            await layered.close();
          }),
        };
      },
    },
  }),

  lmdb: async () => {
    const { open } = await import('lmdb');
    const settings = /** @type {const} */ ({ encoding: 'binary', keyEncoding: 'binary', cache: false });
    const openLmdb = (/** @type {string} */ dir) => open({ path: dir, ...settings, overlappingSync: false });
    const read = (/** @type {string} */ dir) => openLmdb(join(dir, 'data'));
    return {
      version: versionOf('lmdb'),
      settings: 'binary keys and values, overlappingSync false: a commit is flushed before it is told',
      tasks: {
        async load(dir) {
          const store = read(dir);
          store.transactionSync(() => {
            for (let g = 0; g < GENERATIONS; g++)
              for (const i of generation(g)) store.putSync(Buffer.from(keyOf(i)), contentsOf(i));
          });
          await store.close();
          return {};
        },
        async get8(dir) {
          const store = read(dir);
          const get = (/** @type {any} */ key) => store.get(key);
          return {
            get8: timeGets(
              get,
              /** @type {any} */ ((/** @type {number} */ i) => Buffer.from(keyOf(i))),
              true,
            ),
          };
        },
        async miss8(dir) {
          const store = read(dir);
          const get = (/** @type {any} */ key) => store.get(key);
          return {
            miss8: timeGets(
              get,
              /** @type {any} */ ((/** @type {number} */ i) => Buffer.from(absentKeyOf(i))),
              false,
            ),
          };
        },
        async scan8(dir) {
          const store = read(dir);
          return {
            scan8: await timeScan(() => {
              let entries = 0;
              for (const { key, value } of store.getRange({ snapshot: false }))
                if (/** @type {any} */ (key).length + value.length > 0) entries++;
              return entries;
            }),
          };
        },
        async commit(dir) {
          const store = openLmdb(join(dir, 'fresh'));
          const figures = await timeWriter({
            put: (key, value) => store.put(Buffer.from(key), value),
            putMany: async (entries) =>
              store.transactionSync(() => {
                for (const [key, value] of entries) store.putSync(Buffer.from(key), value);
              }),
          });
          await store.close();
          return figures;
        },
      },
    };
  },

  level: async () => {
    const { ClassicLevel } = await import('classic-level');
    const openLevel = async (/** @type {string} */ dir) => {
      /** @type {import('classic-level').ClassicLevel<string, Buffer>} */
      const level = new ClassicLevel(dir, { keyEncoding: 'utf8', valueEncoding: 'buffer' });
      await level.open();
      return level;
    };
    const read = (/** @type {string} */ dir) => openLevel(join(dir, 'data'));
    return {
      version: versionOf('classic-level'),
      settings: 'as it comes; put and batch with sync: true',
      tasks: {
        async load(dir) {
          const level = await read(dir);
          for (let g = 0; g < GENERATIONS; g++) {
            const keys = generation(g);
            for (let from = 0; from < keys.length; from += MANY) {
              await level.batch(
                keys
                  .slice(from, from + MANY)
                  .map((i) => ({ type: 'put', key: keyOf(i), value: contentsOf(i) })),
              );
            }
          }
          await level.compactRange(keyOf(0), keyOf(ENTRIES));
          await level.close();
          return {};
        },
        async get8(dir) {
          const level = await read(dir);
          return { get8: timeGets((key) => level.getSync(key), keyOf, true) };
        },
        async miss8(dir) {
          const level = await read(dir);
          return { miss8: timeGets((key) => level.getSync(key), absentKeyOf, false) };
        },
        async scan8(dir) {
          const level = await read(dir);
          return {
            scan8: await timeScan(async () => {
              let entries = 0;
              const iterator = level.iterator({ highWaterMarkBytes: 4 * 2 ** 20 });
              for (;;) {
                const batch = await iterator.nextv(MANY);
                if (batch.length === 0) break;
                entries += batch.length;
              }
              await iterator.close();
              return entries;
            }),
          };
        },
        async commit(dir) {
          const level = await openLevel(join(dir, 'fresh'));
          const figures = await timeWriter({
            put: (key, value) => level.put(key, value, { sync: true }),
            putMany: (entries) =>
              level.batch(
                entries.map(([key, value]) => ({ type: 'put', key, value })),
                { sync: true },
              ),
          });
          await level.close();
          return figures;
        },
      },
    };
  },
};

/** @param {string} name */
function versionOf(name) {
  const file = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  return /** @type {string} */ (JSON.parse(readFileSync(file, 'utf8')).version);
}

const TASKS = [
  'store',
  'whole',
  'get8',
  'miss8',
  'scan8',
  'firstStore',
  'first8',
  'commit',
  'amplification',
  'http',
];

/**
 * A row of the table: the figure of ours, and what it is compared with.
 * @typedef {object} Row
 * @property {string} title
 * @property {string} ours  a measure
 * @property {[contestant: string, measure: string][]} peers
 * @property {number[]} target  for each peer's ratio; without peers, for the figure
 * @property {boolean} [less]  whether less is better
 * @property {(value: number) => string} format
 */

const rate = (/** @type {number} */ value) =>
  value >= 1e6
    ? `${(value / 1e6).toFixed(2)}M`
    : value >= 1e4
      ? `${(value / 1e3).toFixed(0)}k`
      : value.toFixed(0);
const plain = (/** @type {number} */ value) => value.toFixed(value % 1 === 0 ? 0 : 1);
const ms = (/** @type {number} */ value) => `${value.toFixed(2)} ms`;
const both = (/** @type {string} */ measure) =>
  /** @type {[string, string][]} */ ([
    ['lmdb', measure],
    ['level', measure],
  ]);

/** @type {Row[]} */
const ROWS = [
  {
    title: 'getSync, compacted',
    ours: 'get-whole',
    peers: [['cairn', 'get-store']],
    target: [0.9],
    format: rate,
  },
  { title: 'getSync, 8 generations', ours: 'get8', peers: both('get8'), target: [1, 0], format: rate },
  {
    title: 'getSync, 8 generations, misses',
    ours: 'miss8',
    peers: both('miss8'),
    target: [1, 0],
    format: rate,
  },
  {
    title: 'full scan, compacted',
    ours: 'scan-whole',
    peers: [['cairn', 'scan-store']],
    target: [0],
    format: rate,
  },
  { title: 'full scan, 8 generations', ours: 'scan8', peers: both('scan8'), target: [2, 3], format: rate },
  {
    title: 'one-key commits, one after the other',
    ours: 'commit-one',
    peers: both('commit-one'),
    target: [0.5, 0.5],
    format: rate,
  },
  {
    title: '… processor time of one',
    ours: 'commit-one-cpu',
    peers: both('commit-one-cpu'),
    target: [],
    less: true,
    format: ms,
  },
  {
    title: 'one-key commits, 64 at once',
    ours: 'commit-together',
    peers: [['cairn', 'commit-one'], ...both('commit-together')],
    target: [2],
    format: rate,
  },
  {
    title: '1,000-key commits, keys',
    ours: 'commit-many',
    peers: both('commit-many'),
    target: [1, 1],
    format: rate,
  },
  {
    title: '… processor time of one',
    ours: 'commit-many-cpu',
    peers: both('commit-many-cpu'),
    target: [],
    less: true,
    format: ms,
  },
  {
    title: 'open and first get, 8 generations',
    ours: 'first8',
    peers: [['cairn', 'first-store']],
    target: [2],
    less: true,
    format: ms,
  },
  {
    title: 'open and first get over HTTP, requests',
    ours: 'requests',
    peers: [],
    target: [4],
    less: true,
    format: plain,
  },
  {
    title: 'bytes written for each committed',
    ours: 'amplified-writes',
    peers: [],
    target: [8],
    less: true,
    format: plain,
  },
  {
    title: '… generations at most',
    ours: 'amplified-generations',
    peers: [],
    target: [12],
    less: true,
    format: plain,
  },
  {
    title: '… keys a second, compaction included',
    ours: 'amplified-rate',
    peers: [],
    target: [],
    format: rate,
  },
];

/** @param {Record<string, Record<string, number[]>>} samples  contestant → measure → a number a round */
function render(samples) {
  const lines = ['| | cairn | compared with | ratio | target | |', '|---|---:|---|---:|---|---|'];
  for (const { title, ours, peers, target, less = false, format } of ROWS) {
    const figure = median(samples.cairn?.[ours]);
    if (figure === undefined) continue;
    const verdict = (/** @type {number} */ value, /** @type {number | undefined} */ limit) =>
      !limit ? '' : (less ? value <= limit : value >= limit) ? 'reached' : '**missed**';
    const sign = less ? '≤' : '≥';
    if (peers.length === 0) {
      const [limit] = target;
      lines.push(
        `| ${title} | ${format(figure)} | | | ${limit ? `${sign} ${limit}` : ''} | ${verdict(figure, limit)} |`,
      );
    }
    for (const [i, [contestant, measure]] of peers.entries()) {
      const other = median(samples[contestant]?.[measure]);
      if (other === undefined) continue;
      const limit = target[i];
      const name = contestant === 'cairn' ? NAMES[measure] : contestant;
      // Within a round, so that both sides of a ratio were measured in the same minute.
      const ratio = median(
        samples.cairn[ours].map((value, round) => value / samples[contestant][measure][round]),
      );
      const wanted = limit ? `${sign} ${limit} ×` : '';
      lines.push(
        `| ${title} | ${format(figure)} | ${name}: ${format(other)} | ${Number(ratio).toFixed(2)} × | ${wanted} | ${verdict(Number(ratio), limit)} |`,
      );
    }
  }
  return lines;
}

/** @type {Record<string, string>} */
const NAMES = {
  'get-store': 'a store',
  'scan-store': 'a store',
  'first-store': 'a store',
  'commit-one': 'one after the other',
};

/** @param {string} contestant @param {string} task @returns {Figures} */
function runChild(contestant, task) {
  const args = [fileURLToPath(import.meta.url), '--child', `${contestant}/${task}`];
  for (const name of /** @type {const} */ (['entries', 'commits', 'keys']))
    args.push(`--${name}`, options[name]);
  const { json, error } = runNode(args);
  if (error !== undefined) throw new Error(`${contestant}, ${task}: ${error}`);
  return json;
}

async function measure() {
  const wanted = options.measure?.split(',') ?? TASKS;
  const made = await Promise.all(
    Object.entries(contestants).map(async ([name, make]) => /** @type {const} */ ([name, await make()])),
  );
  rmSync(DATA, { recursive: true, force: true });
  /** @type {Record<string, Record<string, number[]>>} */
  const samples = {};
  for (const [name] of made) {
    mkdirSync(join(DATA, name), { recursive: true });
    runChild(name, 'load');
  }
  for (let round = 0; round < Number(options.rounds); round++) {
    for (const task of TASKS.filter((task) => wanted.includes(task))) {
      for (const [name, { tasks }] of made) {
        if (tasks[task] === undefined) continue;
        for (const fresh of ['fresh', 'amplified'])
          rmSync(join(DATA, name, fresh), { recursive: true, force: true });
        const began = performance.now();
        const figures = runChild(name, task);
        process.stderr.write(`${name}, ${task}: ${((performance.now() - began) / 1000).toFixed(1)} s\n`);
        for (const [measure, value] of Object.entries(figures))
          ((samples[name] ??= {})[measure] ??= []).push(value);
      }
    }
  }
  rmSync(DATA, { recursive: true, force: true });
  const lines = [
    `${ENTRIES.toLocaleString('en')} entries of 16 and ${VALUE_BYTES} bytes in memory; ${COMMITS} commits of one key; ` +
      `${KEYS.toLocaleString('en')} random keys in commits of 1,000 for what compaction writes; Node ${process.versions.node}; ` +
      `medians of ${options.rounds} rounds, ratios within a round.`,
    '',
    ...render(samples),
    '',
    ...made.map(([name, { version, settings }]) => `- ${name} ${version}: ${settings}`),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  if (options.write) replaceGenerated(RESULTS, lines.join('\n'), 'collection');
}

if (options.child === undefined) await measure();
else {
  const [name, task] = options.child.split('/');
  const { tasks } = await contestants[name]();
  const dir = join(DATA, name);
  process.stdout.write(JSON.stringify(await tasks[task](dir)));
  process.exit(0);
}
