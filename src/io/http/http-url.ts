import { invalidArgument } from '../../errors.ts';

/**
 * Returns the path of a URL: the URL itself, without slashes at its end.
 *
 * @throws {CairnError} `INVALID_ARGUMENT` for what is no URL, and for one with a fragment.
 */
export function parseHttpUrl(uri: string): string {
  const shown = withoutSecrets(uri);
  // URL parsers drop some characters silently, and make a host of what follows `http:` without slashes.
  if (!/^https?:\/\/[^/]/i.test(uri) || hasControls(uri) || !URL.canParse(uri)) {
    throw invalidArgument('uri', `${shown} is not a URL: write https://host/path/to/store`);
  }
  if (uri.includes('#')) {
    throw invalidArgument(
      'uri',
      `${shown} has a fragment, which no server sees: leave it out, or write # as %23`,
    );
  }
  const url = new URL(uri);
  try {
    decodeURIComponent(url.username + url.password);
  } catch (error) {
    throw invalidArgument('uri', `${shown}: the user name or password is not percent-encoded`, error);
  }
  url.pathname = url.pathname.replace(/\/+$/, '');
  return url.href;
}

/** Returns the path of a name in a directory. The query, such as a signature, stays at the end. */
export function joinHttpUrl(directory: string, name: string): string {
  const url = new URL(directory);
  url.pathname = `${url.pathname.replace(/\/$/, '')}/${encodeURIComponent(name)}`;
  return url.href;
}

/** Splits a path into its directory and its last part. */
export function splitHttpUrl(path: string): { readonly directory: string; readonly name: string } {
  const url = new URL(path);
  const slash = url.pathname.lastIndexOf('/');
  const name = decoded(url.pathname.slice(slash + 1));
  url.pathname = url.pathname.slice(0, slash);
  return { directory: url.href, name };
}

/** Returns the URL without secrets: without user, password and query. */
export function shownUrl(path: string): string {
  const { protocol, host, pathname, search } = new URL(path);
  return `${protocol}//${host}${pathname}${search === '' ? '' : '?…'}`;
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** Returns a text without secrets, though it may not even be a URL. */
function withoutSecrets(uri: string): string {
  return uri.replace(/^([^/]*\/\/)[^/?#]*@/, '$1…@').replace(/\?[^#]*/, '?…');
}

function hasControls(text: string): boolean {
  for (let i = 0; i < text.length; i++)
    if (text.charCodeAt(i) < 0x20 || text.charCodeAt(i) === 0x7f) return true;
  return text.endsWith(' ');
}
