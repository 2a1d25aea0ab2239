/**
 * The benchmark: builds the same data for every contestant, measures each in fresh processes, round after round with
 * the contestants taking turns, and reports medians and ratios.
 *
 *     npm run bench -- [options]            installs the contestants, then runs
 *     node bench/peers/run.js [options]
 */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { agreeing, median, renderReport } from '../report/report.js';
import { contestantNames, importContestant } from './contestants/contestant.js';
import { groups } from './measures.js';
import { makeWorkload, workloadNames } from './workloads.js';

const measureNames = [
  'load',
  'disk',
  'open',
  ...Object.values(groups).flatMap(({ measures }) => Object.keys(measures)),
];

const USAGE = `node bench/peers/run.js [options]

  --only W1,W3          workloads (default: ${workloadNames.join(',')})
  --scale 0.01          share of the entries (default 1)
  --rounds 3            how often everything is measured (default 3)
  --contestants a,b     of ${contestantNames.join(', ')}
  --measure get,scan    measures by name or by the first words of it:
                        ${measureNames.join(', ')}
  --seed 20             of the data (default 20)
  --keep                leave the stores in bench/data
  --write               write results.json and RESULTS.md even if the run is a partial one
                        (a run at scale 1 of all measures and contestants is always written,
                        and replaces the tables of the workloads that it has measured)
`;

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));
const DATA = here('../data');
const RESULTS_JSON = here('../report/results.json');
const RESULTS_MD = here('../RESULTS.md');
const MARKERS = { begin: '<!-- generated:begin -->', end: '<!-- generated:end -->' };
const SMALL_STORE_ENTRIES = 1000;
const OPENINGS_A_ROUND = 5;

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    scale: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '3' },
    contestants: { type: 'string' },
    measure: { type: 'string' },
    seed: { type: 'string', default: '20' },
    keep: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  process.stdout.write(USAGE);
  process.exit(0);
}
const scale = positive('scale', options.scale);
const rounds = positive('rounds', options.rounds);
const seed = positive('seed', options.seed);
const wantedMeasures = listedMeasures(options.measure);
const wanted = (/** @type {string} */ measure) =>
  wantedMeasures?.some((prefix) => measure === prefix || measure.startsWith(`${prefix}-`)) ?? true;
const workloadsToRun = listed('only', options.only, workloadNames);
const contestants = await importContestants(listed('contestants', options.contestants, contestantNames));

const partial = scale !== 1 || wantedMeasures !== undefined || contestants.length < contestantNames.length;
const writes = options.write || !partial;
const bareNode = measureBareNode();
/** @type {Record<string, import('../report/report.js').WorkloadResult>} */
const measured = {};
try {
  for (const name of workloadsToRun) {
    measured[name] = runWorkload(name);
    // After every workload, so that a run that is cut short has not been for nothing.
    if (writes) writeResults(measured);
  }
} finally {
  if (!options.keep) rmSync(DATA, { recursive: true, force: true });
}
process.stdout.write(`\n${renderReport(measured)}\n`);
if (Object.values(measured).some(({ failures }) => failures.length > 0)) process.exitCode = 1;

/**
 * @param {string} name
 * @param {string} text
 */
function positive(name, text) {
  const number = Number(text);
  if (!(number > 0)) usageError(`--${name} wants a positive number, not ${text}`);
  return number;
}

/**
 * @param {string} name
 * @param {string | undefined} text
 * @param {string[]} known
 */
function listed(name, text, known) {
  if (text === undefined) return known;
  const asked = text.split(',');
  for (const one of asked)
    if (!known.includes(one)) usageError(`--${name}: no ${one}; there are ${known.join(', ')}`);
  return known.filter((one) => asked.includes(one));
}

/**
 * @param {string | undefined} text
 * @returns {string[] | undefined} names of measures, or the first words of them
 */
function listedMeasures(text) {
  const asked = text?.split(',');
  for (const one of asked ?? []) {
    const known = measureNames.some((name) => name === one || name.startsWith(`${one}-`));
    if (!known) usageError(`--measure: no ${one}`);
  }
  return asked;
}

/**
 * @param {string} message
 * @returns {never}
 */
function usageError(message) {
  process.stderr.write(`${message}\n\n${USAGE}`);
  process.exit(2);
}

/** @param {string[]} names */
async function importContestants(names) {
  const imported = [];
  for (const name of names) {
    if (name.startsWith('cairn') && !existsSync(here('../../dist/node/index.js'))) {
      progress(
        `${name} is left out: dist/node/index.js isn't there, build the library first (npm run build)`,
      );
      continue;
    }
    imported.push(await importContestant(name));
  }
  return imported;
}

/** @param {string} line */
function progress(line) {
  process.stderr.write(`${line}\n`);
}

/**
 * @param {string} name
 * @returns {import('../report/report.js').WorkloadResult}
 */
function runWorkload(name) {
  const workload = makeWorkload(name, { scale, seed });
  /** @type {import('../report/report.js').WorkloadResult} */
  const result = {
    title: workload.title,
    count: workload.count,
    entryBytes: 0,
    run: { command: ['node bench/peers/run.js', ...process.argv.slice(2)].join(' '), rounds, scale, seed },
    machine: {
      cpu: cpus()[0].model.trim(),
      cores: cpus().length,
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      node: process.versions.node,
      platform: `${process.platform} ${process.arch}`,
    },
    bareNode,
    contestants: Object.fromEntries(
      contestants.map(({ name, version, kind, settings, compressed = false, calls }) => [
        name,
        { version, kind, settings, compressed, calls },
      ]),
    ),
    samples: {},
    failures: [],
  };
  const builtAtStart = libraryBuiltAt();
  /** @type {Record<string, Record<string, number>>} */
  const checks = {};
  /** @type {Set<string>} contestants that have no store to read */
  const storeless = new Set();

  const fail = (
    /** @type {string} */ contestant,
    /** @type {string} */ task,
    /** @type {string} */ error,
  ) => {
    const failure = `${contestant}, ${task}: ${error.replaceAll(here('../..'), '')}`;
    progress(`  FAILED: ${failure}`);
    if (!result.failures.includes(failure)) result.failures.push(failure);
  };

  /**
   * Runs one task for one contestant and files what it has measured.
   * @param {import('./contestants/contestant.js').Contestant} contestant
   * @param {Omit<import('./child.js').Task, 'contestant' | 'workload' | 'scale' | 'seed'>} task
   * @param {(measure: string) => boolean} keeps
   */
  const perform = (contestant, task, keeps) => {
    const flags = ['--expose-gc', ...(contestant.nodeFlags ?? [])];
    const whole = { contestant: contestant.name, workload: name, scale, seed, ...task };
    const answer = runProcess([...flags, here('./child.js'), JSON.stringify(whole)]);
    if (answer.error !== undefined) {
      fail(contestant.name, task.task, answer.error);
      return undefined;
    }
    const { figures, cacheBytes, entryBytes } = answer.json;
    for (const [measure, { value, check }] of Object.entries(figures)) {
      if (!keeps(measure)) continue;
      sample(measure, contestant.name, value);
      if (check !== undefined) (checks[measure] ??= {})[contestant.name] = check;
    }
    return { cacheBytes, entryBytes };
  };
  const sample = (
    /** @type {string} */ measure,
    /** @type {string} */ contestant,
    /** @type {number} */ value,
  ) => {
    const byContestant = (result.samples[measure] ??= {});
    (byContestant[contestant] ??= []).push(value);
  };
  const storeOf = (/** @type {string} */ contestant) => `${DATA}/${name}/${contestant}`;
  const smallStoreOf = (/** @type {string} */ contestant) => `${storeOf(contestant)}-small`;

  rmSync(`${DATA}/${name}`, { recursive: true, force: true });
  mkdirSync(`${DATA}/${name}`, { recursive: true });
  for (let round = 0; round < rounds; round++) {
    // Nobody always comes first.
    const turn = round % 2 === 0 ? contestants : [...contestants].reverse();
    progress(`${name}, round ${round + 1} of ${rounds}`);

    if (round === 0 || wanted('load')) {
      progress('  load');
      for (const contestant of turn) {
        if (contestant.load === undefined) continue;
        const dir = storeOf(contestant.name);
        rmSync(dir, { recursive: true, force: true });
        const loaded = perform(contestant, { task: 'load', dir }, (measure) => wanted(measure));
        if (loaded === undefined) storeless.add(contestant.name);
        else result.entryBytes = loaded.entryBytes;
      }
    }

    for (const [task, group] of Object.entries(groups)) {
      const asked = Object.keys(group.measures).filter(wanted);
      if (asked.length === 0) continue;
      progress(`  ${task}`);
      for (const contestant of turn) {
        const measures = asked.filter((measure) => measure in contestant.calls);
        if (measures.length === 0 || storeless.has(contestant.name)) continue;
        const done = perform(contestant, { task, dir: storeOf(contestant.name), measures }, () => true);
        if (group.cache === 'tight' && done !== undefined) result.tightCacheBytes = done.cacheBytes;
      }
    }

    if (wanted('open')) {
      progress('  open');
      const openers = turn.filter(({ name, calls }) => 'open' in calls && !storeless.has(name));
      if (round === 0) {
        for (const contestant of openers) {
          const small = { task: 'load', dir: smallStoreOf(contestant.name), count: SMALL_STORE_ENTRIES };
          perform(contestant, small, () => false);
        }
      }
      const stores = [
        { measure: 'open', storeDir: storeOf, opened: workload },
        {
          measure: 'open-small',
          storeDir: smallStoreOf,
          opened: makeWorkload(name, { scale, seed, count: SMALL_STORE_ENTRIES }),
        },
      ];
      for (const { measure, storeDir, opened } of stores) {
        const { keys } = opened.sampleKeys(OPENINGS_A_ROUND, 'buffer', { seed: seed + round });
        for (const key of keys) {
          for (const contestant of openers) {
            const answer = runProcess([
              here('./first-get.js'),
              contestant.name,
              storeDir(contestant.name),
              opened.textKeys ? 'text' : 'binary',
              key.toString('hex'),
            ]);
            if (answer.error !== undefined) {
              fail(contestant.name, measure, answer.error);
              continue;
            }
            sample(measure, contestant.name, answer.json.milliseconds);
            sample(`${measure}-process`, contestant.name, answer.milliseconds);
          }
        }
      }
    }
  }
  result.failures.push(...disagreements(checks));
  if (libraryBuiltAt() !== builtAtStart) result.failures.push('the library was rebuilt during the run');
  if (!options.keep) rmSync(`${DATA}/${name}`, { recursive: true, force: true });
  return result;
}

/**
 * @param {Record<string, Record<string, number>>} checks  measure → contestant → the sum of its answers
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

/**
 * @param {string[]} args  for Node
 * @returns {{ json: any, milliseconds: number, error?: string }} what the process has printed, and its whole time
 */
function runProcess(args) {
  const started = performance.now();
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  const milliseconds = performance.now() - started;
  if (status === 0) return { json: JSON.parse(stdout), milliseconds };
  const message = /^\w*Error.*$/m.exec(stderr)?.[0] ?? stderr.trim().split('\n').at(-1);
  return { json: undefined, milliseconds, error: signal === null ? `${message}` : `ended by ${signal}` };
}

/** @returns {number} the time of the newest file of the library's build; figures from two builds are from none */
function libraryBuiltAt() {
  const dist = here('../../dist');
  if (!existsSync(dist)) return 0;
  return readdirSync(dist, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.name.endsWith('.js'))
    .reduce((newest, { parentPath, name }) => Math.max(newest, statSync(join(parentPath, name)).mtimeMs), 0);
}

/** What any Node process needs before it does anything. */
function measureBareNode() {
  const runs = Array.from({ length: 5 }, () => runProcess(['-p', 'process.memoryUsage.rss()']));
  return {
    memoryBytes: /** @type {number} */ (median(runs.map(({ json }) => json))),
    milliseconds: /** @type {number} */ (median(runs.map((run) => run.milliseconds))),
  };
}

/** @param {Record<string, import('../report/report.js').WorkloadResult>} fresh */
function writeResults(fresh) {
  const before = existsSync(RESULTS_JSON) ? JSON.parse(readFileSync(RESULTS_JSON, 'utf8')).workloads : {};
  const merged = { ...before, ...fresh };
  const workloads = Object.fromEntries(
    workloadNames.filter((name) => name in merged).map((name) => [name, merged[name]]),
  );
  writeFileSync(RESULTS_JSON, `${JSON.stringify({ workloads }, null, 2)}\n`);

  const text = existsSync(RESULTS_MD)
    ? readFileSync(RESULTS_MD, 'utf8')
    : `${MARKERS.begin}\n${MARKERS.end}\n`;
  const begin = text.indexOf(MARKERS.begin);
  const end = text.indexOf(MARKERS.end);
  if (begin === -1 || end < begin)
    throw new Error(`RESULTS.md must hold ${MARKERS.begin} and then ${MARKERS.end}`);
  const generated = `${MARKERS.begin}\n\n${renderReport(workloads)}\n\n`;
  writeFileSync(RESULTS_MD, text.slice(0, begin) + generated + text.slice(end));
}
