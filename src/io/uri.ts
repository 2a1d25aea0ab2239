import { CairnError, invalidArgument } from '../errors.ts';
import type { Storage } from './storage.ts';

/** A place in a storage. */
export interface Location {
  readonly storage: Storage;
  readonly path: string;
  readonly uri: string;
}

/** Makes the path of a storage from a URI of its scheme. */
export interface StorageScheme {
  readonly storage: Storage;
  /** `rest` is what follows `scheme:`. @throws {CairnError} `INVALID_ARGUMENT`. */
  parse(rest: string, uri: string): string;
}

const schemes = new Map<string, StorageScheme>();

/** Makes a URI scheme known to `openStore`, `createStore` and the rest; the last registration wins. */
export function registerStorage(scheme: StorageScheme): void {
  schemes.set(scheme.storage.scheme, scheme);
}

/** Schemes that have an entry of their own. */
const ENTRIES: ReadonlyMap<string, string> = new Map([
  ['s3', 's3'],
  ['az', 'azure'],
]);

// A single letter before the colon is a drive of Windows, not a scheme.
const SCHEME = /^([a-zA-Z][a-zA-Z0-9+.-]+):(.*)$/s;

/**
 * The place that a URI names. A plain path is a `file:` URI.
 *
 * @throws {CairnError} `INVALID_ARGUMENT` for what is no URI, `UNSUPPORTED` for a scheme that nobody registered.
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
