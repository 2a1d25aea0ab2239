import { CairnError } from '../../errors.ts';
import type { ByteSource } from '../byte-source.ts';
import { HttpClient } from '../http/http-client.ts';
import { HttpFile } from '../http/http-file.ts';
import { HttpSource } from '../http/http-source.ts';
import { Semaphore } from '../semaphore.ts';
import { splitPath } from '../split-path.ts';
import type { AccessOptions, KnownFile } from '../storage.ts';
import type { ObjectHost } from './object-host.ts';
import type { UploadSettings } from './parts-sink.ts';

/** Requests that carry bytes at once, of all writers together: each holds a part in memory. */
const MAX_UPLOADS = 3;

/** What a storage needs of its client. */
export interface ReadingClient<C> {
  readonly host: ObjectHost;
  /** `fetch` for reading: it proves who asks. */
  readonly fetch: typeof fetch;
  /** The same with another `fetch`, or an observer. */
  with(access: AccessOptions): C;
}

/** What all who use one storage share. */
export interface ObjectAccount<C> {
  readonly uploads: UploadSettings<C>;
  readonly reading: HttpClient;
}

/** Puts together what all who use one storage share. */
export function objectAccount<C extends ReadingClient<C>>(
  client: C,
  partBytes: number,
  access: AccessOptions,
): ObjectAccount<C> {
  return {
    reading: readingBy(client, access),
    uploads: { client, semaphore: new Semaphore(MAX_UPLOADS), partBytes },
  };
}

/** What reads by ranges as over HTTP, proving who asks. */
function readingBy<C>(client: ReadingClient<C>, { onRequest }: AccessOptions): HttpClient {
  return new HttpClient({ fetch: client.fetch, onRequest }, client.host);
}

/**
 * What is the same in all storages of objects. There are no directories: one is there as long as something is below it.
 */
export abstract class ObjectStorage<C extends ReadingClient<C>, A extends ObjectAccount<C>> {
  protected readonly account: () => A;

  /** `account` is called at the first request: importing must not fail for want of variables. */
  constructor(account: () => A) {
    this.account = account;
  }

  abstract kind(path: string): Promise<'file' | 'directory' | undefined>;

  abstract uri(path: string): string;

  async makeDirectory(path: string): Promise<boolean> {
    const kind = await this.kind(path);
    if (kind === 'file') {
      throw new CairnError('ALREADY_EXISTS', `${this.uri(path)} is a file`, { uri: this.uri(path) });
    }
    return kind === undefined;
  }

  async syncDirectory(): Promise<void> {}

  join(directory: string, name: string): string {
    return `${directory}/${name}`;
  }

  split(path: string): { readonly directory: string; readonly name: string } {
    return splitPath(path);
  }

  protected get client(): C {
    return this.account().uploads.client;
  }

  /** The account for a reader that wants its requests sent or observed its own way. */
  protected accountFor(access: AccessOptions): () => A {
    let own: A | undefined;
    return () => {
      if (own === undefined) {
        const account = this.account();
        const client = account.uploads.client.with(access);
        own = { ...account, uploads: { ...account.uploads, client }, reading: readingBy(client, access) };
      }
      return own;
    };
  }

  /** Opens the object at an address; `advice` says what may be done when the storage refuses, by status. */
  protected openAt(
    path: string,
    url: string,
    advice: Readonly<Record<number, string>>,
    known: KnownFile | undefined,
    signal: AbortSignal | undefined,
  ): Promise<ByteSource> {
    // There they stand as sentences.
    const sentences = Object.entries(advice).map(([status, text]) => [
      status,
      text[0].toUpperCase() + text.slice(1),
    ]);
    const target = { url, headers: {} };
    const file = new HttpFile(this.uri(path), target, undefined, Object.fromEntries(sentences));
    return HttpSource.open(this.account().reading, file, known, signal);
  }
}
