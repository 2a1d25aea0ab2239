import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { START } from '../peers/options.js';
import { workloadNames } from '../peers/workloads.js';
import { replaceGenerated } from './generated.js';
import { newestRun, renderReport } from './report.js';
import { rows } from './rows.js';

/** @typedef {import('./report.js').SectionResult} SectionResult */

const RESULTS_JSON = fileURLToPath(new URL('./results.json', import.meta.url));
const RESULTS_MD = fileURLToPath(new URL('../RESULTS.md', import.meta.url));

/**
 * Puts fresh runs into results.json, and renders RESULTS.md from everything that is then there: a row is that of the
 * newest run that has measured it.
 * @param {Record<string, SectionResult>} fresh
 */
export function publish(fresh) {
  /** @type {Record<string, SectionResult>} */
  const before = existsSync(RESULTS_JSON) ? JSON.parse(readFileSync(RESULTS_JSON, 'utf8')).sections : {};
  /** @type {Record<string, SectionResult>} */
  const sections = {};
  for (const name of [START, ...workloadNames]) {
    if (name in fresh) sections[name] = mergeSection(before[name], fresh[name]);
    else if (name in before) sections[name] = before[name];
  }
  writeFileSync(RESULTS_JSON, `${JSON.stringify({ sections }, null, 2)}\n`);
  replaceGenerated(RESULTS_MD, renderReport(sections));
}

/**
 * Returns a section with a fresh run behind those that are there, less those that no row of the report shows any more.
 * @param {SectionResult | undefined} before
 * @param {SectionResult} fresh
 * @returns {SectionResult}
 */
export function mergeSection(before, fresh) {
  if (before === undefined || before.title !== fresh.title || before.count !== fresh.count) return fresh;
  const merged = { ...fresh, runs: [...before.runs, ...fresh.runs] };
  const shown = new Set(rows.map((row) => newestRun(merged, row)));
  return { ...merged, runs: merged.runs.filter((run) => shown.has(run)) };
}
