import { type Checksum, hex64 } from '../../bytes/checksum.ts';
import { compareBytes } from '../../bytes/compare.ts';
import { corruption, type Region } from '../../bytes/corruption.ts';
import { fromHex } from '../../bytes/hex.ts';
import { MAX_VALUE_DEPTH } from '../../bytes/value-depth.ts';
import { CairnError } from '../../errors.ts';
import { FOOTER, FORMAT_VERSION, HEADER } from '../../format/layout.ts';
import { MAX_DATA_BYTES, MAX_SECTION_BYTES } from '../../format/limits.ts';
import type { CompressionName } from '../../format/properties.ts';
import type { PartitionRecord } from '../../partition/partition-record.ts';
import type { Manifest } from './manifest.ts';
import { contentId, TRAILER, TRAILER_BYTES } from './manifest.ts';

/**
 * Is told of what is wrong with the contents of a manifest, and of the partition that it is wrong about, whose record is
 * known as far as it is right when all has been told.
 */
type ManifestReport = (error: CairnError, partition?: Partial<PartitionRecord>) => void;

/**
 * Checks and decodes a manifest file. With `report`, what is wrong with its contents is told and left out, where the rest
 * can be judged without; otherwise the first of it is thrown.
 *
 * @throws {CairnError} `CORRUPTION`, `UNSUPPORTED_FORMAT`.
 */
export function decodeManifest(
  bytes: Uint8Array,
  file: string,
  checksum: Checksum,
  report: ManifestReport = raise,
): Manifest {
  const region: Region = { file, section: 'manifest', offset: 0 };
  const bodyLength = bytes.length - TRAILER_BYTES;
  const trailer = bodyLength < 0 ? null : TRAILER.exec(latin1(bytes.subarray(bodyLength)));
  if (trailer === null)
    throw corruption(region, 'the manifest does not end in its checksum', { at: Math.max(0, bodyLength) });
  const actual = hex64(checksum.hash(bytes.subarray(0, bodyLength)));
  if (actual !== trailer[1])
    throw corruption(region, 'the manifest checksum differs', { expected: trailer[1], actual });
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (error) {
    throw corruption(region, 'the manifest is not valid JSON', { cause: error });
  }
  return new ManifestChecker(region, report).manifest(document, checksum);
}

function raise(error: CairnError): never {
  throw error;
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

// A name goes into a path: no separators, no dots alone, nothing a file system could take for something else.
const PARTITION_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,248}\.cairn$/;

/** Metadata is as deep as any value may be, and within the manifest. */
const MAX_LEVELS = MAX_VALUE_DEPTH + 1;

/** Characters of the features' names in a message. */
const MAX_NAMED = 200;

/** Whether the JSON is nested too deeply. Checked before anything recurses into it, to avoid a stack overflow. */
export function isTooDeep(document: unknown, levels: number = MAX_LEVELS): boolean {
  if (typeof document !== 'object' || document === null) return false;
  if (levels === 0) return true;
  for (const inner of Object.values(document)) if (isTooDeep(inner, levels - 1)) return true;
  return false;
}

type Fields = Readonly<Record<string, unknown>>;

/** A member that the object itself has: names such as `__proto__` are nothing special. */
function own(fields: Fields, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

/** What a member must be, in words, and its value; undefined where it is something else. */
type Rule<T> = readonly [expected: string, read: (value: unknown) => T | undefined];

type Rules<T> = { readonly [Name in keyof T]-?: Rule<T[Name]> };

const OBJECT: Rule<Fields> = ['an object', (value) => (isObject(value) ? value : undefined)];

const TEXT: Rule<string> = text('a string', /./s);

const COMPRESSION: Rule<CompressionName> = text('none, deflate or zstd', /^(none|deflate|zstd)$/);

const HASH: Rule<bigint> = text('16 hex digits', /^[0-9a-f]{16}$/, (digits) => BigInt(`0x${digits}`));

const KEY: Rule<Uint8Array> = text('2 to 131,070 hex digits', /^.{2,131070}$/, fromHex);

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text<T>(
  expected: string,
  pattern: RegExp,
  decode: (text: string) => T | undefined = (text) => text as T,
): Rule<T> {
  return [
    expected,
    (value) => (typeof value === 'string' && pattern.test(value) ? decode(value) : undefined),
  ];
}

function integer(most: number): Rule<number> {
  return [
    `an integer from 0 to ${most}`,
    (value) =>
      Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= most
        ? (value as number)
        : undefined,
  ];
}

/** In the order in which they are written. */
const RECORD_RULES: Rules<PartitionRecord> = {
  name: text('a plain file name', PARTITION_NAME),
  bytes: integer(Number.MAX_SAFE_INTEGER),
  compression: COMPRESSION,
  count: integer(MAX_DATA_BYTES),
  dataBytes: integer(MAX_DATA_BYTES),
  hashBytes: integer(MAX_SECTION_BYTES),
  tailBytes: integer(MAX_SECTION_BYTES),
  tailChecksum: HASH,
  contentSum: HASH,
  firstKey: KEY,
  lastKey: KEY,
};

const STORE_RULES: Rules<Omit<Manifest, 'partitions'>> = {
  id: TEXT,
  keyEncoding: TEXT,
  valueEncoding: TEXT,
  compression: COMPRESSION,
  metadata: OBJECT as Rule<Manifest['metadata']>,
};

/**
 * Checks and decodes a list of partition records, as a manifest has one.
 *
 * @throws {CairnError} `CORRUPTION` in `region`.
 */
export function decodeRecords(list: unknown, region: Region, name: string): PartitionRecord[] {
  return new ManifestChecker(region, raise).records(list, name);
}

/** Turns parsed JSON into a manifest, reporting whatever a reader could be misled by. */
class ManifestChecker {
  readonly #region: Region;
  readonly #report: ManifestReport;
  #reported = 0;

  constructor(region: Region, report: ManifestReport) {
    this.#region = region;
    this.#report = report;
  }

  manifest(document: unknown, checksum: Checksum): Manifest {
    if (isTooDeep(document)) throw this.#error('the manifest', `${MAX_LEVELS} levels`);
    if (!isObject(document)) throw this.#error('the manifest', 'an object');
    if (own(document, 'format') !== 'cairn') throw this.#error('format', '"cairn"');
    this.#version(document);
    const list = own(document, 'partitions') as unknown[];
    const partitions = this.records(list, 'partitions');
    const manifest: Manifest = { ...this.#members(document, STORE_RULES, ''), partitions };
    // What is said of all partitions can be judged if all of them are known.
    if (partitions.length === list.length) {
      const id = contentId(manifest, checksum);
      if (manifest.id !== id) this.#wrong('id', id);
      for (const name of ['count', 'bytes'] as const) {
        const sum = partitions.reduce((total, partition) => total + partition[name], 0);
        if (own(document, name) !== sum) this.#wrong(name, `${sum}`);
      }
    }
    return manifest;
  }

  records(list: unknown, name: string): PartitionRecord[] {
    if (!Array.isArray(list)) throw this.#error(name, 'an array');
    const partitions: PartitionRecord[] = [];
    for (const [index, item] of list.entries()) this.#partition(item, `${name}[${index}]`, partitions);
    return partitions;
  }

  #version(fields: Fields): void {
    const version = own(fields, 'version');
    const list = own(fields, 'requiredFeatures');
    if (version === FORMAT_VERSION && Array.isArray(list) && list.length === 0) return;
    if (typeof version !== 'number') throw this.#error('version', `${FORMAT_VERSION}`);
    if (!Array.isArray(list) || list.some((name) => typeof name !== 'string'))
      throw this.#error('requiredFeatures', 'strings');
    const features = list.join(', ').slice(0, MAX_NAMED);
    throw new CairnError(
      'UNSUPPORTED_FORMAT',
      `${this.#region.file} has format version ${version} with features [${features}]; this version of ` +
        `cairnkv reads version ${FORMAT_VERSION}. Upgrade cairnkv to read it`,
      {
        file: this.#region.file,
        found: `version ${version} [${features}]`,
        supported: `version ${FORMAT_VERSION} []`,
      },
    );
  }

  /** Adds a partition to those before it, if nothing is wrong with it alone. */
  #partition(item: unknown, name: string, before: PartitionRecord[]): void {
    const reported = this.#reported;
    const partition = isObject(item) ? this.#members(item, RECORD_RULES, `${name}.`) : undefined;
    if (partition === undefined) this.#wrong(name, 'an object', {});
    if (partition === undefined || this.#reported > reported) return;
    const { bytes, tailBytes, hashBytes, count, dataBytes, firstKey, lastKey } = partition;
    if (tailBytes < FOOTER.length || HEADER.length + hashBytes + tailBytes > bytes)
      this.#wrong(`${name}.tailBytes`, 'a tail within the file', partition);
    if (count < 1 || count > dataBytes) this.#wrong(`${name}.count`, 'a count that fits the data', partition);
    if (compareBytes(firstKey, lastKey) > 0)
      this.#wrong(`${name}.lastKey`, 'a key after firstKey', partition);
    if (this.#reported > reported) return;
    const previous = before.at(-1);
    if (previous !== undefined && compareBytes(previous.lastKey, firstKey) >= 0)
      this.#wrong(name, 'keys after those of the partition before', partition);
    before.push(partition);
  }

  /** The members of an object; those that are wrong are reported, and undefined. */
  #members<T extends object>(fields: Fields, rules: Rules<T>, owner: string): T {
    const members = {} as T;
    for (const name of Object.keys(rules) as (keyof T & string)[]) {
      const [expected, read] = rules[name];
      const value = read(own(fields, name));
      if (value === undefined) this.#wrong(owner + name, expected, owner ? members : undefined);
      members[name] = value as T[typeof name];
    }
    return members;
  }

  #wrong(name: string, expected: string, partition?: Partial<PartitionRecord>): void {
    this.#reported++;
    this.#report(this.#error(name, expected), partition);
  }

  #error(name: string, expected: string): CairnError {
    return corruption(this.#region, `${name} is wrong`, { expected, actual: 'something else' });
  }
}
