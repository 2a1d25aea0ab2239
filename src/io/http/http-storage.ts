import { CairnError, notLoaded } from '../../errors.ts';
import type { ByteSink } from '../byte-sink.ts';
import type { ByteSource } from '../byte-source.ts';
import type { AccessOptions, KnownFile, Storage, StorageEntry } from '../storage.ts';
import type { StorageScheme } from '../uri.ts';
import type { HttpClient } from './http-client.ts';
import type { HttpReading } from './http-reading.ts';
import { joinHttpUrl, parseHttpUrl, shownUrl, splitHttpUrl } from './http-url.ts';

/**
 * Files on web servers, which can be read but neither written nor listed.
 *
 * A path is the URL. One with a user and a password is asked with an `Authorization` header; what is behind a question
 * mark, such as a signature, goes with every request. Neither is shown in messages and reports.
 */
export class HttpStorage implements Storage {
  readonly scheme: string;
  readonly #client: HttpClient | undefined;
  readonly #options: AccessOptions | undefined;
  #loading: Promise<HttpReading> | undefined;

  /** @param options What its requests have in place of the client's own options. */
  constructor(scheme: 'http' | 'https', client?: HttpClient, options?: AccessOptions) {
    this.scheme = scheme;
    this.#client = client;
    this.#options = options;
  }

  /** A storage of its own for one reader: other readers' requests neither wait for its own nor are reported with them. */
  withAccess(options: AccessOptions): Storage {
    return new HttpStorage(this.scheme as 'http' | 'https', this.#client, options);
  }

  async open(path: string, known?: KnownFile, signal?: AbortSignal): Promise<ByteSource> {
    return (await this.#reading()).open(path, known, signal);
  }

  /** A server has no directories that one could see: there are files named like partitions, and nothing else. */
  async kind(path: string): Promise<'file' | 'directory' | undefined> {
    if (!splitHttpUrl(path).name.endsWith('.cairn')) return undefined;
    return (await (await this.#reading()).exists(path)) ? 'file' : undefined;
  }

  // biome-ignore lint/correctness/useYield: it always fails, and as listing does: when it is iterated.
  async *list(path: string): AsyncIterable<StorageEntry> {
    throw new CairnError(
      'UNSUPPORTED',
      `${this.uri(path)} can't be listed, as nothing on web servers: name the store itself`,
      { uri: this.uri(path) },
    );
  }

  refuseWriting(path: string): never {
    throw this.#readOnly(path);
  }

  create(path: string): ByteSink {
    throw this.#readOnly(path);
  }

  async putIfAbsent(path: string): Promise<boolean> {
    throw this.#readOnly(path);
  }

  async replace(path: string): Promise<void> {
    throw this.#readOnly(path);
  }

  async makeDirectory(path: string): Promise<boolean> {
    throw this.#readOnly(path);
  }

  async syncDirectory(path: string): Promise<void> {
    throw this.#readOnly(path);
  }

  async remove(path: string): Promise<void> {
    throw this.#readOnly(path);
  }

  async removeDirectory(path: string): Promise<boolean> {
    throw this.#readOnly(path);
  }

  async link(_from: string, to: string): Promise<boolean> {
    throw this.#readOnly(to);
  }

  async moveDirectory(from: string): Promise<void> {
    throw this.#readOnly(from);
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
      // Code that comes over a network may come the next time.
      this.#loading.catch(() => {
        this.#loading = undefined;
      });
    }
    return this.#loading;
  }

  #readOnly(path: string): CairnError {
    return new CairnError(
      'UNSUPPORTED',
      `${this.uri(path)} can't be changed: web servers are only read. Write the files that they serve`,
      { uri: this.uri(path) },
    );
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
