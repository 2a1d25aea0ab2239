/** A word as it stands in a URL: all but letters, digits and `-._~` is escaped, as signatures want it. */
export function encodeWord(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Names with slashes between them, as they stand in a URL. */
export function encodeNames(text: string): string {
  return text.split('/').map(encodeWord).join('/');
}

/** A URL with parameters. */
export function withQuery(url: string, query: Readonly<Record<string, string>> = {}): string {
  const parameters = Object.entries(query).map(([name, value]) => `${encodeWord(name)}=${encodeWord(value)}`);
  return parameters.length > 0 ? `${url}?${parameters.join('&')}` : url;
}
