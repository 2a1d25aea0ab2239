/**
 * Gets by one thread or by several on one store, in this fresh process with no option set: how many a second, and what
 * memory the process then holds. Prints one line of JSON.
 *
 *     node --expose-gc bench/peers/threads.js '{"contestant":"cairn","workers":2,"dir":…,"workload":"W2",…}'
 *
 * Workers read what the reader of the main thread shares, or open the directory where a store shares nothing.
 *
 * @typedef {object} ThreadsTask
 * @property {string} contestant
 * @property {number} workers   0 for gets in the main thread
 * @property {string} dir       the store's directory
 * @property {string} keyFile
 * @property {string} workload
 * @property {number} scale
 * @property {number} seed
 */

import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { importContestant } from './contestants/contestant.js';
import { LookupThread } from './lookup-thread.js';

/** @type {ThreadsTask} */
const task = JSON.parse(process.argv[2]);
const contestant = await importContestant(task.contestant);
const file = readFileSync(task.keyFile);
// One copy for all threads: what is measured is the store's memory.
const keys = new Uint8Array(new SharedArrayBuffer(file.length));
keys.set(file);

process.stdout.write(`${JSON.stringify(await (task.workers === 0 ? inMainThread() : inWorkers()))}\n`);

async function inMainThread() {
  const thread = await LookupThread.open(task, task.dir, keys);
  thread.warmUp();
  const tally = thread.run();
  const figures = report([tally]);
  await thread.close();
  return figures;
}

async function inWorkers() {
  const { textKeys } = LookupThread.shapeOf(task);
  const reader = contestant.shares ? await contestant.open(task.dir, { textKeys, lent: false }) : undefined;
  if (reader !== undefined && reader.share === undefined) {
    await reader.close();
    return { figures: {}, unavailable: 'its reader has no share()' };
  }
  const store = reader === undefined ? task.dir : await reader.share?.();
  const workers = Array.from(
    { length: task.workers },
    () => new Worker(new URL('./threads-worker.js', import.meta.url), { workerData: { task, store, keys } }),
  );
  // All are ready before the first one starts, and all are done before memory is read.
  await Promise.all(workers.map(message));
  const tallies = Promise.all(workers.map(message));
  for (const worker of workers) worker.postMessage('run');
  const figures = report(await tallies);
  const closed = Promise.all(workers.map(exit));
  for (const worker of workers) worker.postMessage('close');
  await closed;
  await reader?.close();
  return figures;
}

/** @param {import('./lookup-thread.js').ThreadTally[]} tallies */
function report(tallies) {
  globalThis.gc?.();
  const checks = new Set(tallies.map(({ check }) => check));
  if (checks.size !== 1)
    throw new Error(`the threads have read different answers: ${[...checks].join(', ')}`);
  const suffix = ['main', 'one', 'two'][task.workers];
  return {
    figures: {
      [`threads-get-${suffix}`]: {
        value: tallies.reduce((sum, { entries, seconds }) => sum + entries / seconds, 0),
        check: tallies[0].check,
      },
      [`threads-memory-${suffix}`]: { value: process.memoryUsage.rss() },
    },
  };
}

/**
 * @param {Worker} worker
 * @returns {Promise<any>} its next message
 */
function message(worker) {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`a worker ended with ${code}`)));
  });
}

/** @param {Worker} worker */
function exit(worker) {
  return new Promise((resolve) => worker.once('exit', resolve));
}
