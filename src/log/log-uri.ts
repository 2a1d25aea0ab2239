const PREFIX = /^log:/i;

/** Returns the URI of a log's store: the path or URI without `log:` in front. */
export function storeUriOf(uri: string | URL): string | URL {
  const text = uri instanceof URL ? uri.href : uri;
  return typeof text === 'string' && PREFIX.test(text) ? text.slice('log:'.length) : uri;
}
