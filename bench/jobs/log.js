/**
 * Keyed logs beside what one would use without them: JSON lines, one file a bucket, and classic-level under the same
 * (bucket, offset) keys. Each measurement runs in a process of its own, the contestants take turns, and medians are
 * printed with their ratio to ours.
 *
 *     npm run build && node bench/jobs/log.js [--records 1000000] [--buckets 4] [--rounds 3]
 */

import { spawnSync } from 'node:child_process';
import { createReadStream, createWriteStream, mkdirSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Random } from '../peers/random.js';

const { values: options } = parseArgs({
  options: {
    records: { type: 'string', default: '1000000' },
    buckets: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '3' },
    /** Set in the processes that measure: contestant and measure. */
    child: { type: 'string' },
  },
});
const RECORDS = Number(options.records);
const BUCKETS = Number(options.buckets);
const ROUNDS = Number(options.rounds);
const DATA = fileURLToPath(new URL('../data/log', import.meta.url));
const TAILS = 10_000;
const TAIL_RECORDS = 10;
const FIRST_TIMESTAMP = Date.UTC(2026, 0, 1);

/** @typedef {{ key: string, value: string, timestamp: number }} BenchRecord */
/**
 * What a contestant does. `consume` and `tails` return the characters of the keys and values that they have seen.
 * @typedef {object} LogContestant
 * @property {(dir: string) => Promise<void>} produce
 * @property {(dir: string) => Promise<number>} consume
 * @property {(dir: string) => Promise<number>} tails the last ten records of a bucket, ten thousand times
 */

/** @returns {Generator<BenchRecord>} */
function* records() {
  const random = new Random(20);
  for (let i = 0; i < RECORDS; i++) {
    const key = `user-${random.below(10_000)}`;
    yield { key, value: `Deposit ${random.below(100_000)}.00, number ${i}`, timestamp: FIRST_TIMESTAMP + i };
  }
}

/** Where the others put a key: they have no hash of their own. @param {string} key */
function bucketOf(key) {
  return Number(key.slice('user-'.length)) % BUCKETS;
}

/** @param {string} dir @param {number} bucket */
const jsonFile = (dir, bucket) => `${dir}/${bucket}.jsonl`;

/** @param {number} bucket @param {number} offset */
function levelKey(bucket, offset) {
  const key = Buffer.alloc(12);
  key.writeUInt32BE(bucket);
  key.writeBigUInt64BE(BigInt(offset), 4);
  return key;
}

/** @param {string} json */
function charactersOf(json) {
  const { key, value } = /** @type {BenchRecord} */ (JSON.parse(json));
  return key.length + value.length;
}

/** @param {string} dir */
async function openLevel(dir) {
  const { ClassicLevel } = await import('classic-level');
  /** @type {import('classic-level').ClassicLevel<Buffer, string>} */
  const level = new ClassicLevel(dir, { keyEncoding: 'buffer', valueEncoding: 'utf8' });
  await level.open();
  return level;
}

/** @type {Record<string, LogContestant>} */
const contestants = {
  cairn: {
    async produce(dir) {
      const { createLog } = await import('cairnkv/log');
      const producer = await createLog(dir, { buckets: BUCKETS });
      for (const { key, value, timestamp } of records()) {
        const waiting = producer.send(key, value, { timestamp });
        if (waiting) await waiting;
      }
      await producer.close();
    },
    async consume(dir) {
      const { openLog } = await import('cairnkv/log');
      const log = await openLog(dir);
      let characters = 0;
      for await (const record of log.records()) {
        characters += (record.keyString()?.length ?? 0) + record.valueString().length;
      }
      await log.close();
      return characters;
    },
    async tails(dir) {
      const { openLog } = await import('cairnkv/log');
      const log = await openLog(dir);
      let characters = 0;
      for (let i = 0; i < TAILS; i++) {
        for await (const record of log.bucket(i % BUCKETS).records({ from: -TAIL_RECORDS })) {
          characters += (record.keyString()?.length ?? 0) + record.valueString().length;
        }
      }
      await log.close();
      return characters;
    },
  },
  'JSON lines': {
    async produce(dir) {
      mkdirSync(dir, { recursive: true });
      const streams = Array.from({ length: BUCKETS }, (_, bucket) =>
        createWriteStream(jsonFile(dir, bucket)),
      );
      for (const record of records()) {
        const stream = streams[bucketOf(record.key)];
        if (!stream.write(`${JSON.stringify(record)}\n`)) {
          await new Promise((resolve) => stream.once('drain', () => resolve(undefined)));
        }
      }
      await Promise.all(
        streams.map((stream) => new Promise((resolve) => stream.end(() => resolve(undefined)))),
      );
      for (let bucket = 0; bucket < BUCKETS; bucket++) {
        const handle = await open(jsonFile(dir, bucket), 'r+');
        await handle.sync();
        await handle.close();
      }
    },
    async consume(dir) {
      let characters = 0;
      for (let bucket = 0; bucket < BUCKETS; bucket++) {
        const input = createReadStream(jsonFile(dir, bucket), { highWaterMark: 1 << 20 });
        for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
          characters += charactersOf(line);
        }
      }
      return characters;
    },
    // There is no index: as much of the file is read as may hold ten lines.
    async tails(dir) {
      let characters = 0;
      for (let i = 0; i < TAILS; i++) {
        const handle = await open(jsonFile(dir, i % BUCKETS), 'r');
        const { size } = await handle.stat();
        const bytes = Buffer.alloc(Math.min(size, 4096));
        await handle.read(bytes, 0, bytes.length, size - bytes.length);
        await handle.close();
        const lines = bytes.toString('utf8').trimEnd().split('\n').slice(-TAIL_RECORDS);
        for (const line of lines) characters += charactersOf(line);
      }
      return characters;
    },
  },
  level: {
    async produce(dir) {
      const level = await openLevel(dir);
      const offsets = new Array(BUCKETS).fill(0);
      let batch = level.batch();
      for (const record of records()) {
        const bucket = bucketOf(record.key);
        batch.put(levelKey(bucket, offsets[bucket]++), JSON.stringify(record));
        if (batch.length < 1000) continue;
        await batch.write();
        batch = level.batch();
      }
      await batch.write({ sync: true });
      await level.close();
    },
    async consume(dir) {
      const level = await openLevel(dir);
      let characters = 0;
      const iterator = level.values({ highWaterMarkBytes: 1 << 20 });
      for (;;) {
        const values = await iterator.nextv(1000);
        if (values.length === 0) break;
        for (const value of values) characters += charactersOf(value);
      }
      await iterator.close();
      await level.close();
      return characters;
    },
    async tails(dir) {
      const level = await openLevel(dir);
      let characters = 0;
      for (let i = 0; i < TAILS; i++) {
        const bucket = i % BUCKETS;
        const range = { gte: levelKey(bucket, 0), lt: levelKey(bucket + 1, 0) };
        const values = await level.values({ ...range, reverse: true, limit: TAIL_RECORDS }).all();
        for (const value of values) characters += charactersOf(value);
      }
      await level.close();
      return characters;
    },
  },
};
const measures = /** @type {const} */ (['produce', 'consume', 'tails']);

if (options.child !== undefined) await runChild(options.child);
else runAll();

/** @param {string} task */
async function runChild(task) {
  const [name, measure] = task.split('/');
  const contestant = contestants[name];
  const dir = `${DATA}/${name.replace(' ', '-')}`;
  if (measure === 'produce') rmSync(dir, { recursive: true, force: true });
  const started = performance.now();
  const characters = await contestant[/** @type {'consume'} */ (measure)](dir);
  process.stdout.write(
    JSON.stringify({ milliseconds: performance.now() - started, characters: characters ?? 0 }),
  );
}

function runAll() {
  mkdirSync(DATA, { recursive: true });
  /** @type {Map<string, number[]>} */
  const times = new Map();
  const consumed = new Set();
  for (let round = 0; round < ROUNDS; round++) {
    for (const measure of measures) {
      for (const name of Object.keys(contestants)) {
        const { milliseconds, characters } = measureInChild(`${name}/${measure}`);
        const task = `${name}/${measure}`;
        times.set(task, [...(times.get(task) ?? []), milliseconds]);
        if (measure === 'consume') consumed.add(characters);
      }
    }
  }
  rmSync(DATA, { recursive: true, force: true });
  if (consumed.size !== 1) throw new Error('the contestants have not read the same records');
  print(times);
}

/** @param {string} task */
function measureInChild(task) {
  const argv = [fileURLToPath(import.meta.url), '--records', `${RECORDS}`, '--buckets', `${BUCKETS}`];
  const { status, stdout, stderr } = spawnSync(process.execPath, [...argv, '--child', task], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${task} failed:\n${stderr}`);
  return /** @type {{ milliseconds: number, characters: number }} */ (JSON.parse(stdout));
}

/** @param {Map<string, number[]>} times */
function print(times) {
  const median = (/** @type {number[]} */ list) => [...list].sort((a, b) => a - b)[list.length >> 1];
  const of = (/** @type {string} */ task) => median(/** @type {number[]} */ (times.get(task)));
  process.stdout.write(`${RECORDS} records, ${BUCKETS} buckets, ${ROUNDS} rounds, Node ${process.version}\n`);
  for (const measure of measures) {
    const [count, unit] = measure === 'tails' ? [TAILS, 'tails/s'] : [RECORDS, 'records/s'];
    for (const name of Object.keys(contestants)) {
      const milliseconds = of(`${name}/${measure}`);
      const rate = Math.round((count / milliseconds) * 1000);
      const ratio = (milliseconds / of(`cairn/${measure}`)).toFixed(2);
      process.stdout.write(
        `${measure.padEnd(8)} ${name.padEnd(10)} ${`${rate}`.padStart(9)} ${unit}, ${ratio} x our time\n`,
      );
    }
  }
}
