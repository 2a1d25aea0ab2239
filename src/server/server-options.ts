import { checkFlag, checkOptions } from '../check-options.ts';
import { asText, invalidArgument } from '../errors.ts';
import type { AccessRecord } from './access-record.ts';

/** How a server is made. Every limit may be changed. */
export interface ServerOptions {
  /** The directory or URI whose namespaces, stores and collections are served. */
  readonly root: string | URL;
  /** Whether namespaces can only be read: every request that changes something is 405. Default: false. */
  readonly readOnly?: boolean | undefined;
  /**
   * What requests for `/api`, `/files` and `/metrics` must show, as `Authorization: Bearer …`. The page trades it for a
   * cookie. Default: none is needed.
   */
  readonly token?: string | undefined;
  /**
   * Names by which the server may be addressed, besides those of this machine, without ports: what a proxy in front of it
   * passes on as `Host`. `'*'` allows any.
   */
  readonly allowedHosts?: readonly string[] | undefined;
  /** The most bytes of a request's headers. Default: 16 KiB. */
  readonly headerBytes?: number | undefined;
  /** How long a client may take to send a request's headers. Default: 10 s. */
  readonly headerTimeoutMs?: number | undefined;
  /** The most bytes of a request's body. Default: 1 MiB. */
  readonly bodyBytes?: number | undefined;
  /** How long a client may take to send a request's body. Default: 30 s. */
  readonly bodyTimeoutMs?: number | undefined;
  /** How long a connection may be idle, or take no byte of an answer. Default: 60 s. */
  readonly idleTimeoutMs?: number | undefined;
  /** Requests that are answered at the same time; any further one is 503, with `Retry-After`. Default: 256. */
  readonly maxRequests?: number | undefined;
  /** How long `close()` waits for answers that were begun. Default: 10 s. */
  readonly closeTimeoutMs?: number | undefined;
  /** How soon commits of other processes are seen. Default: 1 s. */
  readonly refreshMs?: number | undefined;
  /** Called after each answer, for an access log. What it throws is ignored. */
  readonly onRequest?: ((record: AccessRecord) => void) | undefined;
  /** Milliseconds since 1970. Default: `Date.now`. */
  readonly clock?: (() => number) | undefined;
}

/** {@link ServerOptions} with the defaults filled in. */
export interface ServerSettings {
  readonly root: string | URL;
  readonly readOnly: boolean;
  readonly token: string | undefined;
  readonly allowedHosts: readonly string[];
  readonly headerBytes: number;
  readonly headerTimeoutMs: number;
  readonly bodyBytes: number;
  readonly bodyTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly maxRequests: number;
  readonly closeTimeoutMs: number;
  readonly refreshMs: number;
  readonly onRequest: ((record: AccessRecord) => void) | undefined;
  readonly clock: () => number;
}

const NUMBERS = {
  headerBytes: 16 * 1024,
  headerTimeoutMs: 10_000,
  bodyBytes: 1024 * 1024,
  bodyTimeoutMs: 30_000,
  idleTimeoutMs: 60_000,
  maxRequests: 256,
  closeTimeoutMs: 10_000,
  refreshMs: 1000,
} as const;

const KNOWN = ['root', 'readOnly', 'token', 'allowedHosts', 'onRequest', 'clock', ...Object.keys(NUMBERS)];

/** The longest wait that timers can be set to, in milliseconds; no limit in bytes needs to be larger. */
const MAX_NUMBER = 2 ** 31 - 1;

/** Fills in the defaults. @throws {CairnError} `INVALID_ARGUMENT` naming the option. */
export function checkServerOptions(given: ServerOptions): ServerSettings {
  const options = checkOptions(given, KNOWN);
  const { root, readOnly = false, token, allowedHosts = [], onRequest, clock = Date.now } = options;
  if (!(root instanceof URL) && (typeof root !== 'string' || root === ''))
    throw invalidArgument('root', 'root must be a path or URI: the directory that is served');
  checkFlag('readOnly', readOnly);
  if (token !== undefined && !(typeof token === 'string' && TOKEN.test(token))) {
    throw invalidArgument(
      'token',
      'token must be 1 to 4096 visible ASCII characters without spaces, as an Authorization header can hold them',
    );
  }
  if (!Array.isArray(allowedHosts) || !allowedHosts.every(isHost)) {
    throw invalidArgument(
      'allowedHosts',
      "allowedHosts must be an array of host names without ports, such as ['kv.example.org'], or ['*']",
    );
  }
  if (onRequest !== undefined && typeof onRequest !== 'function')
    throw invalidArgument('onRequest', 'onRequest must be a function');
  if (typeof clock !== 'function') throw invalidArgument('clock', 'clock must be a function');
  return {
    root,
    readOnly,
    token,
    allowedHosts: allowedHosts.map((name) => name.toLowerCase()),
    onRequest,
    clock,
    ...numbersOf(options),
  };
}

const TOKEN = /^[\x21-\x7e]{1,4096}$/;

function isHost(name: unknown): boolean {
  return typeof name === 'string' && /^(?:\*|[A-Za-z0-9_.-]{1,253}|\[[0-9a-fA-F:.]+\])$/.test(name);
}

function numbersOf(options: ServerOptions): Record<keyof typeof NUMBERS, number> {
  const numbers: Record<string, number> = {};
  for (const [name, byDefault] of Object.entries(NUMBERS)) {
    const number = options[name as keyof typeof NUMBERS] ?? byDefault;
    if (!Number.isSafeInteger(number) || number < 1 || number > MAX_NUMBER)
      throw invalidArgument(
        name,
        `${name} must be an integer from 1 to ${MAX_NUMBER}, not ${asText(number)}`,
      );
    numbers[name] = number;
  }
  return numbers as Record<keyof typeof NUMBERS, number>;
}
