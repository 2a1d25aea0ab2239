/**
 * Does one task for one contestant in this fresh process and prints what came out as one line of JSON.
 *
 *     node --expose-gc bench/peers/child.js '{"task":"load","contestant":"lmdb","workload":"W1",…}'
 *
 * @typedef {object} Task
 * @property {string} task         'load' or the name of a group of measures
 * @property {string} contestant
 * @property {string} dir          the store's directory
 * @property {string} workload
 * @property {number} scale
 * @property {number} seed
 * @property {number} [count]      entries, in place of the scaled number
 * @property {string[]} [measures] of the group
 * @property {string} [keyFile]    the group's keys
 * @property {string} [absentFile] keys that no entry has, where the group wants them
 */

import { closeSync, fsyncSync, openSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { importContestant } from './contestants/contestant.js';
import { KeyFile } from './key-file.js';
import { entryBytes, groups } from './measures.js';
import { makeWorkload } from './workloads.js';

/** @type {Task} */
const task = JSON.parse(process.argv[2]);
const contestant = await importContestant(task.contestant);
const workload = makeWorkload(task.workload, task);
const form = contestant.keyForm(workload.textKeys);
const shape = { textKeys: workload.textKeys, largeValues: workload.maxValueBytes > 1024 };

const RESIDENT_CACHE_BYTES = 2 * 2 ** 30;
const SPOT_CHECKS = 1000;

process.stdout.write(`${JSON.stringify(task.task === 'load' ? await load() : await measure())}\n`);

async function load() {
  if (contestant.load === undefined) throw new Error(`${contestant.name} can't load`);
  const entries = workload.entries(form);
  const started = performance.now();
  await contestant.load(task.dir, entries, shape);
  // Whoever has not synced does so now; for whoever has, this is nothing.
  for (const path of [...filesOf(task.dir), task.dir]) {
    const file = openSync(path, 'r');
    fsyncSync(file);
    closeSync(file);
  }
  const seconds = (performance.now() - started) / 1000;
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  await contestant.settle?.(task.dir, shape);
  return {
    figures: {
      load: { value: workload.count / (seconds - entries.generationSeconds) },
      'load-gross': { value: workload.count / seconds },
      'load-memory': { value: peakBytes },
      disk: { value: filesOf(task.dir).reduce((sum, path) => sum + bytesOnDisk(path), 0) },
    },
    entryBytes: entries.bytes,
  };
}

async function measure() {
  const group = groups[task.task];
  const keyFile = task.keyFile === undefined ? undefined : KeyFile.read(task.keyFile, form);
  // Every key at once would be ten million objects: a measure of all of them makes them by the batch.
  const keys = keyFile !== undefined && Number.isFinite(group.lookups) ? keyFile.all() : [];
  const indexes = keyFile?.indexes ?? new Uint32Array();
  const absent = task.absentFile === undefined ? [] : KeyFile.read(task.absentFile, form).all();
  const cacheBytes = {
    resident: RESIDENT_CACHE_BYTES,
    paged: Math.ceil(entryBytes(workload) / 8),
    default: undefined,
  }[group.cache];
  const reader = await contestant.open(task.dir, {
    textKeys: workload.textKeys,
    lent: group.lent,
    cacheBytes,
    entries: contestant.load === undefined ? workload.entries(form) : undefined,
  });
  // No values are made to compare with where memory is measured, and nothing is read before a first pass: there the
  // sums of the answers are compared.
  if (group.cache !== 'paged' && Number.isFinite(group.lookups)) spotCheck(reader, keys, indexes, absent);
  globalThis.gc?.();

  /** @type {Record<string, { value: number, check?: number }>} */
  const figures = {};
  for (const name of task.measures ?? []) {
    const { value, check, asides } = await group.measures[name]({
      reader,
      workload,
      keys,
      indexes,
      absent,
      keyFile,
    });
    figures[name] = { value, check };
    for (const [aside, asideValue] of Object.entries(asides ?? {})) figures[aside] = { value: asideValue };
  }
  if (group.cache === 'paged') {
    globalThis.gc?.();
    figures[group.lent ? 'paged-memory-lent' : 'paged-memory-owned'] = { value: process.memoryUsage.rss() };
  }
  await reader.close();
  return { figures, cacheBytes };
}

/**
 * A fast wrong answer must not count: some answers are compared with the workload byte by byte.
 * @param {import('./contestants/contestant.js').Reader} reader
 * @param {any[]} keys
 * @param {Uint32Array} indexes
 * @param {any[]} absent
 */
function spotCheck(reader, keys, indexes, absent) {
  for (let i = 0; i < Math.min(SPOT_CHECKS, keys.length); i++) {
    const value = reader.get(keys[i]);
    // What lmdb lends has a length that only its own property tells.
    if (
      value === undefined ||
      !workload.valueAt(indexes[i]).equals(Uint8Array.prototype.slice.call(value, 0, value.length))
    ) {
      throw new Error(`${contestant.name} gave a wrong value for the key of entry ${indexes[i]}`);
    }
  }
  for (let i = 0; i < Math.min(SPOT_CHECKS, absent.length); i++) {
    if (reader.get(absent[i]) !== undefined) throw new Error(`${contestant.name} found an absent key`);
  }
}

/**
 * @param {string} dir
 * @returns {string[]} the files under `dir`
 */
function filesOf(dir) {
  return readdirSync(dir, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/**
 * The smaller of a file's length and the blocks that it takes: neither holes nor the rounding to blocks count.
 * @param {string} path
 */
function bytesOnDisk(path) {
  const { size, blocks } = statSync(path);
  return Math.min(size, blocks * 512);
}
