import { fileURLToPath } from 'node:url';
import { WorkloadData } from './data.js';
import { groups } from './measures.js';
import { START_MEASURES } from './options.js';
import { runNode, timeNode } from './processes.js';
import { progress, Section, timedProgress } from './section.js';
import { makeWorkload } from './workloads.js';

/**
 * @typedef {import('./contestants/contestant.js').Contestant} Contestant
 * @typedef {import('./options.js').RunOptions} RunOptions
 */

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));

const SMALL_STORE_ENTRIES = 1000;
const OPENINGS_A_ROUND = 5;
const THREAD_LOOKUPS = 100_000;
const MAX_WORKERS = 2;
const MEMORY_ALLOWANCE = 100e6;

/** The measures of one workload, round after round, with the contestants taking turns at each. */
export class WorkloadRun {
  #name;
  #options;
  #workload;
  #section;
  #data;
  #smallData;
  #contestants;
  /** @type {Set<string>} contestants whose store could not be built */
  #storeless = new Set();
  /** @type {number | undefined} the bytes that a paged reader may hold, by what its store looks like */
  #pagedMemoryLimit;

  /**
   * @param {string} name  of the workload
   * @param {RunOptions} options
   * @param {Contestant[]} contestants
   */
  constructor(name, options, contestants) {
    const { scale, seed } = options;
    this.#name = name;
    this.#options = options;
    this.#workload = makeWorkload(name, { scale, seed });
    this.#section = new Section(options);
    this.#data = new WorkloadData(name, { scale, seed });
    this.#smallData = new WorkloadData(name, { scale, seed, count: SMALL_STORE_ENTRIES });
    this.#contestants = contestants.filter(({ calls }) =>
      Object.keys({ ...calls, ...('load' in calls ? { disk: '' } : {}) }).some(
        (measure) => options.wants(measure) && !START_MEASURES.includes(measure),
      ),
    );
  }

  /** @returns {import('../report/report.js').SectionResult} */
  run() {
    const { rounds, wants } = this.#options;
    for (let round = 0; round < rounds; round++) {
      // No one always comes first.
      const turn = round % 2 === 0 ? this.#contestants : [...this.#contestants].reverse();
      progress(`${this.#name}, round ${round + 1} of ${rounds}`);
      this.#load(turn, round);
      for (const [task, group] of Object.entries(groups)) this.#measureGroup(turn, task, group);
      if (wants('threads')) this.#measureThreads(turn);
      if (wants('start-open')) this.#open(turn, round);
    }
    const { title, count } = this.#workload;
    return this.#section.result({ title, count }, this.#contestants, this.#pagedMemoryLimit);
  }

  /**
   * Builds stores: in each round where that is measured, otherwise those that are not there.
   * @param {Contestant[]} turn
   * @param {number} round
   */
  #load(turn, round) {
    const { wants, fresh } = this.#options;
    if (round > 0 && !wants('load')) return;
    const done = timedProgress('load');
    for (const contestant of turn) {
      if (contestant.load === undefined) continue;
      const builds = wants('load') || (fresh && round === 0);
      const { load, error } = builds ? this.#data.build(contestant) : this.#data.ensure(contestant);
      if (error !== undefined) {
        this.#section.fail(contestant.name, 'load', error);
        this.#storeless.add(contestant.name);
        continue;
      }
      for (const [measure, { value }] of Object.entries(load.figures))
        if (wants(measure)) this.#section.sample(measure, contestant.name, value);
      if (contestant.name === 'cairn') this.#indexBytes = load.figures.disk.value - load.entryBytes;
    }
    done();
  }

  /** What the store has on disk besides keys and values: its index, its checksums and the entries' length fields. */
  #indexBytes = 0;

  /**
   * @param {Contestant[]} turn
   * @param {string} task
   * @param {import('./measures.js').Group} group
   */
  #measureGroup(turn, task, group) {
    const asked = Object.keys(group.measures).filter(this.#options.wants);
    if (asked.length === 0) return;
    const done = timedProgress(task);
    const keyFile = group.lookups === 0 ? undefined : this.#data.keyFile(group.lookups);
    const absentFile = group.wantsAbsent ? this.#data.keyFile(group.lookups, { absent: true }) : undefined;
    for (const contestant of this.#takingPart(turn, asked)) {
      if (contestant.load !== undefined && group.cache === 'default') this.#data.warm(contestant);
      const measures = asked.filter((measure) => measure in contestant.calls);
      const answer = this.#child(contestant, './child.js', { task, measures, keyFile, absentFile }, task);
      if (group.cache === 'paged' && answer !== undefined)
        this.#pagedMemoryLimit = answer.cacheBytes + Math.max(0, this.#indexBytes) + MEMORY_ALLOWANCE;
    }
    done();
  }

  /** @param {Contestant[]} turn */
  #measureThreads(turn) {
    const done = timedProgress('threads');
    const keyFile = this.#data.keyFile(THREAD_LOOKUPS);
    for (let workers = 0; workers <= MAX_WORKERS; workers++) {
      for (const contestant of this.#takingPart(turn, ['threads'])) {
        this.#data.warm(contestant);
        const answer = this.#child(contestant, './threads.js', { workers, keyFile }, 'threads');
        if (answer?.unavailable === undefined) continue;
        for (const measure of ['get-one', 'get-two', 'memory-one', 'memory-two'])
          this.#section.lacks(`threads-${measure}`, contestant.name, answer.unavailable);
      }
    }
    done();
  }

  /**
   * From before the call that opens to the first value, in fresh processes: of the workload's store and of a small one.
   * @param {Contestant[]} turn
   * @param {number} round
   */
  #open(turn, round) {
    const { scale, seed } = this.#options;
    const done = timedProgress('start-open');
    const openers = this.#takingPart(turn, ['start-open']);
    if (round === 0) for (const contestant of openers) this.#smallData.ensure(contestant);
    const small = makeWorkload(this.#name, { scale, seed, count: SMALL_STORE_ENTRIES });
    for (const [measure, data, workload] of /** @type {const} */ ([
      ['start-open', this.#data, this.#workload],
      ['start-open-small', this.#smallData, small],
    ])) {
      const { keys } = workload.sampleKeys(OPENINGS_A_ROUND, 'buffer', { seed: seed + round });
      for (const key of keys) {
        for (const contestant of openers) {
          const keyForm = workload.textKeys ? 'text' : 'binary';
          const args = [contestant.name, data.storeOf(contestant), keyForm, key.toString('hex')];
          const answer = timeNode([here('./first-get.js'), ...args]);
          if (answer.error !== undefined) {
            this.#section.fail(contestant.name, measure, answer.error);
            continue;
          }
          const { milliseconds, cpuMilliseconds } = JSON.parse(answer.stdout);
          this.#section.sample(measure, contestant.name, milliseconds);
          this.#section.sample(`${measure}-cpu`, contestant.name, cpuMilliseconds);
          this.#section.sample(`${measure}-process`, contestant.name, answer.wall);
        }
      }
    }
    done();
  }

  /**
   * @param {Contestant[]} turn
   * @param {string[]} measures
   */
  #takingPart(turn, measures) {
    return turn.filter(
      ({ name, calls }) => measures.some((measure) => measure in calls) && !this.#storeless.has(name),
    );
  }

  /**
   * Runs a module for one contestant in a fresh process, and files the figures that it prints.
   * @param {Contestant} contestant
   * @param {string} module
   * @param {object} task
   * @param {string} what  the task's name in a failure
   */
  #child(contestant, module, task, what) {
    const { scale, seed } = this.#options;
    const dir = this.#data.storeOf(contestant);
    const whole = { contestant: contestant.name, workload: this.#name, scale, seed, dir, ...task };
    const flags = ['--expose-gc', ...(contestant.nodeFlags ?? [])];
    const { json, error } = runNode([...flags, here(module), JSON.stringify(whole)]);
    if (error !== undefined) {
      this.#section.fail(contestant.name, what, error);
      return undefined;
    }
    for (const [measure, { value, check }] of Object.entries(json.figures))
      this.#section.sample(measure, contestant.name, value, check);
    return json;
  }
}
