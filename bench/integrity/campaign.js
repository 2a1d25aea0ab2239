/**
 * The corruption campaign: damages the files of stores in every way that disks and people do, reads everything back, and
 * counts what came of it, for ours and for its peers.
 *
 *     npm run bench:integrity -- [--trials 2000] [--seed 5] [--only cairn-none,lmdb,golden] [--write]
 *
 * Ours must give no wrong answer, not crash and not hang: otherwise the exit code is 1. Results: INTEGRITY.md.
 */

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Random } from '../peers/random.js';
import { replaceGenerated } from '../report/generated.js';
import { damagesOf, KINDS } from './damages.js';
import { GOLDEN_TESTERS, readFiles, TESTERS } from './stores.js';

const { values: options } = parseArgs({
  options: {
    /** At most, for each store and kind of damage. */
    trials: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '5' },
    only: { type: 'string', default: [...Object.keys(TESTERS), ...Object.keys(GOLDEN_TESTERS)].join(',') },
    jobs: { type: 'string', default: '2' },
    write: { type: 'boolean', default: false },
  },
});
const TRIALS = Number(options.trials);
const SEED = Number(options.seed);

const CHILD = fileURLToPath(new URL('./child.js', import.meta.url));
const fixtures = (/** @type {string} */ path) =>
  fileURLToPath(new URL(`../../fixtures/golden/${path}`, import.meta.url));
/** @type {Record<string, [root: string, below: string]>} where the golden files of a row are, and where in each case */
const GOLDEN = {
  golden: [fixtures('v1'), 'store'],
  'golden-collections': [fixtures('collections-v1'), 'collection'],
};
const REPORT = fileURLToPath(new URL('../INTEGRITY.md', import.meta.url));

/** Golden stores up to this size are damaged at every bit and every length. */
const SMALL_BYTES = 8192;
/** A child does so many trials, and is then replaced by a fresh one. */
const CHILD_TRIALS = 2000;
const HANG_MS = 10_000;
const MAX_MEMORY_BYTES = 2 ** 30;
const LOOK_EVERY_MS = 100;

const OUTCOMES = [
  'detected',
  'correct',
  'silent',
  'partly',
  'untyped',
  'unverified',
  'crash',
  'hang',
  'memory',
];
/** What ours must never do. */
const FAILURES = OUTCOMES.filter((outcome) => outcome !== 'detected' && outcome !== 'correct');

/** @typedef {Record<string, number>} Tally */
/** @typedef {{ row: string, kind: string, job: Omit<import('./child.js').Job, 'scratch'> }} Work */

// In memory, where there is such a place: a million small files.
const base = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'cairn-integrity-'));
/** @type {Map<string, Map<string, Tally>>} by row, then by kind */
const tallies = new Map();
/** @type {string[]} */
const examples = [];
const began = performance.now();
try {
  await runAll(await plan(options.only.split(',')));
} finally {
  rmSync(base, { recursive: true, force: true });
}
const seconds = Math.round((performance.now() - began) / 1000);
const report = render();
process.stdout.write(`${report}\n`);
process.stderr.write(`${seconds} s\n`);
if (options.write) replaceGenerated(REPORT, report);
const ours = [...tallies].filter(([row]) => isOurs(row));
const bad = ours
  .flatMap(([, kinds]) => [...kinds.values()])
  .some((tally) => FAILURES.some((f) => tally[f] > 0));
if (bad) {
  process.stderr.write(`${examples.join('\n')}\n`);
  process.exitCode = 1;
}

/** @param {string} row */
function isOurs(row) {
  return row in GOLDEN_TESTERS || TESTERS[row].verify !== undefined;
}

/** @param {string[]} names @returns {Promise<Work[]>} */
async function plan(names) {
  /** @type {Work[]} */
  const work = [];
  for (const name of names) {
    if (name in GOLDEN) work.push(...planGolden(name));
    else work.push(...(await planTester(name)));
  }
  return work;
}

/** @param {string} name @returns {Promise<Work[]>} */
async function planTester(name) {
  const tester = TESTERS[name];
  const [store, other] = [join(base, `${name}-0`), join(base, `${name}-1`)];
  await tester.write(store, 0);
  await tester.write(other, 1);
  const [files, otherFiles] = [readFiles(store, tester.keeps), readFiles(other, tester.keeps)];
  const random = new Random(SEED);
  return Object.keys(KINDS).flatMap((kind) => {
    const damages = damagesOf(kind, files, otherFiles, TRIALS, random);
    return split(damages).map((some) => ({
      row: name,
      kind,
      job: { tester: name, store, other, damages: some },
    }));
  });
}

/** Every bit and every length of the golden cases that are small, a sample of the others. @param {string} row @returns {Work[]} */
function planGolden(row) {
  const random = new Random(SEED);
  const [root, below] = GOLDEN[row];
  return readdirSync(root).flatMap((name) => {
    const store = join(root, name, below);
    // Files of versions that are not kept hold nothing that is read.
    const { versions } = JSON.parse(readFileSync(join(root, name, 'expected.json'), 'utf8'));
    const isKept = (/** @type {string} */ file) =>
      versions?.some((/** @type {any} */ one) => file.endsWith(`-${one.version}.version`)) ?? true;
    const files = readFiles(store, (file) => isKept(file) || !/-[1-9]\d*\.version$/.test(file));
    const bytes = [...files.values()].reduce((sum, { length }) => sum + length, 0);
    const most = bytes <= SMALL_BYTES ? Number.POSITIVE_INFINITY : TRIALS;
    return Object.keys(KINDS).flatMap((kind) =>
      split(damagesOf(kind, files, undefined, most, random)).map((damages) => ({
        row,
        kind,
        job: { tester: row, store, damages },
      })),
    );
  });
}

/** @template T @param {T[]} list @returns {T[][]} */
function split(list) {
  const parts = [];
  for (let at = 0; at < list.length; at += CHILD_TRIALS) parts.push(list.slice(at, at + CHILD_TRIALS));
  return parts;
}

/** @param {Work[]} work */
async function runAll(work) {
  const left = [...work];
  let done = 0;
  const runner = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      await run(next);
      if (++done % 20 === 0) process.stderr.write(`${done} of ${work.length} jobs\n`);
    }
  };
  await Promise.all(Array.from({ length: Number(options.jobs) }, runner));
}

/** Goes through the damages of a job in as many processes as it takes. @param {Work} work */
async function run({ row, kind, job: task }) {
  const scratch = mkdtempSync(join(base, 'scratch-'));
  const job = { ...task, scratch };
  for (let from = 0; from < job.damages.length; ) {
    const { outcomes, end } = await runChild({ ...job, damages: job.damages.slice(from) });
    for (const [i, outcome] of outcomes.entries())
      count(row, kind, outcome, job.damages[from + i], job.store);
    from += outcomes.length;
    if (end !== undefined && from < job.damages.length) {
      count(row, kind, end, job.damages[from], job.store);
      rmSync(scratch, { recursive: true, force: true });
      from++;
    }
  }
}

/**
 * @param {import('./child.js').Job} job
 * @returns {Promise<{ outcomes: string[], end: string | undefined }>} the trials that were done, and what ended it early
 */
function runChild(job) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--max-old-space-size=512', CHILD], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    /** @type {string[]} */
    const outcomes = [];
    let last = performance.now();
    let errors = '';
    /** @type {string | undefined} */
    let killedFor;
    createInterface({ input: child.stdout }).on('line', (line) => {
      outcomes.push(line.slice(line.indexOf(' ') + 1));
      last = performance.now();
    });
    child.stderr.on('data', (text) => {
      errors = (errors + text).slice(-4000);
    });
    const watch = setInterval(() => {
      if (performance.now() - last > HANG_MS) killedFor = 'hang';
      else if (peakMemory(child.pid) > MAX_MEMORY_BYTES) killedFor = 'memory';
      if (killedFor !== undefined) child.kill('SIGKILL');
    }, LOOK_EVERY_MS);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearInterval(watch);
      if (code === 0) return resolve({ outcomes, end: undefined });
      if (outcomes.length === 0 && /SyntaxError|ERR_MODULE|ReferenceError/.test(errors))
        return reject(new Error(errors));
      const end =
        killedFor ?? (errors.includes('heap out of memory') ? 'memory' : `crash ${signal ?? `exit ${code}`}`);
      resolve({ outcomes, end });
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(JSON.stringify(job));
  });
}

/** @param {number | undefined} pid @returns {number} the most memory that a process had; 0 where nobody says */
function peakMemory(pid) {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/**
 * @param {string} row @param {string} kind @param {string} outcome @param {import('./damages.js').Damage} damage
 * @param {string} store
 */
function count(row, kind, outcome, damage, store) {
  const [name] = outcome.split(' ');
  if (name === 'same') return;
  let kinds = tallies.get(row);
  if (kinds === undefined) tallies.set(row, (kinds = new Map()));
  let tally = kinds.get(kind);
  if (tally === undefined) kinds.set(kind, (tally = Object.fromEntries(OUTCOMES.map((each) => [each, 0]))));
  tally[name]++;
  if (isOurs(row) && FAILURES.includes(name))
    examples.push(`${row}: ${outcome}: ${JSON.stringify(damage)} of ${store}`);
}

/** @returns {string} */
function render() {
  const lines = [
    `\`node bench/integrity/campaign.js --trials ${TRIALS} --seed ${SEED}\`, Node ${process.versions.node}, ${process.platform} ${process.arch}:`,
    '',
    '### Beside its peers: the same 400 entries in each store',
    '',
    ...table([...tallies.keys()].filter((row) => row in TESTERS)),
  ];
  for (const [row, { title }] of Object.entries(GOLDEN_TESTERS)) {
    if (!tallies.has(row)) continue;
    const Title = title.replace('g', 'G');
    lines.push(
      '',
      `### ${Title}: every bit and every length of those up to ${SMALL_BYTES} bytes, a sample of the others`,
      '',
      ...table([row]),
    );
  }
  lines.push('', '### Versions and settings', '', '| store | version | settings |', '|---|---|---|');
  for (const row of tallies.keys()) {
    const tester = TESTERS[row];
    if (tester !== undefined) lines.push(`| ${tester.title} | ${tester.version} | ${tester.settings} |`);
  }
  return lines.join('\n');
}

/** @param {string[]} rows @returns {string[]} */
function table(rows) {
  const lines = [
    '| store | damage | trials | detected | correct | **silently wrong** | wrong, next to errors | crash | hang | memory |',
    '|---|---|---:|---:|---:|---:|---:|---:|---:|---:|',
  ];
  for (const row of rows) {
    const { title } = TESTERS[row] ?? GOLDEN_TESTERS[row];
    /** @type {Tally} */
    const all = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0]));
    for (const [kind, text] of Object.entries(KINDS)) {
      const tally = tallies.get(row)?.get(kind);
      if (tally === undefined) continue;
      for (const outcome of OUTCOMES) all[outcome] += tally[outcome];
      lines.push(line(title, text, tally));
    }
    lines.push(line(`**${title}**`, '**all**', all));
  }
  return lines;
}

/** @param {string} title @param {string} text @param {Tally} tally */
function line(title, text, tally) {
  const trials = Object.values(tally).reduce((sum, number) => sum + number, 0);
  const share = tally.silent === 0 ? '' : ` (${((100 * tally.silent) / trials).toFixed(1)} %)`;
  const cells = [
    title,
    text,
    grouped(trials),
    // An error without a type, and damage that a verification does not see, are failures of ours: see the exit code.
    grouped(tally.detected + tally.untyped),
    grouped(tally.correct + tally.unverified),
    `**${grouped(tally.silent)}**${share}`,
    grouped(tally.partly),
    tally.crash,
    tally.hang,
    tally.memory,
  ];
  return `| ${cells.join(' | ')} |`;
}

/** @param {number} number */
function grouped(number) {
  return number.toLocaleString('en');
}
