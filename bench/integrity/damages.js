/**
 * What can happen to the files of a store, each as a few numbers that say which: so that a trial can be named, sent to
 * another process, and made again.
 *
 * @typedef {Map<string, Uint8Array>} Files  the bytes of each file of a store by its path
 *
 * @typedef {object} Damage
 * @property {string} kind  a name of `KINDS`
 * @property {string} file
 * @property {number} [at]      a bit, a length, or the offset of a piece
 * @property {number} [size]    bytes of a piece
 * @property {number} [fill]    the byte that a piece is filled with
 * @property {number} [other]   the offset of another piece
 * @property {string} [from]    another file
 */

/** The kinds of damage, in the order of the report. */
export const KINDS = {
  bit: 'one bit flipped',
  cut: 'a file cut',
  sector: 'a sector of zeros or ones',
  pieces: 'two pieces of a file exchanged',
  files: 'a file in the place of another',
  builds: 'two builds mixed',
};

const SECTORS = [512, 4096];

/**
 * All damages of a kind, or as many as asked for, evenly chosen by chance.
 * @param {string} kind
 * @param {Files} files
 * @param {Files | undefined} otherBuild  what another writing of the store left, with other values under the same keys
 * @param {number} most
 * @param {import('../peers/random.js').Random} random
 * @returns {Damage[]}
 */
export function damagesOf(kind, files, otherBuild, most, random) {
  const places = placesOf(kind, files, otherBuild);
  const total = places.reduce((sum, { count }) => sum + count, 0);
  const chosen = total <= most ? Array.from({ length: total }, (_, i) => i) : sample(total, most, random);
  const damages = [];
  let number = 0;
  let before = 0;
  for (const each of chosen) {
    while (each >= before + places[number].count) before += places[number++].count;
    damages.push(places[number].damage(each - before));
  }
  return damages;
}

/**
 * The files after a damage; undefined when they are what they were.
 * @param {Damage} damage
 * @param {Files} files
 * @param {Files | undefined} otherBuild
 * @returns {Files | undefined}
 */
export function damaged({ kind, file, at = 0, size = 0, fill = 0, other = 0, from }, files, otherBuild) {
  const whole = /** @type {Uint8Array} */ (files.get(file));
  let bytes = Uint8Array.from(whole);
  if (kind === 'bit') bytes[at >>> 3] ^= 1 << (at & 7);
  else if (kind === 'cut') bytes = bytes.slice(0, at);
  else if (kind === 'sector') bytes.fill(fill, at, at + size);
  else if (kind === 'pieces') {
    bytes.set(whole.subarray(other, other + size), at);
    bytes.set(whole.subarray(at, at + size), other);
  } else if (kind === 'files') {
    bytes = Uint8Array.from(/** @type {Uint8Array} */ (files.get(/** @type {string} */ (from))));
  } else {
    const theirs = /** @type {Uint8Array} */ (otherBuild?.get(file));
    if (size === 0) bytes = Uint8Array.from(theirs);
    else bytes.set(theirs.subarray(at, at + size), at);
  }
  if (Buffer.compare(bytes, whole) === 0) return undefined;
  return new Map(files).set(file, bytes);
}

/**
 * @param {string} kind
 * @param {Files} files
 * @param {Files | undefined} otherBuild
 * @returns {{ count: number, damage: (i: number) => Damage }[]}
 */
function placesOf(kind, files, otherBuild) {
  /** @type {{ count: number, damage: (i: number) => Damage }[]} */
  const places = [];
  for (const [file, { length }] of files) {
    if (kind === 'bit') places.push({ count: length * 8, damage: (at) => ({ kind, file, at }) });
    if (kind === 'cut') places.push({ count: length, damage: (at) => ({ kind, file, at }) });
    if (kind === 'files') {
      const type = file.slice(file.lastIndexOf('.'));
      const others = [...files.keys()].filter((name) => name !== file && name.endsWith(type));
      places.push({ count: others.length, damage: (i) => ({ kind, file, from: others[i] }) });
    }
    const theirs = otherBuild?.get(file);
    if (kind === 'builds' && theirs !== undefined) places.push({ count: 1, damage: () => ({ kind, file }) });
    for (const size of SECTORS) {
      const sectors = Math.ceil(length / size);
      if (kind === 'sector') {
        const damage = (/** @type {number} */ i) => ({
          kind,
          file,
          at: (i >>> 1) * size,
          size,
          fill: (i & 1) * 255,
        });
        places.push({ count: sectors * 2, damage });
      }
      // Only whole pieces change places.
      const whole = Math.floor(length / size);
      if (kind === 'pieces') {
        const count = (whole * (whole - 1)) / 2;
        places.push({ count, damage: (i) => ({ kind, file, size, ...pairOf(i, size) }) });
      }
      if (kind === 'builds' && theirs?.length === length) {
        places.push({ count: sectors, damage: (i) => ({ kind, file, at: i * size, size }) });
      }
    }
  }
  return places.filter(({ count }) => count > 0);
}

/** @param {number} i @param {number} size the i-th pair of pieces */
function pairOf(i, size) {
  let second = 1;
  while (i >= second) i -= second++;
  return { at: i * size, other: second * size };
}

/**
 * @param {number} total
 * @param {number} count
 * @param {import('../peers/random.js').Random} random
 * @returns {number[]} `count` different numbers below `total`, ascending
 */
function sample(total, count, random) {
  const chosen = new Set();
  while (chosen.size < count) chosen.add(random.below(total));
  return [...chosen].sort((a, b) => a - b);
}
