import { formats } from './formats.js';
import { median } from './median.js';

/**
 * @typedef {object} Target
 * @property {string} text
 * @property {(ours: number, best: number | undefined) => boolean | undefined} reached  undefined without a peer's figure
 *
 * @typedef {(section: string, run: import('./report.js').Run) => Target | undefined} TargetOf
 *   a row's target in one section
 */

/** @returns {TargetOf} */
export const times = (/** @type {number} */ factor) => () => ({
  text: `≥ ${factor} ×`,
  reached: (ours, best) => (best === undefined ? undefined : ours >= factor * best),
});

/** @returns {TargetOf} */
export const atMostTimes = (/** @type {number} */ factor) => () => ({
  text: `≤ ${factor} ×`,
  reached: (ours, best) => (best === undefined ? undefined : ours <= factor * best),
});

/** @returns {TargetOf} */
export const atMost = (/** @type {number} */ limit, /** @type {string} */ text) => () => ({
  text,
  reached: (ours) => ours <= limit,
});

/** @returns {TargetOf} */
export const peerAndMilliseconds = (/** @type {number} */ milliseconds) => () => ({
  text: `≤ peer + ${milliseconds} ms`,
  reached: (ours, best) => (best === undefined ? undefined : ours <= best + milliseconds),
});

/**
 * Different targets in different sections; none in a section that is not named, unless `others` is.
 * @param {Record<string, TargetOf>} bySection
 * @returns {TargetOf}
 */
export const inSections = (bySection) => (section, run) =>
  (bySection[section] ?? bySection.others)?.(section, run);

/**
 * The cache, the index and 100 MB. What the store has on disk besides keys and values stands for the index.
 * @type {TargetOf}
 */
export const boundedMemory = (_section, { pagedMemoryLimit }) => {
  if (pagedMemoryLimit === undefined) return undefined;
  const text = `≤ ${formats.megabytes(pagedMemoryLimit)}`;
  return { text, reached: (ours) => ours <= pagedMemoryLimit };
};

/**
 * A share of another measure of ours.
 * @param {number} factor
 * @param {string} measure
 * @param {string} name  of that measure
 * @returns {TargetOf}
 */
export const atMostTimesOurs = (factor, measure, name) => (_section, run) => {
  const other = median(run.samples[measure]?.cairn);
  if (other === undefined) return { text: `≤ ${factor} × ${name}`, reached: () => undefined };
  return {
    text: `≤ ${factor} × ${name}: ${formats.megabytes(factor * other)}`,
    reached: (ours) => ours <= factor * other,
  };
};
