import { CairnError, isCairnError } from '../../errors.ts';
import type { ByteSink } from '../byte-sink.ts';
import type { ByteSource } from '../byte-source.ts';
import type { AccessOptions, KnownFile, Storage, StorageEntry } from '../storage.ts';
import type { StorageScheme } from '../uri.ts';
import { HttpClient } from './http-client.ts';
import { HttpFile } from './http-file.ts';
import { HttpSource, readBeginning } from './http-source.ts';
import { joinHttpUrl, parseHttpUrl, shownUrl, splitHttpUrl, targetOf } from './http-url.ts';

/**
 * Files on web servers, which can be read but neither written nor listed.
 *
 * A path is the URL. One with a user and a password is asked with an `Authorization` header; what is behind a question
 * mark, such as a signature, goes with every request. Neither is shown in messages and reports.
 */
export class HttpStorage implements Storage {
  readonly scheme: string;
  readonly #client: HttpClient;

  constructor(scheme: 'http' | 'https', client: HttpClient = new HttpClient()) {
    this.scheme = scheme;
    this.#client = client;
  }

  /** A storage of its own for one reader: other readers' requests neither wait for its own nor are reported with them. */
  forReader(options: AccessOptions): Storage {
    const { environment, limits } = this.#client;
    return new HttpStorage(this.scheme as 'http' | 'https', new HttpClient(options, environment, limits));
  }

  async open(path: string, known?: KnownFile, signal?: AbortSignal): Promise<ByteSource> {
    const source = await HttpSource.open(this.#client, this.#file(path), known, signal);
    if (looksLikeMarkup(source.head(64))) throw await this.#page(path, source);
    return source;
  }

  /** A server has no directories that one could see: there are files named like partitions, and nothing else. */
  async kind(path: string): Promise<'file' | 'directory' | undefined> {
    if (!splitHttpUrl(path).name.endsWith('.cairn')) return undefined;
    try {
      // Not HEAD: servers that refuse that are not rare, and signed URLs are for GET alone.
      await readBeginning(this.#client, this.#file(path), 1);
      return 'file';
    } catch (error) {
      if (isCairnError(error, 'NOT_FOUND')) return undefined;
      throw error;
    }
  }

  // biome-ignore lint/correctness/useYield: it always fails, and as listing does: when it is iterated.
  async *list(path: string): AsyncIterable<StorageEntry> {
    throw new CairnError(
      'UNSUPPORTED',
      `${this.uri(path)} can't be listed: web servers don't tell what they have. Name the store itself`,
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

  #file(path: string): HttpFile {
    return new HttpFile(this.uri(path), targetOf(path));
  }

  #readOnly(path: string): CairnError {
    return new CairnError(
      'UNSUPPORTED',
      `${this.uri(path)} can't be changed: stores are only read over ${this.scheme}:. Write to files or to a bucket, and ` +
        'let the server serve those',
      { uri: this.uri(path) },
    );
  }

  async #page(path: string, source: ByteSource): Promise<CairnError> {
    await source.close();
    return new CairnError(
      'NOT_A_STORE',
      `${this.uri(path)} is a page, not a part of a store: it begins with "<". Many servers send one for whatever they ` +
        'do not have; check the URL',
      { uri: this.uri(path) },
    );
  }
}

/** Neither a manifest nor a partition begins so. */
function looksLikeMarkup(head: Uint8Array): boolean {
  return /^(?:\xef\xbb\xbf)?\s*</.test(String.fromCharCode(...head));
}

/** The schemes `http:` and `https:`. */
export function httpSchemes(): StorageScheme[] {
  return (['http', 'https'] as const).map((scheme) => ({
    storage: new HttpStorage(scheme),
    parse: (_rest, uri) => parseHttpUrl(uri),
  }));
}
