import type { KeyEncoding } from '../codec/key-codec.ts';
import type { ValueEncoding } from '../codec/value-codec.ts';
import { invalidArgument } from '../errors.ts';
import type { CompressionName } from '../format/properties.ts';
import type { JsonValue } from './manifest.ts';
import type { CreateStoreOptions } from './store-writer.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/** {@link CreateStoreOptions} with everything filled in. */
export interface WriteOptions {
  readonly keyEncoding: KeyEncoding;
  readonly valueEncoding: ValueEncoding;
  readonly partitionBytes: number;
  readonly blockBytes: number;
  readonly compression: CompressionName;
  readonly hashIndex: boolean;
  readonly metadata: { readonly [key: string]: JsonValue };
  readonly buildId: string | undefined;
  readonly signal: AbortSignal | undefined;
}

const KNOWN = [
  'keyEncoding',
  'valueEncoding',
  'partitionBytes',
  'blockBytes',
  'compression',
  'hashIndex',
  'metadata',
  'buildId',
  'signal',
];

/** Fills in the defaults. @throws {CairnError} `INVALID_ARGUMENT` naming the option. */
export function checkWriteOptions(options: CreateStoreOptions): WriteOptions {
  checkKnown(options, KNOWN);
  const { compression = 'none', hashIndex = true, metadata = {}, buildId, signal } = options;
  if (compression !== 'none' && compression !== 'deflate' && compression !== 'zstd') {
    throw invalidArgument(
      'compression',
      `compression must be 'none', 'deflate' or 'zstd', not ${String(compression)}`,
    );
  }
  if (typeof hashIndex !== 'boolean') throw invalidArgument('hashIndex', 'hashIndex must be true or false');
  if (
    buildId !== undefined &&
    !(typeof buildId === 'string' && /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(buildId))
  ) {
    throw invalidArgument(
      'buildId',
      'buildId must be 1 to 64 characters of A-Z a-z 0-9 . _ - that begin with a letter or digit',
    );
  }
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) {
    throw invalidArgument('metadata', 'metadata must be an object');
  }
  checkJson(metadata, 'metadata', 0);
  return {
    keyEncoding: options.keyEncoding ?? 'utf8',
    valueEncoding: options.valueEncoding ?? 'msgpack',
    partitionBytes: size('partitionBytes', options.partitionBytes ?? 64 * MIB, KIB, 1024 * MIB),
    blockBytes: size('blockBytes', options.blockBytes ?? 16 * KIB, 64, 16 * MIB),
    compression,
    hashIndex,
    metadata,
    buildId,
    signal,
  };
}

/** Refuses an options argument that is no object, or has a name nobody reads: most likely a misspelling. */
export function checkKnown(options: object, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null)
    throw invalidArgument('options', 'options must be an object');
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    throw invalidArgument(name, `there is no option ${JSON.stringify(name)}; there are ${known.join(', ')}`);
  }
}

function size(name: string, value: number, least: number, most: number): number {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  throw invalidArgument(name, `${name} must be an integer from ${least} to ${most}, not ${String(value)}`);
}

const MOST_DEPTH = 64;

/** What JSON would change is refused, because the metadata must come back as it went in. */
function checkJson(value: unknown, path: string, depth: number): void {
  if (depth > MOST_DEPTH) throw invalidArgument('metadata', `${path} is nested more than ${MOST_DEPTH} deep`);
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return;
  if (typeof value === 'number' && Number.isFinite(value) && !Object.is(value, -0)) return;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) checkJson(value[i], `${path}[${i}]`, depth + 1);
    return;
  }
  if (typeof value === 'object') {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) {
      for (const [name, member] of Object.entries(value)) checkJson(member, `${path}.${name}`, depth + 1);
      return;
    }
  }
  throw invalidArgument(
    'metadata',
    `${path} is not something that JSON keeps exactly; use strings, finite numbers, …`,
  );
}
