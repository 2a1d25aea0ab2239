import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  type Collection,
  collectionInfo,
  openCollection,
  sweepCollection,
  verifyCollection,
} from '../../src/collection/index.ts';
import '../../src/node/register.ts';
import { type Bundle, bundle } from '../support/bundle.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { tree } from '../support/storage-tools.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { type KilledJob, type KilledKind, type KilledLine, WIDE } from './killed-job.ts';

/** `npm run kills -- --minutes 60 --processes 16 --seed 7` says otherwise. */
const MINUTES = Number(process.env.CAIRNKV_KILLS_MINUTES ?? 0);
const PROCESSES = Number(process.env.CAIRNKV_KILLS_PROCESSES ?? 4);
const SEED = Number(process.env.CAIRNKV_KILLS_SEED ?? 1);

/** Each process is killed so often, unless minutes are given. */
const KILLS = 5;

/** A process lives at most so long after its first commit, in milliseconds. */
const MAX_LIFE_MS = 250;

/** Commits of each process that nobody kills, at the end. */
const LAST_COMMITS = 3;

let child: Bundle;
let base: string;
beforeAll(async () => {
  child = await bundle(new URL('./killed-child.ts', import.meta.url));
  base = temporaryDirectory();
}, 120_000);
afterAll(() => {
  child.remove();
  rmSync(base, { recursive: true, force: true });
});

/** One of the processes, which is started again and again. */
class Racer {
  readonly name: string;
  readonly log: string;
  readonly #uri: string;
  readonly #random: SeededRandom;
  #process: ChildProcess | undefined;
  #errors = '';

  constructor(uri: string, name: string, random: SeededRandom) {
    this.#uri = uri;
    this.name = name;
    this.log = `${base}/${name}.log`;
    this.#random = random;
    writeFileSync(this.log, '');
  }

  get lines(): KilledLine[] {
    return readFileSync(this.log, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as KilledLine);
  }

  /** Lets it work until it has begun a commit, and a while longer; then kills it. */
  async liveAndDie(): Promise<void> {
    const before = this.lines.length;
    const ended = this.#start(0);
    let code: number | null | undefined;
    ended.then((given) => {
      code = given;
    });
    while (code === undefined && this.lines.length === before) await sleep(5);
    await sleep(this.#random.below(MAX_LIFE_MS));
    this.#process?.kill('SIGKILL');
    // It never ends by itself.
    if ((await ended) !== null) throw new Error(`${this.name} ended with ${code}: ${this.#errors}`);
  }

  /** Lets it make its last commits. */
  async end(): Promise<void> {
    const code = await this.#start(LAST_COMMITS);
    if (code !== 0) throw new Error(`${this.name} ended with ${code}: ${this.#errors}`);
  }

  kill(): void {
    this.#process?.kill('SIGKILL');
  }

  #start(commits: number): Promise<number | null> {
    const { name, log } = this;
    const job: KilledJob = { uri: this.#uri, name, log, seed: this.#random.next(), commits };
    const started = spawn(process.execPath, [child.file, JSON.stringify(job)], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#process = started;
    started.stderr.on('data', (text) => {
      this.#errors = `${this.#errors}${text}`.slice(-4000);
    });
    return new Promise((resolve, reject) => {
      started.once('error', reject);
      started.once('close', resolve);
    });
  }
}

/** Reads on and on: at every version the total is the sum of the processes' counts, and no version comes after a later one. */
async function watch(uri: string, signal: AbortSignal): Promise<number> {
  let readings = 0;
  await using collection = await openCollection<string, number | string>(uri, { readOnly: true });
  for (let last = 0; !signal.aborted; readings++) {
    const version = await collection.refresh();
    if (version < last) throw new Error(`version ${version} after version ${last}`);
    last = version;
    await using snapshot = await collection.snapshot();
    let [total, sum] = [0, 0];
    for await (const [key, value] of snapshot.entries()) {
      if (key === 'total') total = value as number;
      if (key.startsWith('of-')) sum += value as number;
    }
    if (total !== sum) throw new Error(`version ${version}: ${total} in all, and ${sum} one by one`);
    await sleep(20);
  }
  return readings;
}

it('processes that commit at once and are killed at random lose nothing that was answered, and leave nothing by halves', {
  timeout: MINUTES * 120_000 + 120_000,
}, async () => {
  const uri = `${base}/c`;
  await (await openCollection(uri)).close();
  const random = new SeededRandom(SEED);
  const racers = Array.from(
    { length: PROCESSES },
    (_, i) => new Racer(uri, `p${i}`, new SeededRandom(random.next())),
  );
  const stop = new AbortController();
  const watching = watch(uri, stop.signal);
  watching.catch(() => undefined);
  const until = Date.now() + MINUTES * 60_000;
  let kills = 0;
  try {
    await Promise.all(
      racers.map(async (racer) => {
        for (let i = 0; MINUTES > 0 ? Date.now() < until : i < KILLS; i++) {
          await racer.liveAndDie();
          kills++;
        }
      }),
    );
    await Promise.all(racers.map((racer) => racer.end()));
  } finally {
    for (const racer of racers) racer.kill();
    stop.abort();
  }
  expect(await watching).toBeGreaterThan(0);
  await using collection = await openCollection<string, number | string>(uri);
  const counted = await check(collection, racers);
  await filesAreThoseOf(uri);
  if (MINUTES > 0)
    process.stdout.write(`${kills} kills, ${counted.answered} commits answered of ${counted.begun}\n`);
});

/** Every commit that was answered is there, once; and nothing is that was not begun. */
async function check(
  collection: Collection<string, number | string>,
  racers: readonly Racer[],
): Promise<{ begun: number; answered: number }> {
  const contents = new Map<string, number | string>();
  for await (const [key, value] of collection.entries()) contents.set(key, value);
  const versions: number[] = [];
  const expected = new Set<string>(['total']);
  let [total, begun, answers] = [0, 0, 0];
  for (const { name, lines } of racers) {
    const begins = lines.filter((line) => 'begins' in line);
    const answered = new Map(
      lines.flatMap((line) => ('answered' in line ? [[line.answered, line.version]] : [])),
    );
    const own = [...answered.values()];
    expect(own, 'in the order of its commits').toEqual([...own].sort((a, b) => a - b));
    versions.push(...own);
    // Of a commit that was killed before it was answered, whether it is there can be seen by its own key, or by a later deletion.
    const kinds = new Map<number, KilledKind>(begins.map(({ begins: number, kind }) => [number, kind]));
    const deletedBy = new Map<number, number[]>();
    for (const { begins: number, deletes } of begins) {
      if (deletes !== undefined && deletes !== number)
        deletedBy.set(deletes, [...(deletedBy.get(deletes) ?? []), number]);
    }
    const isThere = (number: number): boolean => contents.has(`${name}/${number}`);
    let [least, most] = [0, 0];
    for (const [number, kind] of kinds) {
      const key = `${name}/${number}`;
      const deleters = deletedBy.get(number) ?? [];
      const wasDeleted = deleters.some((other) => answered.has(other));
      const mayBeDeleted = deleters.length > 0;
      if (wasDeleted && isThere(number)) throw new Error(`${key} was deleted, and is there`);
      if (answered.has(number) && !mayBeDeleted && !isThere(number)) throw new Error(`${key} is lost`);
      if (isThere(number)) {
        expected.add(key);
        if (contents.get(key) !== (kind === 'wide' ? WIDE : number))
          throw new Error(`${key} has another value`);
      }
      if (kind !== 'count') continue;
      if (answered.has(number) || isThere(number)) least++;
      if (answered.has(number) || isThere(number) || mayBeDeleted) most++;
    }
    const counted = Number(contents.get(`of-${name}`) ?? 0);
    expect(counted).toBeGreaterThanOrEqual(least);
    expect(counted).toBeLessThanOrEqual(most);
    if (counted > 0) expected.add(`of-${name}`);
    total += counted;
    begun += kinds.size;
    answers += answered.size;
    expect(answered.size).toBeGreaterThanOrEqual(LAST_COMMITS);
  }
  expect(Number(contents.get('total') ?? 0)).toBe(total);
  expect(new Set(versions).size, 'no version was answered twice').toBe(versions.length);
  const unknown = [...contents.keys()].filter((key) => !expected.has(key));
  expect(unknown).toEqual([]);
  expect(Math.max(...versions)).toBeLessThanOrEqual(collection.version);
  return { begun, answered: answers };
}

/** Nothing is damaged; versions have no gaps; and after a sweep there is no file but those that a collection has. */
async function filesAreThoseOf(uri: string): Promise<void> {
  expect(await verifyCollection(uri)).toMatchObject({ ok: true, problems: [] });
  await sweepCollection(uri, { olderThanMs: 0 });
  expect(await sweepCollection(uri, { olderThanMs: 0 })).toEqual([]);
  expect(await verifyCollection(uri)).toMatchObject({ ok: true, problems: [] });
  const { version, generations, id } = await collectionInfo(uri);
  const paths = await tree(uri);
  const numbers = paths
    .map((path) => Number(/^versions\/[0-9a-f]{12}-(\d+)\.version$/.exec(path)?.[1] ?? 0))
    .filter((number) => number > 0)
    .sort((a, b) => a - b);
  expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, i) => version - numbers.length + 1 + i));
  const named = new Set(generations.flatMap(({ files }) => files).map((name) => `data/${name}`));
  const others = paths.filter(
    (path) =>
      !['COLLECTION.json', 'LATEST', 'versions/', 'data/', `versions/ffffffffffff-0-${id}.version`].includes(
        path,
      ) &&
      !/^versions\/[0-9a-f]{12}-\d+\.version$/.test(path) &&
      !named.has(path),
  );
  // Versions that are kept besides the newest one may name files of their own.
  if (existsSync(`${uri}/data`))
    expect(others.filter((path) => !/^data\/part-\d+-[0-9a-f]+\.cairn$/.test(path))).toEqual([]);
  else expect(others).toEqual([]);
}
