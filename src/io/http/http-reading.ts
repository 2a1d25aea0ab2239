import { CairnError, isCairnError } from '../../errors.ts';
import type { ByteSource } from '../byte-source.ts';
import type { AccessOptions, KnownFile } from '../storage.ts';
import { HttpClient } from './http-client.ts';
import { HttpFile } from './http-file.ts';
import { HttpSource, readBeginning } from './http-source.ts';
import { targetOf } from './http-target.ts';
import { shownUrl } from './http-url.ts';

/** Everything that sends requests: `HttpStorage` loads this module when it first opens a file. */
export class HttpReading {
  readonly #client: HttpClient;

  /** @param options replace the client's own. */
  constructor(client: HttpClient | undefined, options: AccessOptions | undefined) {
    this.#client =
      client !== undefined && options === undefined
        ? client
        : new HttpClient(options, client?.host, client?.limits);
  }

  async open(path: string, known?: KnownFile, signal?: AbortSignal): Promise<ByteSource> {
    const source = await HttpSource.open(this.#client, fileAt(path), known, signal);
    if (looksLikeMarkup(source.head(64))) throw await refusePage(path, source);
    return source;
  }

  async exists(path: string): Promise<boolean> {
    try {
      // Not HEAD: some servers refuse it, and signed URLs are valid for GET alone.
      await readBeginning(this.#client, fileAt(path), 1);
      return true;
    } catch (error) {
      if (isCairnError(error, 'NOT_FOUND')) return false;
      throw error;
    }
  }
}

function fileAt(path: string): HttpFile {
  return new HttpFile(shownUrl(path), targetOf(path));
}

/** Neither a manifest nor a partition begins with a tag. */
function looksLikeMarkup(head: Uint8Array): boolean {
  return /^(?:\xef\xbb\xbf)?\s*</.test(String.fromCharCode(...head));
}

async function refusePage(path: string, source: ByteSource): Promise<CairnError> {
  await source.close();
  const uri = shownUrl(path);
  return new CairnError(
    'NOT_A_STORE',
    `${uri} is a page, not a part of a store: it begins with "<". Many servers send one for whatever they ` +
      'do not have; check the URL',
    { uri },
  );
}
