import { importContestant } from './contestants/contestant.js';
import { KeyFile } from './key-file.js';
import { makeWorkload } from './workloads.js';

/**
 * @typedef {{ entries: number, seconds: number, check: number }} ThreadTally
 *   gets, the time that they took, and a sum over one pass that every thread must arrive at
 */

/** Threads look up at least this long, in whole passes, so that they run side by side for most of it. */
const MIN_SECONDS = 2;
const WARM_PASSES = 2;

/** A reader of one thread, and the keys that the thread looks up again and again. */
export class LookupThread {
  #reader;
  #keys;

  /**
   * @param {import('./contestants/contestant.js').Reader} reader
   * @param {KeyFile} keys
   */
  constructor(reader, keys) {
    this.#reader = reader;
    this.#keys = keys;
  }

  /**
   * Opens the store with no option set.
   * @param {import('./threads.js').ThreadsTask} task
   * @param {unknown} store  the directory, or what a reader of another thread shares
   * @param {Uint8Array} keys  the content of a `KeyFile`
   */
  static async open(task, store, keys) {
    const contestant = await importContestant(task.contestant);
    const { textKeys } = LookupThread.shapeOf(task);
    const reader = await contestant.open(/** @type {any} */ (store), { textKeys, lent: false });
    return new LookupThread(reader, new KeyFile(keys, contestant.keyForm(textKeys)));
  }

  /** @param {import('./threads.js').ThreadsTask} task */
  static shapeOf({ workload, scale, seed }) {
    return makeWorkload(workload, { scale, seed });
  }

  warmUp() {
    for (let pass = 0; pass < WARM_PASSES; pass++) this.#pass();
  }

  /** @returns {ThreadTally} */
  run() {
    let entries = 0;
    let seconds = 0;
    let check = 0;
    do {
      const pass = this.#pass();
      entries += pass.entries;
      seconds += pass.seconds;
      check = pass.check;
    } while (seconds < MIN_SECONDS);
    return { entries, seconds, check };
  }

  async close() {
    await this.#reader.close();
  }

  /** @returns {ThreadTally} */
  #pass() {
    let entries = 0;
    let seconds = 0;
    let check = 0;
    for (const keys of this.#keys.batches()) {
      const started = performance.now();
      for (let i = 0; i < keys.length; i++) {
        const value = this.#reader.get(keys[i]);
        check += value === undefined ? 1 : value.length + value[0];
      }
      seconds += (performance.now() - started) / 1000;
      entries += keys.length;
    }
    return { entries, seconds, check };
  }
}
