import { CairnError, invalidArgument } from '../errors.ts';
import type { ReadableStorage } from './storage.ts';

/** A path in a storage. */
export interface Location<S extends ReadableStorage = ReadableStorage> {
  readonly storage: S;
  readonly path: string;
  readonly uri: string;
}

/** A storage, and how the URIs of its scheme are parsed. */
export interface StorageScheme {
  /** What else than reading it can do is up to it: see {@link Storage}. */
  readonly storage: ReadableStorage;
  /**
   * Returns the path that a URI names. `rest` is the URI without `scheme:`.
   *
   * @throws {CairnError} `INVALID_ARGUMENT`.
   */
  parse(rest: string, uri: string): string;
}

const schemes = new Map<string, StorageScheme>();

/** What every storage must have. */
const READABLE = ['open', 'kind', 'join', 'split', 'uri'] as const;

/**
 * Makes a URI scheme known to `openStore`, `createStore` and all other functions; the last registration wins.
 *
 * @throws {CairnError} `INVALID_ARGUMENT` if the storage cannot be read: it lacks a member of {@link
 *   ReadableStorage}.
 */
export function registerStorage(scheme: StorageScheme): void {
  const { storage } = scheme;
  const missing = READABLE.find((member) => typeof storage[member] !== 'function');
  if (missing !== undefined) {
    throw invalidArgument('scheme', `the storage of ${storage.scheme}: URIs must have ${missing}()`);
  }
  schemes.set(storage.scheme, scheme);
}

/** Schemes that an entry of the package registers when it is imported. */
const ENTRIES: ReadonlyMap<string, string> = new Map([
  ['s3', 's3'],
  ['az', 'azure'],
]);

// A single letter before the colon is a drive of Windows, not a scheme.
const SCHEME = /^([a-zA-Z][a-zA-Z0-9+.-]+):(.*)$/s;

/**
 * Returns the location that a URI names. A plain path is a `file:` URI.
 *
 * @throws {CairnError} `INVALID_ARGUMENT` if it is not a URI, `UNSUPPORTED` if its scheme is not registered.
 */
export function locate(uri: string | URL, argument = 'uri'): Location {
  const text = uri instanceof URL ? uri.href : uri;
  if (typeof text !== 'string' || text.length === 0 || text.includes('\0')) {
    throw invalidArgument(argument, `${argument} must be a non-empty path or URI, not ${describe(text)}`);
  }
  const match = SCHEME.exec(text);
  const name = match ? match[1].toLowerCase() : 'file';
  const scheme = schemes.get(name);
  if (scheme === undefined) {
    const known = [...schemes.keys()].map((key) => `${key}:`).join(', ');
    const entry = ENTRIES.get(name);
    throw new CairnError(
      'UNSUPPORTED',
      `no storage is registered for ${name}: (${text}); known here: ${known}. ` +
        (entry === undefined ? 'Files need Node' : `Import 'cairnkv/${entry}'`),
      { uri: text },
    );
  }
  const path = scheme.parse(match ? match[2] : text, text);
  return { storage: scheme.storage, path, uri: scheme.storage.uri(path) };
}

function describe(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : value === null ? 'null' : typeof value;
}
