import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';

/** Where the files come from: their paths below the root, or a folder. */
export type Files = ReadonlyMap<string, Uint8Array> | string;

/** One request as the server saw it. */
export interface ServedRequest {
  readonly method: string;
  /** Without the question mark and what follows. */
  readonly path: string;
  readonly query: string;
  readonly headers: IncomingMessage['headers'];
  /** Counted from 1. */
  readonly number: number;
  /** Bytes of the body that were sent. */
  sent: number;
  /** Fulfilled when all is sent, or the other end has closed the connection; tells which. */
  readonly ended: Promise<'sent' | 'closed'>;
}

/** How one answer differs from that of an honest server. */
export interface Misbehaviour {
  /** Waits for this first. */
  readonly after?: Promise<unknown>;
  /** Closes the connection without an answer. */
  readonly reset?: boolean;
  /** Says nothing at all. */
  readonly silent?: boolean;
  /** Answers 200 with all of the file. */
  readonly ignoreRange?: boolean;
  readonly status?: number;
  /** Headers that are put in the place of the honest ones; undefined takes one away. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** Another body; its length is told as it is unless `headers` say otherwise. */
  readonly body?: Uint8Array | string;
  /** Another file than the one asked for. */
  readonly file?: Uint8Array;
  /** Sends the body without telling its length. */
  readonly chunked?: boolean;
  /** Bytes after which the connection is closed. */
  readonly cutAt?: number;
  /** Bytes after which nothing is sent any more. */
  readonly stallAt?: number;
  /** Milliseconds between two bytes. */
  readonly dribble?: number;
}

/** Decides how a request is misanswered; honestly if it gives nothing. */
export type Script = (request: ServedRequest) => Misbehaviour | undefined;

/** A web server that serves files with ranges, counts what it is asked, and lies when it is told to. */
export class HttpServer {
  readonly requests: ServedRequest[] = [];
  /** The requests that are being answered, and the most there were at the same time. */
  open = 0;
  mostOpen = 0;
  /** Connections that are open. */
  readonly sockets = new Set<Socket>();
  script: Script = () => undefined;
  readonly #files: Files;
  readonly #server: Server;

  private constructor(files: Files) {
    this.#files = files;
    this.#server = createServer((request, response) => {
      // What is written to a connection that the other end has closed is lost.
      this.#answer(request, response).catch(() => response.destroy());
    });
    this.#server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
  }

  static async start(files: Files): Promise<HttpServer> {
    const server = new HttpServer(files);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  /** Such as `http://127.0.0.1:12345`. */
  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Forgets the requests, and from now on misbehaves so. */
  behave(script: Script | Misbehaviour = {}): void {
    this.requests.length = 0;
    this.mostOpen = this.open;
    this.script = typeof script === 'function' ? script : () => script;
  }

  /** The ranges that were asked for, in order. */
  get ranges(): (string | undefined)[] {
    return this.requests.map(({ headers }) => headers.range);
  }

  /** Bytes of all bodies since `behave`. */
  get sent(): number {
    return this.requests.reduce((sum, request) => sum + request.sent, 0);
  }

  /** Waits until so many requests have come, and so many bytes have been sent in answer to the last. */
  async reached(count: number, sent = 0): Promise<void> {
    while (this.requests.length < count || this.requests[count - 1].sent < sent) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(incoming.url ?? '/', 'http://server');
    this.open++;
    this.mostOpen = Math.max(this.mostOpen, this.open);
    const request: ServedRequest = {
      method: incoming.method ?? '',
      path: decodeURIComponent(url.pathname),
      query: url.search,
      headers: incoming.headers,
      number: this.requests.length + 1,
      sent: 0,
      ended: new Promise((resolve) => {
        response.on('close', () => {
          this.open--;
          resolve(response.writableFinished ? 'sent' : 'closed');
        });
      }),
    };
    this.requests.push(request);
    const how = this.script(request) ?? {};
    await how.after;
    if (how.reset === true) incoming.socket.destroy();
    else if (how.silent !== true) await this.#send(request, response, how);
  }

  async #send(request: ServedRequest, response: ServerResponse, how: Misbehaviour): Promise<void> {
    const honest = this.#honest(request, how);
    const body = how.body === undefined ? honest.body : Buffer.from(how.body);
    const headers: Record<string, string | undefined> = { ...honest.headers };
    headers['content-length'] = how.chunked === true ? undefined : `${body.length}`;
    Object.assign(headers, how.headers);
    for (const [name, value] of Object.entries(headers))
      if (value !== undefined) response.setHeader(name, value);
    response.writeHead(how.status ?? honest.status);
    response.flushHeaders();
    const length = Math.min(body.length, how.cutAt ?? body.length, how.stallAt ?? body.length);
    const step = how.dribble === undefined ? 65_536 : 1;
    for (let at = 0; at < length && !response.destroyed; at += step) {
      const piece = body.subarray(at, Math.min(at + step, length));
      await new Promise((resolve) => response.write(piece, resolve));
      request.sent += piece.length;
      if (how.dribble !== undefined) await new Promise((resolve) => setTimeout(resolve, how.dribble));
    }
    if (how.cutAt !== undefined) response.destroy();
    else if (how.stallAt === undefined) response.end();
  }

  #honest(
    { path, headers, method }: ServedRequest,
    how: Misbehaviour,
  ): { status: number; headers: Record<string, string>; body: Uint8Array } {
    const file = how.file ?? this.#find(path);
    if (file === undefined) return { status: 404, headers: {}, body: Buffer.from(`no ${path}`) };
    const common = { 'accept-ranges': 'bytes', 'content-type': 'application/octet-stream' };
    const range = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '');
    if (range === null || method !== 'GET' || how.ignoreRange === true) {
      return { status: 200, headers: common, body: file };
    }
    const [from, last] = [Number(range[1]), Math.min(Number(range[2]), file.length - 1)];
    if (from > last) {
      const body = Buffer.from('no such range');
      return { status: 416, headers: { ...common, 'content-range': `bytes */${file.length}` }, body };
    }
    const part = { 'content-range': `bytes ${from}-${last}/${file.length}` };
    return { status: 206, headers: { ...common, ...part }, body: file.subarray(from, last + 1) };
  }

  #find(path: string): Uint8Array | undefined {
    if (typeof this.#files !== 'string') return this.#files.get(path);
    try {
      return readFileSync(join(this.#files, path));
    } catch {
      // A directory, or nothing.
      return undefined;
    }
  }
}
