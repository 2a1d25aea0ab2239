/**
 * Turns the raw numbers into tables, ratios and verdicts.
 *
 * @typedef {object} WorkloadResult  what results.json keeps for a workload
 * @property {string} title
 * @property {number} count
 * @property {number} entryBytes   bytes of all keys and values
 * @property {{ command: string, rounds: number, scale: number, seed: number }} run
 * @property {{ cpu: string, cores: number, memoryGiB: number, node: string, platform: string }} machine
 * @property {{ memoryBytes: number, milliseconds: number }} bareNode
 * @property {number} [tightCacheBytes]
 * @property {Record<string, { version: string, kind: string, settings: string, compressed: boolean, calls: Record<string, string> }>} contestants
 * @property {Record<string, Record<string, number[]>>} samples  measure → contestant → a number a round
 * @property {string[]} failures
 *
 * @typedef {object} Row
 * @property {string} title
 * @property {Format} format
 * @property {string} ours            our measure
 * @property {string[]} peers         a peer's measures; its best one counts
 * @property {string} [contestant]    ours: 'cairn' unless another is named
 * @property {(peer: { compressed: boolean }) => boolean} [compares]  which contestants the row is about
 * @property {boolean} [less]         less is better
 * @property {(workload: string, result: WorkloadResult) => Target | undefined} [target]
 *
 * @typedef {{ text: string, reached: (ours: number, best: number | undefined) => boolean | undefined }} Target
 * @typedef {keyof typeof formats} Format
 */

const OURS = 'cairn';
const MB = 1e6;

const formats = {
  rate: (/** @type {number} */ value) =>
    value >= 9.95e6
      ? `${(value / 1e6).toFixed(0)}M`
      : value >= 1e6
        ? `${(value / 1e6).toFixed(2)}M`
        : `${(value / 1e3).toFixed(value < 9950 ? 1 : 0)}k`,
  megabytes: (/** @type {number} */ value) => `${(value / MB).toFixed(value < 100 * MB ? 1 : 0)} MB`,
  milliseconds: (/** @type {number} */ value) => `${value.toFixed(1)} ms`,
  microseconds: (/** @type {number} */ value) => `${value.toFixed(2)} µs`,
  nanoseconds: (/** @type {number} */ value) => `${value.toFixed(0)} ns`,
};

/** @returns {() => Target} */
const times = (/** @type {number} */ factor) => () => ({
  text: `≥ ${factor} ×`,
  reached: (ours, best) => (best === undefined ? undefined : ours >= factor * best),
});

/** @returns {() => Target} */
const atMostTimes = (/** @type {number} */ factor) => () => ({
  text: `≤ ${factor} ×`,
  reached: (ours, best) => (best === undefined ? undefined : ours <= factor * best),
});

/** @returns {() => Target} */
const atMost = (/** @type {number} */ limit, /** @type {string} */ text) => () => ({
  text,
  reached: (ours) => ours <= limit,
});

/** @returns {() => Target} */
const peerAndMilliseconds = (/** @type {number} */ milliseconds) => () => ({
  text: `≤ peer + ${milliseconds} ms`,
  reached: (ours, best) => (best === undefined ? undefined : ours <= best + milliseconds),
});

/**
 * The cache, the index and 100 MB. What the store has on disk besides keys and values stands for the index: it is
 * the index with its checksums and the entries' length fields.
 * @type {Row['target']}
 */
const boundedMemory = (_workload, result) => {
  const disk = median(result.samples.disk?.[OURS]);
  if (disk === undefined || result.tightCacheBytes === undefined) return undefined;
  const limit = result.tightCacheBytes + Math.max(0, disk - result.entryBytes) + 100 * MB;
  return { text: `≤ ${formats.megabytes(limit)}`, reached: (ours) => ours <= limit };
};

/** @type {Row[]} */
const rows = [
  {
    title: 'sorted bulk load, closed and fsynced',
    format: 'rate',
    ours: 'load',
    peers: ['load'],
    target: (workload) => times(workload === 'W3' ? 1.1 : 2)(),
  },
  {
    title: 'bulk load and the making of the entries',
    format: 'rate',
    ours: 'load-gross',
    peers: ['load-gross'],
  },
  {
    title: 'bulk load, peak memory of the process',
    format: 'megabytes',
    ours: 'load-memory',
    peers: ['load-memory'],
    less: true,
  },
  {
    title: 'on disk, uncompressed',
    format: 'megabytes',
    ours: 'disk',
    peers: ['disk'],
    compares: ({ compressed }) => !compressed,
    less: true,
    target: atMostTimes(1.06),
  },
  {
    title: 'on disk, compressed',
    format: 'megabytes',
    ours: 'disk',
    contestant: 'cairn-zstd',
    peers: ['disk'],
    compares: ({ compressed }) => compressed,
    less: true,
    target: atMostTimes(1),
  },
  {
    title: 'getSync hit, lent value',
    format: 'rate',
    ours: 'get-hit-lent',
    peers: ['get-hit-lent', 'get-hit-owned'],
    target: times(2),
  },
  {
    title: 'getSync hit, owned value',
    format: 'rate',
    ours: 'get-hit-owned',
    peers: ['get-hit-owned'],
    target: times(2.5),
  },
  {
    title: 'getSync miss',
    format: 'rate',
    ours: 'get-miss-owned',
    peers: ['get-miss-lent', 'get-miss-owned'],
    target: times(3),
  },
  {
    title: 'getSync, Zipf, lent',
    format: 'rate',
    ours: 'get-zipf-lent',
    peers: ['get-zipf-lent', 'get-zipf-owned'],
  },
  { title: 'getSync, Zipf, owned', format: 'rate', ours: 'get-zipf-owned', peers: ['get-zipf-owned'] },
  {
    title: 'await get, one at a time, lent',
    format: 'rate',
    ours: 'get-await-lent',
    peers: ['get-await-owned'],
    target: times(20),
  },
  {
    title: 'await get, above getSync, lent',
    format: 'nanoseconds',
    ours: 'await-premium-lent',
    peers: [],
    less: true,
    target: atMost(150, '≤ 150 ns'),
  },
  {
    title: 'await get, one at a time, owned',
    format: 'rate',
    ours: 'get-await-owned',
    peers: ['get-await-owned'],
    target: times(20),
  },
  {
    title: 'await get, above getSync, owned',
    format: 'nanoseconds',
    ours: 'await-premium-owned',
    peers: [],
    less: true,
    target: atMost(150, '≤ 150 ns'),
  },
  {
    title: 'get 100 keys, lent',
    format: 'rate',
    ours: 'get-many-lent',
    peers: ['get-many-lent', 'get-many-owned', 'get-many-library'],
    target: times(4),
  },
  {
    title: 'get 100 keys, owned',
    format: 'rate',
    ours: 'get-many-owned',
    peers: ['get-many-owned', 'get-many-library'],
    target: times(4),
  },
  {
    title: 'getSync, store of 8 × cache, lent',
    format: 'rate',
    ours: 'get-tight-lent',
    peers: ['get-tight-lent', 'get-tight-owned'],
    target: times(1),
  },
  {
    title: 'getSync, store of 8 × cache, owned',
    format: 'rate',
    ours: 'get-tight-owned',
    peers: ['get-tight-owned'],
    target: times(1),
  },
  {
    title: 'memory after 8 × cache, above bare Node, lent',
    format: 'megabytes',
    ours: 'memory-tight-lent',
    peers: ['memory-tight-lent'],
    less: true,
    target: boundedMemory,
  },
  {
    title: 'memory after 8 × cache, above bare Node, owned',
    format: 'megabytes',
    ours: 'memory-tight-owned',
    peers: ['memory-tight-owned'],
    less: true,
    target: boundedMemory,
  },
  { title: 'full scan, forEachSync', format: 'rate', ours: 'scan-each', peers: ['scan'], target: times(5) },
  {
    title: 'full scan, entriesSync, lent',
    format: 'rate',
    ours: 'scan-sync-lent',
    peers: ['scan'],
    target: times(3),
  },
  {
    title: 'full scan, entriesSync, owned',
    format: 'rate',
    ours: 'scan-sync-owned',
    peers: ['scan'],
    target: times(3),
  },
  {
    title: 'full scan, for await entries(), lent',
    format: 'rate',
    ours: 'scan-await-lent',
    peers: ['scan'],
    target: times(1.2),
  },
  {
    title: 'full scan, for await entries(), owned',
    format: 'rate',
    ours: 'scan-await-owned',
    peers: ['scan'],
    target: times(1.2),
  },
  {
    title: 'ranges of 100, forEachSync',
    format: 'rate',
    ours: 'ranges-each',
    peers: ['ranges'],
    target: times(2),
  },
  {
    title: 'ranges of 100, entriesSync, lent',
    format: 'rate',
    ours: 'ranges-lent',
    peers: ['ranges'],
    target: times(2),
  },
  {
    title: 'ranges of 100, entriesSync, owned',
    format: 'rate',
    ours: 'ranges-owned',
    peers: ['ranges'],
    target: times(2),
  },
  {
    title: 'open to first get, 1,000 entries',
    format: 'milliseconds',
    ours: 'open-small',
    peers: ['open-small'],
    less: true,
    target: peerAndMilliseconds(5),
  },
  {
    title: 'open to first get, 1,000 entries, whole process',
    format: 'milliseconds',
    ours: 'open-small-process',
    peers: ['open-small-process'],
    less: true,
  },
  {
    title: 'open to first get, whole store',
    format: 'milliseconds',
    ours: 'open',
    peers: ['open'],
    less: true,
    target: peerAndMilliseconds(5),
  },
  {
    title: 'open to first get, whole store, whole process',
    format: 'milliseconds',
    ours: 'open-process',
    peers: ['open-process'],
    less: true,
  },
  {
    title: 'count(range)',
    format: 'microseconds',
    ours: 'count',
    peers: ['count'],
    less: true,
    target: atMost(5, '≤ 5 µs'),
  },
  {
    title: 'rank(key)',
    format: 'microseconds',
    ours: 'rank',
    peers: ['rank'],
    less: true,
    target: atMost(5, '≤ 5 µs'),
  },
  {
    title: 'at(index)',
    format: 'microseconds',
    ours: 'at',
    peers: ['at'],
    less: true,
    target: atMost(5, '≤ 5 µs'),
  },
];

/** Measures whose answers are sums over the same keys, so that the sums must agree. */
export const agreeing = [
  ['get-hit-lent', 'get-hit-owned'],
  ['get-zipf-lent', 'get-zipf-owned'],
  ['get-miss-lent', 'get-miss-owned'],
  ['get-await-lent', 'get-await-owned'],
  ['get-many-lent', 'get-many-owned', 'get-many-library'],
  ['get-tight-lent', 'get-tight-owned'],
  ['scan', 'scan-each', 'scan-sync-lent', 'scan-sync-owned', 'scan-await-lent', 'scan-await-owned'],
  ['ranges', 'ranges-each', 'ranges-lent', 'ranges-owned'],
];

/**
 * @param {number[] | undefined} numbers
 * @returns {number | undefined}
 */
export function median(numbers) {
  if (numbers === undefined || numbers.length === 0) return undefined;
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * @param {Record<string, WorkloadResult>} workloads
 * @returns {string} Markdown, the generated part of RESULTS.md
 */
export function renderReport(workloads) {
  /** @type {string[]} */
  const lines = [];
  /** @type {string[]} */
  const losses = [];
  /** @type {string[]} */
  const failures = [];

  lines.push('### Runs', '');
  lines.push(
    ...table(
      ['', 'command', 'rounds', 'scale', 'seed', 'machine', 'bare Node process'],
      Object.entries(workloads).map(([name, { run, machine, bareNode }]) => [
        name,
        `\`${run.command}\``,
        `${run.rounds}`,
        `${run.scale}`,
        `${run.seed}`,
        `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.platform}, Node ${machine.node}`,
        `${formats.megabytes(bareNode.memoryBytes)}, ${formats.milliseconds(bareNode.milliseconds)}`,
      ]),
    ),
    '',
    '### Contestants',
    '',
  );
  /** @type {Map<string, string[]>} */
  const contestants = new Map();
  for (const result of Object.values(workloads)) {
    for (const [name, { version, settings }] of Object.entries(result.contestants)) {
      contestants.set(`${name} ${version}`, [name, version, settings]);
    }
  }
  lines.push(...table(['', 'version', 'settings'], [...contestants.values()]));

  for (const [name, result] of Object.entries(workloads)) {
    const rendered = renderWorkload(name, result);
    lines.push('', ...rendered.lines);
    losses.push(...rendered.losses);
    failures.push(...result.failures.map((failure) => `${name}: ${failure}`));
  }

  lines.push('', '### Losses', '');
  const oursWasThere = Object.values(workloads).some(({ contestants: there }) => OURS in there);
  if (!oursWasThere) lines.push(`${OURS} was not measured.`);
  else if (losses.length === 0) lines.push('None: every target measured here is reached.');
  else lines.push(...losses.map((loss) => `- ${loss}`));
  if (failures.length > 0) lines.push('', '### Failures', '', ...failures.map((failure) => `- ${failure}`));
  return lines.join('\n');
}

/**
 * @param {string} name
 * @param {WorkloadResult} result
 */
function renderWorkload(name, result) {
  const columns = Object.keys(result.contestants);
  /** @type {string[][]} */
  const body = [];
  /** @type {string[]} */
  const losses = [];
  for (const row of rows) {
    const line = renderRow(name, result, row, columns);
    if (line === undefined) continue;
    body.push(line.cells);
    if (line.loss !== undefined) losses.push(`${name}, ${line.loss}`);
  }
  const count = result.count.toLocaleString('en-US');
  return {
    lines: [
      `### ${name}: ${count} entries (${result.title})`,
      '',
      ...table(['', ...columns, 'best peer', 'ratio', 'target', 'verdict'], body),
    ],
    losses,
  };
}

/**
 * @param {string} name
 * @param {WorkloadResult} result
 * @param {Row} row
 * @param {string[]} columns
 * @returns {{ cells: string[], loss?: string } | undefined} undefined if nobody has been measured
 */
function renderRow(name, result, row, columns) {
  const format = formats[row.format];
  const better = (/** @type {number} */ a, /** @type {number} */ b) => (row.less ? a < b : a > b);
  const oursName = row.contestant ?? OURS;
  /** @type {{ name: string, value: number } | undefined} */
  let best;
  /** @type {number | undefined} */
  let ours;
  let measured = false;
  const figures = columns.map((column) => {
    const contestant = result.contestants[column];
    if (row.compares !== undefined && !row.compares(contestant)) return '–';
    const isOurs = contestant.kind === 'ours';
    /** @type {number | undefined} */
    let value;
    for (const measure of isOurs ? [row.ours] : row.peers) {
      const figure = median(result.samples[measure]?.[column]);
      if (figure !== undefined && (value === undefined || better(figure, value))) value = figure;
    }
    if (value === undefined) return '–';
    if (row.ours.startsWith('memory-')) value -= result.bareNode.memoryBytes;
    measured = true;
    if (column === oursName) ours = value;
    if (contestant.kind === 'peer' && (best === undefined || better(value, best.value)))
      best = { name: column, value };
    return column === oursName ? `**${format(value)}**` : format(value);
  });
  if (!measured) return undefined;

  const target = row.target?.(name, result);
  const ratio = ours === undefined || best === undefined ? undefined : ours / best.value;
  const reached = ours === undefined ? undefined : target?.reached(ours, best?.value);
  const cells = [
    row.title,
    ...figures,
    best === undefined ? '–' : best.name,
    ratio === undefined ? '–' : `${ratio.toFixed(2)} ×`,
    target?.text ?? '–',
    reached === undefined ? '–' : reached ? 'reached' : '**missed**',
  ];
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
 * @param {string[]} head
 * @param {string[][]} body
 * @returns {string[]}
 */
function table(head, body) {
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...body.map(line)];
}
