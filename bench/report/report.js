import { BARE, contestantNames } from '../peers/contestants/contestant.js';
import { formats } from './formats.js';
import { median } from './median.js';
import { rows } from './rows.js';

/**
 * Turns the raw numbers into tables, ratios and verdicts.
 *
 * @typedef {object} SectionResult  what results.json keeps for a workload, or for the whole processes
 * @property {string} title
 * @property {number} [count]  entries
 * @property {Run[]} runs      the newest one last; a row shows the figures of one run
 *
 * @typedef {object} Run
 * @property {string} command
 * @property {number} rounds
 * @property {number} scale
 * @property {number} seed
 * @property {number} [minutes]
 * @property {{ cpu: string, cores: number, memoryGiB: number, node: string, platform: string }} machine
 * @property {{ memoryBytes: number, milliseconds: number }} bareNode
 * @property {Record<string, { version: string, kind: string, settings: string, compressed: boolean }>} contestants
 * @property {number} [pagedMemoryLimit]  in bytes
 * @property {Record<string, Record<string, number[]>>} samples  measure → contestant → a number a round
 * @property {Record<string, Record<string, string>>} unavailable  measure → contestant → why it could not take part
 * @property {string[]} failures
 *
 * @typedef {import('./rows.js').Row} Row
 */

const OURS = 'cairn';

/**
 * @param {Record<string, SectionResult>} sections
 * @returns {string} Markdown, the generated part of RESULTS.md
 */
export function renderReport(sections) {
  const allRuns = Object.values(sections).flatMap(({ runs }) => runs);
  /** @type {Map<string, string[]>} */
  const contestants = new Map();
  for (const run of allRuns) {
    for (const [name, { version, settings }] of Object.entries(run.contestants))
      contestants.set(`${name} ${version}`, [name, version, settings]);
  }
  const lines = [
    '### Runs',
    '',
    ...renderRuns(sections),
    '',
    '### Contestants',
    '',
    ...table(['', 'version', 'settings'], [...contestants.values()]),
  ];
  /** @type {string[]} */
  const losses = [];
  /** @type {string[]} */
  const failures = [];
  for (const [name, section] of Object.entries(sections)) {
    const rendered = renderSection(name, section);
    lines.push('', ...rendered.lines);
    losses.push(...rendered.losses);
    for (const run of section.runs) failures.push(...run.failures.map((failure) => `${name}: ${failure}`));
  }

  lines.push('', '### Losses', '');
  if (!allRuns.some((run) => OURS in run.contestants)) lines.push(`${OURS} was not measured.`);
  else if (losses.length === 0) lines.push('None: every target measured here is reached.');
  else lines.push(...losses.map((loss) => `- ${loss}`));
  if (failures.length > 0) lines.push('', '### Failures', '', ...failures.map((failure) => `- ${failure}`));
  return lines.join('\n');
}

/**
 * Returns the newest run that has measured ours for a row, or has found that ours cannot take part; the newest of all
 * peers where no run has ours among its contestants.
 * @param {SectionResult} section
 * @param {Row} row
 */
export function newestRun({ runs }, { ours, peers, contestant = OURS }) {
  const newest = [...runs].reverse();
  return (
    newest.find(({ samples, unavailable }) =>
      [samples, unavailable].some((byMeasure) => contestant in (byMeasure[ours] ?? {})),
    ) ??
    newest.find(({ contestants, samples }) => !(OURS in contestants) && peers.some((peer) => peer in samples))
  );
}

/**
 * @param {SectionResult} section
 * @param {Run} run
 * @returns {string} the families of measures that the report shows of a run
 */
function shownOf(section, run) {
  const shown = rows.filter((row) => newestRun(section, row) === run).map(({ ours }) => ours.split('-')[0]);
  return [...new Set(shown)].join(', ');
}

/** @param {Record<string, SectionResult>} sections */
function renderRuns(sections) {
  const head = ['', 'measures', 'command', 'rounds', 'scale', 'seed', 'took', 'machine', 'bare Node process'];
  return table(
    head,
    Object.entries(sections).flatMap(([name, section]) =>
      section.runs.map((run) => {
        const { command, rounds, scale, seed, minutes, machine, bareNode } = run;
        const { cpu, cores, memoryGiB, platform, node } = machine;
        return [
          name,
          shownOf(section, run),
          `\`${command}\``,
          `${rounds}`,
          `${scale}`,
          `${seed}`,
          minutes === undefined ? '–' : `${minutes.toFixed(1)} min`,
          `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${platform}, Node ${node}`,
          `${formats.megabytes(bareNode.memoryBytes)}, ${formats.milliseconds(bareNode.milliseconds)}`,
        ];
      }),
    ),
  );
}

/**
 * @param {string} name
 * @param {SectionResult} section
 */
function renderSection(name, section) {
  const { title, count, runs } = section;
  const columns = [BARE, ...contestantNames].filter((name) =>
    runs.some(({ contestants }) => name in contestants),
  );
  /** @type {string[][]} */
  const body = [];
  /** @type {string[]} */
  const losses = [];
  for (const row of rows) {
    const run = newestRun(section, row);
    if (run === undefined) continue;
    const line = renderRow(name, run, row, columns);
    body.push(line.cells);
    if (line.loss !== undefined) losses.push(`${name}, ${line.loss}`);
  }
  const about = count === undefined ? title : `${count.toLocaleString('en-US')} entries (${title})`;
  return {
    lines: [
      `### ${name}: ${about}`,
      '',
      ...table(['', ...columns, 'compared with', 'ratio', 'target', 'verdict'], body),
    ],
    losses,
  };
}

/**
 * @param {string} section
 * @param {Run} run
 * @param {Row} row
 * @param {string[]} columns
 * @returns {{ cells: string[], loss?: string }}
 */
function renderRow(section, run, row, columns) {
  const format = formats[row.format];
  const better = (/** @type {number} */ a, /** @type {number} */ b) => (row.less ? a < b : a > b);
  const oursName = row.contestant ?? OURS;
  const reason = run.unavailable[row.ours]?.[oursName];
  /** @type {{ name: string, value: number } | undefined} */
  let best;
  /** @type {number | undefined} */
  let ours;
  const figures = columns.map((column) => {
    const contestant = run.contestants[column];
    if (contestant === undefined || row.compares?.(contestant) === false) return '–';
    const value = figureOf(run, row, column, better);
    if (value === undefined) return column === oursName && reason !== undefined ? 'not available' : '–';
    if (column === oursName) ours = value;
    const isCompared = contestant.kind === 'peer' && (row.against?.includes(column) ?? true);
    if (isCompared && (best === undefined || better(value, best.value))) best = { name: column, value };
    return column === oursName ? `**${format(value)}**` : format(value);
  });

  const target = row.target?.(section, run);
  const ratio = ours === undefined || best === undefined ? undefined : ours / best.value;
  const reached = ours === undefined ? undefined : target?.reached(ours, best?.value);
  const isMissing = reason !== undefined && target !== undefined;
  const cells = [
    row.title,
    ...figures,
    best === undefined ? '–' : best.name,
    ratio === undefined ? '–' : `${ratio.toFixed(2)} ×`,
    target?.text ?? '–',
    isMissing ? '**not available**' : reached === undefined ? '–' : reached ? 'reached' : '**missed**',
  ];
  if (isMissing) return { cells, loss: `${row.title}: not available, ${reason}; target ${target.text}` };
  if (reached !== false) return { cells };
  const figure = format(/** @type {number} */ (ours));
  const against =
    best === undefined || ratio === undefined
      ? figure
      : `${figure}, ${ratio.toFixed(2)} × ${best.name} (${format(best.value)})`;
  const behind = best !== undefined && better(best.value, /** @type {number} */ (ours)) ? ': behind it' : '';
  return { cells, loss: `${row.title}: ${against}${behind}; target ${target?.text}` };
}

/**
 * @param {Run} run
 * @param {Row} row
 * @param {string} contestant
 * @param {(a: number, b: number) => boolean} better
 * @returns {number | undefined} the contestant's figure in that row: the median over the rounds
 */
function figureOf(run, row, contestant, better) {
  const isOurs = run.contestants[contestant].kind === 'ours';
  /** @type {number | undefined} */
  let value;
  for (const measure of isOurs ? [row.ours] : row.peers) {
    const figure = median(run.samples[measure]?.[contestant]);
    if (figure !== undefined && (value === undefined || better(figure, value))) value = figure;
  }
  if (value === undefined) return undefined;
  return row.aboveBareNode ? value - run.bareNode.memoryBytes : value;
}

/**
 * @param {string[]} head
 * @param {string[][]} body
 * @returns {string[]}
 */
function table(head, body) {
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...body.map(line)];
}
