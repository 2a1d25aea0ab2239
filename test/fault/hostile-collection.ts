import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { encodeStruct } from '../../src/bytes/struct.ts';
import { decodeVersion, encodeVersion, VERSION_HEADER } from '../../src/collection/version/version-file.ts';
import { beginName, versionName, versionNumber } from '../../src/collection/version/version-name.ts';
import type { Generation, VersionState } from '../../src/collection/version/version-state.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { checksum } from '../support/signed.ts';
import { filesBelow } from './files-below.ts';
import { describe, edge } from './hostile-mutations.ts';
import { concat } from './hostile-partition.ts';
import { BAD_NAMES, type HostileStore, mutatePartition, oddJson, sign } from './hostile-store.ts';

/** The files of a collection that were damaged by chance, or written by somebody to do harm. */
export interface HostileCollection extends HostileStore {
  /**
   * Whether bytes were damaged, whose checksums show it; then nothing but what was written may be answered. Else every
   * checksum is right, and all answers must agree where a verification finds nothing wrong.
   */
  readonly damaged: boolean;
}

/** Collections with something of everything; small ones are read more often. */
const GOLDEN: readonly string[] = [
  'one-key',
  'one-key',
  'small-changes',
  'small-changes',
  'layers',
  'layers',
  'compacted',
  'compacted-partly',
  'replaced',
  'files',
  'tombstones-typed',
  'keys-utf8',
  'keys-number',
  'keys-tuple',
  'values-typed',
  'compression-deflate',
  'compression-zstd',
  'metadata',
  'empty',
];

const ROOT = fileURLToPath(new URL('../../fixtures/golden/collections-v1', import.meta.url));
const golden = new Map<string, ReadonlyMap<string, Uint8Array>>();

/** The files of a golden collection. */
export function collectionFiles(name: string): ReadonlyMap<string, Uint8Array> {
  const known = golden.get(name);
  if (known !== undefined) return known;
  const files = new Map(
    filesBelow(`${ROOT}/${name}/collection`).map((path): [string, Uint8Array] => [
      path,
      new Uint8Array(readFileSync(`${ROOT}/${name}/collection/${path}`)),
    ]),
  );
  golden.set(name, files);
  return files;
}

type Files = Map<string, Uint8Array>;

const DEFINITION = 'COLLECTION.json';
const HINT = 'LATEST';

/** The collection that a seed means. */
export function hostileCollection(seed: number): HostileCollection {
  const random = new SeededRandom(seed);
  const name = random.pick(GOLDEN);
  const files: Files = new Map(collectionFiles(name));
  const damaged = random.oneIn(3);
  const mutations: string[] = [];
  for (let left = random.pick([1, 1, 1, 2, 3]); left > 0; left--)
    mutations.push(damaged ? damage(files, random) : forge(files, random));
  return { golden: name, mutations, files, damaged };
}

/** What disks do: the bytes of one file are others, or those of another file. */
function damage(files: Files, random: SeededRandom): string {
  const path = random.pick([...files.keys()]);
  const bytes = (files.get(path) as Uint8Array).slice();
  switch (random.below(6)) {
    case 0:
    case 1: {
      const bit = random.below(bytes.length * 8);
      bytes[bit >> 3] ^= 1 << (bit & 7);
      files.set(path, bytes);
      return `${path}: bit ${bit} flipped`;
    }
    case 2: {
      const length = random.below(bytes.length);
      files.set(path, bytes.slice(0, length));
      return `${path}: cut at ${length}`;
    }
    case 3: {
      const start = random.below(Math.ceil(bytes.length / 512)) * 512;
      files.set(path, bytes.fill(random.pick([0, 0xff]), start, start + 512));
      return `${path}: a sector of zeros or ones at ${start}`;
    }
    case 4:
      files.set(path, concat([bytes, random.bytes(1 + random.below(40))]));
      return `${path}: extended`;
    default: {
      const other = random.pick([...files.keys()]);
      files.set(path, files.get(other) as Uint8Array);
      return `${path}: the bytes of ${other}`;
    }
  }
}

function forge(files: Files, random: SeededRandom): string {
  const dice = random.below(20);
  if (dice < 2) return forgeDefinition(files, random);
  if (dice === 2) return forgeHint(files, random);
  if (dice < 5) return forgeNames(files, random);
  const versions = [...files.keys()].filter((path) => numberOf(path) !== undefined);
  if (versions.length === 0) return forgeDefinition(files, random);
  // The newest one is first in a listing, and first in their order.
  const path = random.oneIn(3) ? random.pick(versions) : (versions[0] as string);
  let state: VersionState;
  try {
    state = decodeVersion(files.get(path) as Uint8Array, path, checksum);
  } catch {
    // It was forged before.
    return forgeNames(files, random);
  }
  if (dice < 10) return forgePartition(files, path, state, random);
  return forgeState(files, path, state, random);
}

function numberOf(path: string): number | undefined {
  return path.startsWith('versions/') ? versionNumber(path.slice('versions/'.length)) : undefined;
}

/** A partition that is wrong within, and a version that agrees with it in most cases. */
function forgePartition(files: Files, path: string, state: VersionState, random: SeededRandom): string {
  const generations = state.generations.map((one) => ({
    ...one,
    partitions: one.partitions.map((record) => ({ ...record })),
  }));
  if (generations.length === 0) return forgeState(files, path, state, random);
  const generation = random.pick(generations);
  const record = random.pick(generation.partitions);
  const inFile = `data/${record.name}`;
  const parts: Files = new Map(files);
  if (generation.inline !== undefined) parts.set(inFile, generation.inline.bytes);
  // Removed by a compaction since.
  if (!parts.has(inFile)) return forgeState(files, path, state, random);
  let what: string[];
  try {
    what = mutatePartition(parts, record, random);
  } catch {
    // It was forged before, so that it can't be taken apart.
    return forgeNames(files, random);
  }
  const bytes = parts.get(inFile) as Uint8Array;
  if (generation.inline === undefined) files.set(inFile, bytes);
  else generation.inline = { ...generation.inline, bytes };
  files.set(path, encodeVersion({ ...state, generations }, checksum));
  return `${path}, ${record.name}: ${what.join('; ')}`;
}

type Document = Record<string, unknown> & { generations: Record<string, unknown>[]; dropped: unknown[] };

/** A version file whose state says something else, under a right checksum. */
function forgeState(files: Files, path: string, state: VersionState, random: SeededRandom): string {
  if (random.oneIn(4)) {
    const [changed, what] = otherGenerations(state, random);
    files.set(path, encodeVersion(changed, checksum));
    return `${path}: ${what}`;
  }
  const bytes = encodeVersion(state, checksum);
  const { stateBytes } = VERSION_HEADER.decode(bytes, { file: path, section: 'version', offset: 0 });
  const start = VERSION_HEADER.length;
  const inline = bytes.slice(start + stateBytes, -8);
  const document = JSON.parse(
    new TextDecoder().decode(bytes.subarray(start, start + stateBytes)),
  ) as Document;
  const generation = document.generations.length > 0 ? random.pick(document.generations) : undefined;
  const partition = generation && random.pick(generation.partitions as Record<string, unknown>[]);
  const owner = random.pick([document, document, generation ?? document, partition ?? document]);
  const title = owner === document ? 'the state' : owner === generation ? 'a generation' : 'a partition';
  let text: string | undefined;
  let header: Record<string, number | bigint> = {};
  let what: string;
  switch (random.below(8)) {
    case 0: {
      const { name, type } = random.pick(VERSION_HEADER.fields);
      const now = name === 'stateBytes' ? stateBytes : name === 'inlineBytes' ? inline.length : 1;
      const width = type === 'u16' ? 16 : type === 'u32' ? 32 : type === 'size' ? 53 : 64;
      const value = BigInt.asUintN(width, edge(random, BigInt(now)));
      header = { [name]: type === 'u64' ? value : Number(value) };
      what = `the header says ${name} ${value}`;
      break;
    }
    case 1:
    case 2:
    case 3: {
      const name = random.pick(Object.keys(owner));
      const now = owner[name];
      const value =
        typeof now === 'number' && random.oneIn(2)
          ? Number(edge(random, BigInt(now)))
          : typeof now === 'boolean'
            ? !now
            : oddJson(random);
      owner[name] = value;
      what = `${name} of ${title} is ${describe(value)}`;
      break;
    }
    case 4: {
      const name = random.pick(Object.keys(owner));
      delete owner[name];
      what = `no ${name} in ${title}`;
      break;
    }
    case 5: {
      const name = random.pick(BAD_NAMES);
      if (partition !== undefined && random.oneIn(2)) partition.name = name;
      else document.dropped.push({ name, bytes: 1, since: 1 });
      what = `a file named ${JSON.stringify(name)}`;
      break;
    }
    case 6: {
      const deep = random.pick([9, 1000, 20_000]);
      const name = random.pick([...Object.keys(document), 'unknown']);
      text = JSON.stringify({ ...document, [name]: 0 }).replace(
        `"${name}":0`,
        `"${name}":${'['.repeat(deep)}${']'.repeat(deep)}`,
      );
      what = `${name} is ${deep} deep`;
      break;
    }
    default: {
      const whole = JSON.stringify(document);
      text = random.pick<() => string>([
        () => whole.replace('{', '{"__proto__":{"number":7},'),
        () => whole.replace('"number":', '"number":99,"number":'),
        () => whole.replace('"requiredFeatures":[]', `"requiredFeatures":["${'x'.repeat(100_000)}"]`),
        () => `\u{feff}${whole}`,
        () => whole.slice(0, whole.length >> 1),
        () => '',
        () => 'null',
        () => `[${whole}]`,
        () => whole.replace(/"(keyEncoding|valueEncoding)":"\w+"/, '"$1":"\\ud800"'),
        () => `${whole}\n\n  `,
      ])();
      what = 'odd JSON';
    }
  }
  files.set(path, signedVersion(text ?? JSON.stringify(document), inline, header));
  return `${path}: ${what}`;
}

/** Generations that are whole, and others than those that were written. */
function otherGenerations(state: VersionState, random: SeededRandom): [VersionState, string] {
  const generations: Generation[] = [...state.generations];
  if (generations.length === 0) return [{ ...state, oldest: 1, number: state.number + 1 }, 'another number'];
  const [a, b] = [random.below(generations.length), random.below(generations.length)];
  switch (random.below(7)) {
    case 0:
      generations.splice(a, 1);
      return [{ ...state, generations }, `generation ${a} is missing`];
    case 1:
      generations.splice(a, 0, generations[b]);
      return [{ ...state, generations }, `generation ${b} twice`];
    case 2:
      generations.reverse();
      return [{ ...state, generations }, 'generations reversed'];
    case 3:
      generations[a] = { ...generations[a], isMarked: !generations[a].isMarked };
      return [{ ...state, generations }, `generation ${a}: marked or not`];
    case 4: {
      const tombstones = generations[a].tombstones + random.pick([-1, 1, 2]);
      generations[a] = { ...generations[a], tombstones: Math.max(0, tombstones) };
      return [{ ...state, generations }, `generation ${a}: ${tombstones} tombstones`];
    }
    case 5: {
      const [record] = generations[a].partitions;
      generations[a] = {
        ...generations[a],
        partitions: [{ ...record, name: generations[b].partitions[0].name }],
      };
      return [{ ...state, generations }, `generation ${a} has the name of ${b}`];
    }
    default: {
      const changed = edge(random, BigInt(state.changed));
      const oldest = edge(random, BigInt(state.oldest));
      return [
        { ...state, changed: Number(changed), oldest: Number(oldest) },
        `changed ${changed}, oldest ${oldest}`,
      ];
    }
  }
}

/** A version file of any text, with a right checksum. */
function signedVersion(
  text: string,
  inline: Uint8Array,
  header: Readonly<Record<string, number | bigint>>,
): Uint8Array {
  const state = new TextEncoder().encode(text);
  const fields = {
    magic: 0x0a0d_5652_4941_4389n,
    version: 1,
    reserved: 0,
    stateBytes: state.length,
    inlineBytes: inline.length,
    ...header,
  };
  const body = concat([encodeStruct(VERSION_HEADER, fields), state, inline]);
  const own = new Uint8Array(8);
  new DataView(own.buffer).setBigUint64(0, checksum.hash(body), true);
  return concat([body, own]);
}

function forgeDefinition(files: Files, random: SeededRandom): string {
  const text = new TextDecoder().decode(files.get(DEFINITION));
  let document: Record<string, unknown>;
  try {
    document = JSON.parse(text) as Record<string, unknown>;
  } catch {
    // It was forged before.
    return forgeHint(files, random);
  }
  delete document.checksum;
  const name = random.pick([...Object.keys(document), 'id']);
  const value = name === 'id' && random.oneIn(2) ? random.pick(BAD_NAMES) : oddJson(random);
  if (random.oneIn(5)) delete document[name];
  else document[name] = value;
  files.set(DEFINITION, sign(JSON.stringify(document, null, 2)));
  return `${DEFINITION}: ${name in document ? `${name} is ${describe(value)}` : `no ${name}`}`;
}

function forgeHint(files: Files, random: SeededRandom): string {
  const text = random.pick([
    '',
    '\n',
    '0\n',
    '1\n',
    '2\n',
    '7\n',
    '1',
    '01\n',
    '-1\n',
    '1.5\n',
    '1e3\n',
    '999999999999999\n',
    '281474976710655\n',
    '281474976710656\n',
    `${'9'.repeat(60)}\n`,
    `${'1'.repeat(100)}\n`,
    '１\n',
  ]);
  files.set(HINT, new TextEncoder().encode(text));
  return `${HINT} is ${JSON.stringify(text)}`;
}

/** Files that are missing, or have the names of others. */
function forgeNames(files: Files, random: SeededRandom): string {
  const path = random.pick([...files.keys()]);
  const bytes = files.get(path) as Uint8Array;
  const number = numberOf(path);
  if (number === undefined || random.oneIn(2)) {
    if (files.size > 1) files.delete(path);
    return `no ${path}`;
  }
  const names = [
    versionName(number + random.pick([1, 2, 300])),
    versionName(2 ** 48 - 1),
    beginName('another'),
    `${versionName(number)}.0123456789abcdef.tmp`,
    `0${versionName(number).slice(1)}`,
  ];
  const other = `versions/${random.pick(names)}`;
  if (random.oneIn(2)) files.delete(path);
  files.set(other, bytes);
  return `${path} is ${other}${files.has(path) ? ', too' : ''}`;
}
