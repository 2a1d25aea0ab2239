import { deflateRawSync } from 'node:zlib';
import { encode } from '@msgpack/msgpack';
import { FOOTER } from '../../src/format/layout.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import { signedHeader } from '../support/signed.ts';
import { varintBytes as varint } from '../support/varint-bytes.ts';
import { type Block, blockOf, compress, concat, entriesOf, type Partition } from './hostile-partition.ts';

/** Changes a partition and says how. */
type Mutation = (partition: Partition, random: SeededRandom) => string;

/** The numbers at which arithmetic breaks. */
const EDGES: readonly bigint[] = [
  0n,
  1n,
  2n,
  127n,
  128n,
  0xffffn,
  0x1_0000n,
  2n ** 28n,
  2n ** 30n - 1n,
  2n ** 30n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 53n + 1n,
  2n ** 63n,
  2n ** 64n - 1n,
];

/** An edge, or a neighbour of what is there. */
export function edge(random: SeededRandom, now: bigint): bigint {
  if (random.oneIn(2)) return random.pick(EDGES);
  const near = now + BigInt(random.pick([-16, -4, -3, -2, -1, 1, 2, 3, 4, 16]));
  return near < 0n ? 0n : near;
}

/** A byte of those given is another one. */
function flip(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const changed = new Uint8Array(bytes);
  if (changed.length > 0) changed[random.below(changed.length)] ^= 1 << random.below(8);
  return changed;
}

const header: Mutation = (partition, random) => {
  const version = random.pick([0, 1, 2, 0xffff]);
  const reserved = random.pick([0, 1, 0xffff]);
  partition.header = signedHeader({ version, reserved });
  return `header: version ${version}, reserved ${reserved}`;
};

const footerField: Mutation = (partition, random) => {
  const { name, type } = random.pick(
    FOOTER.fields.filter(({ name }) => name !== 'checksum' && name !== 'magic'),
  );
  const now = partition.footer[name as keyof Partition['footer']] ?? BigInt(random.below(600));
  const value = edge(random, BigInt(now));
  const bits = type === 'u16' ? 16 : type === 'u32' ? 32 : 64;
  const fits = BigInt.asUintN(bits, value);
  partition.footer[name as keyof Partition['footer']] = bits === 64 ? fits : Number(fits);
  return `footer: ${name} ${fits}`;
};

const between: Mutation = (partition, random) => {
  partition.between = random.bytes(random.pick([1, 4, 100]));
  partition.footer.optionalFeatures = random.pick([0, 1, 0x8000_0000]);
  return `${partition.between.length} bytes between the indexes, optionalFeatures ${partition.footer.optionalFeatures}`;
};

/** A number of a column of the sparse index. */
const indexColumn: Mutation = (partition, random) => {
  const column = random.below(5);
  const [row, amount, swap] = [random.next(), random.next(), random.oneIn(3)];
  partition.changeIndex.push((index, blocks) => {
    const changed = index.slice();
    const view = new DataView(changed.buffer);
    if (column === 0) {
      changed[row % (blocks * 8)] ^= 1;
      return changed;
    }
    const rows = column === 4 ? blocks - 1 : blocks;
    if (rows < 1) return changed;
    const at = blocks * (4 + column * 4) + (row % rows) * 4;
    if (at + 4 > changed.length) return changed;
    const now = view.getUint32(at, true);
    const other = swap && at + 8 <= changed.length ? view.getUint32(at + 4, true) : undefined;
    if (other !== undefined) {
      view.setUint32(at, other, true);
      view.setUint32(at + 4, now, true);
    } else {
      const values = [now + 1, now - 1, 0, 0xffff_ffff, 0x7fff_ffff, now * 2, now + 16];
      view.setUint32(at, values[amount % values.length] >>> 0, true);
    }
    return changed;
  });
  return `sparse index: column ${column} is wrong`;
};

const indexBytes: Mutation = (partition, random) => {
  const [kind, at] = [random.below(3), random.next()];
  partition.changeIndex.push((index) => {
    if (kind === 0) return index.subarray(0, at % index.length);
    if (kind === 1) return concat([index, new Uint8Array(1 + (at % 40))]);
    const changed = index.slice();
    changed[at % changed.length] ^= 1 << (at & 7);
    return changed;
  });
  return `sparse index: ${['cut', 'extended', 'a bit flipped'][kind]}`;
};

const separators: Mutation = (partition, random) => {
  const list = partition.separators;
  if (list.length === 0) return 'no separator';
  const i = random.below(list.length);
  const other = random.below(list.length);
  switch (random.below(5)) {
    case 0:
      [list[i], list[other]] = [list[other], list[i]];
      return `separators ${i} and ${other} exchanged`;
    case 1:
      list[i] = flip(list[i], random);
      return `separator ${i}: a bit flipped`;
    case 2:
      list[i] = new Uint8Array(0);
      return `separator ${i} is empty`;
    case 3:
      list[i] = concat([list[i], new Uint8Array(random.pick([1, 0xffff, 0x1_0000]))]);
      return `separator ${i} is longer`;
    default:
      list.splice(i, 1);
      return `separator ${i} is missing`;
  }
};

/** A length of an entry says something else. */
const entryLength: Mutation = (partition, random) => {
  const block = random.pick(partition.blocks);
  const entries = entriesOf(block);
  if (entries.length === 0) return 'no entry';
  const { start, keyStart, keyEnd, end } = random.pick(entries);
  const [key, value] = [block.data.slice(keyStart, keyEnd), block.data.slice(keyEnd, end)];
  const which = random.below(2);
  const length = Number(edge(random, BigInt(which === 0 ? key.length : value.length)) & 0xffff_ffffn);
  const overlong = random.oneIn(4);
  const written = overlong ? overlongVarint(length, random) : varint(length);
  const lengths = which === 0 ? [written, varint(value.length)] : [varint(key.length), written];
  const changed = concat([...lengths, key, value]);
  block.data = concat([block.data.subarray(0, start), changed, block.data.subarray(end)]);
  return `the ${which === 0 ? 'key' : 'value'} length of an entry is ${length}${overlong ? ', overlong' : ''}`;
};

function overlongVarint(value: number, random: SeededRandom): Uint8Array {
  const bytes = varint(value).slice();
  bytes[bytes.length - 1] |= 0x80;
  const more = random.pick([1, 2, 5, 20]);
  return concat([bytes, new Uint8Array(more - 1).fill(0x80), Uint8Array.of(random.pick([0, 1, 0x80]))]);
}

/** Entries that are whole, and wrong: out of order, twice, with other keys. */
const entryList: Mutation = (partition, random) => {
  const i = random.below(partition.blocks.length);
  const block = partition.blocks[i];
  const entries = entriesOf(block);
  if (entries.length === 0) return 'no entry';
  const list = entries.map(({ start, end }): Uint8Array => block.data.slice(start, end));
  const [a, b] = [random.below(list.length), random.below(list.length)];
  let what: string;
  switch (random.below(6)) {
    case 0:
      [list[a], list[b]] = [list[b], list[a]];
      what = `entries ${a} and ${b} exchanged`;
      break;
    case 1:
      list.splice(a, 0, list[b]);
      what = `entry ${b} twice`;
      break;
    case 2: {
      const { start, keyStart } = entries[a];
      const bytes = list[a];
      bytes[keyStart - start] ^= 1 << random.below(8);
      what = `a key bit of entry ${a} flipped`;
      break;
    }
    case 3: {
      const { keyEnd, end, start } = entries[a];
      if (end > keyEnd) list[a][random.below(end - keyEnd) + keyEnd - start] = random.below(256);
      what = `a value byte of entry ${a} replaced`;
      break;
    }
    case 4:
      list.splice(a, 1);
      what = `entry ${a} is missing`;
      break;
    default:
      list[a] = concat([varint(1), varint(0), Uint8Array.of(random.below(256))]);
      what = `entry ${a} replaced`;
  }
  partition.blocks[i] = list.length === 0 ? block : blockOf(list);
  partition.rebuildHashIndex = partition.hashIndex.length > 0 && random.oneIn(2);
  return `block ${i}: ${what}${partition.rebuildHashIndex ? ', hash index made anew' : ''}`;
};

const restarts: Mutation = (partition, random) => {
  const block = random.pick(partition.blocks);
  const ends = entriesOf(block).at(-1)?.end ?? 0;
  if (ends >= block.data.length) return 'no restart';
  block.data = block.data.slice();
  const at = ends + random.below(block.data.length - ends);
  block.data[at] = random.pick([0, 1, 0xff, block.data[at] ^ 1]);
  return 'a restart is wrong';
};

const blockBytes: Mutation = (partition, random) => {
  const block = random.pick(partition.blocks);
  switch (random.below(5)) {
    case 0:
      block.data = flip(block.data, random);
      return 'a bit of a block flipped';
    case 1:
      block.data = random.bytes(block.data.length);
      return 'a block of noise';
    case 2:
      block.data = block.data.slice(0, 1 + random.below(block.data.length));
      return 'a block cut';
    case 3:
      block.entries = Math.max(1, block.entries + random.pick([-1, 1, 16, -16, 1000]));
      return `a block of ${block.entries} entries`;
    default: {
      const other = random.pick(partition.blocks);
      [block.data, other.data] = [other.data, block.data];
      return 'two blocks exchanged';
    }
  }
};

const BOMB_BYTES = 1 << 26;

/** Compressed data that is broken, or gives another length than is claimed. */
const compressed: Mutation = (partition, random) => {
  const block: Block = random.pick(partition.blocks);
  const { compression } = partition;
  const whole = compress(compression, block.data);
  switch (random.below(6)) {
    case 0:
      block.stored = flip(whole, random);
      return 'compressed data: a bit flipped';
    case 1:
      block.stored = whole.slice(0, Math.max(1, random.below(whole.length)));
      return 'compressed data cut';
    case 2:
      block.stored = concat([whole, random.bytes(1 + random.below(8))]);
      block.claimed = Math.max(block.data.length, block.stored.length + random.below(2));
      return 'compressed data with more behind it';
    case 3:
      block.claimed = Math.max(1, block.data.length + random.pick([-1, 1, 100, BOMB_BYTES]));
      return `a block that claims ${block.claimed} bytes`;
    case 4: {
      const zeros = new Uint8Array(BOMB_BYTES);
      block.stored = compression === 'zstd' ? rleFrame(BOMB_BYTES) : new Uint8Array(deflateRawSync(zeros));
      block.claimed = random.pick([block.data.length, block.stored.length + 1, BOMB_BYTES]);
      return `a block that decompresses to ${BOMB_BYTES} bytes and claims ${block.claimed}`;
    }
    default:
      block.stored = rleFrame(random.pick([0, 1, block.data.length, 2 ** 32 - 1]));
      return 'a zstd frame of one byte repeated';
  }
};

/** A zstd frame that repeats one byte so often, in blocks of 128 KiB: RFC 8878, §3.1.1. */
function rleFrame(length: number): Uint8Array {
  const head = Uint8Array.of(
    0x28,
    0xb5,
    0x2f,
    0xfd,
    0xa0,
    length,
    length >>> 8,
    length >>> 16,
    length >>> 24,
  );
  const most = 1 << 17;
  const blocks = Math.min(Math.max(1, Math.ceil(length / most)), 1024);
  const parts = Array.from({ length: blocks }, (_, i) => {
    const size = Math.min(most, length - i * most);
    const field = (size << 3) | 2 | (i === blocks - 1 ? 1 : 0);
    return Uint8Array.of(field, field >>> 8, field >>> 16, 0);
  });
  return concat([head, ...parts]);
}

const hashIndex: Mutation = (partition, random) => {
  const slots = new Uint8Array(partition.hashIndex);
  partition.hashIndex = slots;
  if (slots.length === 0) {
    partition.hashIndex = new Uint8Array(8);
    partition.hashSlots = random.pick([0, 1, 2]);
    return 'a hash index of two slots';
  }
  if (slots.length % 4 !== 0) return 'a hash index that was cut before';
  const words = new Uint32Array(slots.buffer);
  const i = random.below(words.length);
  switch (random.below(8)) {
    case 0:
      words[i] ^= 1 << random.below(32);
      return `slot ${i}: a bit flipped`;
    case 1: {
      // Every entry is looked for in the wrong place.
      const by = random.pick([1, -1, 7, 1000]);
      for (let j = 0; j < words.length - 1; j++) if (words[j] !== 0) words[j] += by;
      return `all slots ${by} bytes further`;
    }
    case 2:
      words.fill(random.next() | 1, 0, words.length - 1);
      return 'all slots alike';
    case 3:
      words[words.length - 1] = 1;
      return 'the last slot is taken';
    case 4:
      words.fill(0);
      return 'no slot is taken';
    case 5:
      partition.hashSlots = random.pick([1, words.length - 1, words.length, 2 ** 25, 2 ** 25 + 1]);
      return `${partition.hashSlots} home slots`;
    case 6:
      partition.hashIndex = slots.slice(0, random.below(slots.length));
      return 'the hash index is cut';
    default: {
      // The tags stay, so that look-ups follow them; the places are anywhere.
      const bits = 4 + random.below(12);
      for (let j = 0; j < words.length - 1; j++)
        if (words[j] !== 0) words[j] = ((words[j] >>> bits) << bits) | random.below(1 << bits);
      return `the low ${bits} bits of all slots are anything`;
    }
  }
};

/** Values that properties should not have. */
function oddValue(random: SeededRandom): unknown {
  return random.pick<unknown>([
    null,
    '',
    'x',
    'tuple',
    'uuid',
    'number',
    'binary',
    'msgpack',
    'json',
    'typed',
    'none',
    'deflate',
    'zstd',
    '__proto__',
    'a'.repeat(1000),
    0,
    -1,
    1,
    2 ** 30 - 1,
    2 ** 30,
    2 ** 53,
    1.5,
    Number.NaN,
    true,
    [],
    {},
    new Uint8Array(0),
    new Uint8Array(8),
    new Uint8Array(0x1_0000),
    Uint8Array.of(0),
    Uint8Array.of(0xff, 0xff),
  ]);
}

const properties: Mutation = (partition, random) => {
  if (partition.properties instanceof Uint8Array) return 'properties that are bytes';
  const fields: Record<string, unknown> = { ...partition.properties };
  partition.properties = fields;
  const name = random.pick(Object.keys(fields));
  switch (random.below(4)) {
    case 0:
      delete fields[name];
      return `no property ${name}`;
    case 1: {
      const value = oddValue(random);
      fields[name] = value;
      return `property ${name} is ${describe(value)}`;
    }
    case 2:
      fields[random.pick(['unknown', 'constructor', 'toString'])] = oddValue(random);
      return 'a property more';
    default:
      for (let i = 0; i < 70; i++) fields[`p${i}`] = i;
      return '70 properties more';
  }
};

const propertyBytes: Mutation = (partition, random) => {
  if (partition.properties instanceof Uint8Array) return 'properties that are bytes';
  const whole = encode(partition.properties).slice();
  const deep = random.pick([300, 100_000]);
  const bytes = random.pick<() => Uint8Array>([
    () => flip(whole, random),
    () => whole.slice(0, random.below(whole.length)),
    () => concat([whole, Uint8Array.of(0xc0)]),
    () => new Uint8Array(0),
    () => new Uint8Array(deep).fill(0x91),
    () => new Uint8Array(deep).fill(0x81),
    () => Uint8Array.of(0xdf, 0xff, 0xff, 0xff, 0xff),
    () => Uint8Array.of(0xdd, 0xff, 0xff, 0xff, 0xff),
    () => Uint8Array.of(0xc6, 0xff, 0xff, 0xff, 0xff),
    () => Uint8Array.of(0xdb, 0xff, 0xff, 0xff, 0xff),
    () =>
      concat([
        Uint8Array.of(whole[0] + 1, 0xa9),
        new TextEncoder().encode('__proto__'),
        Uint8Array.of(0x80),
        whole.slice(1),
      ]),
    () => concat([Uint8Array.of(whole[0] + 1, 0xa1, 0xff, 0xc0), whole.slice(1)]),
    () => concat([Uint8Array.of(whole[0] + 1, 0x01, 0xc0), whole.slice(1)]),
    () => concat([Uint8Array.of(whole[0] + 1, 0xa1, 0x78, 0xd4, 0x05, 0x00), whole.slice(1)]),
    () => Uint8Array.of(0xc0),
  ])();
  partition.properties = bytes;
  return `properties of ${bytes.length} odd bytes`;
};

const order: Mutation = (partition, random) => {
  const { blocks } = partition;
  const [a, b] = [random.below(blocks.length), random.below(blocks.length)];
  switch (random.below(3)) {
    case 0:
      [blocks[a], blocks[b]] = [blocks[b], blocks[a]];
      return `blocks ${a} and ${b} exchanged, with all that is said of them`;
    case 1:
      blocks.splice(a, 0, { ...blocks[b] });
      partition.separators.splice(a, 0, partition.separators[b] ?? Uint8Array.of(0x7a));
      return `block ${b} twice`;
    default:
      if (blocks.length < 2) return 'one block';
      blocks.splice(a, 1);
      partition.separators.splice(Math.max(0, a - 1), 1);
      return `block ${a} is missing`;
  }
};

/** What can be wrong in a partition; the order is part of what a seed means. */
export const PARTITION_MUTATIONS: readonly Mutation[] = [
  header,
  footerField,
  footerField,
  between,
  indexColumn,
  indexColumn,
  indexBytes,
  separators,
  entryLength,
  entryLength,
  entryList,
  entryList,
  restarts,
  blockBytes,
  compressed,
  hashIndex,
  hashIndex,
  properties,
  properties,
  propertyBytes,
  order,
];

export function describe(value: unknown): string {
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
