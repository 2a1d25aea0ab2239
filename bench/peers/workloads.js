import { fillRandom, mix, permutation, Random } from './random.js';

/**
 * The data that every contestant stores: sorted, unique, deterministic, and streamed, so that making it costs the
 * same small memory for a thousand entries and for ten million.
 *
 * @typedef {'string' | 'buffer'} KeyForm  how a contestant wants its keys; all keys are ASCII or are taken as Latin-1
 * @typedef {{ length: number, keys: any[], values: Buffer[] }} Chunk
 *   some consecutive entries. **Lent**: the next chunk overwrites the bytes, so a loader copies what it keeps.
 *
 * @typedef {object} KeyStream  the keys in ascending order
 * @property {() => void} advance   goes to the next key (the first call goes to the first)
 * @property {(target: Buffer, offset: number) => number} write
 *   writes the key at `offset` and returns its length
 * @property {(target: Buffer, offset: number) => number} writeAbsent
 *   the same for a key that no entry has and that lies among those that entries have
 */

const CHUNK_BYTES = 256 * 1024;

/** One workload at one size. */
export class Workload {
  /**
   * @param {object} shape
   * @param {string} shape.name
   * @param {string} shape.title
   * @param {boolean} shape.textKeys
   * @param {number} shape.count
   * @param {number} shape.seed
   * @param {number} shape.maxKeyBytes
   * @param {number} shape.maxValueBytes
   * @param {() => KeyStream} shape.keyStream
   * @param {(index: number) => number} shape.valueBytes
   * @param {(index: number, target: Buffer, offset: number) => void} shape.writeValue
   *   writes `valueBytes(index)` bytes at `offset`
   */
  constructor(shape) {
    this.name = shape.name;
    this.title = shape.title;
    this.textKeys = shape.textKeys;
    this.count = shape.count;
    this.seed = shape.seed;
    this.maxKeyBytes = shape.maxKeyBytes;
    this.maxValueBytes = shape.maxValueBytes;
    this.keyStream = shape.keyStream;
    this.valueBytes = shape.valueBytes;
    this.writeValue = shape.writeValue;
  }

  /**
   * All entries in key order.
   * @param {KeyForm} form
   * @returns {EntrySource}
   */
  entries(form) {
    return new EntrySource(this, form);
  }

  /**
   * @param {number} index
   * @returns {Buffer} a fresh copy of the value of the entry at that index
   */
  valueAt(index) {
    const value = Buffer.allocUnsafe(this.valueBytes(index));
    this.writeValue(index, value, 0);
    return value;
  }

  /**
   * Uniformly random keys in random order: distinct ones when all entries are asked for, independent draws otherwise.
   * The key objects lie in memory in the order in which they will be used, so that fetching them costs the loop
   * nothing that a real caller's fresh key would not cost.
   *
   * @param {number} wanted
   * @param {KeyForm} form
   * @param {{ absent?: boolean, seed?: number }} [options]
   * @returns {{ keys: any[], indexes: Uint32Array }} as many as wanted, but at most `count`; `indexes[i]` is the
   *   entry that `keys[i]` belongs to
   */
  sampleKeys(wanted, form, options = {}) {
    const { slab, lengths, indexes } = this.sampleKeyBytes(wanted, options);
    const keys = new Array(lengths.length);
    for (let slot = 0; slot < keys.length; slot++) {
      const start = slot * this.maxKeyBytes;
      keys[slot] = takeKey(form, slab, start, start + lengths[slot]);
    }
    return { keys, indexes };
  }

  /**
   * The bytes of sampled keys, without an object for each.
   *
   * @param {number} wanted
   * @param {{ absent?: boolean, seed?: number }} [options]
   * @returns {{ slab: Buffer, lengths: Uint8Array, indexes: Uint32Array }} key `i` begins at `i * maxKeyBytes`
   */
  sampleKeyBytes(wanted, { absent = false, seed = this.seed } = {}) {
    const size = Math.min(wanted, this.count);
    const random = new Random(mix(seed ^ 0x5a3b1c0d));
    const ascending = new Uint32Array(size);
    for (let i = 0; i < size; i++) ascending[i] = size === this.count ? i : random.below(this.count);
    ascending.sort();

    const slots = permutation(size, random);
    const slab = Buffer.allocUnsafeSlow(size * this.maxKeyBytes);
    const lengths = new Uint8Array(size);
    const indexes = new Uint32Array(size);
    const stream = this.keyStream();
    let position = -1;
    for (let i = 0; i < size; i++) {
      while (position < ascending[i]) {
        stream.advance();
        position++;
      }
      const slot = slots[i];
      const offset = slot * this.maxKeyBytes;
      lengths[slot] = absent ? stream.writeAbsent(slab, offset) : stream.write(slab, offset);
      indexes[slot] = ascending[i];
    }
    return { slab, lengths, indexes };
  }
}

/** The entries of a workload in key order, in chunks. Keeps account of the time that making them takes. */
export class EntrySource {
  #workload;
  #form;

  /** Seconds spent in making keys and values, to be taken off a loader's time. */
  generationSeconds = 0;
  /** Bytes of all keys and values handed out so far. */
  bytes = 0;

  /**
   * @param {Workload} workload
   * @param {KeyForm} form
   */
  constructor(workload, form) {
    this.#workload = workload;
    this.#form = form;
  }

  /** @returns {Generator<Chunk, void, void>} */
  *[Symbol.iterator]() {
    const { count, maxKeyBytes, maxValueBytes, valueBytes, writeValue } = this.#workload;
    const form = this.#form;
    const room = Math.max(64, Math.min(4096, Math.floor(CHUNK_BYTES / (maxKeyBytes + maxValueBytes))));
    const keySlab = Buffer.allocUnsafeSlow(room * maxKeyBytes);
    const valueSlab = Buffer.allocUnsafeSlow(room * maxValueBytes);
    const keys = new Array(room);
    const values = new Array(room);
    const stream = this.#workload.keyStream();

    for (let first = 0; first < count; first += room) {
      const started = performance.now();
      const length = Math.min(room, count - first);
      for (let i = 0; i < length; i++) {
        stream.advance();
        const keyStart = i * maxKeyBytes;
        const keyLength = stream.write(keySlab, keyStart);
        // Entries of one fixed size keep their views from chunk to chunk: no garbage is made in a loader's name.
        if (form === 'string' || keys[i] === undefined || keys[i].length !== keyLength) {
          keys[i] = takeKey(form, keySlab, keyStart, keyStart + keyLength);
        }
        const valueStart = i * maxValueBytes;
        const valueLength = valueBytes(first + i);
        writeValue(first + i, valueSlab, valueStart);
        if (values[i] === undefined || values[i].length !== valueLength) {
          values[i] = valueSlab.subarray(valueStart, valueStart + valueLength);
        }
        this.bytes += keyLength + valueLength;
      }
      this.generationSeconds += (performance.now() - started) / 1000;
      yield { length, keys, values };
    }
  }
}

/**
 * @param {KeyForm} form
 * @param {Buffer} slab
 * @param {number} start
 * @param {number} end
 */
function takeKey(form, slab, start, end) {
  return form === 'string' ? slab.toString('latin1', start, end) : slab.subarray(start, end);
}

/**
 * W1: 16 B zero-padded decimal keys, 100 B values of which half is a repetition.
 * @param {number} count
 * @param {number} seed
 */
function shortText(count, seed) {
  const digits = (
    /** @type {number} */ number,
    /** @type {Buffer} */ target,
    /** @type {number} */ offset,
  ) => {
    let rest = number;
    for (let i = offset + 15; i >= offset; i--) {
      const tenth = Math.floor(rest / 10);
      target[i] = 48 + (rest - tenth * 10);
      rest = tenth;
    }
    return 16;
  };
  return new Workload({
    name: 'W1',
    title: '16 B zero-padded text key, 100 B half-compressible value',
    textKeys: true,
    count,
    seed,
    maxKeyBytes: 16,
    maxValueBytes: 100,
    keyStream: () => {
      let index = -1;
      return {
        advance: () => {
          index++;
        },
        // Gaps between the numbers leave room for absent ones.
        write: (target, offset) => digits(index * 7 + (mix(seed ^ index) % 6), target, offset),
        writeAbsent: (target, offset) => digits(index * 7 + 6, target, offset),
      };
    },
    valueBytes: () => 100,
    writeValue: (index, target, offset) => {
      fillRandom(target, offset, offset + 50, mix(seed + index));
      for (let i = offset; i < offset + 50; i++) target[i + 50] = target[i];
    },
  });
}

/**
 * W2: 20 B random binary keys, 32 B incompressible values. The first six bytes of the keys are a running sum of
 * exponential gaps, which is how sorted uniform numbers are spaced; the other fourteen are random.
 * @param {number} count
 * @param {number} seed
 */
function randomBinary(count, seed) {
  const meanGap = (0.8 * 2 ** 48) / count;
  const writeKey = (
    /** @type {number} */ prefix,
    /** @type {number} */ tail,
    /** @type {Buffer} */ target,
    /** @type {number} */ offset,
  ) => {
    target.writeUIntBE(prefix, offset, 6);
    fillRandom(target, offset + 6, offset + 20, tail);
    return 20;
  };
  return new Workload({
    name: 'W2',
    title: '20 B random binary key, 32 B value',
    textKeys: false,
    count,
    seed,
    maxKeyBytes: 20,
    maxValueBytes: 32,
    keyStream: () => {
      const random = new Random(seed);
      let prefix = 0;
      let index = -1;
      return {
        advance: () => {
          // A gap of at least 2 keeps keys apart and leaves `prefix - 1` free.
          prefix += 2 + Math.floor(-Math.log(random.fraction()) * meanGap);
          index++;
        },
        write: (target, offset) => writeKey(prefix, mix(seed ^ 0x2222 ^ index), target, offset),
        writeAbsent: (target, offset) => writeKey(prefix - 1, mix(seed ^ 0x3333 ^ index), target, offset),
      };
    },
    valueBytes: () => 32,
    writeValue: (index, target, offset) => fillRandom(target, offset, offset + 32, mix(seed + index)),
  });
}

const WORDS =
  'about access active agency answer archive article balance battery bridge budget camera carbon castle channel client coffee copper corner cotton credit crystal culture damage danger delta design detail device dinner doctor dragon editor energy engine export fabric family filter finger flower forest format friend garden global golden guitar harbor health hotel image insect island jacket journal kitchen ladder letter library light magnet manual market matrix meadow memory mirror modern museum nature needle number object office orange oxygen packet palace parcel pepper planet pocket police portal public purple rabbit random record report rocket sample school screen season secret server signal silver simple sketch spring square station stream studio summer supply switch system tablet temple ticket timber travel tunnel update valley velvet vendor violet vision volume wallet weather window winter wonder yellow'.split(
    ' ',
  );

/**
 * W3: URL-like keys of 30–120 B in byte order, JSON values of 2–20 KB.
 * @param {number} count
 * @param {number} seed
 */
function webPages(count, seed) {
  // Made when they are wanted: a process that is only told the workload's size stays small.
  /** @type {ReturnType<typeof urls> | undefined} */
  let allUrls;
  const lazyUrls = () => (allUrls ??= urls(count, seed));
  /** @type {Buffer[] | undefined} */
  let allRecords;
  const lazyRecords = () => (allRecords ??= jsonRecords(4096, seed));
  const valueBytes = (/** @type {number} */ index) => 2048 + (mix(seed ^ 0x7777 ^ index) % (20480 - 2048));
  return new Workload({
    name: 'W3',
    title: 'URL-like key of 30–120 B, 2–20 KB JSON value',
    textKeys: true,
    count,
    seed,
    maxKeyBytes: 120,
    maxValueBytes: 20480,
    keyStream: () => {
      const { present, absent } = lazyUrls();
      let index = -1;
      return {
        advance: () => {
          index++;
        },
        write: (target, offset) => target.write(present[index], offset, 'latin1'),
        writeAbsent: (target, offset) => target.write(absent[index], offset, 'latin1'),
      };
    },
    valueBytes,
    writeValue: (index, target, offset) => {
      const { present } = lazyUrls();
      const records = lazyRecords();
      const end = offset + valueBytes(index);
      const random = new Random(seed + index);
      let at = offset + target.write(`{"id":${index},"url":"${present[index]}","items":[`, offset, 'latin1');
      for (let first = true; ; first = false) {
        const record = records[random.below(records.length)];
        // `],"note":"` and `"}` close the document.
        if (at + 1 + record.length + 12 > end) break;
        if (!first) target[at++] = 0x2c;
        at += record.copy(target, at);
      }
      at += target.write('],"note":"', at, 'latin1');
      target.fill('.', at, end - 2);
      target.write('"}', end - 2, 'latin1');
    },
  });
}

/**
 * @param {number} count
 * @param {number} seed
 * @returns {{ present: string[], absent: string[] }} `count` sorted URLs each, none of them in both
 */
function urls(count, seed) {
  const random = new Random(mix(seed ^ 0x1111));
  const word = () => WORDS[random.below(WORDS.length)];
  const hosts = Array.from({ length: 300 }, () => `${word()}-${word()}.example`);
  const seen = new Set();
  while (seen.size < 2 * count) {
    const length = 30 + random.below(91);
    let url = `https://www.${hosts[random.below(hosts.length)]}/${word()}`;
    const id = random.next().toString(36);
    while (url.length + id.length + 1 < length)
      url += (random.next() & 3) === 0 ? `/${word()}` : `-${word()}`;
    url = `${url.slice(0, length - id.length - 1)}/${id}`;
    if (url.length >= 30) seen.add(url);
  }
  /** @type {string[]} */
  const present = [];
  /** @type {string[]} */
  const absent = [];
  // In the order of the set every other URL is left out: absent ones are like the present and lie among them.
  for (const url of seen) (present.length > absent.length ? absent : present).push(url);
  // The text is ASCII, so the default order is the order of the bytes.
  return { present: present.sort(), absent: absent.sort() };
}

/**
 * @param {number} count
 * @param {number} seed
 * @returns {Buffer[]} JSON objects of about 200 B
 */
function jsonRecords(count, seed) {
  const random = new Random(mix(seed ^ 0x4444));
  const word = () => WORDS[random.below(WORDS.length)];
  return Array.from({ length: count }, () =>
    Buffer.from(
      JSON.stringify({
        sku: `${word().slice(0, 3).toUpperCase()}-${random.next().toString(36)}`,
        title: `${word()} ${word()} ${word()}`,
        price: random.below(1_000_000) / 100,
        stock: random.below(5000),
        rating: random.below(50) / 10,
        tags: [word(), word()],
        supplier: { id: random.next(), city: word() },
        active: (random.next() & 1) === 1,
      }),
    ),
  );
}

/** @type {Record<string, { count: number, make: (count: number, seed: number) => Workload }>} */
const SHAPES = {
  W1: { count: 1_000_000, make: shortText },
  W2: { count: 10_000_000, make: randomBinary },
  W3: { count: 100_000, make: webPages },
};

export const workloadNames = Object.keys(SHAPES);

/**
 * @param {string} name one of `workloadNames`
 * @param {{ scale: number, seed: number, count?: number }} size  `count` stands in place of the scaled count
 * @returns {Workload}
 */
export function makeWorkload(name, { scale, seed, count }) {
  const shape = SHAPES[name];
  if (shape === undefined) throw new Error(`no workload ${name}; there are ${workloadNames.join(', ')}`);
  return shape.make(count ?? Math.max(1000, Math.round(shape.count * scale)), seed);
}
