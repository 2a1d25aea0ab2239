import { checkOptions } from '../check-options.ts';
import type { KeyEncoding } from '../codec/keys/key-encoding.ts';
import type { JsonValue } from '../codec/values/json-value.ts';
import type { StandardSchema } from '../codec/values/schema.ts';
import type { ValueEncoding } from '../codec/values/value-encoding.ts';
import { asText, invalidArgument } from '../errors.ts';
import type { CompressionName } from '../format/properties.ts';
import { checkReadOptions } from '../store/read/read-options.ts';
import { checkWriteOptions, copyMetadata } from '../store/write/write-options.ts';

/** How a collection is opened, and made if it is absent. */
export interface OpenCollectionOptions<
  KE extends KeyEncoding = KeyEncoding,
  VE extends ValueEncoding = ValueEncoding,
  S extends StandardSchema = StandardSchema,
> {
  /**
   * How keys become bytes; default: `'utf8'` for a new collection, else what it was made with. It is written when the
   * collection is made; whoever opens it later agrees or says nothing.
   */
  readonly keyEncoding?: KE | undefined;
  /** How values become bytes; default: `'msgpack'` for a new collection, else what it was made with. */
  readonly valueEncoding?: VE | undefined;
  /** Checks each value that is set, and each that is read: a Standard Schema of zod, valibot, arktype … */
  readonly schema?: S | undefined;
  /** How the blocks of a new collection's partition files are compressed; default: `'none'`. */
  readonly compression?: CompressionName | undefined;
  /**
   * Notes to keep in a new collection: anything that JSON keeps exactly, up to 1 MB; default: none. Like the encodings,
   * they never change.
   */
  readonly metadata?: { readonly [key: string]: JsonValue } | undefined;
  /** Whether an absent collection is made; default: true. With `readOnly` it never is. */
  readonly create?: boolean | undefined;
  /** Refuses everything that writes; default: false. Where the storage cannot be written, it is so anyway. */
  readonly readOnly?: boolean | undefined;
  /** Memory for data, in bytes; default: a share of the process's, as for `openStore`. */
  readonly cacheBytes?: number | undefined;
  /** Whether commits of this handle compact the collection in the background when it is worth it; default: true. */
  readonly autoCompact?: boolean | undefined;
  /**
   * How many versions with different contents stay readable after a compaction, the newest included; default: 1. Files that
   * only older versions name are removed.
   */
  readonly keepVersions?: number | undefined;
  /** Looks for newer versions every so many milliseconds, and goes on to the newest; default: never. */
  readonly follow?: number | undefined;
  /** Ends the opening. */
  readonly signal?: AbortSignal | undefined;
}

/** {@link OpenCollectionOptions} with everything filled in but what the collection itself says. */
export interface CollectionOptions {
  readonly keyEncoding: KeyEncoding | undefined;
  readonly valueEncoding: ValueEncoding | undefined;
  readonly schema: StandardSchema | undefined;
  readonly compression: CompressionName | undefined;
  readonly metadata: { readonly [key: string]: JsonValue } | undefined;
  readonly create: boolean;
  readonly readOnly: boolean;
  readonly cacheBytes: number | undefined;
  readonly autoCompact: boolean;
  readonly keepVersions: number;
  readonly follow: number | undefined;
  readonly signal: AbortSignal | undefined;
}

const KNOWN = [
  'keyEncoding',
  'valueEncoding',
  'schema',
  'compression',
  'metadata',
  'create',
  'readOnly',
  'cacheBytes',
  'autoCompact',
  'keepVersions',
  'follow',
  'signal',
];

/** Longer waits than a timer can have: 24 days. */
const MAX_FOLLOW_MS = 2 ** 31 - 1;

/** Fills in the defaults. @throws {CairnError} `INVALID_ARGUMENT` naming the option. */
export function checkCollectionOptions(options: OpenCollectionOptions): CollectionOptions {
  const own = checkOptions(options, KNOWN);
  const { keyEncoding, valueEncoding, compression, follow, signal } = own;
  // What collections have in common with stores is checked as theirs is.
  const { schema, cacheBytes } = checkReadOptions({
    keyEncoding,
    valueEncoding,
    schema: own.schema,
    cacheBytes: own.cacheBytes,
  });
  checkWriteOptions({ compression });
  if (follow !== undefined && !(Number.isSafeInteger(follow) && follow >= 1 && follow <= MAX_FOLLOW_MS)) {
    throw invalidArgument(
      'follow',
      `follow must be a number of milliseconds from 1 to ${MAX_FOLLOW_MS}, not ${asText(follow)}`,
    );
  }
  return {
    keyEncoding,
    valueEncoding,
    schema,
    compression,
    metadata: own.metadata === undefined ? undefined : copyMetadata(own.metadata),
    create: flag('create', own.create, true),
    readOnly: flag('readOnly', own.readOnly, false),
    cacheBytes,
    autoCompact: flag('autoCompact', own.autoCompact, true),
    keepVersions: checkKeepVersions(own.keepVersions, 1),
    follow,
    signal,
  };
}

/** @throws {CairnError} `INVALID_ARGUMENT`. */
export function checkKeepVersions(given: number | undefined, byDefault: number): number {
  const value = given === undefined ? byDefault : given;
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw invalidArgument('keepVersions', `keepVersions must be a positive integer, not ${asText(value)}`);
}

function flag(name: string, given: boolean | undefined, byDefault: boolean): boolean {
  const value = given === undefined ? byDefault : given;
  if (typeof value === 'boolean') return value;
  throw invalidArgument(name, `${name} must be true or false, not ${asText(value)}`);
}
