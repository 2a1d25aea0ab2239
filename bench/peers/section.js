import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { agreeing } from '../report/agreeing.js';
import { median } from '../report/median.js';
import { libraryHash } from './data.js';
import { runNode, timeNode } from './processes.js';

/**
 * @typedef {import('./contestants/contestant.js').Contestant} Contestant
 * @typedef {import('../report/report.js').SectionResult} SectionResult
 * @typedef {import('./options.js').RunOptions} RunOptions
 */

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BARE_RUNS = 5;

/** One section of the report while it is measured: what it is about, and everything that its processes have printed. */
export class Section {
  #options;
  #libraryHash = libraryHash();
  #started = performance.now();
  /** @type {string[]} */
  #failures = [];
  /** @type {Record<string, Record<string, number>>} measure → contestant → the sum of its answers */
  #checks = {};
  /** @type {Record<string, Record<string, number[]>>} */
  #samples = {};
  /** @type {Record<string, Record<string, string>>} */
  #unavailable = {};

  /** @param {RunOptions} options */
  constructor(options) {
    this.#options = options;
  }

  /**
   * @param {string} measure
   * @param {string} contestant
   * @param {number} value
   * @param {number} [check]  a sum over the answers
   */
  sample(measure, contestant, value, check) {
    const byContestant = (this.#samples[measure] ??= {});
    (byContestant[contestant] ??= []).push(value);
    if (check !== undefined) (this.#checks[measure] ??= {})[contestant] = check;
  }

  /**
   * @param {string} contestant
   * @param {string} task
   * @param {string} error
   */
  fail(contestant, task, error) {
    const failure = `${contestant}, ${task}: ${error.replaceAll(ROOT, '')}`;
    progress(`  FAILED: ${failure}`);
    if (!this.#failures.includes(failure)) this.#failures.push(failure);
  }

  /**
   * @param {string} measure
   * @param {string} contestant
   * @param {string} reason  why the contestant, which should take part in it, cannot
   */
  lacks(measure, contestant, reason) {
    (this.#unavailable[measure] ??= {})[contestant] = reason;
  }

  /**
   * @param {{ title: string, count?: number }} about
   * @param {readonly Pick<Contestant, 'name' | 'version' | 'kind' | 'settings' | 'compressed'>[]} contestants
   * @param {number} [pagedMemoryLimit]  in bytes
   * @returns {SectionResult}
   */
  result(about, contestants, pagedMemoryLimit) {
    const { rounds, scale, seed } = this.#options;
    const failures = [...this.#failures, ...disagreements(this.#checks)];
    if (libraryHash() !== this.#libraryHash) failures.push('the library was rebuilt during the run');
    return {
      ...about,
      runs: [
        {
          command: ['npm run bench --', ...process.argv.slice(2)].join(' ').replace(/ --$/, ''),
          rounds,
          scale,
          seed,
          minutes: (performance.now() - this.#started) / 60_000,
          machine: {
            cpu: cpus()[0].model.trim(),
            cores: cpus().length,
            memoryGiB: Math.round(totalmem() / 2 ** 30),
            node: process.versions.node,
            platform: `${process.platform} ${process.arch}`,
          },
          bareNode: measureBareNode(),
          contestants: Object.fromEntries(
            contestants.map(({ name, version, kind, settings, compressed = false }) => [
              name,
              { version, kind, settings, compressed },
            ]),
          ),
          ...(pagedMemoryLimit === undefined ? {} : { pagedMemoryLimit }),
          samples: this.#samples,
          unavailable: this.#unavailable,
          failures,
        },
      ],
    };
  }
}

/** @param {string} line */
export function progress(line) {
  process.stderr.write(`${line}\n`);
}

/** @param {string} what */
export function timedProgress(what) {
  const started = performance.now();
  process.stderr.write(`  ${what}`);
  return () => progress(`: ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

/**
 * @param {Record<string, Record<string, number>>} checks
 * @returns {string[]}
 */
function disagreements(checks) {
  const found = [];
  for (const measures of agreeing) {
    const sums = measures.flatMap((measure) =>
      Object.entries(checks[measure] ?? {}).map(([contestant, sum]) => ({
        who: `${contestant} ${measure}`,
        sum,
      })),
    );
    if (new Set(sums.map(({ sum }) => sum)).size <= 1) continue;
    found.push(`answers differ: ${sums.map(({ who, sum }) => `${who} ${sum}`).join(', ')}`);
  }
  return found;
}

/** What any Node process needs before it does anything. */
function measureBareNode() {
  const memory = Array.from({ length: BARE_RUNS }, () => runNode(['-p', 'process.memoryUsage.rss()']).json);
  const times = Array.from({ length: BARE_RUNS }, () => timeNode(['-e', '0']));
  return {
    memoryBytes: /** @type {number} */ (median(memory)),
    milliseconds: /** @type {number} */ (
      median(times.map((time) => (time.error === undefined ? time.wall : 0)))
    ),
  };
}
