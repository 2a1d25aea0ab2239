const PREFIX = /^log:/i;

/** The URI of the store that a log is: `log:` in front of a path or URI is left out. */
export function storeUriOf(uri: string | URL): string | URL {
  const text = uri instanceof URL ? uri.href : uri;
  return typeof text === 'string' && PREFIX.test(text) ? text.slice('log:'.length) : uri;
}
