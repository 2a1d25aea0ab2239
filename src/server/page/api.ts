/** What a listing says of a store or collection. */
export interface StoreSummary {
  readonly name: string;
  readonly kind: 'store' | 'collection';
  readonly bytes: number;
  readonly keyEncoding: string;
  readonly valueEncoding: string;
  readonly compression: string;
  /** Of a store. */
  readonly count?: number;
  readonly partitions?: number;
  /** Of a collection. */
  readonly version?: number;
  readonly storedEntries?: number;
}

/** One file of a store. */
export interface PartitionSummary {
  readonly name: string;
  readonly bytes: number;
  readonly count: number;
  readonly firstKey: unknown;
  readonly lastKey: unknown;
}

/** Everything that a store or collection says of itself. */
export interface StoreDescription extends Omit<StoreSummary, 'partitions'> {
  readonly id?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly firstKey?: unknown;
  readonly lastKey?: unknown;
  readonly partitions?: readonly PartitionSummary[];
  readonly generations?: readonly {
    readonly name?: string;
    readonly count?: number;
    readonly bytes?: number;
  }[];
}

/** An entry as JSON has it. */
export interface Entry {
  readonly key: unknown;
  readonly value: unknown;
}

/** A page of entries, and where the next one begins. */
export interface EntryPage {
  readonly entries: readonly Entry[];
  readonly next: string | null;
}

/** A line of a verification that goes on. */
export interface VerifyLine {
  readonly done?: number;
  readonly total?: number;
  readonly report?: {
    readonly ok: boolean;
    readonly checked: Readonly<Record<string, number>>;
    readonly problems: readonly {
      readonly file: string;
      readonly section: string;
      readonly offset: number;
      readonly code: string;
    }[];
  };
  readonly error?: { readonly code: string; readonly message: string };
}

/** What the server put into the page, so that its first paint needs no other request. */
export interface Bootstrap {
  readonly isGuarded: boolean;
  readonly isReadOnly: boolean;
  readonly stores?: readonly StoreSummary[];
  readonly namespaces?: readonly string[];
}

/** What a listing says of a key of a namespace. */
export interface KvSummary {
  readonly namespace: string;
  readonly key: string;
  readonly type: KvType;
  readonly revision: number;
  readonly creationDate: string;
  readonly updateDate: string;
  readonly expirationDate?: string;
  readonly description?: string;
}

/** A key of a namespace with its value. */
export interface KvEntry extends KvSummary {
  readonly value: unknown;
}

/** An earlier value of a key. */
export interface KvRevision {
  readonly revision: number;
  readonly type: KvType;
  readonly value: unknown;
  readonly updateDate: string;
}

export const KV_TYPES = ['STRING', 'NUMBER', 'BOOLEAN', 'DATETIME', 'DATE', 'DURATION', 'JSON'] as const;

export type KvType = (typeof KV_TYPES)[number];

/** Why the server did not answer as asked; `status` is 0 if it did not answer at all. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
  }
}

/** Parameters of a query; those that are undefined are left out. */
export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** Returns the data that the server has put into the page. */
export function bootstrap(): Bootstrap {
  const text = document.getElementById('bootstrap')?.textContent;
  return text ? (JSON.parse(text) as Bootstrap) : { isGuarded: false, isReadOnly: true };
}

/** Returns a path of the API, each part escaped. */
export function apiPath(parts: readonly string[], query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
  const text = search.toString();
  return `/api/v1/${parts.map(encodeURIComponent).join('/')}${text === '' ? '' : `?${text}`}`;
}

/** Asks the server. @throws {ApiError} for every answer that is no success. */
export async function ask(path: string, init?: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { credentials: 'same-origin', ...init });
  } catch (error) {
    if (init?.signal?.aborted) throw error;
    throw new ApiError(0, 'The server does not answer. Is it still running?');
  }
  if (response.ok) return response;
  throw new ApiError(response.status, await messageOf(response));
}

/** Asks for JSON. @throws {ApiError} */
export async function askJson<T>(path: string, init?: RequestInit): Promise<T> {
  return parseExactly(await (await ask(path, init)).text()) as T;
}

/** What browsers add to JSON that its types don't have yet: the text of a number, and numbers as text. */
interface ExactJson {
  rawJSON?(text: string): unknown;
}

/** Reads JSON, and keeps the digits of numbers that JavaScript would write otherwise, where the browser can. */
export function parseExactly(text: string): unknown {
  const { rawJSON } = JSON as ExactJson;
  if (rawJSON === undefined) return JSON.parse(text);
  return JSON.parse(text, (_, value: unknown, ...[context]: { source?: string }[]) => {
    const source = context?.source;
    if (typeof value !== 'number' || source === undefined || String(value) === source) return value;
    return rawJSON(source);
  });
}

/** The digits of a number that {@link parseExactly} kept as they were written. */
export function digitsOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('rawJSON' in value)) return undefined;
  return String(value.rawJSON);
}

/** Yields the lines of JSON of an answer as they arrive. @throws {ApiError} */
export async function* askLines<T>(path: string, init?: RequestInit): AsyncGenerator<T> {
  const { body } = await ask(path, init);
  if (body === null) return;
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    const lines = (rest + value).split('\n');
    rest = lines.pop() as string;
    for (const line of lines) if (line !== '') yield JSON.parse(line) as T;
  }
  if (rest !== '') yield JSON.parse(rest) as T;
}

async function messageOf(response: Response): Promise<string> {
  try {
    const { message } = (await response.json()) as { message?: unknown };
    if (typeof message === 'string') return message;
  } catch {
    // What is no JSON is described by its status.
  }
  return `The server answered ${response.status} ${response.statusText}`;
}
