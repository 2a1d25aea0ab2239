/**
 * The benchmark: builds the same data for every contestant, measures each in fresh processes, round after round with
 * the contestants taking turns, and reports medians and ratios.
 *
 *     npm run bench -- [options]            installs the contestants, then runs
 *     node bench/peers/run.js [options]
 */

import { renderReport } from '../report/report.js';
import { publish } from '../report/results.js';
import { importContestant } from './contestants/contestant.js';
import { DATA } from './data.js';
import { readOptions, START } from './options.js';
import { progress } from './section.js';
import { runStart } from './start-run.js';
import { WorkloadRun } from './workload-run.js';

const options = readOptions();
const contestants = await Promise.all(options.contestants.map(importContestant));

/** @type {Record<string, import('../report/report.js').SectionResult>} */
const sections = {};
for (const name of options.sections) {
  const section =
    name === START ? runStart(options, contestants) : new WorkloadRun(name, options, contestants).run();
  if (Object.keys(section.runs[0].samples).length === 0) continue;
  sections[name] = section;
  // After every section, so that a run that is cut short has not been for nothing.
  if (options.write) publish({ [name]: section });
}
process.stdout.write(`\n${renderReport(sections)}\n`);
progress(`\nThe stores stay in ${DATA} for the next run.`);
if (Object.values(sections).some(({ runs }) => runs.some(({ failures }) => failures.length > 0)))
  process.exitCode = 1;
