import { notLoaded } from '../../errors.ts';
import type { ByteSource } from '../byte-source.ts';
import type { AccessOptions, KnownFile, ReadableStorage } from '../storage.ts';
import type { StorageScheme } from '../uri.ts';
import type { HttpClient } from './http-client.ts';
import type { HttpReading } from './http-reading.ts';
import { joinHttpUrl, parseHttpUrl, shownUrl, splitHttpUrl } from './http-url.ts';

/**
 * Files on web servers, which can be read, but neither written nor listed.
 *
 * A path is a URL. A user and a password in it are sent as an `Authorization` header; the query, such as a
 * signature, is sent with every request. Messages and reports show neither.
 */
export class HttpStorage implements ReadableStorage {
  readonly scheme: string;
  readonly #client: HttpClient | undefined;
  readonly #options: AccessOptions | undefined;
  #loading: Promise<HttpReading> | undefined;

  /** @param options replace the client's own. */
  constructor(scheme: 'http' | 'https', client?: HttpClient, options?: AccessOptions) {
    this.scheme = scheme;
    this.#client = client;
    this.#options = options;
  }

  /**
   * Returns a storage for one reader: its requests neither wait for those of other readers nor are reported
   * with them.
   */
  withAccess(options: AccessOptions): HttpStorage {
    return new HttpStorage(this.scheme as 'http' | 'https', this.#client, options);
  }

  async open(path: string, known?: KnownFile, signal?: AbortSignal): Promise<ByteSource> {
    return (await this.#reading()).open(path, known, signal);
  }

  /** Servers show no directories: only files that are named like partitions are looked for. */
  async kind(path: string): Promise<'file' | 'directory' | undefined> {
    if (!splitHttpUrl(path).name.endsWith('.cairn')) return undefined;
    return (await (await this.#reading()).exists(path)) ? 'file' : undefined;
  }

  join(directory: string, name: string): string {
    return joinHttpUrl(directory, name);
  }

  split(path: string): { readonly directory: string; readonly name: string } {
    return splitHttpUrl(path);
  }

  uri(path: string): string {
    return shownUrl(path);
  }

  #reading(): Promise<HttpReading> {
    if (this.#loading === undefined) {
      this.#loading = loadReading(this.#client, this.#options);
      // The code is loaded over a network: the next attempt may succeed.
      this.#loading.catch(() => {
        this.#loading = undefined;
      });
    }
    return this.#loading;
  }
}

async function loadReading(
  client: HttpClient | undefined,
  options: AccessOptions | undefined,
): Promise<HttpReading> {
  const { HttpReading } = await import('./http-reading.ts').catch(notLoaded);
  return new HttpReading(client, options);
}

/** The schemes `http:` and `https:`. */
export function httpSchemes(): StorageScheme[] {
  return (['http', 'https'] as const).map((scheme) => ({
    storage: new HttpStorage(scheme),
    parse: (_rest, uri) => parseHttpUrl(uri),
  }));
}
