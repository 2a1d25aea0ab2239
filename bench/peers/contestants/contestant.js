import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * What every contestant is to the harness. A contestant's module is imported by the process that measures it, so it
 * imports nothing but the store that it stands for.
 *
 * @typedef {object} Contestant
 * @property {string} name
 * @property {string} version
 * @property {'peer' | 'ceiling' | 'ours'} kind  a ceiling is shown, never competed with
 * @property {string} settings  one line for the report
 * @property {string} [packageName]  what a program imports, where it is a package
 * @property {string[]} [nodeFlags]  for processes that read or load this contestant
 * @property {boolean} [compressed]  whether its bytes on disk are compressed
 * @property {Record<string, string>} calls
 *   the measures that it takes part in, each with the name of the call that a program would use
 * @property {(textKeys: boolean) => import('../workloads.js').KeyForm} keyForm
 *   how it wants its keys: strings or Buffers, whichever is faster for it
 * @property {(dir: string, entries: import('../workloads.js').EntrySource, shape: Shape) => Promise<void>} [load]
 *   puts all entries into a new store and closes it
 * @property {(dir: string, shape: Shape) => Promise<void>} [settle]
 *   work that the store puts off to its next opening; done once after the load, at nobody's expense
 * @property {boolean} [shares]  whether other threads open what `Reader.share` returns, in place of the directory
 * @property {(dir: string, options: OpenOptions) => Promise<Reader> | Reader} open
 *
 * @typedef {object} Shape
 * @property {boolean} textKeys
 * @property {boolean} largeValues  values of kilobytes
 *
 * @typedef {object} OpenOptions
 * @property {boolean} textKeys
 * @property {boolean} lent  values may be lent to the caller; otherwise they are the caller's own to keep
 * @property {number} [cacheBytes]  the store's own default when absent
 * @property {import('../workloads.js').EntrySource} [entries]  for a contestant that holds no store on disk
 *
 * @typedef {object} Reader  the calls that the contestant has; which ones, `calls` says
 * @property {(key: any) => Uint8Array | undefined} get
 * @property {(key: any) => Promise<Uint8Array | undefined>} [getAwait]
 * @property {(keys: any[]) => (Uint8Array | undefined)[]} [getMany]
 * @property {(keys: any[]) => Promise<(Uint8Array | undefined)[]>} [getManyAwait]
 * @property {() => Promise<Tally> | Tally} [scan]       its fastest way through everything
 * @property {() => Tally} [scanEach]                    a callback per entry
 * @property {() => Tally} [scanSync]                    for … of
 * @property {() => Promise<Tally>} [scanAwait]          for await … of
 * @property {(starts: any[], limit: number) => Promise<Tally> | Tally} [ranges]
 *   `limit` entries from each start
 * @property {(starts: any[], limit: number) => Tally} [rangesEach]
 * @property {(from: any, to: any) => number} [count]    entries in [from, to)
 * @property {(key: any) => number} [rank]
 * @property {(index: number) => [any, Uint8Array] | undefined} [at]
 * @property {() => any} [share]  a handle for a reader in another thread, on the same memory
 * @property {() => Promise<void> | void} close
 *
 * @typedef {{ entries: number, check: number }} Tally
 *   how many entries passed, and a sum over them that every contestant must arrive at
 */

/** The column of a Node process that does nothing, which whole processes are compared with. */
export const BARE = 'node';

/** Contestants by name, in the order of the report's columns; each module exports `contestant`. */
export const contestantNames = [
  'lmdb',
  'level-raw',
  'level',
  'sqlite',
  'map',
  'cairn',
  'cairn-zstd',
  'cairn-deflate',
];

/**
 * @param {string} name one of `contestantNames`
 * @returns {Promise<Contestant>}
 */
export async function importContestant(name) {
  if (!contestantNames.includes(name)) {
    throw new Error(`no contestant ${name}; there are ${contestantNames.join(', ')}`);
  }
  return (await import(new URL(`./${name}.js`, import.meta.url).href)).contestant;
}

/**
 * Returns the version of a package in bench/node_modules.
 * @param {string} packageName
 * @returns {string}
 */
export function installedVersion(packageName) {
  return manifestOf(packageName).version;
}

/**
 * Returns the path of a command that a package in bench/node_modules brings along.
 * @param {string} packageName
 * @param {string} command
 * @returns {string}
 */
export function installedProgram(packageName, command) {
  return fileURLToPath(new URL(manifestOf(packageName).bin[command], rootOf(packageName)));
}

// Some packages export no package.json, so the file is read where npm has put it.
const rootOf = (/** @type {string} */ packageName) =>
  new URL(`../../node_modules/${packageName}/`, import.meta.url);
const manifestOf = (/** @type {string} */ packageName) =>
  JSON.parse(readFileSync(new URL('package.json', rootOf(packageName)), 'utf8'));

/**
 * What a scan does with an entry, the same for everyone: a length and a byte of the key and of the value.
 * @param {string} key
 * @param {Uint8Array} value
 */
export function touchText(key, value) {
  return key.length + key.charCodeAt(key.length - 1) + value.length + value[0];
}

/**
 * @param {Uint8Array} key
 * @param {Uint8Array} value
 */
export function touchBytes(key, value) {
  return key.length + key[key.length - 1] + value.length + value[0];
}
