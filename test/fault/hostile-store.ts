import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Checksum, hex64 } from '../../src/bytes/checksum.ts';
import { FOOTER } from '../../src/format/layout.ts';
import type { PartitionRecord } from '../../src/partition/partition-record.ts';
import { decodeManifest } from '../../src/store/manifest/decode-manifest.ts';
import { contentId, encodeManifest, type Manifest } from '../../src/store/manifest/manifest.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { checksum } from '../support/signed.ts';
import { describe, edge, PARTITION_MUTATIONS } from './hostile-mutations.ts';
import { assemble, concat, takeApart } from './hostile-partition.ts';

/** The files of a store that somebody wrote to do harm: every checksum in them is right. */
export interface HostileStore {
  /** The golden store that it was made of. */
  readonly golden: string;
  /** What was done to it. */
  readonly mutations: readonly string[];
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** Stores with something of everything; large ones would only be slower. */
const GOLDEN: readonly string[] = [
  'hash-index-on',
  'hash-index-on',
  'hash-index-off',
  'several-partitions',
  'several-partitions',
  'two-entries',
  'one-entry',
  'compression-deflate',
  'compression-zstd',
  'compression-mixed',
  'compression-none',
  'keys-binary',
  'keys-bigint',
  'keys-number',
  'keys-tuple',
  'keys-uuid',
  'metadata',
  'values-binary',
  'values-json',
  'values-msgpack',
  'values-typed',
  'values-empty',
  'empty',
];

type Record_ = { -readonly [Name in keyof PartitionRecord]: PartitionRecord[Name] };

const ROOT = fileURLToPath(new URL('../../fixtures/golden/v1', import.meta.url));
const golden = new Map<string, ReadonlyMap<string, Uint8Array>>();

function filesOf(name: string): ReadonlyMap<string, Uint8Array> {
  const known = golden.get(name);
  if (known !== undefined) return known;
  const files = new Map<string, Uint8Array>();
  const store = `${ROOT}/${name}/store`;
  const add = (path: string): void => void files.set(path, new Uint8Array(readFileSync(`${store}/${path}`)));
  for (const path of ['MANIFEST.json', ...readData(store)]) add(path);
  golden.set(name, files);
  return files;
}

/** An empty store may have no such directory. */
function readData(store: string): string[] {
  if (!readdirSync(store).includes('data')) return [];
  return readdirSync(`${store}/data`)
    .sort()
    .map((file) => `data/${file}`);
}

/** The store that a seed means. */
export function hostileStore(seed: number): HostileStore {
  const random = new SeededRandom(seed);
  const name = random.pick(GOLDEN);
  const files = new Map(filesOf(name));
  const mutations: string[] = [];
  const manifest = decodeManifest(files.get('MANIFEST.json') as Uint8Array, 'MANIFEST.json', checksum);
  const records: Record_[] = manifest.partitions.map((record) => ({ ...record }));
  if (records.length > 0 && !random.oneIn(5)) {
    const record = random.pick(records);
    mutations.push(...mutatePartition(files, record, random));
    if (record.firstKey.length === 0) record.firstKey = Uint8Array.of(1);
  }
  if (mutations.length === 0 || random.oneIn(5)) {
    mutations.push(...mutateManifest(files, { ...manifest, partitions: records }, random));
  } else {
    files.set(
      'MANIFEST.json',
      encodeManifest(withId({ ...manifest, partitions: records }, checksum), checksum),
    );
  }
  return { golden: name, mutations, files };
}

function withId(manifest: Manifest, hash: Checksum): Manifest {
  return { ...manifest, id: contentId(manifest, hash) };
}

/** Changes the file of a record, and the record with it, so that it agrees in most cases. */
export function mutatePartition(
  files: Map<string, Uint8Array>,
  record: Record_,
  random: SeededRandom,
): string[] {
  const path = `data/${record.name}`;
  const partition = takeApart(files.get(path) as Uint8Array);
  const mutations: string[] = [];
  for (let left = random.pick([1, 1, 1, 2, 3]); left > 0; left--) {
    mutations.push(random.pick(PARTITION_MUTATIONS)(partition, random));
  }
  const { file, hashBytes, tail, entries, dataBytes, contentSum } = assemble(partition);
  const { footer, properties } = partition;
  const claimed = <T extends number>(field: number | bigint | undefined, otherwise: T): number =>
    field === undefined || random.oneIn(4) || field > 2n ** 30n ? otherwise : Number(field);
  // A footer that lies about where its tail begins is taken at its word now and then.
  let tailBytes = tail.length;
  const { indexOffset } = footer;
  if (indexOffset !== undefined && indexOffset < file.length - FOOTER.length && random.oneIn(2))
    tailBytes = file.length - Number(indexOffset);
  Object.assign(record, {
    bytes: file.length,
    count: Math.max(1, claimed(footer.entries, entries)),
    dataBytes: Math.max(1, claimed(footer.dataBytes, dataBytes)),
    hashBytes: claimed(footer.hashLength, hashBytes),
    tailBytes,
    tailChecksum: checksum.hash(file.subarray(file.length - tailBytes)),
    contentSum,
  });
  if (!(properties instanceof Uint8Array)) {
    const { compression, firstKey, lastKey } = properties;
    if (['none', 'deflate', 'zstd'].includes(compression as string) && random.oneIn(2))
      record.compression = compression as 'none';
    if (firstKey instanceof Uint8Array && firstKey.length > 0) record.firstKey = firstKey;
    if (lastKey instanceof Uint8Array && lastKey.length > 0) record.lastKey = lastKey;
  }
  if (random.oneIn(20)) {
    record.bytes++;
    files.set(path, concat([file, Uint8Array.of(0)]));
    mutations.push('a byte more');
  } else files.set(path, file);
  return mutations;
}

/** Names that must lead nowhere. */
export const BAD_NAMES: readonly string[] = [
  '..',
  '.',
  '',
  '../MANIFEST.json',
  '../../other/data/part-00000-golden.cairn',
  '../secret.cairn',
  'a/../../../secret.cairn',
  '..\\..\\secret.cairn',
  '/etc/passwd',
  '/etc/passwd.cairn',
  'C:\\secret.cairn',
  'C:secret.cairn',
  '\\\\server\\share\\secret.cairn',
  '//server/secret.cairn',
  'file:///etc/secret.cairn',
  'http://127.0.0.1/secret.cairn',
  's3://bucket/secret.cairn',
  'memory:secret.cairn',
  'part\0.cairn',
  'part-00000-golden.cairn\0.png',
  '%2e%2e%2fsecret.cairn',
  '..%2fsecret.cairn',
  'a%00.cairn',
  'CON.cairn\n',
  'part 0.cairn',
  'part-00000-golden.cairn/',
  './part-00000-golden.cairn',
  '.hidden.cairn',
  '-rf.cairn',
  '~root.cairn',
  '\u{ff0e}\u{ff0e}/secret.cairn',
  '\u{2025}.cairn',
  'p\u{e4}rt.cairn',
  `${'a'.repeat(250)}.cairn`,
];

/** JSON values where something else should be. */
export function oddJson(random: SeededRandom): unknown {
  return random.pick<unknown>([
    null,
    true,
    '',
    'x',
    '0'.repeat(16),
    'ffffffffffffffff',
    '00',
    'zz',
    'none',
    'zstd',
    'binary',
    'tuple',
    'number',
    'uuid',
    'my.codec',
    0,
    -0,
    -1,
    1,
    1.5,
    128,
    2 ** 30 - 1,
    2 ** 30,
    2 ** 31,
    2 ** 32,
    2 ** 53 - 1,
    2 ** 53,
    1e308,
    [],
    {},
    [[]],
    [null],
    [{ toString: 1, valueOf: 1 }],
    { toString: null },
    ['zoned-keys'],
  ]);
}

function mutateManifest(files: Map<string, Uint8Array>, manifest: Manifest, random: SeededRandom): string[] {
  const text = new TextDecoder().decode(encodeManifest(withId(manifest, checksum), checksum));
  const document = JSON.parse(text) as Record<string, unknown> & { partitions: Record<string, unknown>[] };
  delete document.checksum;
  const mutations: string[] = [];
  const { partitions } = document;
  const partition = partitions.length > 0 ? random.pick(partitions) : undefined;
  let body: string | undefined;
  switch (random.below(8)) {
    case 0: {
      const name = random.pick(Object.keys(document));
      const value = oddJson(random);
      document[name] = value;
      mutations.push(`manifest: ${name} is ${describe(value)}`);
      break;
    }
    case 1: {
      const name = random.pick(Object.keys(document));
      delete document[name];
      mutations.push(`manifest: no ${name}`);
      break;
    }
    case 2:
    case 3: {
      if (partition === undefined) return mutateManifest(files, manifest, random);
      const name = random.pick(Object.keys(partition));
      const now = partition[name];
      const value =
        typeof now === 'number' && random.oneIn(2) ? Number(edge(random, BigInt(now))) : oddJson(random);
      partition[name] = value;
      mutations.push(`manifest: ${name} of a partition is ${describe(value)}`);
      break;
    }
    case 4: {
      if (partition === undefined) return mutateManifest(files, manifest, random);
      const name = random.pick(BAD_NAMES);
      partition.name = name;
      mutations.push(`manifest: a partition named ${JSON.stringify(name)}`);
      break;
    }
    case 5: {
      const i = random.below(partitions.length + 1);
      const kind = random.below(4);
      if (kind === 0) partitions.splice(i, 0, structuredClone(partitions[0] ?? {}));
      else if (kind === 1) partitions.splice(i, 1);
      else if (kind === 2) partitions.reverse();
      else
        partitions.push({
          ...(partitions[0] ?? {}),
          name: 'part-99999-golden.cairn',
          firstKey: 'ff',
          lastKey: 'ffff',
        });
      mutations.push(`manifest: partitions ${['doubled', 'fewer', 'reversed', 'more'][kind]}`);
      break;
    }
    case 6: {
      const deep = random.pick([1000, 20_000]);
      const nested = `${'['.repeat(deep)}${']'.repeat(deep)}`;
      const name = random.pick(['requiredFeatures', 'metadata', 'partitions', 'unknown', 'id']);
      const open = name === 'metadata' ? `{"deep":${nested}}` : nested;
      const rest = { ...document, [name]: 0 };
      body = JSON.stringify(rest, null, 2).replace(`"${name}": 0`, `"${name}": ${open}`);
      mutations.push(`manifest: ${name} is ${deep} deep`);
      break;
    }
    default: {
      const whole = JSON.stringify(document, null, 2);
      body = random.pick<() => string>([
        () => whole.replace('{', '{"__proto__": {"format": "x", "count": 7},'),
        () => whole.replace('"metadata": {', '"metadata": {"__proto__": {"polluted": true},'),
        () => whole.replace('"count"', '"count": 99, "count"'),
        () => whole.replace('{', `{${'"a":1,'.repeat(1000)}`),
        () => whole.replace(/"format": "cairn"/, '"format": "\\u0063airn"'),
        () => whole.replace('{', '{"constructor": {"prototype": {}},'),
        () => `\u{feff}${whole}`,
        () => whole.slice(0, whole.length / 2),
        () => `[${whole}\n}`,
        () => whole.replace(/"(keyEncoding|valueEncoding)": "\w+"/, '"$1": "\\ud800"'),
      ])();
      mutations.push('manifest: odd JSON');
    }
  }
  if (body === undefined && !random.oneIn(4)) mutations.push(...agree(document));
  files.set('MANIFEST.json', sign(body ?? JSON.stringify(document, null, 2)));
  return mutations;
}

/** Makes the sums of a manifest right again. */
function agree(document: Record<string, unknown>): string[] {
  const { partitions } = document;
  if (!Array.isArray(partitions)) return [];
  const sum = (name: string): number =>
    partitions.reduce((all, each) => all + (typeof each?.[name] === 'number' ? each[name] : 0), 0);
  if (typeof document.count === 'number') document.count = sum('count');
  if (typeof document.bytes === 'number') document.bytes = sum('bytes');
  const loose = partitions.map((each) => ({
    count: typeof each?.count === 'number' ? each.count : 0,
    contentSum: isHex(each?.contentSum) ? BigInt(`0x${each.contentSum}`) : 0n,
  }));
  if (typeof document.keyEncoding !== 'string' || typeof document.valueEncoding !== 'string') return [];
  document.id = contentId({ ...document, partitions: loose } as unknown as Manifest, checksum);
  return ['sums made right'];
}

function isHex(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{16}$/.test(value);
}

/** A manifest of any text that ends in `}`, with a right checksum. */
export function sign(body: string): Uint8Array {
  const bytes = new TextEncoder().encode(`${body.trimEnd().replace(/\n?\}$/, '')},\n`);
  const trailer = new TextEncoder().encode(`  "checksum": "${hex64(checksum.hash(bytes))}"\n}\n`);
  return concat([bytes, trailer]);
}
