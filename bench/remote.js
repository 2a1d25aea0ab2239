/**
 * Reading from a web server that is 20 ms away: requests, bytes and time, beside what else reads parts of files over HTTP.
 *
 *     npm ci --prefix bench && npm run build && node bench/remote.js [--entries 300000] [--latency 20] [--rounds 3]
 *
 * The server is a process of its own, which waits before each answer and counts what it is asked and sends. Every
 * contestant gets the same entries (text keys of 16 B, JSON values of about 100 B) and gives the same answers, which are
 * compared. PMTiles, which also reads parts of one file, finds tiles by numbers and has no keys: it can't take part.
 */

import { fork } from 'node:child_process';
import { createReadStream, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { median } from './report.js';

const DATA = fileURLToPath(new URL('./data/remote', import.meta.url));
const LIBRARY = new URL('../dist/node/index.js', import.meta.url).href;
const WARM_GETS = 50;
const RANGE = 1000;

const { values: options } = parseArgs({
  options: {
    entries: { type: 'string', default: '300000' },
    latency: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '3' },
    serve: { type: 'boolean', default: false },
  },
});
const count = Number(options.entries);

/** @param {number} i */
const keyOf = (i) => `user:${String(i * 7).padStart(11, '0')}`;
/** @param {number} i */
const personOf = (i) => ({
  id: i,
  name: `person number ${i}`,
  mail: `p${i}@example.org`,
  tags: ['a', 'b', String(i % 97)],
});

function serve() {
  let requests = 0;
  let bytes = 0;
  const server = createServer((request, response) => {
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
      const stream = createReadStream(path, { start, end, highWaterMark: 1 << 18 });
      stream.on('data', (chunk) => {
        bytes += chunk.length;
      });
      stream.pipe(response);
      response.on('close', () => stream.destroy());
    }, Number(options.latency));
  });
  server.listen(0, '127.0.0.1', () => process.send?.({ port: /** @type {any} */ (server.address()).port }));
  process.on('message', () => {
    process.send?.({ requests, bytes });
    requests = 0;
    bytes = 0;
  });
}

/**
 * @typedef {object} Session
 * @property {(key: string) => Promise<unknown>} get
 * @property {(keys: string[]) => Promise<unknown[]>} getMany
 * @property {(from: string, to: string) => Promise<number>} range  the number of entries
 * @property {() => Promise<number>} scan
 * @property {() => Promise<void>} [close]
 */

/** @type {Record<string, { settings: string, write: () => Promise<void>, open: (origin: string) => Promise<Session> }>} */
const contestants = {
  cairn: {
    settings: 'as it comes',
    async write() {
      const { createStore } = await import(LIBRARY);
      const writer = await createStore(join(DATA, 'store'), { valueEncoding: 'json' });
      for (let i = 0; i < count; i++) {
        const full = writer.put(keyOf(i), personOf(i));
        if (full) await full;
      }
      await writer.close();
    },
    async open(origin) {
      const { openStore } = await import(LIBRARY);
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

async function measure() {
  rmSync(DATA, { recursive: true, force: true });
  mkdirSync(DATA, { recursive: true });
  for (const { write } of Object.values(contestants)) await write();
  const { storeInfo } = await import(LIBRARY);
  // What a plain download of the store's bytes takes, whatever they are.
  writeFileSync(join(DATA, 'plain'), new Uint8Array((await storeInfo(join(DATA, 'store'))).bytes));

  const server = fork(fileURLToPath(import.meta.url), ['--serve', '--latency', options.latency]);
  const answer = () => new Promise((resolve) => server.once('message', resolve));
  const { port } = /** @type {any} */ (await answer());
  const origin = `http://127.0.0.1:${port}`;
  /** @type {Record<string, Record<string, { requests: number, bytes: number, ms: number }[]>>} */
  const samples = {};
  /**
   * @template T
   * @param {string} task
   * @param {string} name
   * @param {() => Promise<T>} work
   * @param {number} [times]
   */
  const note = async (task, name, work, times = 1) => {
    const began = performance.now();
    const result = await work();
    const ms = (performance.now() - began) / times;
    const told = answer();
    server.send('count');
    const { requests, bytes } = /** @type {any} */ (await told);
    ((samples[task] ??= {})[name] ??= []).push({ requests: requests / times, bytes: bytes / times, ms });
    return result;
  };
  /** @param {unknown} found @param {unknown} wanted */
  const same = (found, wanted) => {
    if (JSON.stringify(found) !== JSON.stringify(wanted))
      throw new Error(`${JSON.stringify(found)} is not ${JSON.stringify(wanted)}`);
  };

  for (let round = 0; round < Number(options.rounds); round++) {
    await note('full scan', 'plain download', async () => (await fetch(`${origin}/plain`)).arrayBuffer());
    for (const [name, { open }] of Object.entries(contestants)) {
      const middle = Math.floor(count / 2) + round * 17;
      /** @type {Session} */
      let session = await note('cold first get', name, async () => {
        const opened = await open(origin);
        same(await opened.get(keyOf(middle)), personOf(middle));
        return opened;
      });
      await note(
        'warm random get',
        name,
        async () => {
          for (let i = 1; i <= WARM_GETS; i++) {
            const at = (i * 7919 + round * 13) % count;
            same(await session.get(keyOf(at)), personOf(at));
          }
        },
        WARM_GETS,
      );
      await session.close?.();
      const many = Array.from({ length: 100 }, (_, i) => (i * 104_729 + round) % count);
      session = await open(origin);
      await note('(opening)', name, async () => undefined);
      const found = await note('getMany(100), just opened', name, () => session.getMany(many.map(keyOf)));
      same(found, many.map(personOf));
      await session.close?.();
      session = await open(origin);
      await note('(opening)', name, async () => undefined);
      same(
        await note('range of 1,000, just opened', name, () =>
          session.range(keyOf(middle), keyOf(middle + RANGE)),
        ),
        RANGE,
      );
      await session.close?.();
      same(
        await note('full scan', name, async () => {
          session = await open(origin);
          return session.scan();
        }),
        count,
      );
      await session.close?.();
    }
  }
  server.kill();
  rmSync(DATA, { recursive: true, force: true });

  process.stdout.write(
    `${count} entries, ${options.latency} ms before each answer, medians of ${options.rounds} rounds\n\n`,
  );
  process.stdout.write('| task |  | requests | bytes | time |\n|---|---|---|---|---|\n');
  for (const [task, byName] of Object.entries(samples)) {
    if (task.startsWith('(')) continue;
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
else await measure();
