/**
 * The stores whose files `integrity.js` damages: how each is written, and how everything is read back from it.
 *
 * @typedef {object} Tester
 * @property {string} title
 * @property {string} version
 * @property {string} settings  one line for the report
 * @property {(dir: string, build: number) => Promise<void>} write
 * @property {(name: string) => boolean} keeps    whether a file holds data: logs for people and locks don't
 * @property {(dir: string, answers: Answers, trial: number) => Promise<void>} read
 * @property {(dir: string) => Promise<boolean>} [verify]  ours alone: whether a verification finds nothing
 *
 * @typedef {object} GoldenTester
 * @property {string} title
 * @property {(name: string) => boolean} [keeps]
 * @property {(dir: string) => Promise<[any, any][]>} entries  what it holds; that it does, other tests have shown
 * @property {(dir: string, answers: Answers, trial: number) => Promise<void>} read
 * @property {(dir: string) => Promise<boolean>} verify
 */

import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { installedVersion } from '../peers/contestants/contestant.js';
import { Random } from '../peers/random.js';
import { entriesOfCollection, readCollection, verifyCollection, writeCollection } from './collections.js';

const ENTRIES = 400;

/**
 * What every store holds: text keys, values of bytes that differ from build to build.
 * @param {number} build
 * @returns {[string, Buffer][]}
 */
export function entriesOf(build) {
  return Array.from({ length: ENTRIES }, (_, i) => {
    const random = new Random(i * 2 + build);
    const words = Array.from({ length: 3 + (i % 6) }, () => `word${random.below(50)}`).join(' ');
    // Text of one length in both builds, as two readings of a sensor have it.
    return [
      `key:${String(i * 7).padStart(8, '0')}`,
      Buffer.from(`${i} ${words}`.padEnd(28 + (i % 6) * 8, '.').slice(0, 60)),
    ];
  });
}

/** Compares what a store answers with what was put into it, question by question. */
export class Answers {
  #entries;
  #values;
  /** Answers that were wrong, and questions that were answered by an error. */
  wrong = 0;
  failed = 0;
  /** An error that the store's documentation has no word for; only ours promises that there is none. */
  untyped = 0;
  /** @type {string | undefined} */
  firstWrong;
  #isTyped;

  /**
   * @param {[any, any][]} entries
   * @param {(error: unknown) => boolean} isTyped
   */
  constructor(entries, isTyped = () => true) {
    this.#entries = entries;
    this.#values = entries.map(([, value]) => value);
    this.#isTyped = isTyped;
  }

  get keys() {
    return this.#entries.map(([key]) => key);
  }

  /**
   * @param {string} what @param {unknown} expected @param {() => unknown} ask
   * @returns {Promise<void> | undefined}
   */
  #ask(what, expected, ask) {
    try {
      const found = ask();
      if (!(found instanceof Promise)) this.#compare(what, expected, found);
      else {
        return found.then(
          (later) => this.#compare(what, expected, later),
          (error) => this.fail(error),
        );
      }
    } catch (error) {
      this.fail(error);
    }
    return undefined;
  }

  /** @param {string} what @param {unknown} expected @param {unknown} found */
  #compare(what, expected, found) {
    if (same(found, expected)) return;
    this.wrong++;
    this.firstWrong ??= what;
  }

  /** @param {unknown} error */
  fail(error) {
    this.failed++;
    if (!this.#isTyped(error)) {
      this.untyped++;
      this.firstWrong ??= `threw ${error}`;
    }
  }

  /**
   * Every key, or every `step`-th from `first` on, and some that are absent.
   * @param {(key: any) => unknown} get @param {any[]} absent @param {number} [first] @param {number} [step]
   */
  async gets(get, absent, first = 0, step = 1) {
    for (let i = first; i < this.#entries.length; i += step) {
      const answer = this.#ask(`get ${i}`, this.#values[i], () => get(this.#entries[i][0]));
      if (answer !== undefined) await answer;
    }
    for (const key of absent) await this.#ask('get of an absent key', undefined, () => get(key));
  }

  /** @param {() => unknown} scan gives arrays `[key, value]` */
  async forwards(scan) {
    await this.#ask('scan', this.#entries, scan);
  }

  /** @param {() => unknown} scan */
  async backwards(scan) {
    await this.#ask('scan backwards', [...this.#entries].reverse(), scan);
  }

  /** @param {() => unknown} count */
  async count(count) {
    await this.#ask('count', this.#entries.length, count);
  }
}

/** @param {any} found @param {any} expected @returns {boolean} */
function same(found, expected) {
  if (found instanceof Uint8Array && expected instanceof Uint8Array)
    return Buffer.compare(found, expected) === 0;
  if (Array.isArray(found) && Array.isArray(expected) && found.length !== expected.length) return false;
  if (Array.isArray(found) && expected[0]?.[1] instanceof Uint8Array) {
    return expected.every(([key, value], i) => same(found[i]?.[1], value) && sameKey(found[i]?.[0], key));
  }
  return isDeepStrictEqual(found, expected);
}

/** @param {any} found @param {any} expected */
function sameKey(found, expected) {
  return found === expected || isDeepStrictEqual(found, expected);
}

const ABSENT = ['', 'key:', 'key:00000001', 'key:00001401', 'key:00002799', 'kez', '\u{10ffff}'];

/** @param {'none' | 'deflate' | 'zstd'} compression @returns {Tester} */
function cairn(compression) {
  return {
    title: `cairn, ${compression}`,
    version: installedVersion('cairnkv'),
    settings: `compression ${compression}; blocks of 1 KiB and partitions of 8 KiB, so that there are several of both`,
    async write(dir, build) {
      const { createStore } = await library();
      const writer = await createStore(dir, {
        valueEncoding: 'binary',
        compression,
        blockBytes: 1024,
        partitionBytes: 8192,
        // Files of the same names in both builds.
        buildId: 'nightly',
      });
      await writer.putAll(entriesOf(build));
      await writer.close();
    },
    keeps: () => true,
    read: (dir, answers, trial) => readCairn(dir, answers, ABSENT, trial),
    verify: verifyStore,
  };
}

/** @param {'none' | 'zstd'} compression @returns {Tester} */
function cairnCollection(compression) {
  return {
    title: `cairn collection, ${compression}`,
    version: installedVersion('cairnkv'),
    settings:
      `three versions, compression ${compression}: two generations in files and one in the version file, with values that were ` +
      'overwritten and keys that were deleted in the older ones',
    write: (dir, build) => writeCollection(dir, entriesOf(build), compression),
    keeps: () => true,
    read: (dir, answers, trial) => readCollection(dir, answers, ABSENT, trial, UNCACHED_STEP),
    verify: verifyCollection,
  };
}

/** @param {string} dir */
async function verifyStore(dir) {
  return (await (await library()).verifyStore(dir)).ok;
}

/** The library as built from this repository. @returns {Promise<any>} */
export function library() {
  return import('cairnkv');
}

/** Of the gets past the cache, each of which reads a block, one in so many is tried: others with the next damage. */
const UNCACHED_STEP = 8;

/**
 * Reads a store of ours in two ways: resident, and without a cache.
 * @param {string} uri @param {Answers} answers @param {any[]} absent @param {number} trial
 */
export async function readCairn(uri, answers, absent, trial) {
  const { openStore } = await library();
  for (const cacheBytes of [2 ** 28, 0]) {
    let reader;
    try {
      reader = await openStore(uri, { cacheBytes });
    } catch (error) {
      answers.fail(error);
      continue;
    }
    const [first, step] = cacheBytes === 0 ? [trial % UNCACHED_STEP, UNCACHED_STEP] : [0, 1];
    await answers.gets((key) => reader.getSync(key), absent, first, step);
    await answers.forwards(() => [...reader.entriesSync()]);
    await answers.backwards(() => [...reader.entriesSync({ reverse: true })]);
    await answers.count(() => reader.countSync());
    await reader.close();
  }
}

/** @type {Tester} */
const level = {
  title: 'classic-level',
  version: installedVersion('classic-level'),
  settings: 'as it comes; written in three sessions, so that there are several tables',
  async write(dir, build) {
    const { ClassicLevel } = await import('classic-level');
    const entries = entriesOf(build);
    const share = Math.ceil(entries.length / 3);
    for (let at = 0; at <= entries.length; at += share) {
      /** @type {any} */
      const db = new ClassicLevel(dir, { keyEncoding: 'utf8', valueEncoding: 'buffer' });
      await db.open();
      await db.batch(entries.slice(at, at + share).map(([key, value]) => ({ type: 'put', key, value })));
      await db.close();
    }
    // The last session is in the log until the next opening makes a table of it.
    const db = new ClassicLevel(dir);
    await db.open();
    await db.close();
  },
  keeps: (name) => !/^(LOG|LOG\.old|LOCK)$/.test(name),
  async read(dir, answers) {
    const { ClassicLevel } = await import('classic-level');
    /** @type {any} */
    const db = new ClassicLevel(dir, {
      createIfMissing: false,
      keyEncoding: 'utf8',
      valueEncoding: 'buffer',
    });
    try {
      await db.open();
    } catch (error) {
      answers.fail(error);
      return;
    }
    await answers.gets((key) => db.getSync(key), ABSENT.slice(1));
    await answers.forwards(() => db.iterator().all());
    await answers.backwards(() => db.iterator({ reverse: true }).all());
    await answers.count(async () => (await db.keys().all()).length);
    await db.close();
  },
};

/** @type {Tester} */
const lmdb = {
  title: 'lmdb',
  version: installedVersion('lmdb'),
  settings: 'binary keys and values; opened with readOnly',
  async write(dir, build) {
    const { open } = await import('lmdb');
    const store = open({ path: dir, encoding: 'binary', keyEncoding: 'binary', cache: false });
    store.transactionSync(() => {
      for (const [key, value] of entriesOf(build)) store.put(Buffer.from(key), value);
    });
    await store.flushed;
    await store.close();
  },
  keeps: (name) => !name.startsWith('lock'),
  async read(dir, answers) {
    const { open } = await import('lmdb');
    let store;
    try {
      store = open({ path: dir, encoding: 'binary', keyEncoding: 'binary', cache: false, readOnly: true });
    } catch (error) {
      answers.fail(error);
      return;
    }
    /** @param {any} range */
    const entries = (range) => [...store.getRange(range)].map(({ key, value }) => [key.toString(), value]);
    await answers.gets((key) => store.get(Buffer.from(key)), ABSENT.slice(1));
    await answers.forwards(() => entries({}));
    await answers.backwards(() => entries({ reverse: true }));
    await answers.count(() => store.getCount());
    await store.close();
  },
};

const SQLITE_FILE = 'store.sqlite';

/** @type {Tester} */
const sqlite = {
  title: 'better-sqlite3',
  version: installedVersion('better-sqlite3'),
  settings: 'a table WITHOUT ROWID under a text key; opened with readonly',
  async write(dir, build) {
    const { default: Database } = await import('better-sqlite3');
    mkdirSync(dir, { recursive: true });
    const db = new Database(join(dir, SQLITE_FILE));
    db.exec('CREATE TABLE store (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID');
    const insert = db.prepare('INSERT INTO store VALUES (?, ?)');
    db.transaction(() => {
      for (const [key, value] of entriesOf(build)) insert.run(key, value);
    })();
    db.close();
  },
  keeps: () => true,
  async read(dir, answers) {
    const { default: Database } = await import('better-sqlite3');
    let db;
    try {
      db = new Database(join(dir, SQLITE_FILE), { readonly: true });
      const get = db.prepare('SELECT value FROM store WHERE key = ?').pluck();
      const scan = db.prepare('SELECT key, value FROM store ORDER BY key').raw();
      const back = db.prepare('SELECT key, value FROM store ORDER BY key DESC').raw();
      const count = db.prepare('SELECT count(*) FROM store').pluck();
      await answers.gets((key) => get.get(key), ABSENT);
      await answers.forwards(() => scan.all());
      await answers.backwards(() => back.all());
      await answers.count(() => count.get());
    } catch (error) {
      answers.fail(error);
    }
    db?.close();
  },
};

/** @type {Record<string, GoldenTester>} */
export const GOLDEN_TESTERS = {
  golden: {
    title: 'golden stores',
    async entries(dir) {
      const reader = await (await library()).openStore(dir);
      const all = [...reader.entriesSync()];
      await reader.close();
      return all;
    },
    read: (dir, answers, trial) => readCairn(dir, answers, [], trial),
    verify: verifyStore,
  },
  'golden-collections': {
    title: 'golden collections',
    entries: entriesOfCollection,
    read: (dir, answers, trial) => readCollection(dir, answers, [], trial, UNCACHED_STEP),
    verify: verifyCollection,
  },
};

/** @type {Record<string, Tester>} */
export const TESTERS = {
  'cairn-none': cairn('none'),
  'cairn-deflate': cairn('deflate'),
  'cairn-zstd': cairn('zstd'),
  'cairn-collection-none': cairnCollection('none'),
  'cairn-collection-zstd': cairnCollection('zstd'),
  level,
  lmdb,
  sqlite,
};

/**
 * @param {string} dir
 * @param {(name: string) => boolean} keeps
 * @returns {import('./damages.js').Files}
 */
export function readFiles(dir, keeps = () => true) {
  /** @type {import('./damages.js').Files} */
  const files = new Map();
  for (const entry of readdirSync(dir, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || !keeps(entry.name)) continue;
    const path = join(entry.parentPath ?? entry.path, entry.name);
    files.set(path.slice(dir.length + 1), Uint8Array.from(readFileSync(path)));
  }
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
}
