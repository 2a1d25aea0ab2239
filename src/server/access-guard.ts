import { Refusal } from './refusal.ts';
import type { Sessions } from './sessions.ts';

/** Who may ask what. */
export interface AccessRules {
  readonly token: string | undefined;
  /** Names by which the server may be addressed, in lower case, without ports; `*` for any. */
  readonly hosts: ReadonlySet<string>;
  /** Whether any address in digits will do: those that rebind DNS use names. */
  readonly anyAddress: boolean;
}

/** Names of this machine, which no other can have. */
export const LOOPBACK_HOSTS: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** What needs no token: what a page and a probe load before anyone has shown one. */
const OPEN_PATHS: ReadonlySet<string> = new Set([
  '/',
  '/healthz',
  '/openapi.json',
  '/session',
  '/favicon.ico',
]);

/** Returns whether a host is one of loopback: such an address is reached from this machine alone. */
export function isLoopback(host: string): boolean {
  const name = hostName(host);
  return LOOPBACK_HOSTS.includes(name) || /^127(?:\.\d{1,3}){3}$/.test(name) || name.endsWith('.localhost');
}

/** Returns a host without its port, in lower case, addresses of IPv6 in brackets. */
export function hostName(host: string): string {
  const text = host.toLowerCase();
  if (text.startsWith('[')) return text.slice(0, text.indexOf(']') + 1);
  if (text.indexOf(':') !== text.lastIndexOf(':')) return `[${text}]`;
  return text.split(':')[0];
}

/**
 * Refuses requests that were not meant for this server, that a page of another origin has made a browser send, or that lack
 * the token.
 *
 * @throws {Refusal} 403 or 401.
 */
export function checkAccess(
  request: Request,
  url: URL,
  { token, hosts, anyAddress }: AccessRules,
  sessions: Sessions,
): void {
  const { headers, method } = request;
  const host = headers.get('host') ?? url.host;
  for (const name of new Set([hostName(host), hostName(url.host)])) {
    if (hosts.has('*') || hosts.has(name) || isLoopback(name) || (anyAddress && isAddress(name))) continue;
    throw forbidden(
      `this server is not addressed as ${JSON.stringify(name.slice(0, 100))}: use its address, or allow the name`,
    );
  }
  if (!SAFE_METHODS.has(method)) checkOrigin(headers, host);
  if (isOpen(url.pathname) || isAuthorized(headers, token, sessions)) return;
  throw new Refusal(
    401,
    {
      code: 'UNAUTHORIZED',
      reason: 'Unauthorized',
      message: 'send the token of the server as Authorization: Bearer …',
    },
    { 'www-authenticate': 'Bearer realm="cairn"' },
  );
}

/** Whether a request shows the token, or a session that was begun with it. */
export function isAuthorized(headers: Headers, token: string | undefined, sessions: Sessions): boolean {
  if (token === undefined) return true;
  const shown = shownToken(headers.get('authorization') ?? '');
  return shown === undefined ? sessions.knows(headers.get('cookie')) : isSame(shown, token);
}

/** The token may also be the password of a URL, which other programs send as `Basic`. */
function shownToken(authorization: string): string | undefined {
  const [, scheme, credentials] = /^(bearer|basic) +(\S+) *$/i.exec(authorization) ?? [];
  if (scheme?.toLowerCase() !== 'basic') return credentials;
  try {
    return /^[^:]*:(.*)$/s.exec(atob(credentials))?.[1];
  } catch {
    return undefined;
  }
}

/** Compares texts in a time that depends on the length of the first alone. */
export function isSame(given: string, secret: string): boolean {
  let difference = given.length ^ secret.length;
  for (let i = 0; i < given.length; i++)
    difference |= given.charCodeAt(i) ^ secret.charCodeAt(i % secret.length);
  return difference === 0;
}

/** Other pages can make a browser send what changes things, but not without saying where they are from. */
function checkOrigin(headers: Headers, host: string): void {
  const origin = headers.get('origin');
  const site = headers.get('sec-fetch-site');
  const isOurs = origin === null || originHost(origin) === host.toLowerCase();
  if (isOurs && (site === null || site === 'same-origin' || site === 'none')) return;
  throw forbidden('a page of another origin may not change anything here');
}

function originHost(origin: string): string | undefined {
  return /^https?:\/\/(.+)$/i.exec(origin)?.[1].toLowerCase();
}

function isOpen(path: string): boolean {
  return OPEN_PATHS.has(path) || path.startsWith('/assets/');
}

function isAddress(name: string): boolean {
  return name.startsWith('[') || /^\d{1,3}(?:\.\d{1,3}){3}$/.test(name);
}

function forbidden(message: string): Refusal {
  return new Refusal(403, { code: 'FORBIDDEN', reason: 'Forbidden', message });
}
