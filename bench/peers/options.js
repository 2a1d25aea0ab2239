import { parseArgs } from 'node:util';
import { contestantNames } from './contestants/contestant.js';
import { groups } from './measures.js';
import { workloadNames } from './workloads.js';

/**
 * @typedef {object} RunOptions
 * @property {string[]} sections      START and workloads
 * @property {number} scale
 * @property {number} rounds
 * @property {number} seed
 * @property {string[]} contestants
 * @property {boolean} whole          whether nothing is left out: no measure, no contestant
 * @property {(measure: string) => boolean} wants
 * @property {boolean} fresh
 * @property {boolean} write
 */

/** The section that is about whole processes, and its measures. */
export const START = 'start';
export const START_MEASURES = ['start-import', 'start-command'];
const SECTIONS = [START, ...workloadNames];
const PUBLISHED_ROUNDS = 3;

const MEASURES = [
  ...START_MEASURES,
  'start-open',
  'load',
  'disk',
  ...Object.values(groups).flatMap(({ measures }) => Object.keys(measures)),
  'threads',
];

const USAGE = `npm run bench -- [options]

  --only W1,W3          sections (default: ${SECTIONS.join(',')})
  --measure get,scan    measures by name, or by the words that names begin with (default: all):
                        ${MEASURES.join(', ')}
  --scale 0.01          share of the entries (default: 1)
  --rounds 3            how often everything is measured (default: 3)
  --contestants a,b     of ${contestantNames.join(', ')}
  --seed 20             of the data (default: 20)
  --fresh               builds every store again; by default those in bench/data are used while they are current
  --write               updates RESULTS.md and report/results.json, measure by measure; wants --scale 1 and ${PUBLISHED_ROUNDS} rounds
                        or more (a run of everything at that size is always written)
`;

/**
 * Reads the command line. Prints the usage and ends the process if that is asked for or an option is wrong.
 * @returns {RunOptions}
 */
export function readOptions() {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      measure: { type: 'string' },
      scale: { type: 'string', default: '1' },
      rounds: { type: 'string', default: `${PUBLISHED_ROUNDS}` },
      contestants: { type: 'string' },
      seed: { type: 'string', default: '20' },
      fresh: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    process.exit(0);
  }
  const scale = positive('scale', values.scale);
  const rounds = positive('rounds', values.rounds);
  const contestants = listed('contestants', values.contestants, contestantNames);
  const prefixes = listedMeasures(values.measure);
  const whole = prefixes === undefined && contestants.length === contestantNames.length;
  const publishable = scale === 1 && rounds >= PUBLISHED_ROUNDS;
  if (values.write && !publishable)
    usageError(`--write wants --scale 1 and --rounds ${PUBLISHED_ROUNDS} or more`);
  return {
    sections: listed('only', values.only, SECTIONS),
    scale,
    rounds,
    seed: positive('seed', values.seed),
    contestants,
    whole,
    wants: (measure) =>
      prefixes?.some((prefix) => measure === prefix || measure.startsWith(`${prefix}-`)) ?? true,
    fresh: values.fresh,
    write: values.write || (whole && publishable),
  };
}

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
    if (!MEASURES.some((name) => name === one || name.startsWith(`${one}-`)))
      usageError(`--measure: no ${one}; there are ${MEASURES.join(', ')}`);
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
