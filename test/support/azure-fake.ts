import { createHmac } from 'node:crypto';
import { type AzureHost, type AzureOptions, registerAzure } from '../../src/io/azure/index.ts';

/** What a request is about, as tests choose among them. */
export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly container: string;
  readonly blob: string;
  readonly query: ReadonlyMap<string, string>;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/**
 * What goes wrong with a request. `drop`: the connection breaks before anything is done. `lose`: it is done, and then
 * the connection breaks. `hang`: it is done, and nothing is answered. Else it is not done, and answered so.
 */
export type Fault = 'drop' | 'lose' | 'hang' | { readonly status: number; readonly code: string };

interface StoredBlob {
  readonly bytes: Uint8Array;
  readonly etag: string;
  readonly modifiedMs: number;
  readonly metadata: Readonly<Record<string, string>>;
  /** How a copy goes on: the looks at it until it is done, or what it says instead. */
  copy?: { id: string; looks: number; status: 'pending' | 'success' | 'failed' | 'aborted' };
}

export const ACCOUNT = 'account';
export const KEY = Buffer.from('the key of the account').toString('base64');
export const SAS = 'sv=2021-12-02&ss=b&srt=sco&sp=rwdlc&se=2099-01-01T00%3A00%3A00Z&sig=c2Vj%2BmV0%3D';
const ENDPOINT = 'https://account.blob.core.windows.net';

class Refusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string = code) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/**
 * Azure Blob Storage in memory, behind a `fetch`. It checks who asks, refuses what that one would refuse, and answers a
 * condition that is not met by 409 or 412, as that one does. What goes wrong is up to the test.
 */
export class AzureFake {
  fault: ((asked: Asked) => Fault | undefined) | undefined;
  /** Told of each request before it is done; what it returns is waited for. */
  onRequest: ((asked: Asked) => void | Promise<void>) | undefined;
  /** Names in a page of a listing. */
  pageLength = 5000;
  /** How many looks a copy takes, and how it ends. */
  copyLooks = 0;
  copyEnds: 'success' | 'failed' = 'success';
  /** Whether it gets on meanwhile, at every other look. */
  copyProgresses = false;
  /** The tokens that are taken. */
  readonly tokens = new Set<string>();
  readonly containers = new Map<string, Map<string, StoredBlob>>([['container', new Map()]]);
  /** Parts that belong to no blob yet, by container and blob, and then by their names. */
  readonly parts = new Map<string, Map<string, Uint8Array>>();
  /** One line a request, such as `PUT container/blob?comp`. */
  readonly log: string[] = [];
  #number = 0;

  /** The names of the blobs in a container, sorted. */
  names(container = 'container'): string[] {
    return sorted(this.#container(container));
  }

  readonly fetch: typeof fetch = async (input, init = {}) => {
    const url = new URL(String(input));
    if (url.origin !== ENDPOINT) throw new TypeError(`fetch failed: ${url.origin}`);
    init.signal?.throwIfAborted();
    const [, container, ...parts] = decodeURIComponent(url.pathname).split('/');
    const asked: Asked = {
      method: init.method ?? 'GET',
      url: url.href,
      container,
      blob: parts.join('/'),
      query: new Map(url.searchParams),
      headers: new Headers(init.headers),
      body: init.body ? Uint8Array.from(init.body as Uint8Array) : new Uint8Array(0),
    };
    const comp = asked.query.get('comp');
    this.log.push(
      `${asked.method} ${container}/${asked.blob}${comp === undefined ? '' : `?${comp}`}`.replace(/\/$/, ''),
    );
    const fault = this.fault?.(asked);
    await this.onRequest?.(asked);
    // Others have their turn.
    await new Promise(setImmediate);
    if (fault === 'drop') throw new TypeError('fetch failed', { cause: new Error(`reset: ${url.href}`) });
    let response: Response;
    try {
      if (typeof fault === 'object') throw new Refusal(fault.status, fault.code);
      this.#checkWhoAsks(asked);
      response = this.#answer(asked);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { status, code, message } = error;
      const text = `\uFEFF<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${message}\nRequestId:1</Message></Error>`;
      const headers = { 'x-ms-error-code': code, 'content-type': 'application/xml' };
      response = new Response(asked.method === 'HEAD' ? null : text, { status, headers });
    }
    if (fault === 'lose') throw new TypeError('fetch failed', { cause: new Error(`reset: ${url.href}`) });
    if (fault !== 'hang') return response;
    return new Promise((_, reject) => {
      if (init.signal?.aborted) reject(init.signal.reason);
      init.signal?.addEventListener('abort', () => reject(init.signal?.reason));
    });
  };

  #checkWhoAsks({ url, headers, query, method, body }: Asked): void {
    if (headers.get('x-ms-version') !== '2021-12-02') throw new Refusal(400, 'InvalidHeaderValue');
    const authorization = headers.get('authorization') ?? '';
    const signature = query.get('sig');
    if (signature !== undefined) {
      if (!url.endsWith(SAS) || authorization !== '') throw new Refusal(403, 'AuthenticationFailed');
      return;
    }
    if (authorization.startsWith('Bearer ')) {
      if (!this.tokens.has(authorization.slice(7))) throw new Refusal(401, 'InvalidAuthenticationInfo');
      return;
    }
    const header = (name: string): string => headers.get(name) ?? '';
    const at = Date.parse(header('x-ms-date'));
    if (!(Math.abs(at - Date.now()) < 15 * 60_000)) throw new Refusal(403, 'AuthenticationFailed', 'date');
    const own = [...headers].filter(([name]) => name.startsWith('x-ms-')).map(([n, v]) => `${n}:${v}\n`);
    const { pathname } = new URL(url);
    const values = [...query].sort(([a], [b]) => (a < b ? -1 : 1)).map(([n, v]) => `\n${n}:${v}`);
    const toSign =
      `${method}\n\n\n${body.length || ''}\n\n${header('content-type')}\n\n\n${header('if-match')}\n` +
      `${header('if-none-match')}\n\n${header('range')}\n${own.join('')}/${ACCOUNT}${pathname}${values.join('')}`;
    const wanted = createHmac('sha256', Buffer.from(KEY, 'base64')).update(toSign).digest('base64');
    if (authorization !== `SharedKey ${ACCOUNT}:${wanted}`) throw new Refusal(403, 'AuthenticationFailed');
  }

  #answer(asked: Asked): Response {
    const { method, blob, query } = asked;
    const blobs = this.#container(asked.container);
    if (blob === '') {
      if (method === 'GET' && query.get('comp') === 'list') return this.#list(blobs, query);
      throw new Refusal(405, 'UnsupportedHttpVerb');
    }
    if (blob.length > 1024) throw new Refusal(400, 'InvalidUri');
    const comp = query.get('comp');
    if (method === 'GET' || method === 'HEAD') return this.#get(blobs, asked);
    if (method === 'DELETE') return this.#remove(blobs, asked);
    if (comp === 'block') return this.#putPart(asked);
    if (comp === 'copy') return this.#endCopy(blobs, asked);
    const parts = this.parts.get(`${asked.container}/${blob}`);
    if (comp === 'blocklist') {
      this.#check(blobs, asked);
      const bytes = idsIn(asked.body).map((id) => {
        const part = parts?.get(id);
        if (part === undefined) throw new Refusal(400, 'InvalidBlockList');
        return part;
      });
      return this.#put(blobs, asked, Buffer.concat(bytes));
    }
    if (asked.headers.has('x-ms-copy-source')) return this.#copy(blobs, asked);
    if (asked.headers.get('x-ms-blob-type') !== 'BlockBlob') throw new Refusal(400, 'MissingRequiredHeader');
    this.#check(blobs, asked);
    return this.#put(blobs, asked, asked.body);
  }

  /** Refuses a request whose conditions are not met. */
  #check(blobs: Map<string, StoredBlob>, { blob, headers }: Asked): void {
    const there = blobs.get(blob);
    if (headers.get('if-none-match') === '*' && there !== undefined) {
      if (there.copy?.status === 'pending') throw new Refusal(409, 'PendingCopyOperation');
      throw new Refusal(409, 'BlobAlreadyExists');
    }
    const match = headers.get('if-match');
    if (match !== null && there?.etag !== match) throw new Refusal(412, 'ConditionNotMet');
  }

  #put(blobs: Map<string, StoredBlob>, asked: Asked, bytes: Uint8Array): Response {
    const stored = { bytes: Uint8Array.from(bytes), ...this.#version(), metadata: metadataOf(asked) };
    blobs.set(asked.blob, stored);
    // Whose parts they were: they go.
    this.parts.delete(`${asked.container}/${asked.blob}`);
    return new Response(null, { status: 201, headers: { etag: stored.etag } });
  }

  #version(): { etag: string; modifiedMs: number } {
    return { etag: `"0x${(++this.#number).toString(16)}"`, modifiedMs: Date.now() };
  }

  #putPart({ container, blob, query, body }: Asked): Response {
    const id = query.get('blockid') ?? '';
    const name = `${container}/${blob}`;
    const parts = this.parts.get(name) ?? new Map<string, Uint8Array>();
    const length = Buffer.from(id, 'base64').length;
    if (length === 0 || length > 64) throw new Refusal(400, 'InvalidQueryParameterValue');
    for (const other of parts.keys()) {
      if (Buffer.from(other, 'base64').length !== length) throw new Refusal(400, 'InvalidBlobOrBlock');
    }
    this.parts.set(name, parts.set(id, body));
    return new Response(null, { status: 201 });
  }

  #copy(blobs: Map<string, StoredBlob>, asked: Asked): Response {
    const source = new URL(asked.headers.get('x-ms-copy-source') as string);
    if (asked.query.has('sig') && !source.href.endsWith(SAS))
      throw new Refusal(404, 'CannotVerifyCopySource');
    const [, container, ...parts] = decodeURIComponent(source.pathname).split('/');
    const original = this.#container(container).get(parts.join('/'));
    if (original === undefined) throw new Refusal(404, 'CannotVerifyCopySource');
    this.#check(blobs, asked);
    const metadata = metadataOf(asked);
    const status = this.copyLooks > 0 ? ('pending' as const) : this.copyEnds;
    const copy = { id: `copy-${++this.#number}`, looks: this.copyLooks, status };
    blobs.set(asked.blob, {
      bytes: original.bytes,
      ...this.#version(),
      metadata: Object.keys(metadata).length > 0 ? metadata : original.metadata,
      copy,
    });
    return new Response(null, {
      status: 202,
      headers: { 'x-ms-copy-id': copy.id, 'x-ms-copy-status': status },
    });
  }

  #endCopy(blobs: Map<string, StoredBlob>, { blob, query, headers }: Asked): Response {
    const copy = blobs.get(blob)?.copy;
    if (headers.get('x-ms-copy-action') !== 'abort') throw new Refusal(400, 'MissingRequiredHeader');
    if (copy?.status !== 'pending' || copy.id !== query.get('copyid'))
      throw new Refusal(409, 'NoPendingCopyOperation');
    copy.status = 'aborted';
    return new Response(null, { status: 204 });
  }

  #remove(blobs: Map<string, StoredBlob>, asked: Asked): Response {
    const there = blobs.get(asked.blob);
    if (there === undefined) throw new Refusal(404, 'BlobNotFound');
    if (there.copy?.status === 'pending') throw new Refusal(409, 'PendingCopyOperation');
    this.#check(blobs, asked);
    blobs.delete(asked.blob);
    return new Response(null, { status: 202 });
  }

  #get(blobs: Map<string, StoredBlob>, { method, blob, headers }: Asked): Response {
    const found = blobs.get(blob);
    if (found === undefined) throw new Refusal(404, 'BlobNotFound');
    const { bytes, etag, copy } = found;
    if (copy?.status === 'pending' && method === 'HEAD' && --copy.looks <= 0) copy.status = this.copyEnds;
    const told = {
      etag,
      ...found.metadata,
      ...(copy === undefined
        ? {}
        : {
            'x-ms-copy-status': copy.status,
            'x-ms-copy-id': copy.id,
            'x-ms-copy-progress': `${this.copyProgresses ? 1e9 - Math.floor(copy.looks / 2) : 0}/1000000000`,
          }),
      ...(copy?.status === 'failed' ? { 'x-ms-copy-status-description': '500 InternalError' } : {}),
    };
    if (method === 'HEAD') return new Response(null, { headers: told });
    const range = /^bytes=(\d+)-(\d+)$/.exec(headers.get('range') ?? '');
    if (range === null) return new Response(Uint8Array.from(bytes), { headers: told });
    const from = Number(range[1]);
    const to = Math.min(Number(range[2]), bytes.length - 1);
    if (from > to) throw new Refusal(416, 'InvalidRange');
    return new Response(Uint8Array.from(bytes.subarray(from, to + 1)), {
      status: 206,
      headers: { ...told, 'content-range': `bytes ${from}-${to}/${bytes.length}` },
    });
  }

  #list(blobs: Map<string, StoredBlob>, query: Asked['query']): Response {
    const prefix = query.get('prefix') ?? '';
    const delimiter = query.get('delimiter') ?? '';
    const most = Math.min(Number(query.get('maxresults') ?? 5000), this.pageLength);
    const from = query.get('marker') ?? '';
    const rows: string[] = [];
    let last = '';
    let next = '';
    for (const name of sorted(blobs)) {
      if (!name.startsWith(prefix)) continue;
      const end = delimiter === '' ? -1 : name.indexOf(delimiter, prefix.length);
      const mark = end < 0 ? name : name.slice(0, end + 1);
      if (mark === last || Buffer.compare(Buffer.from(mark), Buffer.from(from)) < 0) continue;
      if (rows.length === most) {
        next = mark;
        break;
      }
      last = mark;
      if (end >= 0) {
        rows.push(`<BlobPrefix>${nameElement(mark)}</BlobPrefix>`);
        continue;
      }
      const { bytes, modifiedMs, metadata } = blobs.get(name) as StoredBlob;
      const words = Object.entries(metadata).map(([each, value]) => {
        const tag = each.replace('x-ms-meta-', '');
        return `<${tag}>${escaped(value)}</${tag}>`;
      });
      rows.push(
        `<Blob>${nameElement(name)}<Properties><Last-Modified>${new Date(modifiedMs).toUTCString()}</Last-Modified>` +
          `<Content-Length>${bytes.length}</Content-Length></Properties><Metadata>${words.join('')}</Metadata></Blob>`,
      );
    }
    const text =
      `\uFEFF<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint="${ENDPOINT}/" ContainerName="c">` +
      `<Blobs>${rows.join('')}</Blobs><NextMarker>${escaped(next)}</NextMarker></EnumerationResults>`;
    return new Response(text, { headers: { 'content-type': 'application/xml' } });
  }

  #container(name: string): Map<string, StoredBlob> {
    const found = this.containers.get(name);
    if (found === undefined) throw new Refusal(404, 'ContainerNotFound');
    return found;
  }
}

/** Makes `az:` URIs mean the fake, asked with the key of its account unless the options say otherwise. */
export function registerFake(fake: AzureFake, options: AzureOptions = {}, host?: AzureHost): void {
  const other = [options.sasToken, options.token, options.connectionString].some((who) => who !== undefined);
  registerAzure(
    { account: ACCOUNT, ...(other ? {} : { accountKey: KEY }), fetch: fake.fetch, env: {}, ...options },
    host,
  );
}

/** Makes `az:` URIs mean a fake of their own. */
export async function startFake(): Promise<{ stop(): Promise<void> }> {
  registerFake(new AzureFake());
  return { stop: async () => undefined };
}

function idsIn(body: Uint8Array): string[] {
  const document = Buffer.from(body).toString();
  return [...document.matchAll(/<Latest>([^<]+)<\/Latest>/g)].map(([, id]) => id);
}

function metadataOf({ headers }: Asked): Record<string, string> {
  return Object.fromEntries([...headers].filter(([name]) => name.startsWith('x-ms-meta-')));
}

function sorted(blobs: ReadonlyMap<string, unknown>): string[] {
  return [...blobs.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

/** A name as listings show it: what XML has no room for is encoded. */
function nameElement(name: string): string {
  return /[\ufffe\uffff]/.test(name)
    ? `<Name Encoded="true">${encodeURIComponent(name)}</Name>`
    : `<Name>${escaped(name)}</Name>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
