/** The signed parts of a request. */
export interface SignedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  /** Of the body. */
  readonly bytes: number;
}

/** The headers whose values are signed in this order; the length of the body stands after the second. */
const BEFORE_LENGTH: readonly string[] = ['content-encoding', 'content-language'];
const AFTER_LENGTH: readonly string[] = [
  'content-md5',
  'content-type',
  'date',
  'if-modified-since',
  'if-match',
  'if-none-match',
  'if-unmodified-since',
  'range',
];

/**
 * What is signed of a request, as "Authorize with Shared Key" lays down for the versions of the service from
 * 2015-02-21 on: https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key.
 */
export function stringToSign(account: string, { method, url, headers, bytes }: SignedRequest): string {
  const values = (names: readonly string[]): string[] => names.map((name) => headers.get(name) ?? '');
  // `Headers` yields its names in lower case, and sorted.
  const own = [...headers]
    .filter(([name]) => name.startsWith('x-ms-'))
    .map(([name, value]) => `${name}:${value.trim().replace(/\s+/g, ' ')}\n`);
  const { pathname, searchParams } = new URL(url);
  const parameters = new Map<string, string[]>();
  for (const [name, value] of searchParams) {
    const key = name.toLowerCase();
    const others = parameters.get(key);
    if (others === undefined) parameters.set(key, [value]);
    else others.push(value);
  }
  const query = [...parameters.keys()]
    .sort()
    .map((name) => `\n${name}:${(parameters.get(name) as string[]).sort().join(',')}`);
  const lines = [method, ...values(BEFORE_LENGTH), bytes === 0 ? '' : String(bytes), ...values(AFTER_LENGTH)];
  return `${lines.join('\n')}\n${own.join('')}/${account}${pathname}${query.join('')}`;
}

/** Signs with the key of an account. */
export class SharedKey {
  readonly account: string;
  readonly #bytes: Uint8Array;
  #key: Promise<CryptoKey> | undefined;

  constructor(account: string, bytes: Uint8Array) {
    this.account = account;
    this.#bytes = bytes;
  }

  /** The value of the `Authorization` header for a request. */
  async authorization(request: SignedRequest): Promise<string> {
    this.#key ??= crypto.subtle.importKey(
      'raw',
      this.#bytes as Uint8Array<ArrayBuffer>,
      { name: 'HMAC', hash: 'SHA-256' },
      false,
      ['sign'],
    );
    const text = new TextEncoder().encode(stringToSign(this.account, request));
    const signature = await crypto.subtle.sign('HMAC', await this.#key, text);
    return `SharedKey ${this.account}:${btoa(String.fromCharCode(...new Uint8Array(signature)))}`;
  }
}
