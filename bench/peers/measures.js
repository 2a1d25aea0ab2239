import { mix, Random, zipf } from './random.js';

/**
 * What is measured, over the one interface that all contestants have (contestants/contestant.js).
 *
 * A **group** is what one fresh process does: its measures share a store opened in one way, so that neither the code
 * that V8 has compiled nor a cache carries over to another group.
 *
 * @typedef {import('./contestants/contestant.js').Reader} Reader
 * @typedef {import('./workloads.js').Workload} Workload
 * @typedef {import('./key-file.js').KeyFile} KeyFile
 *
 * @typedef {object} Bench  what a measure has to work with
 * @property {Reader} reader
 * @property {Workload} workload
 * @property {any[]} keys       present keys in random order
 * @property {Uint32Array} indexes  the entry that each of them belongs to; empty where the keys come from a file
 * @property {any[]} absent     as many absent keys, where the group wants them
 * @property {KeyFile} [keyFile]  all keys of the workload in random order, where the group wants them
 *
 * @typedef {object} Figure
 * @property {number} value       entries per second; µs per operation for order statistics
 * @property {number} [check]     a sum over the answers that must be the same for every contestant
 * @property {Record<string, number>} [asides]  what else came out, by name
 *
 * @typedef {(bench: Bench) => Promise<Figure> | Figure} Measure
 *
 * @typedef {object} Group
 * @property {'resident' | 'paged' | 'default'} cache
 *   2 GiB, an eighth of the bytes of all entries, or what the store takes when no option is set
 * @property {boolean} lent
 * @property {number} lookups         keys to prepare; `Infinity` for every key, in a `KeyFile`
 * @property {boolean} [wantsAbsent]
 * @property {Record<string, Measure>} measures
 */

/** A rate is taken over at least this long, in whole passes. */
const MIN_SECONDS = 0.5;
const RANGE_ENTRIES = 100;
const RANGES = 5000;
const MANY = 100;
const AWAIT_SLICE = 10_000;
// Few, because the keys count against the memory that is measured here.
const PAGED_LOOKUPS = 100_000;
const ORDER_LOOKUPS = 100_000;
const MILLION = 1_000_000;

/**
 * Runs `pass` once to warm up and then as often as it takes.
 * @param {() => import('./contestants/contestant.js').Tally | Promise<import('./contestants/contestant.js').Tally>} pass
 * @returns {Promise<Figure>} passed entries per second
 */
async function rate(pass) {
  const { check } = await pass();
  let seconds = 0;
  let entries = 0;
  do {
    const started = performance.now();
    const tally = await pass();
    seconds += (performance.now() - started) / 1000;
    if (tally.check !== check)
      throw new Error(`a pass summed up to ${tally.check}, the first one to ${check}`);
    entries += tally.entries;
  } while (seconds < MIN_SECONDS);
  return { value: entries / seconds, check };
}

/**
 * @param {Reader} reader
 * @param {any[]} keys
 */
function getAll(reader, keys) {
  let check = 0;
  for (let i = 0; i < keys.length; i++) {
    const value = reader.get(keys[i]);
    check += value === undefined ? 1 : value.length + value[0];
  }
  return { entries: keys.length, check };
}

/** @type {Measure} */
const getHit = ({ reader, keys }) => rate(() => getAll(reader, keys));

/** @type {Measure} */
const getMiss = ({ reader, absent }) => rate(() => getAll(reader, absent));

/** @type {Measure} */
const getZipf = ({ reader, workload, keys }) => {
  const drawn = zipf(keys.length, keys.length, new Random(mix(workload.seed ^ 0x6666)));
  const popular = Array.from(drawn, (position) => keys[position]);
  return rate(() => getAll(reader, popular));
};

/**
 * One awaited get at a time, and what that costs above getSync. Slices of awaited and of synchronous gets take turns,
 * over different keys, so that the difference between the two is not one between two states of the machine or of its
 * caches.
 * @param {string} [premium]  the name under which the nanoseconds above getSync are reported
 * @returns {Measure}
 */
const getAwait =
  (premium) =>
  async ({ reader, keys }) => {
    const slice = Math.min(AWAIT_SLICE, Math.floor(keys.length / 2));
    let syncSeconds = 0;
    let awaitedSeconds = 0;
    let entries = 0;
    let check = 0;
    getAll(reader, keys);
    for (let turn = 0, at = 0; turn < 2 || awaitedSeconds < MIN_SECONDS; turn++) {
      if (at + 2 * slice > keys.length) at = 0;
      const syncKeys = keys.slice(at, at + slice);
      const awaitedKeys = keys.slice(at + slice, at + 2 * slice);
      at += 2 * slice;
      const started = performance.now();
      const sync = getAll(reader, syncKeys);
      const between = performance.now();
      const awaited = await awaitAll(reader, awaitedKeys);
      const ended = performance.now();
      if (turn === 0) {
        // The first turn warms up: everyone's answers are summed over it, nobody's time is taken.
        check = sync.check + awaited.check;
      } else {
        syncSeconds += (between - started) / 1000;
        awaitedSeconds += (ended - between) / 1000;
        entries += slice;
      }
    }
    const premiumNs = ((awaitedSeconds - syncSeconds) / entries) * 1e9;
    return {
      value: entries / awaitedSeconds,
      check,
      ...(premium === undefined ? {} : { asides: { [premium]: premiumNs } }),
    };
  };

/**
 * @param {Reader} reader
 * @param {any[]} keys
 */
async function awaitAll(reader, keys) {
  let check = 0;
  for (let i = 0; i < keys.length; i++) {
    const value = await /** @type {any} */ (reader).getAwait(keys[i]);
    check += value === undefined ? 1 : value.length + value[0];
  }
  return { entries: keys.length, check };
}

/**
 * @param {any[]} keys
 * @returns {any[][]} groups of `MANY` keys
 */
function batches(keys) {
  /** @type {any[][]} */
  const parts = [];
  for (let i = 0; i + MANY <= keys.length; i += MANY) parts.push(keys.slice(i, i + MANY));
  return parts;
}

/**
 * @param {(Uint8Array | undefined)[]} values
 */
function sumValues(values) {
  let check = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    check += value === undefined ? 1 : value.length + value[0];
  }
  return check;
}

/** @type {Measure} */
const getMany = ({ reader, keys }) => {
  const parts = batches(keys);
  return rate(() => {
    let check = 0;
    for (const part of parts) check += sumValues(/** @type {any} */ (reader).getMany(part));
    return { entries: parts.length * MANY, check };
  });
};

/** @type {Measure} */
const getManyLibrary = ({ reader, keys }) => {
  const parts = batches(keys);
  return rate(async () => {
    let check = 0;
    for (const part of parts) check += sumValues(await /** @type {any} */ (reader).getManyAwait(part));
    return { entries: parts.length * MANY, check };
  });
};

/**
 * Gets with a cache that need not hold the store. First every block is asked for twice over, so that page cache and
 * cache are in the state in which they will stay.
 * @type {Measure}
 */
const getSteady = ({ reader, workload, keys }) => {
  const blocks = entryBytes(workload) / (16 * 1024);
  for (let gets = 0; gets < 2 * blocks; gets += keys.length) getAll(reader, keys);
  return rate(() => getAll(reader, keys));
};

/**
 * Every key once, in random order, in a process that has read nothing before: what a cache costs while it fills.
 * The time for making key objects is left out.
 * @type {Measure}
 */
const getFirst = ({ reader, keyFile }) => {
  let seconds = 0;
  let entries = 0;
  let check = 0;
  for (const keys of /** @type {KeyFile} */ (keyFile).batches()) {
    const started = performance.now();
    const tally = getAll(reader, keys);
    seconds += (performance.now() - started) / 1000;
    entries += tally.entries;
    check += tally.check;
  }
  return { value: entries / seconds, check };
};

/**
 * @param {'scan' | 'scanEach' | 'scanSync' | 'scanAwait'} call
 * @returns {Measure}
 */
const scan =
  (call) =>
  ({ reader, workload }) =>
    rate(async () => {
      const tally = await /** @type {any} */ (reader)[call]();
      if (tally.entries !== workload.count) {
        throw new Error(`a scan passed ${tally.entries} of ${workload.count} entries`);
      }
      return tally;
    });

/**
 * @param {'ranges' | 'rangesEach'} call
 * @returns {Measure}
 */
const ranges =
  (call) =>
  ({ reader, keys }) => {
    const starts = keys.slice(0, RANGES);
    return rate(() => /** @type {any} */ (reader)[call](starts, RANGE_ENTRIES));
  };

/**
 * Mean time of an operation whose answer is known.
 * @param {(bench: Bench, i: number) => boolean} holds  does the operation for the `i`-th key and looks at the answer
 * @returns {Measure}
 */
const orderStatistic = (holds) => async (bench) => {
  const operations = Math.min(ORDER_LOOKUPS, bench.keys.length - 1);
  const { value } = await rate(() => {
    for (let i = 0; i < operations; i++) if (!holds(bench, i)) throw new Error(`a wrong answer for key ${i}`);
    return { entries: operations, check: 0 };
  });
  return { value: MILLION / value };
};

const count = orderStatistic(({ reader, keys, indexes }, i) => {
  const [from, to] = indexes[i] <= indexes[i + 1] ? [i, i + 1] : [i + 1, i];
  return /** @type {any} */ (reader).count(keys[from], keys[to]) === indexes[to] - indexes[from];
});

const rank = orderStatistic(
  ({ reader, keys, indexes }, i) => /** @type {any} */ (reader).rank(keys[i]) === indexes[i],
);

const at = orderStatistic(({ reader, keys, indexes }, i) => {
  const entry = /** @type {any} */ (reader).at(indexes[i]);
  if (entry === undefined) return false;
  return typeof keys[i] === 'string' ? entry[0] === keys[i] : Buffer.compare(entry[0], keys[i]) === 0;
});

/** @type {Record<string, Group>} */
export const groups = {
  'point-lent': {
    cache: 'resident',
    lent: true,
    lookups: MILLION,
    wantsAbsent: true,
    measures: { 'get-hit-lent': getHit, 'get-miss-lent': getMiss, 'get-zipf-lent': getZipf },
  },
  'point-owned': {
    cache: 'resident',
    lent: false,
    lookups: MILLION,
    wantsAbsent: true,
    measures: { 'get-hit-owned': getHit, 'get-miss-owned': getMiss, 'get-zipf-owned': getZipf },
  },
  'await-lent': {
    cache: 'resident',
    lent: true,
    lookups: MILLION,
    measures: { 'get-await-lent': getAwait('await-premium-lent') },
  },
  'await-owned': {
    cache: 'resident',
    lent: false,
    lookups: MILLION,
    measures: { 'get-await-owned': getAwait('await-premium-owned') },
  },
  'many-lent': {
    cache: 'resident',
    lent: true,
    lookups: MILLION / 2,
    measures: { 'get-many-lent': getMany },
  },
  'many-owned': {
    cache: 'resident',
    lent: false,
    lookups: MILLION / 2,
    measures: { 'get-many-owned': getMany, 'get-many-library': getManyLibrary },
  },
  'paged-lent': {
    cache: 'paged',
    lent: true,
    lookups: PAGED_LOOKUPS,
    measures: { 'paged-get-lent': getSteady },
  },
  'paged-owned': {
    cache: 'paged',
    lent: false,
    lookups: PAGED_LOOKUPS,
    measures: { 'paged-get-owned': getSteady },
  },
  'defaults-lent': {
    cache: 'default',
    lent: true,
    lookups: MILLION,
    measures: { 'defaults-get-lent': getSteady },
  },
  'defaults-owned': {
    cache: 'default',
    lent: false,
    lookups: MILLION,
    measures: { 'defaults-get-owned': getSteady },
  },
  'defaults-first': {
    cache: 'default',
    lent: false,
    lookups: Number.POSITIVE_INFINITY,
    measures: { 'defaults-first-owned': getFirst },
  },
  'defaults-await': {
    cache: 'default',
    lent: false,
    lookups: MILLION,
    measures: { 'defaults-await-owned': getAwait() },
  },
  scan: { cache: 'resident', lent: false, lookups: 0, measures: { scan: scan('scan') } },
  'scan-each': { cache: 'resident', lent: false, lookups: 0, measures: { 'scan-each': scan('scanEach') } },
  'scan-sync-lent': {
    cache: 'resident',
    lent: true,
    lookups: 0,
    measures: { 'scan-sync-lent': scan('scanSync') },
  },
  'scan-sync-owned': {
    cache: 'resident',
    lent: false,
    lookups: 0,
    measures: { 'scan-sync-owned': scan('scanSync') },
  },
  'scan-await-lent': {
    cache: 'resident',
    lent: true,
    lookups: 0,
    measures: { 'scan-await-lent': scan('scanAwait') },
  },
  'scan-await-owned': {
    cache: 'resident',
    lent: false,
    lookups: 0,
    measures: { 'scan-await-owned': scan('scanAwait') },
  },
  ranges: {
    cache: 'resident',
    lent: false,
    lookups: RANGES,
    measures: { ranges: ranges('ranges') },
  },
  'ranges-each': {
    cache: 'resident',
    lent: false,
    lookups: RANGES,
    measures: { 'ranges-each': ranges('rangesEach') },
  },
  'ranges-lent': {
    cache: 'resident',
    lent: true,
    lookups: RANGES,
    measures: { 'ranges-lent': ranges('ranges') },
  },
  'ranges-owned': {
    cache: 'resident',
    lent: false,
    lookups: RANGES,
    measures: { 'ranges-owned': ranges('ranges') },
  },
  order: {
    cache: 'resident',
    lent: true,
    lookups: ORDER_LOOKUPS,
    measures: { count, rank, at },
  },
};

/**
 * @param {Workload} workload
 * @returns {number} bytes of all keys and values; computed, not stored
 */
export function entryBytes(workload) {
  let bytes = 0;
  for (let i = 0; i < workload.count; i++) bytes += workload.valueBytes(i);
  // Keys of text are of one length in W1 and small beside the values in W3.
  return bytes + workload.count * workload.maxKeyBytes;
}
