/** The URL and the headers of a request. */
export interface Target {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Returns the request for a path. `fetch` refuses URLs with a user and a password: they become a header. */
export function targetOf(path: string): Target {
  const url = new URL(path);
  if (url.username === '' && url.password === '') return { url: path, headers: {} };
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  url.username = '';
  url.password = '';
  const bytes = new TextEncoder().encode(pair);
  return { url: url.href, headers: { authorization: `Basic ${btoa(String.fromCharCode(...bytes))}` } };
}
