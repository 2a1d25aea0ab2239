import { checkFlag, checkOptions } from '../../check-options.ts';
import type { KeyEncoding } from '../../codec/keys/key-encoding.ts';
import { JsonCodec } from '../../codec/values/json.ts';
import type { JsonValue } from '../../codec/values/json-value.ts';
import { checkSchema, type StandardSchema } from '../../codec/values/schema.ts';
import type { ValueEncoding } from '../../codec/values/value-encoding.ts';
import { asText, invalidArgument } from '../../errors.ts';
import type { CompressionName } from '../../format/properties.ts';
import { checkOnDuplicate, type OnDuplicate } from './on-duplicate.ts';
import { MAX_SORT_BYTES } from './sort/sort-buffer.ts';

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
  readonly sortBytes: number;
  readonly sortDirectory: string | URL | undefined;
  readonly onDuplicate: OnDuplicate;
  readonly replace: boolean;
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
  'sortBytes',
  'sortDirectory',
  'onDuplicate',
  'replace',
  'signal',
];

/** Fills in the defaults. @throws {CairnError} `INVALID_ARGUMENT` naming the option. */
export function checkWriteOptions(given: CreateStoreOptions): WriteOptions {
  const options = checkOptions(given, KNOWN);
  const { compression = 'none', hashIndex = true, metadata = {}, buildId, signal } = options;
  const { sort = false, sortDirectory, onDuplicate = 'error', replace = false } = options;
  if (compression !== 'none' && compression !== 'deflate' && compression !== 'zstd') {
    throw invalidArgument(
      'compression',
      `compression must be 'none', 'deflate' or 'zstd', not ${asText(compression)}`,
    );
  }
  checkFlag('hashIndex', hashIndex);
  if (
    buildId !== undefined &&
    !(typeof buildId === 'string' && /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(buildId))
  ) {
    throw invalidArgument(
      'buildId',
      'buildId must be 1 to 64 characters of A-Z a-z 0-9 . _ - that begin with a letter or digit',
    );
  }
  checkFlag('sort', sort);
  checkFlag('replace', replace);
  for (const name of ['sortBytes', 'sortDirectory'] as const) {
    if (!sort && options[name] !== undefined)
      throw invalidArgument(name, `${name} belongs to sort: true; give both, or none`);
  }
  return {
    keyEncoding: encoding('keyEncoding', options.keyEncoding, 'utf8'),
    valueEncoding: encoding('valueEncoding', options.valueEncoding, 'msgpack'),
    schema: checkSchema(options.schema),
    partitionBytes: size('partitionBytes', options.partitionBytes, 32 * MIB, KIB, 1024 * MIB),
    blockBytes: size('blockBytes', options.blockBytes, 16 * KIB, 64, 16 * MIB),
    compression,
    hashIndex,
    metadata: copyMetadata(metadata),
    buildId,
    sort,
    sortBytes: size('sortBytes', options.sortBytes, 64 * MIB, 64 * KIB, MAX_SORT_BYTES),
    sortDirectory,
    onDuplicate: checkOnDuplicate(onDuplicate),
    replace,
    signal,
  };
}

/** The default stands for `undefined` alone: null is a mistake. */
function encoding<E>(name: string, value: E | undefined, byDefault: E): E {
  if (value === null)
    throw invalidArgument(name, `${name} must be the name of an encoding or a codec, not null`);
  return value === undefined ? byDefault : value;
}

/** The default stands for `undefined` alone, as in {@link encoding}. */
function size(
  name: string,
  given: number | undefined,
  byDefault: number,
  least: number,
  most: number,
): number {
  const value = given === undefined ? byDefault : given;
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  throw invalidArgument(name, `${name} must be an integer from ${least} to ${most}, not ${asText(value)}`);
}

/**
 * Returns a copy of metadata, which must be something that JSON keeps exactly.
 *
 * @throws {CairnError} `INVALID_ARGUMENT`.
 */
export function copyMetadata(metadata: WriteOptions['metadata']): WriteOptions['metadata'] {
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

/** How a store is made. All of it is written into the store: a reader needs none of it. */
export interface CreateStoreOptions<
  KE extends KeyEncoding = KeyEncoding,
  VE extends ValueEncoding = ValueEncoding,
  S extends StandardSchema = StandardSchema,
> {
  /** How keys become bytes; default: `'utf8'`. */
  readonly keyEncoding?: KE | undefined;
  /** How values become bytes; default: `'msgpack'`. */
  readonly valueEncoding?: VE | undefined;
  /**
   * Checks each value that is put, at once: a Standard Schema of zod, valibot, arktype … A value that does not meet it
   * is refused. What is stored is what the schema gives, with its defaults and conversions. The store does not name it.
   */
  readonly schema?: S | undefined;
  /**
   * The most bytes of one partition file, 1 KiB to 1 GiB; default: 32 MiB, because a first look-up reads a
   * partition's whole index: of 64 MiB it takes a millisecond longer. Compressed blocks count uncompressed.
   */
  readonly partitionBytes?: number | undefined;
  /** The size of blocks, uncompressed, 64 B to 16 MiB; default: 16 KiB. A larger entry is a block by itself. */
  readonly blockBytes?: number | undefined;
  /** Default: `'none'`; see bench/RESULTS.md for what the others cost and save. */
  readonly compression?: CompressionName | undefined;
  /** Whether to write the hash index, 5.3 bytes an entry, which makes `get` twice as fast; default: true. */
  readonly hashIndex?: boolean | undefined;
  /** Anything JSON keeps exactly; comes back as `info.metadata`. */
  readonly metadata?: { readonly [key: string]: JsonValue } | undefined;
  /**
   * Stands in file names instead of a random word: 1 to 64 characters of `A-Z a-z 0-9 . _ -`. The same input,
   * options and `buildId` give the same bytes in every file (with compression: on the same version of zlib or zstd).
   */
  readonly buildId?: string | undefined;
  /**
   * Lets entries come in any order: they are sorted in `sortBytes` and, beyond that, by merging sorted temporary
   * files, which take as much room as the entries and are gone in the end; default: false.
   */
  readonly sort?: boolean | undefined;
  /** Memory for sorting, in bytes, 64 KiB to 2 GiB; default: 64 MiB. Sorts about 20,000 × as much in one pass. */
  readonly sortBytes?: number | undefined;
  /** Where the temporary files of sorting go: an existing directory's path or URI; default: the store's own. */
  readonly sortDirectory?: string | URL | undefined;
  /**
   * Which of equal keys' entries stays: none (`'error'`, the default), or the first or last one put. Without `sort`,
   * equal keys must follow each other.
   */
  readonly onDuplicate?: OnDuplicate | undefined;
  /**
   * Takes the place of the store that is there, in one step, when the writer is closed; until then, and if the writer fails
   * or is cancelled, that store stays as it is. Of several writers that do so at once, the last to close wins. The old files
   * are removed afterwards: readers of files and memory go on, others get `REPLACED` for what they have not read. Needs a
   * `buildId` other than that of the store that is replaced. Default: false.
   */
  readonly replace?: boolean | undefined;
  /** Cancels the writer. */
  readonly signal?: AbortSignal | undefined;
}
