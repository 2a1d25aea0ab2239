/**
 * Batch jobs: a shuffle of entries, and a map that computes, beside the same jobs by hand.
 *
 *     npm ci --prefix bench && npm run build && node bench/jobs/batch.js [--entries 10000000] [--rounds 3] [--only cairn-2,hand]
 *
 * Each figure comes from a fresh process; the contestants take turns. Keys are 12 digits, values 40 bytes. The shuffle gives each
 * entry another key, so that all of them are sorted anew. Seconds include everything up to a complete output on disk.
 */

import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, createWriteStream, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { median } from '../report/median.js';

const KEY_DIGITS = 12;
const VALUE = 'a'.repeat(40);
const DATA = fileURLToPath(new URL('../data/batch', import.meta.url));
const SELF = fileURLToPath(import.meta.url);
const require = createRequire(import.meta.url);

/** Another number below `count` for each: the count and the factor have no divisor in common. */
const FACTOR = 7_368_787;

const JOBS = {
  shuffle: `
    export default {
      splits: 8,
      tasks: 2,
      options: { keyEncoding: 'utf8', valueEncoding: 'utf8' },
      map(key, value, emit, context) {
        const number = (Number(key) * ${FACTOR}) % Number(context.arguments.count);
        return emit(String(number).padStart(${KEY_DIGITS}, '0'), value);
      },
      reduce: (key, [value], emit) => emit(key, value),
    };`,
  compute: `
    import { createHash } from 'node:crypto';
    export default {
      splits: 8,
      options: { keyEncoding: 'utf8', valueEncoding: 'utf8' },
      map(key, value, emit) {
        let digest = value;
        for (let i = 0; i < 20; i++) digest = createHash('sha256').update(digest).digest('hex');
        return emit(key, digest);
      },
    };`,
};

/** @param {'shuffle' | 'compute'} job @param {number} workers */
const byCairn = (job, workers) => async (/** @type {number} */ count) => {
  const { runJob } = await import('cairnkv/batch');
  const module = `${DATA}/${job}.mjs`;
  writeFileSync(module, JOBS[job]);
  const { info } = await runJob(module, {
    input: `${DATA}/input`,
    output: `${DATA}/output`,
    workers,
    arguments: { count: String(count) },
  });
  if (info.count !== count) throw new Error(`${info.count} entries are stored`);
};

/** Two threads, each with a LevelDB of its own for half of the lines; then both are merged into a third. */
async function byHand(/** @type {number} */ count) {
  const { ClassicLevel } = require('classic-level');
  const options = { compression: false, writeBufferSize: 64 * 2 ** 20 };
  await Promise.all(
    [0, 1].map(async (half) => {
      const worker = new Worker(SELF, { workerData: { half, count } });
      const [code] = await once(worker, 'exit');
      if (code !== 0) throw new Error(`the thread ended with ${code}`);
    }),
  );
  const halves = [0, 1].map((half) => new ClassicLevel(`${DATA}/half-${half}`, options));
  const output = new ClassicLevel(`${DATA}/output`, options);
  await Promise.all([...halves, output].map((store) => store.open()));
  const sources = halves.map((store) => store.iterator());
  const heads = await Promise.all(sources.map((source) => source.nextv(1000)));
  const at = [0, 0];
  let batch = output.batch();
  for (let written = 0; written < count; written++) {
    const [a, b] = [heads[0][at[0]], heads[1][at[1]]];
    const from = b === undefined || (a !== undefined && a[0] < b[0]) ? 0 : 1;
    const [key, value] = heads[from][at[from]++];
    batch.put(key, value);
    if (batch.length === 1000) {
      await batch.write();
      batch = output.batch();
    }
    if (at[from] < heads[from].length) continue;
    heads[from] = await sources[from].nextv(1000);
    at[from] = 0;
  }
  await batch.write();
  await Promise.all(sources.map((source) => source.close()));
  await Promise.all([...halves, output].map((store) => store.close()));
}

async function halfByHand({ half, count }) {
  const { ClassicLevel } = require('classic-level');
  const store = new ClassicLevel(`${DATA}/half-${half}`, {
    compression: false,
    writeBufferSize: 64 * 2 ** 20,
  });
  await store.open();
  let batch = store.batch();
  for await (const line of createInterface({ input: createReadStream(`${DATA}/half-${half}.tsv`) })) {
    const tab = line.indexOf('\t');
    const number = (Number(line.slice(0, tab)) * FACTOR) % count;
    batch.put(String(number).padStart(KEY_DIGITS, '0'), line.slice(tab + 1));
    if (batch.length < 1000) continue;
    await batch.write();
    batch = store.batch();
  }
  await batch.write();
  await store.close();
}

/** awk makes the keys, and sort(1) sorts the lines, in two threads and 256 MiB. */
async function bySort(/** @type {number} */ count) {
  const awk = `{ printf "%012d\\t%s\\n", ($1 * ${FACTOR}) % ${count}, $2 }`;
  const line =
    `cat ${DATA}/half-0.tsv ${DATA}/half-1.tsv | awk -F'\\t' '${awk}' | ` +
    `LC_ALL=C sort -S 256M --parallel=2 -T ${DATA} > ${DATA}/output.tsv`;
  const { status, stderr } = spawnSync('bash', ['-c', line], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}

/** @type {Record<string, { settings: string, job: 'shuffle' | 'compute', run: (count: number) => Promise<void> }>} */
const CONTESTANTS = {
  'cairn-1': { settings: 'one worker', job: 'shuffle', run: byCairn('shuffle', 1) },
  'cairn-2': { settings: 'two workers', job: 'shuffle', run: byCairn('shuffle', 2) },
  hand: {
    settings:
      'two worker_threads, a classic-level each for half of the lines, merged into a third; writeBufferSize 64 MiB',
    job: 'shuffle',
    run: byHand,
  },
  sort: { settings: 'awk into sort -S 256M --parallel=2, text in and out', job: 'shuffle', run: bySort },
  'compute-1': { settings: 'one worker, 20 × SHA-256 an entry', job: 'compute', run: byCairn('compute', 1) },
  'compute-2': { settings: 'two workers', job: 'compute', run: byCairn('compute', 2) },
};

/** How many entries a map that computes is measured with. */
const COMPUTED_SHARE = 1 / 50;

const { values: options } = parseArgs({
  options: {
    entries: { type: 'string', default: '10000000' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: Object.keys(CONTESTANTS).join(',') },
    child: { type: 'string' },
  },
});
const entries = Number(options.entries);

if (!isMainThread) {
  await halfByHand(workerData);
  parentPort?.close();
} else if (options.child !== undefined) {
  const began = performance.now();
  await CONTESTANTS[options.child].run(entries);
  const seconds = (performance.now() - began) / 1000;
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  // Of programs that it has started, a process can't say it.
  const isOwn = options.child !== 'sort';
  const cpu = isOwn ? (userCPUTime + systemCPUTime) / 1e6 : Number.NaN;
  process.stdout.write(JSON.stringify({ seconds, cpu, megabytes: isOwn ? maxRSS / 1024 : Number.NaN }));
} else await measure();

async function measure() {
  /** @type {Record<string, { seconds: number[], cpu: number[], megabytes: number[] }>} */
  const measured = {};
  const names = options.only.split(',');
  let prepared;
  for (const job of /** @type {const} */ (['shuffle', 'compute'])) {
    const some = names.filter((name) => CONTESTANTS[name].job === job);
    if (some.length === 0) continue;
    const count = job === 'shuffle' ? entries : Math.round(entries * COMPUTED_SHARE);
    if (prepared !== count) await prepare(count);
    prepared = count;
    for (let round = 0; round < Number(options.rounds); round++) {
      for (const name of round % 2 === 0 ? some : [...some].reverse()) {
        for (const left of ['output', 'output.tsv', 'half-0', 'half-1'])
          rmSync(`${DATA}/${left}`, { recursive: true, force: true });
        const args = [SELF, '--child', name, '--entries', String(count)];
        const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
        if (status !== 0) throw new Error(`${name} failed: ${stderr}`);
        const { seconds, cpu, megabytes } = JSON.parse(stdout);
        process.stderr.write(
          `${name}: ${seconds.toFixed(1)} s, ${shown([cpu], 1)} s of CPU, ${shown([megabytes], 0)} MB\n`,
        );
        const samples = (measured[name] ??= { seconds: [], cpu: [], megabytes: [] });
        samples.seconds.push(seconds);
        samples.cpu.push(cpu);
        samples.megabytes.push(megabytes);
      }
    }
  }
  rmSync(DATA, { recursive: true, force: true });
  process.stdout.write(`${entries} entries, medians of ${options.rounds} rounds\n\n`);
  process.stdout.write('|  | entries/s | CPU | peak memory | settings |\n|---|---|---|---|---|\n');
  for (const [name, { seconds, cpu, megabytes }] of Object.entries(measured)) {
    const { job, settings } = CONTESTANTS[name];
    const count = job === 'shuffle' ? entries : Math.round(entries * COMPUTED_SHARE);
    process.stdout.write(
      `| ${name} | ${Math.round(count / median(seconds) / 1000)} k | ${shown(cpu, 1)} s | ` +
        `${shown(megabytes, 0)} MB | ${settings} |\n`,
    );
  }
}

/** The median of what was measured; a dash if it can't be. */
function shown(/** @type {(number | null)[]} */ samples, /** @type {number} */ digits) {
  const numbers = samples.filter((sample) => sample !== null);
  return numbers.length === 0 ? '–' : median(numbers).toFixed(digits);
}

/** Writes the input: a store, and the same entries as lines in two files. */
async function prepare(/** @type {number} */ count) {
  rmSync(DATA, { recursive: true, force: true });
  mkdirSync(DATA, { recursive: true });
  const { createStore } = await import('cairnkv');
  const writer = await createStore(`${DATA}/input`, { valueEncoding: 'utf8' });
  const files = [0, 1].map((half) => createWriteStream(`${DATA}/half-${half}.tsv`));
  for (let i = 0; i < count; i++) {
    const key = String(i).padStart(KEY_DIGITS, '0');
    const waiting = writer.put(key, VALUE);
    if (waiting) await waiting;
    const file = files[i < count / 2 ? 0 : 1];
    if (!file.write(`${key}\t${VALUE}\n`)) await once(file, 'drain');
  }
  await writer.close();
  for (const file of files) {
    file.end();
    await once(file, 'close');
  }
}
