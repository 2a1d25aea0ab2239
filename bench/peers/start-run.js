import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { median } from '../report/median.js';
import { BARE, installedProgram } from './contestants/contestant.js';
import { DATA, WorkloadData } from './data.js';
import { START } from './options.js';
import { timeNode } from './processes.js';
import { progress, Section, timedProgress } from './section.js';
import { makeWorkload } from './workloads.js';

/**
 * @typedef {import('./contestants/contestant.js').Contestant} Contestant
 * @typedef {import('./options.js').RunOptions} RunOptions
 * @typedef {{ wall: number, cpu: number }} Times  in milliseconds
 */

/** Turns that count in a round; one before them loads what the system will have in its page cache afterwards. */
const TURNS = 11;
/** The store that `cairn get` reads. */
const WORKLOAD = 'W1';

/**
 * Whole processes that do next to nothing: importing each library, and one get by the command. They take turns with a
 * bare Node process; a round's figure is the median over its turns.
 *
 * @param {RunOptions} options
 * @param {Contestant[]} contestants
 * @returns {import('../report/report.js').SectionResult}
 */
export function runStart(options, contestants) {
  const { rounds, wants } = options;
  const section = new Section(options);
  const importers = onePerPackage(contestants.filter(({ calls }) => 'start-import' in calls));
  const [commander] = contestants.filter(({ calls }) => 'start-command' in calls);
  for (let round = 0; round < rounds; round++) {
    progress(`${START}, round ${round + 1} of ${rounds}`);
    if (wants('start-import')) measureImports(section, importers);
    if (wants('start-command') && commander !== undefined) measureCommand(section, commander, options);
  }
  const bare = /** @type {const} */ ({
    name: BARE,
    version: process.versions.node,
    kind: 'peer',
    settings: 'a process that does nothing: an empty module beside imports, `node -e 0` beside the command',
  });
  return section.result({ title: 'whole processes' }, [bare, ...importers]);
}

/**
 * @param {Section} section
 * @param {Contestant[]} importers
 */
function measureImports(section, importers) {
  const done = timedProgress('start-import');
  const dir = join(DATA, START);
  mkdirSync(dir, { recursive: true });
  const module = (/** @type {string} */ name) => join(dir, `${name}.mjs`);
  writeFileSync(module(BARE), '');
  for (const { name, packageName } of importers) writeFileSync(module(name), `import '${packageName}';\n`);
  const times = takeTurns(section, 'start-import', [
    [BARE, [module(BARE)]],
    ...importers.map(({ name }) => /** @type {const} */ ([name, [module(name)]])),
  ]);
  for (const { name } of importers) {
    for (const clock of /** @type {const} */ (['cpu', 'wall'])) {
      // Within a turn, so that both sides of a difference were measured in the same second.
      const above = times.map((turn) => turn[name]?.[clock] - turn[BARE]?.[clock]).filter(Number.isFinite);
      sampleMedian(section, `start-import-${clock}`, name, above);
    }
  }
  done();
}

/**
 * @param {Section} section
 * @param {Contestant} commander
 * @param {RunOptions} options
 */
function measureCommand(section, commander, { scale, seed }) {
  const data = new WorkloadData(WORKLOAD, { scale, seed });
  const { error } = data.ensure(commander);
  if (error !== undefined) return section.fail(commander.name, 'load', error);
  const done = timedProgress('start-command');
  const [key] = makeWorkload(WORKLOAD, { scale, seed }).sampleKeys(1, 'string').keys;
  const program = installedProgram(`${commander.packageName}`, 'cairn');
  const times = takeTurns(section, 'start-command', [
    [BARE, ['-e', '0']],
    [commander.name, [program, 'get', data.storeOf(commander), key]],
  ]);
  for (const name of [BARE, commander.name]) {
    for (const clock of /** @type {const} */ (['cpu', 'wall'])) {
      const taken = times.map((turn) => turn[name]?.[clock]).filter(Number.isFinite);
      sampleMedian(section, `start-command-${clock}`, name, taken);
    }
  }
  done();
}

/**
 * @param {Section} section
 * @param {string} task
 * @param {(readonly [name: string, args: string[]])[]} processes
 * @returns {Record<string, Times>[]} by turn and name; a process that failed is missing
 */
function takeTurns(section, task, processes) {
  /** @type {Record<string, Times>[]} */
  const turns = [];
  for (let turn = 0; turn <= TURNS; turn++) {
    /** @type {Record<string, Times>} */
    const times = {};
    for (const [name, args] of turn % 2 === 0 ? processes : [...processes].reverse()) {
      const taken = timeNode(args);
      if (taken.error === undefined) times[name] = taken;
      else section.fail(name, task, taken.error);
    }
    if (turn > 0) turns.push(times);
  }
  return turns;
}

/**
 * @param {Section} section
 * @param {string} measure
 * @param {string} name
 * @param {number[]} values
 */
function sampleMedian(section, measure, name, values) {
  const middle = median(values);
  if (middle !== undefined) section.sample(measure, name, middle);
}

/** @param {Contestant[]} contestants */
function onePerPackage(contestants) {
  return contestants.filter(
    ({ packageName }, i) => contestants.findIndex((one) => one.packageName === packageName) === i,
  );
}
