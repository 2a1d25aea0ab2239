/**
 * Reading from a web server that is 20 ms away: requests, bytes and time, beside what else reads parts of files over HTTP.
 *
 *     npm ci --prefix bench && npm run build && node bench/jobs/remote.js [--entries 300000] [--latency 20] [--rounds 3]
 *         [--line 25]
 *
 * The server is a process of its own, which waits before each answer and counts what it is asked and sends; with `--line`
 * all its answers together go at so many MB/s. Every contestant gets the same entries (text keys of 16 B, JSON values of
 * about 100 B) and gives the same answers, which are compared. PMTiles finds tiles by numbers and has no keys: it is
 * asked for the entry's number instead, and has neither ranges nor scans.
 */

import { execFile, fork } from 'node:child_process';
import { createReadStream, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { median } from '../report/median.js';

const DATA = fileURLToPath(new URL('../data/remote', import.meta.url));
const WARM_GETS = 50;
const RANGE = 1000;
const COUNTS = '/counts';

/** In the order of the table. */
const TASKS = {
  cold: 'cold first get',
  warm: 'warm random get',
  many: 'getMany(100), just opened',
  range: 'range of 1,000, just opened',
  scan: 'full scan, values parsed',
  keys: 'full scan, keys only',
  plain: 'plain download, nothing parsed',
};

const { values: options } = parseArgs({
  options: {
    entries: { type: 'string', default: '300000' },
    latency: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '3' },
    line: { type: 'string', default: '0' },
    serve: { type: 'boolean', default: false },
    take: { type: 'string' },
    origin: { type: 'string' },
    round: { type: 'string', default: '0' },
  },
});
const count = Number(options.entries);
if (!(count >= 4 * RANGE)) throw new Error(`--entries wants at least ${4 * RANGE}, not ${options.entries}`);

/** @param {number} i */
const keyOf = (i) => `user:${String(i * 7).padStart(11, '0')}`;
/** @param {number} i */
const personOf = (i) => ({
  id: i,
  name: `person number ${i}`,
  mail: `p${i}@example.org`,
  tags: ['a', 'b', String(i % 97)],
});

/** The bytes of PMTiles' variable-length integers. @param {number[]} numbers */
function varints(numbers) {
  const bytes = [];
  for (let number of numbers) {
    for (; number > 127; number = Math.floor(number / 128)) bytes.push((number % 128) + 128);
    bytes.push(number);
  }
  return Buffer.from(bytes);
}

/**
 * A directory of PMTiles: consecutive things that are `sizes` long from `offset` on, in steps of `step` tiles.
 * @param {number} firstTile @param {number} step @param {number} run @param {number} offset @param {number[]} sizes
 */
function tileDirectory(firstTile, step, run, offset, sizes) {
  return varints([
    sizes.length,
    ...sizes.map((_, i) => (i === 0 ? firstTile : step)),
    ...sizes.map(() => run),
    ...sizes,
    // An offset is written plus one; zero says "behind the one before".
    ...sizes.map((_, i) => (i === 0 ? offset + 1 : 0)),
  ]);
}

/** An archive of PMTiles, version 3, in which each value is the tile of its number. */
function tileArchive() {
  const LEAF = 4096;
  const HEADER = 127;
  const values = Array.from({ length: count }, (_, i) => Buffer.from(JSON.stringify(personOf(i))));
  const leaves = [];
  let offset = 0;
  for (let at = 0; at < count; at += LEAF) {
    const sizes = values.slice(at, at + LEAF).map((value) => value.length);
    leaves.push(tileDirectory(at, 1, 1, offset, sizes));
    for (const size of sizes) offset += size;
  }
  const leafSizes = leaves.map((leaf) => leaf.length);
  const root = tileDirectory(0, LEAF, 0, 0, leafSizes);
  const leafBytes = leafSizes.reduce((sum, size) => sum + size, 0);
  const header = Buffer.alloc(HEADER);
  header.write('PMTiles', 'latin1');
  header[7] = 3;
  const metadata = Buffer.from('{}');
  const leafStart = HEADER + root.length + metadata.length;
  const places = [HEADER, root.length, HEADER + root.length, metadata.length, leafStart, leafBytes];
  places.push(leafStart + leafBytes, offset, count, count, count);
  places.forEach((place, i) => {
    header.writeBigUInt64LE(BigInt(place), 8 + 8 * i);
  });
  // Clustered; directories and tiles are not compressed; the tiles' type is unknown; zooms 0 to 12.
  header.set([1, 1, 1, 0, 0, 12], 96);
  return Buffer.concat([header, root, metadata, ...leaves, ...values]);
}

function serve() {
  let requests = 0;
  let bytes = 0;
  const bytesPerMs = Number(options.line) * 1000;
  let lineFreeAt = 0;
  /** Lets bytes through at the speed of the line that all answers share. */
  const line = () =>
    new Transform({
      highWaterMark: 1 << 16,
      async transform(chunk, _encoding, done) {
        const now = performance.now();
        lineFreeAt = Math.max(now, lineFreeAt) + chunk.length / bytesPerMs;
        if (lineFreeAt > now + 1) await pause(lineFreeAt - now);
        done(null, chunk);
      },
    });
  const server = createServer((request, response) => {
    if (request.url === COUNTS) {
      response.end(JSON.stringify({ requests, bytes }));
      requests = 0;
      bytes = 0;
      return;
    }
    requests++;
    setTimeout(() => {
      const path = join(DATA, new URL(request.url ?? '/', 'http://localhost').pathname);
      const size = statSync(path, { throwIfNoEntry: false })?.size;
      if (size === undefined) {
        response.writeHead(404).end();
        return;
      }
      const range = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? '');
      const start = range === null ? 0 : Number(range[1]);
      const end = range === null || range[2] === '' ? size - 1 : Math.min(size - 1, Number(range[2]));
      response.writeHead(range === null ? 200 : 206, {
        'content-length': end - start + 1,
        'accept-ranges': 'bytes',
        ...(range === null ? {} : { 'content-range': `bytes ${start}-${end}/${size}` }),
      });
      if (request.method === 'HEAD') {
        response.end();
        return;
      }
      const stream = createReadStream(path, {
        start,
        end,
        highWaterMark: bytesPerMs > 0 ? 1 << 15 : 1 << 18,
      });
      stream.on('data', (chunk) => {
        bytes += chunk.length;
      });
      if (bytesPerMs > 0) stream.pipe(line()).pipe(response);
      else stream.pipe(response);
      response.on('close', () => stream.destroy());
    }, Number(options.latency));
  });
  // Parsing everything takes longer than the usual five seconds now and then.
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1', () => process.send?.({ port: /** @type {any} */ (server.address()).port }));
}

/**
 * @typedef {object} Session
 * @property {(key: string) => Promise<unknown>} get
 * @property {(keys: string[]) => Promise<unknown[]>} getMany
 * @property {(from: string, to: string) => Promise<number>} [range]  the number of entries
 * @property {() => Promise<number>} [scan]
 * @property {() => Promise<number>} [scanKeys]
 * @property {() => Promise<void>} [close]
 */

/** @type {Record<string, { settings: string, write: () => Promise<void>, open: (origin: string) => Promise<Session> }>} */
const contestants = {
  cairn: {
    settings: 'as it comes',
    async write() {
      const { createStore } = await import('cairnkv');
      const writer = await createStore(join(DATA, 'store'), { valueEncoding: 'json' });
      for (let i = 0; i < count; i++) {
        const full = writer.put(keyOf(i), personOf(i));
        if (full) await full;
      }
      await writer.close();
    },
    async open(origin) {
      const { openStore } = await import('cairnkv');
      const store = await openStore(`${origin}/store`, { valueEncoding: 'json' });
      return {
        get: (key) => store.get(key),
        getMany: (keys) => store.getMany(keys),
        async range(gte, lt) {
          let entries = 0;
          await store.forEach(() => void entries++, { gte, lt });
          return entries;
        },
        async scan() {
          let entries = 0;
          await store.forEach(() => void entries++);
          return entries;
        },
        async scanKeys() {
          let entries = 0;
          for await (const _ of store.keys()) entries++;
          return entries;
        },
        close: () => store.close(),
      };
    },
  },
  hyparquet: {
    settings:
      'row groups of 10,000, pages of 16 KB with column and offset index, uncompressed; told the size; buffer cached',
    async write() {
      const { parquetWriteFile } = /** @type {any} */ (await import('hyparquet-writer'));
      const keys = Array.from({ length: count }, (_, i) => keyOf(i));
      const values = Array.from({ length: count }, (_, i) => JSON.stringify(personOf(i)));
      parquetWriteFile({
        filename: join(DATA, 'store.parquet'),
        columnData: [
          { name: 'key', data: keys, type: 'STRING', columnIndex: true, offsetIndex: true },
          { name: 'value', data: values, type: 'STRING', offsetIndex: true },
        ],
        codec: 'UNCOMPRESSED',
        rowGroupSize: 10_000,
        pageSize: 16_384,
        statistics: true,
      });
    },
    async open(origin) {
      const { asyncBufferFromUrl, cachedAsyncBuffer, parquetMetadataAsync, parquetQuery } =
        /** @type {any} */ (await import('hyparquet'));
      const byteLength = statSync(join(DATA, 'store.parquet')).size;
      const file = cachedAsyncBuffer(
        await asyncBufferFromUrl({ url: `${origin}/store.parquet`, byteLength }),
      );
      const metadata = await parquetMetadataAsync(file);
      /** @param {object} key */
      const rows = (key) => parquetQuery({ file, metadata, filter: { key }, useOffsetIndex: true });
      return {
        async get(key) {
          const [row] = await rows({ $eq: key });
          return row && JSON.parse(row.value);
        },
        async getMany(keys) {
          const found = new Map();
          for (const row of await rows({ $in: keys })) found.set(row.key, JSON.parse(row.value));
          return keys.map((key) => found.get(key));
        },
        range: async (from, to) =>
          (await rows({ $gte: from, $lt: to })).map((row) => JSON.parse(row.value)).length,
        scan: async () =>
          (await parquetQuery({ file, metadata })).map((/** @type {any} */ row) => JSON.parse(row.value))
            .length,
      };
    },
  },
  pmtiles: {
    settings: 'tiles by number, clustered, leaf directories of 4,096, uncompressed',
    async write() {
      writeFileSync(join(DATA, 'store.pmtiles'), tileArchive());
    },
    async open(origin) {
      const { PMTiles, tileIdToZxy } = /** @type {any} */ (await import('pmtiles'));
      const archive = new PMTiles(`${origin}/store.pmtiles`);
      /** @param {string} key */
      const get = async (key) => {
        const tile = await archive.getZxy(...tileIdToZxy(Number(key.slice('user:'.length)) / 7));
        return tile && JSON.parse(Buffer.from(tile.data).toString());
      };
      return { get, getMany: (keys) => Promise.all(keys.map(get)) };
    },
  },
  'JSON file': {
    settings: 'one object, downloaded and parsed',
    async write() {
      const parts = [];
      for (let i = 0; i < count; i++)
        parts.push(`${JSON.stringify(keyOf(i))}:${JSON.stringify(personOf(i))}`);
      writeFileSync(join(DATA, 'store.json'), `{${parts.join(',')}}`);
    },
    async open(origin) {
      const all = /** @type {Record<string, unknown>} */ (await (await fetch(`${origin}/store.json`)).json());
      return {
        get: async (key) => all[key],
        getMany: async (keys) => keys.map((key) => all[key]),
        range: async (from, to) => Object.keys(all).filter((key) => key >= from && key < to).length,
        scan: async () => Object.entries(all).length,
      };
    },
  },
};

/**
 * All tasks of one contestant, in a process of its own. They are done twice, and the second time counts: what loads a
 * module or compiles a function first is no matter of requests.
 *
 * @param {string} name
 * @param {string} origin
 * @param {number} round
 */
async function take(name, origin, round) {
  const { open } = contestants[name];
  /** @type {Record<string, { requests: number, bytes: number, ms: number }>} */
  let noted = {};
  /**
   * @template T
   * @param {string} task
   * @param {() => Promise<T>} work
   * @param {number} [times]
   */
  const note = async (task, work, times = 1) => {
    globalThis.gc?.();
    const began = performance.now();
    const result = await work();
    const ms = (performance.now() - began) / times;
    const { requests, bytes } = await (await fetch(`${origin}${COUNTS}`)).json();
    noted[task] = { requests: requests / times, bytes: bytes / times, ms };
    return result;
  };
  /** @param {unknown} found @param {unknown} wanted */
  const same = (found, wanted) => {
    if (JSON.stringify(found) !== JSON.stringify(wanted))
      throw new Error(`${JSON.stringify(found)} is not ${JSON.stringify(wanted)}`);
  };
  for (const pass of [0, 1]) {
    noted = {};
    const shift = 2 * round + pass;
    const middle = Math.floor(count / 2) + shift * 17;
    /** @type {Session} */
    let session = await note(TASKS.cold, async () => {
      const opened = await open(origin);
      same(await opened.get(keyOf(middle)), personOf(middle));
      return opened;
    });
    const gets = async () => {
      for (let i = 1; i <= WARM_GETS; i++) {
        const at = (i * 7919 + shift * 13) % count;
        same(await session.get(keyOf(at)), personOf(at));
      }
    };
    await note(TASKS.warm, gets, WARM_GETS);
    await session.close?.();

    /** A session that has looked up nothing yet. */
    const reopen = async () => {
      session = await open(origin);
      await note('(opening)', async () => undefined);
      return session;
    };
    const { range, scan, scanKeys } = await reopen();
    const many = Array.from({ length: 100 }, (_, i) => (i * 104_729 + shift) % count);
    same(await note(TASKS.many, () => session.getMany(many.map(keyOf))), many.map(personOf));
    await session.close?.();
    if (range !== undefined) {
      await reopen();
      const wanted = /** @type {const} */ ([keyOf(middle), keyOf(middle + RANGE)]);
      same(await note(TASKS.range, async () => session.range?.(...wanted)), RANGE);
      await session.close?.();
    }
    if (scan !== undefined) {
      same(await note(TASKS.scan, async () => (session = await open(origin)).scan?.()), count);
      await session.close?.();
    }
    if (scanKeys !== undefined) {
      same(await note(TASKS.keys, async () => (session = await open(origin)).scanKeys?.()), count);
      await session.close?.();
    }
    await note(TASKS.plain, async () => (await fetch(`${origin}/plain`)).arrayBuffer());
  }
  process.stdout.write(JSON.stringify(noted));
}

async function measure() {
  rmSync(DATA, { recursive: true, force: true });
  mkdirSync(DATA, { recursive: true });
  for (const { write } of Object.values(contestants)) await write();
  const { storeInfo } = await import('cairnkv');
  // What a plain download of the store's bytes takes, whatever they are.
  writeFileSync(join(DATA, 'plain'), new Uint8Array((await storeInfo(join(DATA, 'store'))).bytes));

  const self = fileURLToPath(import.meta.url);
  const settings = ['--latency', options.latency, '--line', options.line, '--entries', options.entries];
  const server = fork(self, ['--serve', ...settings]);
  const { port } = /** @type {any} */ (await new Promise((resolve) => server.once('message', resolve)));
  /** @type {Record<string, Record<string, { requests: number, bytes: number, ms: number }[]>>} */
  const samples = {};
  try {
    for (let round = 0; round < Number(options.rounds); round++) {
      for (const name of Object.keys(contestants)) {
        const args = [
          '--expose-gc',
          self,
          '--take',
          name,
          '--origin',
          `http://127.0.0.1:${port}`,
          '--round',
          `${round}`,
        ];
        // Not `spawnSync`: the child's answers come from a server that this process only started.
        const { stdout } = await promisify(execFile)(process.execPath, [...args, ...settings]);
        for (const [task, sample] of Object.entries(JSON.parse(stdout))) {
          // Whoever is asked: a download without meaning is the same for all.
          const of = task === TASKS.plain ? TASKS.plain : name;
          ((samples[task] ??= {})[of] ??= []).push(sample);
        }
      }
    }
  } finally {
    server.kill();
    rmSync(DATA, { recursive: true, force: true });
  }

  process.stdout.write(
    `${count} entries, ${options.latency} ms before each answer${options.line === '0' ? '' : `, a line of ${options.line} MB/s`}, medians of ${options.rounds} rounds\n\n`,
  );
  process.stdout.write('| task |  | requests | bytes | time |\n|---|---|---|---|---|\n');
  for (const task of Object.values(TASKS)) {
    const byName = samples[task];
    for (const [name, runs] of Object.entries(byName)) {
      const of = (/** @type {'requests' | 'bytes' | 'ms'} */ what) => median(runs.map((run) => run[what]));
      process.stdout.write(
        `| ${task} | ${name} | ${Number(of('requests').toFixed(2))} | ${Math.round(of('bytes')).toLocaleString('en')} | ${of('ms').toFixed(1)} ms |\n`,
      );
    }
  }
  process.stdout.write('\n');
  for (const [name, { settings }] of Object.entries(contestants))
    process.stdout.write(`- ${name}: ${settings}\n`);
}

if (options.serve) serve();
else if (options.take !== undefined) await take(options.take, options.origin ?? '', Number(options.round));
else await measure();
