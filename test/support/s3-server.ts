import { createHash, createHmac, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a request is about, as tests choose among them. */
export interface Asked {
  readonly method: string;
  readonly bucket: string;
  readonly key: string;
  readonly query: ReadonlyMap<string, string>;
  readonly headers: IncomingMessage['headers'];
  readonly bytes: number;
}

/**
 * What goes wrong with a request. `drop`: the connection breaks before anything is done. `lose`: it is done, and then
 * the connection breaks. `hang`: it is done, and nothing is answered. Else it is not done, and answered so.
 */
export type Fault = 'drop' | 'lose' | 'hang' | { readonly status: number; readonly code: string };

/** What a storage makes of `If-None-Match: *`. */
export type Conditions = 'honoured' | 'ignored' | 'refused';

interface StoredObject {
  readonly bytes: Uint8Array;
  readonly etag: string;
  readonly modifiedMs: number;
  readonly metadata: ReadonlyMap<string, string>;
}

interface Upload {
  readonly bucket: string;
  readonly key: string;
  readonly startedMs: number;
  readonly metadata: ReadonlyMap<string, string>;
  readonly parts: Map<number, { readonly bytes: Uint8Array; readonly etag: string }>;
}

interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** Keys that the server knows. */
export interface KnownKeys {
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** Whether their time has come. */
  expired?: boolean;
}

const MIN_PART_BYTES = 5 * 2 ** 20;
const REGION = 'eu-test-1';

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
 * An S3 storage in memory behind a real socket, as strict as Amazon's: it checks signatures and digests, and refuses
 * what that one would refuse. What it makes of conditions, and what goes wrong, is up to the test.
 */
export class S3Server {
  /** What a PUT makes of its condition, and the completion of an upload. */
  conditions: Conditions = 'honoured';
  completionConditions: Conditions = 'honoured';
  /** Whether writers that meet are told to come again, with 409. */
  conflicts = false;
  /** The form in which an ETag matches: some storages don't know their own with its quotes. */
  etags: 'quoted' | 'bare' = 'quoted';
  /** Names in a page of a listing. */
  pageLength = 1000;
  fault: ((asked: Asked) => Fault | undefined) | undefined;
  /** Told of each request before it is done; what it returns is waited for. */
  onRequest: ((asked: Asked) => void | Promise<void>) | undefined;
  now: () => number = Date.now;
  readonly keys = new Map<string, KnownKeys>([['AK', { secretAccessKey: 'SK' }]]);
  readonly buckets = new Map<string, Map<string, StoredObject>>();
  readonly uploads = new Map<string, Upload>();
  /** One line a request, such as `PUT bucket/key?uploadId`. */
  readonly log: string[] = [];
  /** The most bytes that bodies of requests at work had at one time. */
  mostBytesAtWork = 0;
  #bytesAtWork = 0;
  readonly #writing = new Set<string>();
  readonly #server: Server;
  #number = 0;

  private constructor() {
    this.#server = createServer((request, response) => void this.#serve(request, response));
    this.#server.keepAliveTimeout = 60_000;
  }

  /** Starts one on a free port, with a bucket named `bucket`. */
  static async start(): Promise<S3Server> {
    const server = new S3Server();
    server.buckets.set('bucket', new Map());
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get region(): string {
    return REGION;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** The keys in a bucket, sorted. */
  keysIn(bucket = 'bucket'): string[] {
    return sortedKeys(this.#bucket(bucket));
  }

  /** Changes the time at which an upload was begun. */
  ageUploads(milliseconds: number): void {
    for (const [id, upload] of this.uploads) {
      this.uploads.set(id, { ...upload, startedMs: upload.startedMs - milliseconds });
    }
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    try {
      for await (const piece of request) pieces.push(piece as Buffer);
    } catch {
      // Who asked has gone.
      return;
    }
    const body = new Uint8Array(Buffer.concat(pieces));
    const [rawPath, rawQuery = ''] = (request.url as string).split('?', 2);
    const path = decodeURIComponent(rawPath).slice(1);
    const slash = path.indexOf('/');
    const query = new Map(new URLSearchParams(rawQuery));
    const asked: Asked = {
      method: request.method as string,
      bucket: slash < 0 ? path : path.slice(0, slash),
      key: slash < 0 ? '' : path.slice(slash + 1),
      query,
      headers: request.headers,
      bytes: body.length,
    };
    this.log.push(`${asked.method} ${path}${query.size > 0 ? `?${[...query.keys()].join('&')}` : ''}`);
    this.#bytesAtWork += body.length;
    this.mostBytesAtWork = Math.max(this.mostBytesAtWork, this.#bytesAtWork);
    let reply: Reply;
    const fault = this.fault?.(asked);
    try {
      await this.onRequest?.(asked);
      if (fault === 'drop') return void request.socket.destroy();
      if (typeof fault === 'object') throw new Refusal(fault.status, fault.code);
      this.#checkSignature(request, rawPath, rawQuery, body);
      reply = await this.#answer(asked, body);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const xml = `<Error><Code>${error.code}</Code><Message>${escaped(error.message)}</Message></Error>`;
      reply = { status: error.status, headers: { 'content-type': 'application/xml' }, body: xml };
    } finally {
      this.#bytesAtWork -= body.length;
    }
    if (fault === 'lose') return void request.socket.destroy();
    if (fault === 'hang') return;
    const bytes =
      typeof reply.body === 'string' ? Buffer.from(reply.body) : (reply.body ?? new Uint8Array(0));
    const { 'content-length': length = String(bytes.length), ...headers } = reply.headers ?? {};
    const lengthless = reply.status === 204 ? {} : { 'content-length': length };
    response.writeHead(reply.status, { ...headers, ...lengthless });
    response.end(asked.method === 'HEAD' ? undefined : bytes);
  }

  #checkSignature(request: IncomingMessage, path: string, query: string, body: Uint8Array): void {
    const header = (name: string): string => String(request.headers[name] ?? '');
    const match =
      /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
        header('authorization'),
      );
    if (match === null) throw new Refusal(403, 'AccessDenied', 'anonymous');
    const [, accessKeyId, day, region, names, signature] = match;
    const known = this.keys.get(accessKeyId);
    if (known === undefined) throw new Refusal(403, 'InvalidAccessKeyId');
    if (region !== REGION) throw new Refusal(400, 'AuthorizationHeaderMalformed', `expecting ${REGION}`);
    const date = header('x-amz-date');
    const at = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
    if (!(Math.abs(at - this.now()) < 15 * 60_000)) throw new Refusal(403, 'RequestTimeTooSkewed');
    const signed = names.split(';');
    for (const name of Object.keys(request.headers)) {
      if ((name.startsWith('x-amz-') || name === 'host') && !signed.includes(name)) {
        throw new Refusal(403, 'AccessDenied', `${name} is not signed`);
      }
    }
    if ((known.sessionToken ?? '') !== header('x-amz-security-token')) throw new Refusal(400, 'InvalidToken');
    const digest = header('x-amz-content-sha256');
    if (digest !== sha256(body)) throw new Refusal(400, 'XAmzContentSHA256Mismatch', digest);
    const canonical = [
      request.method,
      path
        .split('/')
        .map((part) => encode(decodeURIComponent(part)))
        .join('/'),
      [...new URLSearchParams(query)]
        .map(([name, value]) => `${encode(name)}=${encode(value)}`)
        .sort()
        .join('&'),
      ...signed.map((name) => `${name}:${header(name).trim().replace(/\s+/g, ' ')}`),
      '',
      names,
      digest,
    ].join('\n');
    const scope = `${day}/${region}/s3/aws4_request`;
    let key: Buffer | string = `AWS4${known.secretAccessKey}`;
    for (const part of [day, region, 's3', 'aws4_request'])
      key = createHmac('sha256', key).update(part).digest();
    const toSign = ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n');
    if (createHmac('sha256', key).update(toSign).digest('hex') !== signature) {
      throw new Refusal(403, 'SignatureDoesNotMatch');
    }
    if (known.expired === true) throw new Refusal(400, 'ExpiredToken');
  }

  async #answer(asked: Asked, body: Uint8Array): Promise<Reply> {
    const { method, key, query } = asked;
    const bucket = this.#bucket(asked.bucket);
    if (method === 'GET' && key === '') {
      return query.has('uploads') ? this.#listUploads(asked) : this.#list(bucket, query);
    }
    if (key === '') throw new Refusal(405, 'MethodNotAllowed');
    if (Buffer.byteLength(key) > 1024) throw new Refusal(400, 'KeyTooLongError');
    const uploadId = query.get('uploadId');
    if (method === 'POST' && query.has('uploads')) return this.#begin(asked);
    if (uploadId !== undefined) {
      const upload = this.uploads.get(uploadId);
      if (upload === undefined || upload.key !== key) throw new Refusal(404, 'NoSuchUpload');
      if (method === 'GET') return this.#listParts(upload, query);
      if (method === 'PUT') return this.#putPart(upload, Number(query.get('partNumber')), body);
      if (method === 'DELETE') {
        this.uploads.delete(uploadId);
        return { status: 204 };
      }
      return this.#makeObject(bucket, asked, this.completionConditions, () =>
        this.#complete(bucket, uploadId, upload, Buffer.from(body).toString()),
      );
    }
    if (method === 'PUT' && asked.headers['x-amz-copy-source'] !== undefined)
      return this.#copy(bucket, asked);
    if (method === 'PUT') {
      return this.#makeObject(bucket, asked, this.conditions, () => {
        const etag = `"${md5(body)}"`;
        bucket.set(key, { bytes: body, etag, modifiedMs: this.now(), metadata: metadataOf(asked) });
        return { status: 200, headers: { etag } };
      });
    }
    if (method === 'DELETE') {
      bucket.delete(key);
      return { status: 204 };
    }
    if (method === 'GET' || method === 'HEAD') return this.#get(bucket, asked);
    throw new Refusal(405, 'MethodNotAllowed');
  }

  /** Makes or replaces an object, if the conditions allow it. */
  async #makeObject(
    bucket: Map<string, StoredObject>,
    asked: Asked,
    conditions: Conditions,
    make: () => Reply,
  ): Promise<Reply> {
    const none = asked.headers['if-none-match'];
    const match = asked.headers['if-match'];
    if (none !== undefined && conditions === 'refused') throw new Refusal(501, 'NotImplemented');
    const check = (): void => {
      const there = bucket.get(asked.key);
      if (none !== undefined && conditions === 'honoured' && there !== undefined) {
        throw new Refusal(412, 'PreconditionFailed');
      }
      if (match === undefined) return;
      if (there === undefined) throw new Refusal(404, 'NoSuchKey');
      if (match !== this.#formOf(there.etag)) throw new Refusal(412, 'PreconditionFailed');
    };
    check();
    if (this.conflicts && (none ?? match) !== undefined) {
      const name = `${asked.bucket}/${asked.key}`;
      if (this.#writing.has(name)) throw new Refusal(409, 'ConditionalRequestConflict');
      this.#writing.add(name);
      // Others have their turn.
      for (let i = 0; i < 5; i++) await new Promise(setImmediate);
      this.#writing.delete(name);
      check();
    }
    return make();
  }

  #formOf(etag: string): string {
    return this.etags === 'quoted' ? etag : etag.replaceAll('"', '');
  }

  #get(bucket: Map<string, StoredObject>, { method, key, headers }: Asked): Reply {
    const object = bucket.get(key);
    if (object === undefined) throw new Refusal(404, 'NoSuchKey');
    if (headers['if-match'] !== undefined && headers['if-match'] !== object.etag) {
      throw new Refusal(412, 'PreconditionFailed');
    }
    const common = {
      etag: object.etag,
      'last-modified': new Date(object.modifiedMs).toUTCString(),
      'accept-ranges': 'bytes',
      'content-type': 'application/octet-stream',
      ...Object.fromEntries(object.metadata),
    };
    const { length } = object.bytes;
    const range = /^bytes=(\d*)-(\d*)$/.exec(headers.range ?? '');
    if (range === null || method === 'HEAD') {
      return { status: 200, headers: { ...common, 'content-length': String(length) }, body: object.bytes };
    }
    const [, first, last] = range;
    const from = first === '' ? Math.max(0, length - Number(last)) : Number(first);
    const to = first === '' || last === '' ? length - 1 : Math.min(Number(last), length - 1);
    if (from > to) throw new Refusal(416, 'InvalidRange');
    return {
      status: 206,
      headers: { ...common, 'content-range': `bytes ${from}-${to}/${length}` },
      body: object.bytes.subarray(from, to + 1),
    };
  }

  #list(bucket: Map<string, StoredObject>, query: Asked['query']): Reply {
    if (query.get('list-type') !== '2') throw new Refusal(501, 'NotImplemented');
    const prefix = query.get('prefix') ?? '';
    const delimiter = query.get('delimiter') ?? '';
    const most = Math.min(Number(query.get('max-keys') ?? 1000), this.pageLength);
    const after = query.get('continuation-token') ?? query.get('start-after') ?? '';
    const name = nameIn(query);
    const rows: string[] = [];
    let last = '';
    let truncated = false;
    for (const key of sortedKeys(bucket)) {
      if (!key.startsWith(prefix)) continue;
      const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
      const group = end < 0 ? undefined : key.slice(0, end + 1);
      const mark = group ?? key;
      if (mark === last || Buffer.compare(Buffer.from(mark), Buffer.from(after)) <= 0) continue;
      if (rows.length === most) {
        truncated = true;
        break;
      }
      last = mark;
      if (group !== undefined) {
        rows.push(`<CommonPrefixes><Prefix>${name(group)}</Prefix></CommonPrefixes>`);
        continue;
      }
      const { bytes, etag, modifiedMs } = bucket.get(key) as StoredObject;
      rows.push(
        `<Contents><Key>${name(key)}</Key><LastModified>${new Date(modifiedMs).toISOString()}</LastModified>` +
          `<ETag>${escaped(etag)}</ETag><Size>${bytes.length}</Size><StorageClass>STANDARD</StorageClass></Contents>`,
      );
    }
    const next = truncated ? `<NextContinuationToken>${escaped(last)}</NextContinuationToken>` : '';
    return xml(
      'ListBucketResult',
      `<IsTruncated>${truncated}</IsTruncated>${encodingOf(query)}${next}<KeyCount>${rows.length}</KeyCount>${rows.join('')}`,
    );
  }

  #begin(asked: Asked): Reply {
    const id = `${++this.#number}-${randomBytes(8).toString('hex')}`;
    const { bucket, key } = asked;
    const upload = { bucket, key, startedMs: this.now(), metadata: metadataOf(asked), parts: new Map() };
    this.uploads.set(id, upload);
    return xml('InitiateMultipartUploadResult', `<Key>${escaped(key)}</Key><UploadId>${id}</UploadId>`);
  }

  #putPart(upload: Upload, number: number, bytes: Uint8Array): Reply {
    if (!(number >= 1 && number <= 10_000)) throw new Refusal(400, 'InvalidArgument');
    const etag = `"${md5(bytes)}"`;
    upload.parts.set(number, { bytes, etag });
    return { status: 200, headers: { etag } };
  }

  #complete(bucket: Map<string, StoredObject>, id: string, upload: Upload, document: string): Reply {
    const named = [
      ...document.matchAll(/<Part><PartNumber>(\d+)<\/PartNumber><ETag>([^<]+)<\/ETag><\/Part>/g),
    ];
    if (named.length === 0) throw new Refusal(400, 'MalformedXML');
    let previous = 0;
    const parts = named.map(([, number, etag], i) => {
      const part = upload.parts.get(Number(number));
      if (part === undefined || part.etag !== unescaped(etag)) throw new Refusal(400, 'InvalidPart');
      if (Number(number) <= previous) throw new Refusal(400, 'InvalidPartOrder');
      previous = Number(number);
      if (i < named.length - 1 && part.bytes.length < MIN_PART_BYTES)
        throw new Refusal(400, 'EntityTooSmall');
      return part;
    });
    const bytes = new Uint8Array(Buffer.concat(parts.map((part) => part.bytes)));
    const etag = `"${md5(Buffer.concat(parts.map((part) => createHash('md5').update(part.bytes).digest())))}-${parts.length}"`;
    bucket.set(upload.key, { bytes, etag, modifiedMs: this.now(), metadata: upload.metadata });
    this.uploads.delete(id);
    return xml(
      'CompleteMultipartUploadResult',
      `<Key>${escaped(upload.key)}</Key><ETag>${escaped(etag)}</ETag>`,
    );
  }

  #copy(bucket: Map<string, StoredObject>, asked: Asked): Reply {
    const source = decodeURIComponent(String(asked.headers['x-amz-copy-source'])).replace(/^\//, '');
    const slash = source.indexOf('/');
    const original = this.#bucket(source.slice(0, slash)).get(source.slice(slash + 1));
    if (original === undefined) throw new Refusal(404, 'NoSuchKey');
    const fresh = asked.headers['x-amz-metadata-directive'] === 'REPLACE';
    const metadata = fresh ? metadataOf(asked) : original.metadata;
    bucket.set(asked.key, { ...original, metadata, modifiedMs: this.now() });
    return xml('CopyObjectResult', `<ETag>${escaped(original.etag)}</ETag>`);
  }

  #listUploads({ bucket, query }: Asked): Reply {
    const prefix = query.get('prefix') ?? '';
    const after = `${query.get('key-marker') ?? ''}\0${query.get('upload-id-marker') ?? ''}`;
    const name = nameIn(query);
    const rows = [...this.uploads]
      .filter(([, upload]) => upload.bucket === bucket && upload.key.startsWith(prefix))
      .sort(([a, { key: aKey }], [b, { key: bKey }]) => (`${aKey}\0${a}` < `${bKey}\0${b}` ? -1 : 1))
      .filter(([id, { key }]) => !query.has('key-marker') || `${key}\0${id}` > after);
    const page = rows.slice(0, this.pageLength);
    const truncated = page.length < rows.length;
    const [lastId, last] = page.at(-1) ?? ['', undefined];
    const next = truncated
      ? `<NextKeyMarker>${name(last?.key ?? '')}</NextKeyMarker><NextUploadIdMarker>${lastId}</NextUploadIdMarker>`
      : '';
    const listed = page.map(
      ([id, { key, startedMs }]) =>
        `<Upload><Key>${name(key)}</Key><UploadId>${id}</UploadId><Initiated>${new Date(startedMs).toISOString()}</Initiated></Upload>`,
    );
    return xml(
      'ListMultipartUploadsResult',
      `<IsTruncated>${truncated}</IsTruncated>${encodingOf(query)}${next}${listed.join('')}`,
    );
  }

  #listParts(upload: Upload, query: Asked['query']): Reply {
    const after = Number(query.get('part-number-marker') ?? 0);
    const rows = [...upload.parts].filter(([number]) => number > after).sort(([a], [b]) => a - b);
    const page = rows.slice(0, this.pageLength);
    const truncated = page.length < rows.length;
    const next = truncated ? `<NextPartNumberMarker>${page.at(-1)?.[0]}</NextPartNumberMarker>` : '';
    const listed = page.map(
      ([number, { bytes, etag }]) =>
        `<Part><PartNumber>${number}</PartNumber><ETag>${escaped(etag)}</ETag><Size>${bytes.length}</Size></Part>`,
    );
    return xml('ListPartsResult', `<IsTruncated>${truncated}</IsTruncated>${next}${listed.join('')}`);
  }

  #bucket(name: string): Map<string, StoredObject> {
    const bucket = this.buckets.get(name);
    if (bucket === undefined) throw new Refusal(404, 'NoSuchBucket');
    return bucket;
  }
}

function sortedKeys(bucket: ReadonlyMap<string, unknown>): string[] {
  return [...bucket.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

function metadataOf({ headers }: Asked): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(headers).flatMap(([name, value]): [string, string][] =>
      name.startsWith('x-amz-meta-') ? [[name, String(value)]] : [],
    ),
  );
}

function xml(name: string, content: string): Reply {
  const document = `<?xml version="1.0" encoding="UTF-8"?>\n<${name} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${content}</${name}>`;
  return { status: 200, headers: { 'content-type': 'application/xml' }, body: document };
}

/** How keys are written in a listing: as a form would, when that was asked for. */
function nameIn(query: Asked['query']): (key: string) => string {
  if (query.get('encoding-type') !== 'url') return escaped;
  return (key) => key.split('/').map(encode).join('/').replaceAll('%20', '+');
}

function encodingOf(query: Asked['query']): string {
  return query.get('encoding-type') === 'url' ? '<EncodingType>url</EncodingType>' : '';
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

function unescaped(text: string): string {
  return text
    .replaceAll('&quot;', '"')
    .replaceAll('&gt;', '>')
    .replaceAll('&lt;', '<')
    .replaceAll('&amp;', '&');
}

function sha256(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex');
}

function md5(data: Uint8Array): string {
  return createHash('md5').update(data).digest('hex');
}
