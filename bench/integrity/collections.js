/**
 * The collections whose files the campaign damages: how they are written and read.
 *
 * @typedef {import('./stores.js').Answers} Answers
 * @typedef {import('./damages.js').Files} Files
 */

import { readFileSync } from 'node:fs';

/** The file that says where readers without listings begin. */
export const HINT = 'LATEST';

/** Values that are overwritten later, and too large for a version file together. */
const OLD = Buffer.alloc(240, 'an old value ');

/** Keys that are deleted later. */
const DELETED = Array.from({ length: 300 }, (_, i) => `key:${String(i * 7 + 3).padStart(8, '0')}`);

/** Whether the hint names a version that has a file: any of them will do. @param {Files} files */
export function isHint(files) {
  const number = /^([1-9]\d*)\n$/.exec(Buffer.from(files.get(HINT) ?? []).toString('latin1'))?.[1];
  return number !== undefined && [...files.keys()].some((path) => path.endsWith(`-${number}.version`));
}

/**
 * Three versions. Each third of the entries comes with one of them; what the later ones overwrite or delete has other values
 * before, so that anything of an older generation that shines through is a wrong answer.
 * @param {string} dir @param {[string, Buffer][]} entries @param {string} compression
 */
export async function writeCollection(dir, entries, compression) {
  const { openCollection } = await import('cairnkv/collection');
  /** @type {any} */
  const options = { valueEncoding: 'binary', compression, autoCompact: false };
  const collection = await openCollection(dir, options);
  const share = (/** @type {number} */ part) => entries.filter((_, i) => i % 3 === part);
  const set = (/** @type {string} */ key, /** @type {Uint8Array} */ value) => ({ set: [key, value] });
  const [first, second] = [DELETED.slice(0, 150), DELETED.slice(150)];
  /** @type {any[][]} */
  const commits = [
    [
      ...share(0).map(([key, value]) => set(key, value)),
      ...[...share(1), ...share(2)].map(([key]) => set(key, OLD)),
      ...first.map((key) => set(key, OLD)),
    ],
    [
      ...share(1).map(([key, value]) => set(key, value)),
      ...share(2).map(([key]) => set(key, OLD)),
      ...second.map((key) => set(key, OLD)),
      ...first.map((key) => ({ delete: key })),
    ],
    [...share(2).map(([key, value]) => set(key, value)), ...second.map((key) => ({ delete: key }))],
  ];
  for (const changes of commits) await collection.commit(changes);
  await collection.close();
}

/**
 * Reads a collection in three ways: resident, without a cache, and where nothing can be listed, as on a web server.
 * @param {string} uri @param {Answers} answers @param {any[]} absent @param {number} trial
 * @param {number} uncachedStep  of the gets past the cache, one in so many is tried
 */
export async function readCollection(uri, answers, absent, trial, uncachedStep) {
  const { openCollection } = await import('cairnkv/collection');
  const ways = [
    { place: uri, cacheBytes: 2 ** 28, first: 0, step: 1 },
    { place: uri, cacheBytes: 0, first: trial % uncachedStep, step: uncachedStep },
    { place: await plain(uri), cacheBytes: 2 ** 28, first: trial % uncachedStep, step: uncachedStep },
  ];
  const gone = absent.length === 0 ? [] : DELETED.filter((_, i) => i % uncachedStep === trial % uncachedStep);
  for (const { place, cacheBytes, first, step } of ways) {
    /** @type {any} */
    let collection;
    try {
      collection = await openCollection(place, { readOnly: true, cacheBytes });
    } catch (error) {
      answers.fail(error);
      continue;
    }
    await answers.gets((key) => collection.get(key), [...absent, ...gone], first, step);
    await answers.forwards(() => all(collection.entries()));
    await answers.backwards(() => all(collection.entries({ reverse: true })));
    await answers.count(() => collection.count());
    await collection.close();
  }
}

/** @param {string} uri @returns {Promise<[any, any][]>} */
export async function entriesOfCollection(uri) {
  const { openCollection } = await import('cairnkv/collection');
  const collection = await openCollection(uri, { readOnly: true });
  const entries = await all(collection.entries());
  await collection.close();
  return entries;
}

/** @param {string} uri */
export async function verifyCollection(uri) {
  return (await (await import('cairnkv/collection')).verifyCollection(uri)).ok;
}

/** @param {AsyncIterable<any>} entries @returns {Promise<[any, any][]>} */
async function all(entries) {
  const list = [];
  for await (const entry of entries) list.push(entry);
  return list;
}

/** How files are opened where nothing can be listed; the campaign replaces it for what lies in memory. */
export const plainFiles = { open: openFromDisk };

/** @param {string} path @returns {Promise<any>} */
async function openFromDisk(path) {
  let bytes;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const { CairnError } = await import('cairnkv/storage');
    throw new CairnError('NOT_FOUND', `there is no ${path}`, { uri: path, cause: error });
  }
  return {
    name: path,
    size: bytes.length,
    async read(/** @type {number} */ offset, /** @type {Uint8Array} */ target) {
      target.set(bytes.subarray(offset, offset + target.length));
    },
    async close() {},
  };
}

let isRegistered = false;

/** The URI of the same files in a storage that can open files and nothing more. @param {string} uri */
async function plain(uri) {
  if (!isRegistered) {
    isRegistered = true;
    const { registerStorage } = await import('cairnkv/storage');
    /** @type {any} */
    const storage = {
      scheme: 'plain',
      open: (/** @type {string} */ path) => plainFiles.open(path),
      kind: async () => undefined,
      join: (/** @type {string} */ directory, /** @type {string} */ name) => `${directory}/${name}`,
      split(/** @type {string} */ path) {
        const slash = path.lastIndexOf('/');
        return { directory: path.slice(0, slash), name: path.slice(slash + 1) };
      },
      uri: (/** @type {string} */ path) => `plain:${path}`,
    };
    registerStorage({ storage, parse: (/** @type {string} */ rest) => rest });
  }
  return `plain:${uri}`;
}
