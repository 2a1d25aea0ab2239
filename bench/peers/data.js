import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runNode } from './processes.js';

/**
 * @typedef {import('./contestants/contestant.js').Contestant} Contestant
 * @typedef {{ figures: Record<string, { value: number }>, entryBytes: number }} Load  what a loading process has printed
 */

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));

export const DATA = here('../data');
const LIBRARY = here('../node_modules/cairnkv/dist/');
const READ_BYTES = 2 ** 22;

/**
 * The stores and key files of one workload at one size, below bench/data. They stay there for later rounds, measures and
 * runs: one is built again when it was built by another version of its contestant, of the library or of the workload.
 */
export class WorkloadData {
  #workload;
  #size;
  #dir;

  /**
   * @param {string} workload
   * @param {{ scale: number, seed: number, count?: number }} size
   */
  constructor(workload, size) {
    this.#workload = workload;
    this.#size = size;
    this.#dir = join(DATA, `${workload}-${size.count ?? size.scale}-${size.seed}`);
    mkdirSync(this.#dir, { recursive: true });
  }

  /** @param {Contestant} contestant */
  storeOf({ name }) {
    return join(this.#dir, name);
  }

  /**
   * Builds a contestant's store in a process of its own, in place of one that is there.
   * @param {Contestant} contestant
   * @returns {{ load: Load, error?: undefined } | { error: string }}
   */
  build(contestant) {
    const dir = this.storeOf(contestant);
    this.remove(contestant);
    const task = { task: 'load', contestant: contestant.name, workload: this.#workload, ...this.#size, dir };
    const { json, error } = runNode([
      '--expose-gc',
      ...(contestant.nodeFlags ?? []),
      here('./child.js'),
      JSON.stringify(task),
    ]);
    if (error !== undefined) return { error };
    writeFileSync(`${dir}.json`, JSON.stringify({ builtFrom: this.#sourcesOf(contestant), load: json }));
    return { load: json };
  }

  /**
   * Returns what loading the contestant's store has measured, and builds the store first unless a current one is there.
   * @param {Contestant} contestant
   */
  ensure(contestant) {
    const note = `${this.storeOf(contestant)}.json`;
    if (existsSync(note)) {
      const { builtFrom, load } = JSON.parse(readFileSync(note, 'utf8'));
      if (builtFrom === this.#sourcesOf(contestant)) return { load: /** @type {Load} */ (load) };
    }
    return this.build(contestant);
  }

  /** @param {Contestant} contestant */
  remove(contestant) {
    rmSync(`${this.storeOf(contestant)}.json`, { force: true });
    rmSync(this.storeOf(contestant), { recursive: true, force: true });
  }

  /**
   * Reads the contestant's store once, so that its files are in the system's page cache.
   * @param {Contestant} contestant
   */
  warm(contestant) {
    const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
    for (const path of filesBelow(this.storeOf(contestant))) {
      const file = openSync(path, 'r');
      while (readSync(file, buffer) > 0);
      closeSync(file);
    }
  }

  /**
   * Returns the path of a file of sampled keys, made on first use.
   * @param {number} lookups  `Infinity` for every key
   * @param {{ absent?: boolean }} [options]
   */
  keyFile(lookups, { absent = false } = {}) {
    const name = [sourceHash([here('./key-file.js')]), lookups, ...(absent ? ['absent'] : [])].join('-');
    const path = join(this.#dir, `${name}.keys`);
    if (existsSync(path)) return path;
    const wanted = { workload: this.#workload, ...this.#size, lookups, absent };
    const { error } = runNode([here('./sample-keys.js'), JSON.stringify(wanted), path]);
    if (error !== undefined) throw new Error(`no keys are sampled: ${error}`);
    return path;
  }

  /** @param {Contestant} contestant */
  #sourcesOf({ version, kind }) {
    const modules = filesBelow(here('./contestants'));
    return [version, sourceHash(modules), ...(kind === 'ours' ? [libraryHash()] : [])].join(' ');
  }
}

/** @returns {string} a hash of the library as it is built: figures of two builds do not belong together */
export function libraryHash() {
  return sourceHash(filesBelow(LIBRARY).filter((path) => path.endsWith('.js')));
}

/**
 * @param {string[]} modules
 * @returns {string} a hash of those files and of what makes the data
 */
function sourceHash(modules) {
  const hash = createHash('sha256');
  for (const path of [here('./workloads.js'), here('./random.js'), ...modules.sort()])
    hash.update(relative(here('.'), path)).update(readFileSync(path));
  return hash.digest('hex').slice(0, 16);
}

/**
 * @param {string} dir
 * @returns {string[]}
 */
function filesBelow(dir) {
  return readdirSync(dir, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
