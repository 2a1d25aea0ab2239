/**
 * A program of Level with `cairnkv/level` beside the same one with classic-level, durable writes against durable ones and
 * against classic-level's default. Each measurement runs in a process of its own, the contestants take turns, and
 * medians are printed with their ratio to ours.
 *
 *     npm run build && node bench/jobs/level.js [--entries 200000] [--rounds 3] [--measure put,get]
 */

import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Random } from '../peers/random.js';

const { values: options } = parseArgs({
  options: {
    entries: { type: 'string', default: '200000' },
    rounds: { type: 'string', default: '3' },
    measure: { type: 'string' },
    /** Set in the processes that measure: contestant and measure. */
    child: { type: 'string' },
  },
});
const ENTRIES = Number(options.entries);
const ROUNDS = Number(options.rounds);
const DATA = fileURLToPath(new URL('../data/level', import.meta.url));
const BATCH = 1000;
const PUTS = 300;
const SMALL_BATCHES = 100;
const READS = 200_000;
const SEEKS = 20_000;

/** @typedef {import('abstract-level').AbstractLevel<any, string, string>} Level */

/** @type {Record<string, { open: (dir: string) => Promise<Level>, write: object }>} */
const contestants = {
  cairn: {
    open: async (dir) => {
      const { CairnLevel } = await import('cairnkv/level');
      return new CairnLevel(dir);
    },
    write: {},
  },
  'classic-level, sync': { open: openClassic, write: { sync: true } },
  'classic-level': { open: openClassic, write: {} },
};

/** @param {string} dir @returns {Promise<Level>} */
async function openClassic(dir) {
  const { ClassicLevel } = await import('classic-level');
  return new ClassicLevel(dir, { cacheSize: 64 * 2 ** 20 });
}

/** @param {number} i */
const keyOf = (i) => `key-${String(i).padStart(9, '0')}`;

/** @param {number} i */
const textOf = (i) => `value ${i} ${'x'.repeat(80)}`;

/** Returns the numbers below a limit in random order. @param {number} count */
function shuffled(count) {
  const random = new Random(7);
  const numbers = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [numbers[i], numbers[j]] = [numbers[j], numbers[i]];
  }
  return numbers;
}

/**
 * What is measured: how many operations, and in which unit. Those of `reads` run on what `load` has left; the others begin
 * with nothing.
 * @type {Record<string, { count: number, unit: string, reads?: boolean, run: (level: Level, write: object) => Promise<number> }>}
 */
const measures = {
  'put, one after the other': {
    count: PUTS,
    unit: 'puts/s',
    run: async (level, write) => {
      for (let i = 0; i < PUTS; i++) await level.put(keyOf(i), textOf(i), write);
      return PUTS;
    },
  },
  'put, 64 at once': {
    count: PUTS * 16,
    unit: 'puts/s',
    run: async (level, write) => {
      for (let from = 0; from < PUTS * 16; from += 64) {
        const puts = Array.from({ length: 64 }, (_, i) =>
          level.put(keyOf(from + i), textOf(from + i), write),
        );
        await Promise.all(puts);
      }
      return PUTS * 16;
    },
  },
  'batch of 10, 16 at once': {
    count: SMALL_BATCHES * 160,
    unit: 'keys/s',
    run: async (level, write) => {
      for (let from = 0; from < SMALL_BATCHES * 160; from += 160) {
        const batches = Array.from({ length: 16 }, (_, i) =>
          level.batch(
            operations(from + i * 10, 10, (n) => n),
            write,
          ),
        );
        await Promise.all(batches);
      }
      return SMALL_BATCHES * 160;
    },
  },
  'batch of 1,000': {
    count: ENTRIES,
    unit: 'keys/s',
    run: async (level, write) => {
      const order = shuffled(ENTRIES);
      for (let from = 0; from < ENTRIES; from += BATCH) {
        await level.batch(
          operations(from, BATCH, (n) => order[n]),
          write,
        );
      }
      return ENTRIES;
    },
  },
  get: {
    count: READS,
    unit: 'gets/s',
    reads: true,
    run: async (level) => {
      const random = new Random(3);
      let characters = 0;
      for (let i = 0; i < READS; i++)
        characters += (await level.get(keyOf(random.below(ENTRIES))))?.length ?? 0;
      return characters;
    },
  },
  getSync: {
    count: READS,
    unit: 'gets/s',
    reads: true,
    run: async (level) => {
      const random = new Random(3);
      let characters = 0;
      for (let i = 0; i < READS; i++) characters += level.getSync(keyOf(random.below(ENTRIES)))?.length ?? 0;
      return characters;
    },
  },
  'getMany of 100': {
    count: READS,
    unit: 'gets/s',
    reads: true,
    run: async (level) => {
      const random = new Random(3);
      let characters = 0;
      for (let i = 0; i < READS; i += 100) {
        const keys = Array.from({ length: 100 }, () => keyOf(random.below(ENTRIES)));
        for (const value of await level.getMany(keys)) characters += value?.length ?? 0;
      }
      return characters;
    },
  },
  'for await of iterator()': {
    count: ENTRIES,
    unit: 'entries/s',
    reads: true,
    run: async (level) => {
      let characters = 0;
      for await (const [key, value] of level.iterator()) characters += key.length + value.length;
      return characters;
    },
  },
  'iterator().nextv(1000)': {
    count: ENTRIES,
    unit: 'entries/s',
    reads: true,
    run: async (level) => {
      let characters = 0;
      const iterator = level.iterator();
      for (;;) {
        const entries = await iterator.nextv(1000);
        if (entries.length === 0) break;
        for (const [key, value] of entries) characters += key.length + value.length;
      }
      await iterator.close();
      return characters;
    },
  },
  'seek and next': {
    count: SEEKS,
    unit: 'seeks/s',
    reads: true,
    run: async (level) => {
      const random = new Random(3);
      let characters = 0;
      const iterator = level.iterator();
      for (let i = 0; i < SEEKS; i++) {
        iterator.seek(keyOf(random.below(ENTRIES)));
        const [key] = /** @type {[string, string]} */ (await iterator.next());
        characters += key.length;
      }
      await iterator.close();
      return characters;
    },
  },
  'open and first get': {
    count: 1,
    unit: 'opens/s',
    reads: true,
    run: async (level) => (await level.get(keyOf(ENTRIES >> 1)))?.length ?? 0,
  },
};

/**
 * @param {number} from
 * @param {number} count
 * @param {(n: number) => number} numberOf
 */
function operations(from, count, numberOf) {
  return Array.from({ length: Math.min(count, ENTRIES - from) || count }, (_, i) => {
    const n = numberOf(from + i);
    return { type: /** @type {'put'} */ ('put'), key: keyOf(n), value: textOf(n) };
  });
}

const wanted = options.measure?.split(',');
const chosen = Object.keys(measures).filter((name) => wanted?.some((word) => name.startsWith(word)) ?? true);

if (options.child !== undefined) await runChild(options.child);
else runAll();

/** @param {string} task */
async function runChild(task) {
  const [name, measure] = task.split('/');
  const { open, write } = contestants[name];
  const { run, reads } = measures[measure] ?? { run: load };
  const dir = `${DATA}/${name.replaceAll(/\W+/g, '-')}${reads || measure === 'load' ? '' : '-written'}`;
  if (!reads) rmSync(dir, { recursive: true, force: true });
  const started = performance.now();
  const level = await open(dir);
  if (measure !== 'open and first get') await level.open();
  const begun = measure === 'open and first get' ? started : performance.now();
  const sum = await run(level, write);
  const milliseconds = performance.now() - begun;
  await level.close();
  process.stdout.write(JSON.stringify({ milliseconds, sum }));
}

/** @param {Level} level */
async function load(level) {
  const order = shuffled(ENTRIES);
  for (let from = 0; from < ENTRIES; from += BATCH)
    await level.batch(operations(from, BATCH, (n) => order[n]));
  return ENTRIES;
}

function runAll() {
  mkdirSync(DATA, { recursive: true });
  /** @type {Map<string, number[]>} */
  const times = new Map();
  for (const name of Object.keys(contestants)) measureInChild(`${name}/load`);
  for (let round = 0; round < ROUNDS; round++) {
    for (const measure of chosen) {
      const sums = new Set();
      for (const name of namesFor(measure)) {
        const task = `${name}/${measure}`;
        const { milliseconds, sum } = measureInChild(task);
        times.set(task, [...(times.get(task) ?? []), milliseconds]);
        sums.add(sum);
      }
      if (sums.size !== 1) throw new Error(`${measure}: the contestants have not read the same`);
    }
  }
  rmSync(DATA, { recursive: true, force: true });
  print(times);
}

/** Reading does not differ by how durable writing was. @param {string} measure */
function namesFor(measure) {
  return Object.keys(contestants).filter((name) => !(measures[measure].reads && name.endsWith('sync')));
}

/** @param {string} task */
function measureInChild(task) {
  const argv = [fileURLToPath(import.meta.url), '--entries', `${ENTRIES}`, '--child', task];
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${task} failed:\n${stderr}`);
  return /** @type {{ milliseconds: number, sum: number }} */ (JSON.parse(stdout));
}

/** @param {Map<string, number[]>} times */
function print(times) {
  const median = (/** @type {number[]} */ list) => [...list].sort((a, b) => a - b)[list.length >> 1];
  const of = (/** @type {string} */ task) => median(/** @type {number[]} */ (times.get(task)));
  process.stdout.write(`${ENTRIES} entries, ${ROUNDS} rounds, Node ${process.version}\n`);
  for (const measure of chosen) {
    const { count, unit } = measures[measure];
    for (const name of namesFor(measure)) {
      const milliseconds = of(`${name}/${measure}`);
      const rate = Math.round((count / milliseconds) * 1000);
      const ratio = (milliseconds / of(`cairn/${measure}`)).toFixed(2);
      process.stdout.write(
        `${measure.padEnd(24)} ${name.padEnd(20)} ${`${rate}`.padStart(9)} ${unit}, ${ratio} x our time\n`,
      );
    }
  }
}
