import { CairnError } from '../../errors.ts';
import type { ByteSource } from '../byte-source.ts';
import { HttpClient } from '../http/http-client.ts';
import { HttpFile } from '../http/http-file.ts';
import { HttpSource } from '../http/http-source.ts';
import { Semaphore } from '../semaphore.ts';
import { splitPath } from '../split-path.ts';
import type { AccessOptions, KnownFile } from '../storage.ts';
import type { ObjectAnswer } from './object-answer.ts';
import type { ObjectHost } from './object-host.ts';
import type { UploadSettings } from './parts-sink.ts';

/**
 * Requests with bodies that are sent at the same time, by all writers together: each holds a part in memory.
 */
const MAX_UPLOADS = 3;

/** The part of a client that a storage uses. */
export interface ReadingClient<C> {
  readonly host: ObjectHost;
  /** `fetch` for reading: it authenticates requests. */
  readonly fetch: typeof fetch;
  /** Returns what was received as an answer. */
  answer(status: number, headers: Headers, body: Uint8Array): ObjectAnswer;
  /** Returns a client that differs in `fetch` or `onRequest`, where `access` has them. */
  with(access: AccessOptions): C;
}

/** What all readers and writers of one storage share. */
export interface ObjectAccount<C> {
  readonly uploads: UploadSettings<C>;
  readonly reading: HttpClient;
}

/** Makes the account of a storage. */
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

/** Returns a client that reads ranges as over HTTP, with authentication. */
function readingBy<C>(client: ReadingClient<C>, { onRequest }: AccessOptions): HttpClient {
  return new HttpClient({ fetch: client.fetch, onRequest }, client.host);
}

/**
 * What all object storages have in common. There are no directories: one exists as long as an object is below
 * it.
 */
export abstract class ObjectStorage<C extends ReadingClient<C>, A extends ObjectAccount<C>> {
  protected readonly account: () => A;

  /** `account` is called at the first request, so that importing does not fail if variables are missing. */
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

  /** Returns the account for a reader with access options of its own. */
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

  /** Opens the object at a URL. */
  protected openAt(
    path: string,
    url: string,
    known: KnownFile | undefined,
    signal: AbortSignal | undefined,
  ): Promise<ByteSource> {
    const { client } = this;
    const uri = this.uri(path);
    const explain: HttpFile['explain'] = async (refusal, byHead) => {
      const { status, headers } = refusal;
      if (status < 300 || status === 416) return byHead;
      const body = await beginningOf(refusal, client.host);
      return client.answer(status, headers, body).error('reading', uri, byHead.transient);
    };
    const file = new HttpFile(uri, { url, headers: {} }, undefined, explain);
    return HttpSource.open(this.account().reading, file, known, signal);
  }
}

/** No storage says more in a refusal: the rest is not received. */
const MAX_REFUSAL_BYTES = 1 << 16;

/** A server that is silent in the middle of a refusal is not waited for longer. */
const MAX_REFUSAL_MS = 10_000;

/** Returns the first bytes of a body, as far as they arrive. */
async function beginningOf({ body }: Response, host: ObjectHost): Promise<Uint8Array> {
  const bytes = new Uint8Array(MAX_REFUSAL_BYTES);
  let length = 0;
  const reader = body?.getReader();
  const stopTimer = host.after(MAX_REFUSAL_MS, () => void reader?.cancel().catch(() => undefined));
  try {
    while (reader !== undefined && length < bytes.length) {
      const { done, value } = await reader.read();
      if (done) break;
      bytes.set(value.subarray(0, bytes.length - length), length);
      length = Math.min(bytes.length, length + value.length);
    }
  } catch {
    // Without its end, the status has to suffice.
  } finally {
    stopTimer();
  }
  return bytes.subarray(0, length);
}
