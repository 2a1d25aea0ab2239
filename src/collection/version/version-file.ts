import { type Checksum, hex64 } from '../../bytes/checksum.ts';
import { corruption, type Region } from '../../bytes/corruption.ts';
import { encodeStruct, Struct } from '../../bytes/struct.ts';
import { CairnError } from '../../errors.ts';
import { decodeRecords, isTooDeep } from '../../store/manifest/decode-manifest.ts';
import { recordDocument } from '../../store/manifest/manifest.ts';
import type { DroppedFile, Generation, VersionState } from './version-state.ts';

/** The version of the format of version files that this code writes, and so far the only one that it reads. */
const VERSION = 1;

/** `89 43 41 49 52 56 0D 0A`: that of partition files, with a V. */
const MAGIC = 0x0a0d_5652_4941_4389n;

const HEADER_FIELDS = {
  magic: 'u64',
  version: 'u16',
  reserved: 'u16',
  stateBytes: 'u32',
  inlineBytes: 'size',
} as const;

/**
 * A version file: the header, then the state as JSON, then the partitions of inline generations one after the other, in the
 * order of the generations, then XXH64 of all bytes before it.
 *
 * ```
 * Offset  Size  Type  Field
 *      0     8  u64   magic        89 43 41 49 52 56 0D 0A
 *      8     2  u16   version      1
 *     10     2  u16   reserved     0
 *     12     4  u32   stateBytes
 *     16     8  size  inlineBytes
 *     24        …     state, inline partitions
 *    end−8   8  u64   checksum     XXH64 of all bytes before it
 * ```
 * Spec: FORMAT.md §14
 */
export const VERSION_HEADER: Struct<typeof HEADER_FIELDS> = new Struct(HEADER_FIELDS);

const CHECKSUM_BYTES = 8;

/** More bytes are no version file. */
export const MAX_VERSION_BYTES: number = 2 ** 30;

/** Characters of the features' names in a message. */
const MAX_NAMED = 200;

/** Levels of nesting in a state. */
const MAX_LEVELS = 8;

/**
 * Returns the bytes of a version file.
 *
 * @throws {CairnError} `TOO_LARGE` for one that nobody could read.
 */
export function encodeVersion(state: VersionState, checksum: Checksum): Uint8Array {
  const { generations, dropped, ...members } = state;
  const inline = generations.flatMap((one) => (one.inline === undefined ? [] : [one.inline.bytes]));
  const inlineBytes = inline.reduce((sum, { length }) => sum + length, 0);
  const document = {
    format: 'cairn-version',
    requiredFeatures: [],
    ...members,
    generations: generations.map(({ tombstones, isMarked, partitions, inline: own }) => ({
      tombstones,
      marked: isMarked,
      inline: own !== undefined,
      partitions: partitions.map(recordDocument),
    })),
    dropped,
  };
  const text = new TextEncoder().encode(JSON.stringify(document));
  const length = VERSION_HEADER.length + text.length + inlineBytes + CHECKSUM_BYTES;
  if (length > MAX_VERSION_BYTES) {
    throw new CairnError(
      'TOO_LARGE',
      `the version file would have ${length} bytes, more than can be read (${MAX_VERSION_BYTES}): compact the collection`,
      { limit: MAX_VERSION_BYTES },
    );
  }
  const bytes = new Uint8Array(length);
  const header = { magic: MAGIC, version: VERSION, reserved: 0, stateBytes: text.length, inlineBytes };
  bytes.set(encodeStruct(VERSION_HEADER, header));
  bytes.set(text, VERSION_HEADER.length);
  let at = VERSION_HEADER.length + text.length;
  for (const partition of inline) {
    bytes.set(partition, at);
    at += partition.length;
  }
  new DataView(bytes.buffer).setBigUint64(at, checksum.hash(bytes.subarray(0, at)), true);
  return bytes;
}

/**
 * Checks and decodes a version file. Inline generations are views of `bytes`.
 *
 * @throws {CairnError} `CORRUPTION`, `UNSUPPORTED_FORMAT`.
 */
export function decodeVersion(bytes: Uint8Array, file: string, checksum: Checksum): VersionState {
  const region: Region = { file, section: 'version', offset: 0 };
  const { magic, version, stateBytes, inlineBytes } = VERSION_HEADER.decode(bytes, region);
  if (magic !== MAGIC) throw corruption(region, 'the file is no version of a collection');
  const length = VERSION_HEADER.length + stateBytes + inlineBytes + CHECKSUM_BYTES;
  if (version === VERSION && bytes.length !== length) {
    throw corruption(region, 'the file has another length', {
      expected: `${length} bytes`,
      actual: `${bytes.length}`,
    });
  }
  const end = bytes.length - CHECKSUM_BYTES;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const expected = hex64(view.getBigUint64(end, true));
  const actual = hex64(checksum.hash(bytes.subarray(0, end)));
  if (actual !== expected) {
    throw corruption(region, 'the checksum of the version differs', { at: end, expected, actual });
  }
  if (version !== VERSION) throw unsupported(file, `version ${version}`);
  const stateEnd = VERSION_HEADER.length + stateBytes;
  const state: Region = { file, section: 'state', offset: VERSION_HEADER.length };
  let document: unknown;
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    document = JSON.parse(text.decode(bytes.subarray(VERSION_HEADER.length, stateEnd)));
  } catch (error) {
    throw corruption(state, 'the state is not valid JSON', { cause: error });
  }
  return new StateChecker(state).state(document, bytes.subarray(stateEnd, end));
}

function unsupported(file: string, found: string): CairnError {
  return new CairnError(
    'UNSUPPORTED_FORMAT',
    `${file} is a version file of ${found}; this version of cairnkv reads version ${VERSION}. Upgrade cairnkv`,
    { file, found, supported: `version ${VERSION}` },
  );
}

type Fields = Readonly<Record<string, unknown>>;

/** Turns parsed JSON into a state; throws the first thing that a reader could be misled by. */
class StateChecker {
  readonly #region: Region;

  constructor(region: Region) {
    this.#region = region;
  }

  state(document: unknown, inline: Uint8Array): VersionState {
    if (isTooDeep(document, MAX_LEVELS)) throw this.#wrong('the state', `${MAX_LEVELS} levels`);
    const fields = this.#object(document, 'the state');
    if (own(fields, 'format') !== 'cairn-version') throw this.#wrong('format', '"cairn-version"');
    const features = this.#array(own(fields, 'requiredFeatures'), 'requiredFeatures');
    if (features.length > 0)
      throw unsupported(this.#region.file, `features ${JSON.stringify(features).slice(0, MAX_NAMED)}`);
    const number = this.#integer(own(fields, 'number'), 'number', 1);
    const oldest = this.#integer(own(fields, 'oldest'), 'oldest', 1);
    if (oldest > number) throw this.#wrong('oldest', `at most ${number}`);
    const changed = this.#integer(own(fields, 'changed'), 'changed', 1);
    if (changed > number) throw this.#wrong('changed', `at most ${number}`);
    return {
      id: this.#text(own(fields, 'id'), 'id'),
      keyEncoding: this.#text(own(fields, 'keyEncoding'), 'keyEncoding'),
      valueEncoding: this.#text(own(fields, 'valueEncoding'), 'valueEncoding'),
      compression: this.#oneOf(own(fields, 'compression'), 'compression', ['none', 'deflate', 'zstd']),
      number,
      word: this.#text(own(fields, 'word'), 'word'),
      cause: this.#oneOf(own(fields, 'cause'), 'cause', ['commit', 'compaction', 'revert']),
      sets: this.#integer(own(fields, 'sets'), 'sets'),
      deletes: this.#integer(own(fields, 'deletes'), 'deletes'),
      bytes: this.#integer(own(fields, 'bytes'), 'bytes'),
      changed,
      oldest,
      generations: this.#generations(own(fields, 'generations'), inline),
      dropped: this.#array(own(fields, 'dropped'), 'dropped').map((item) => this.#dropped(item, number)),
    };
  }

  #generations(list: unknown, inline: Uint8Array): Generation[] {
    let used = 0;
    const names = new Set<string>();
    const generations = this.#array(list, 'generations').map((item, i): Generation => {
      const name = `generations[${i}]`;
      const fields = this.#object(item, name);
      const partitions = decodeRecords(own(fields, 'partitions'), this.#region, `${name}.partitions`);
      if (partitions.length === 0) throw this.#wrong(`${name}.partitions`, 'at least one');
      // Generations are told apart by the names of their partitions.
      for (const partition of partitions) {
        if (names.has(partition.name))
          throw this.#wrong(`${name}.partitions`, 'names that are not there yet');
        names.add(partition.name);
      }
      const count = partitions.reduce((sum, partition) => sum + partition.count, 0);
      const tombstones = this.#integer(own(fields, 'tombstones'), `${name}.tombstones`);
      const isMarked = this.#flag(own(fields, 'marked'), `${name}.marked`);
      if (tombstones > (isMarked ? count : 0))
        throw this.#wrong(`${name}.tombstones`, `at most ${isMarked ? count : 0}`);
      if (!this.#flag(own(fields, 'inline'), `${name}.inline`)) return { tombstones, isMarked, partitions };
      const end = used + partitions[0].bytes;
      if (partitions.length > 1 || end > inline.length) {
        throw this.#wrong(`${name}.partitions`, 'one partition that the file holds');
      }
      const bytes = inline.subarray(used, end);
      used = end;
      return { tombstones, isMarked, partitions, inline: { bytes, file: this.#region.file } };
    });
    if (used !== inline.length) throw this.#wrong('generations', `${inline.length} inline bytes`);
    return generations;
  }

  #dropped(item: unknown, number: number): DroppedFile {
    const fields = this.#object(item, 'dropped');
    const name = this.#text(own(fields, 'name'), 'dropped.name');
    if (!/^part-\d{5,}-[A-Za-z0-9][A-Za-z0-9._-]*\.cairn$/.test(name))
      throw this.#wrong('dropped.name', 'a partition file');
    const since = this.#integer(own(fields, 'since'), 'dropped.since', 1);
    if (since > number) throw this.#wrong('dropped.since', `at most ${number}`);
    return { name, bytes: this.#integer(own(fields, 'bytes'), 'dropped.bytes'), since };
  }

  #object(value: unknown, name: string): Fields {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
    throw this.#wrong(name, 'an object');
  }

  #array(value: unknown, name: string): readonly unknown[] {
    if (Array.isArray(value)) return value;
    throw this.#wrong(name, 'an array');
  }

  #text(value: unknown, name: string): string {
    if (typeof value === 'string' && value !== '') return value;
    throw this.#wrong(name, 'a string');
  }

  #flag(value: unknown, name: string): boolean {
    if (typeof value === 'boolean') return value;
    throw this.#wrong(name, 'true or false');
  }

  #integer(value: unknown, name: string, least = 0): number {
    if (Number.isSafeInteger(value) && (value as number) >= least) return value as number;
    throw this.#wrong(name, `an integer from ${least} on`);
  }

  #oneOf<T extends string>(value: unknown, name: string, choices: readonly T[]): T {
    if (choices.includes(value as T)) return value as T;
    throw this.#wrong(name, choices.join(', '));
  }

  #wrong(name: string, expected: string): CairnError {
    return corruption(this.#region, `${name} is wrong`, { expected, actual: 'something else' });
  }
}

/** A member that the object itself has: names such as `__proto__` are nothing special. */
function own(fields: Fields, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}
