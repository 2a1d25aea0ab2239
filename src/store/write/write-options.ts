import { checkOptions } from '../../check-options.ts';
import type { KeyEncoding } from '../../codec/keys/key-codec.ts';
import { JsonCodec, type JsonValue } from '../../codec/values/json.ts';
import { checkSchema, type StandardSchema } from '../../codec/values/schema.ts';
import type { ValueEncoding } from '../../codec/values/value-codec.ts';
import { invalidArgument } from '../../errors.ts';
import type { CompressionName } from '../../format/properties.ts';
import { checkOnDuplicate, type OnDuplicate } from './on-duplicate.ts';
import { MOST_SORT_BYTES } from './sort/sort-buffer.ts';
import type { CreateStoreOptions } from './store-writer.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/** {@link CreateStoreOptions} with everything filled in. */
export interface WriteOptions {
  readonly keyEncoding: KeyEncoding;
  readonly valueEncoding: ValueEncoding;
  readonly schema: StandardSchema | undefined;
  readonly partitionBytes: number;
  readonly blockBytes: number;
  readonly compression: CompressionName;
  readonly hashIndex: boolean;
  readonly metadata: { readonly [key: string]: JsonValue };
  readonly buildId: string | undefined;
  readonly sort: boolean;
  readonly sortMemory: number;
  readonly sortDirectory: string | URL | undefined;
  readonly duplicates: OnDuplicate;
  readonly signal: AbortSignal | undefined;
}

const KNOWN = [
  'keyEncoding',
  'valueEncoding',
  'schema',
  'partitionBytes',
  'blockBytes',
  'compression',
  'hashIndex',
  'metadata',
  'buildId',
  'sort',
  'sortMemory',
  'sortDirectory',
  'duplicates',
  'signal',
];

/** Fills in the defaults. @throws {CairnError} `INVALID_ARGUMENT` naming the option. */
export function checkWriteOptions(options: CreateStoreOptions): WriteOptions {
  checkOptions(options, KNOWN);
  const { compression = 'none', hashIndex = true, metadata = {}, buildId, signal } = options;
  const { sort = false, sortDirectory, duplicates = 'error' } = options;
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
  if (typeof sort !== 'boolean') throw invalidArgument('sort', 'sort must be true or false');
  for (const name of ['sortMemory', 'sortDirectory'] as const) {
    if (!sort && options[name] !== undefined)
      throw invalidArgument(name, `${name} belongs to sort: true; give both, or none`);
  }
  return {
    keyEncoding: options.keyEncoding ?? 'utf8',
    valueEncoding: options.valueEncoding ?? 'msgpack',
    schema: checkSchema(options.schema),
    partitionBytes: size('partitionBytes', options.partitionBytes ?? 32 * MIB, KIB, 1024 * MIB),
    blockBytes: size('blockBytes', options.blockBytes ?? 16 * KIB, 64, 16 * MIB),
    compression,
    hashIndex,
    metadata: copyMetadata(metadata),
    buildId,
    sort,
    sortMemory: size('sortMemory', options.sortMemory ?? 64 * MIB, 64 * KIB, MOST_SORT_BYTES),
    sortDirectory,
    duplicates: checkOnDuplicate('duplicates', duplicates),
    signal,
  };
}

function size(name: string, value: number, least: number, most: number): number {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  throw invalidArgument(name, `${name} must be an integer from ${least} to ${most}, not ${String(value)}`);
}

/** A copy of the metadata, which must be something that JSON keeps exactly. */
function copyMetadata(metadata: WriteOptions['metadata']): WriteOptions['metadata'] {
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) {
    throw invalidArgument('metadata', 'metadata must be an object');
  }
  const json = new JsonCodec();
  try {
    const bytes = json.encode(metadata);
    return json.decode(bytes, 0, bytes.length) as WriteOptions['metadata'];
  } catch (error) {
    throw invalidArgument('metadata', `the metadata can't be kept: ${(error as Error).message}`, error);
  }
}
