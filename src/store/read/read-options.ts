import { checkFlag, checkOptions } from '../../check-options.ts';
import type { KeyEncoding } from '../../codec/keys/key-encoding.ts';
import { checkSchema, type StandardSchema } from '../../codec/values/schema.ts';
import type { ValueEncoding } from '../../codec/values/value-encoding.ts';
import { asText, invalidArgument } from '../../errors.ts';
import type { RequestReport } from '../../io/storage.ts';

/** How a store is read. All options may be omitted: the store states its encodings. */
export interface OpenStoreOptions<
  KE extends KeyEncoding = KeyEncoding,
  VE extends ValueEncoding = ValueEncoding,
  S extends StandardSchema = StandardSchema,
> {
  /** The key encoding the caller expects, for its types; a codec object if the store was written with one. */
  readonly keyEncoding?: KE | undefined;
  /** The value encoding the caller expects; a codec object if the store was written with one. */
  readonly valueEncoding?: VE | undefined;
  /**
   * Checks each value that is read: a Standard Schema of zod, valibot, arktype … The caller gets what the
   * schema returns. The schema must accept what is stored: if the writer's schema converts, reading may need
   * another. With a schema, `views` does not apply to values.
   */
  readonly schema?: S | undefined;
  /**
   * Memory for data, in bytes. A store that fits becomes resident as it is used, and is fastest then; of a
   * larger one the hash indexes (up to 7/8) and the most used blocks are kept. Sparse indexes come on top:
   * about 0.3 % of the data.
   *
   * By default, all readers of the process that were opened without this option share a quarter of its
   * memory: the machine's, or what its container allows. Of that, a store takes no more than its data and
   * hash indexes, and not more than half of what is available when it is opened; the stores that do not fit
   * divide the rest evenly, and a closed reader's part goes to the others. Memory is used as data is read,
   * not before. In browsers a page's share is a sixteenth of the device's memory.
   */
  readonly cacheBytes?: number | undefined;
  /**
   * `'once'` (the default) checks each block when it is first read; after that, memory and the file are
   * trusted not to change. `'always'` reads and checks the block again at each use.
   */
  readonly verify?: 'once' | 'always' | undefined;
  /**
   * Lends views instead of copies where values or keys are bytes: keep them as long as you like, but neither write
   * to them nor transfer their buffer, which is the reader's memory. They begin at any offset.
   */
  readonly views?: boolean | undefined;
  /** Sends requests in place of the platform's `fetch` if the store is read by HTTP. */
  readonly fetch?: typeof fetch | undefined;
  /** Called after every remote request, for tracing. If it throws, the read fails with that error. */
  readonly onRequest?: ((request: RequestReport) => void) | undefined;
  /**
   * Whether all of the store will be read, so that a web server that ignores ranges will do: it sends each partition whole,
   * and two at a time are kept in memory. Default: false, because a look-up would receive a whole partition.
   */
  readonly whole?: boolean | undefined;
  /** Ends the opening. */
  readonly signal?: AbortSignal | undefined;
}

/** {@link OpenStoreOptions} with the defaults filled in. */
export interface ReadOptions {
  readonly keyEncoding: KeyEncoding | undefined;
  readonly valueEncoding: ValueEncoding | undefined;
  readonly schema: StandardSchema | undefined;
  /** Undefined for a share of the process's memory. */
  readonly cacheBytes: number | undefined;
  readonly verify: 'once' | 'always';
  readonly views: boolean;
  readonly fetch: typeof fetch | undefined;
  readonly onRequest: ((request: RequestReport) => void) | undefined;
  readonly whole: boolean;
  readonly signal: AbortSignal | undefined;
}

const KNOWN = [
  'keyEncoding',
  'valueEncoding',
  'schema',
  'cacheBytes',
  'verify',
  'views',
  'fetch',
  'onRequest',
  'whole',
  'signal',
];

/** Fills in the defaults. @throws {CairnError} `INVALID_ARGUMENT` naming the option. */
export function checkReadOptions(given: OpenStoreOptions): ReadOptions {
  const options = checkOptions(given, KNOWN);
  const { cacheBytes, verify = 'once', views = false, whole = false, signal } = options;
  if (cacheBytes !== undefined && !(Number.isSafeInteger(cacheBytes) && cacheBytes >= 0)) {
    throw invalidArgument(
      'cacheBytes',
      `cacheBytes must be a non-negative integer, not ${asText(cacheBytes)}`,
    );
  }
  if (verify !== 'once' && verify !== 'always')
    throw invalidArgument('verify', "verify must be 'once' or 'always'");
  for (const name of ['fetch', 'onRequest'] as const) {
    if (options[name] !== undefined && typeof options[name] !== 'function')
      throw invalidArgument(name, `${name} must be a function`);
  }
  for (const name of ['keyEncoding', 'valueEncoding'] as const) {
    if (options[name] === null)
      throw invalidArgument(name, `${name} must be the name of an encoding or a codec, not null`);
  }
  checkFlag('views', views);
  checkFlag('whole', whole);
  return {
    keyEncoding: options.keyEncoding,
    valueEncoding: options.valueEncoding,
    schema: checkSchema(options.schema),
    cacheBytes,
    verify,
    views,
    fetch: options.fetch,
    onRequest: options.onRequest,
    whole,
    signal,
  };
}
