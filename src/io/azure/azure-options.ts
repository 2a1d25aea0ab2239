import { invalidArgument } from '../../errors.ts';
import { checkOptionTypes, checkSize, type OptionTypes } from '../objects/check-option-types.ts';
import { parseConnectionString, type StorageConnection } from './connection-string.ts';

/**
 * A token of Microsoft Entra ID for `https://storage.azure.com/.default`. `getToken` of @azure/identity
 * returns one.
 */
export interface AzureToken {
  readonly token: string;
  /** When it expires, in milliseconds since 1970; another one is requested before that. */
  readonly expiresOnTimestamp?: number | undefined;
}

/** Returns a token; called again when it has expired, or was refused. */
export type AzureTokenSource = () => AzureToken | string | null | Promise<AzureToken | string | null>;

/** Environment variables. */
export type AzureVariables = Readonly<Record<string, string | undefined>>;

/**
 * How `az:` URIs are accessed. One of `accountKey`, `sasToken`, `token` and `connectionString` authenticates
 * requests. If neither an account nor one of these is given, `AZURE_STORAGE_CONNECTION_STRING` is used if it
 * is set.
 */
export interface AzureOptions {
  /** The name of the storage account. Default: `AZURE_STORAGE_ACCOUNT`, else the one in the endpoint. */
  readonly account?: string | undefined;
  /** A key of the account, in base64. Default: `AZURE_STORAGE_KEY`. */
  readonly accountKey?: string | undefined;
  /** A shared access signature: the query of its URL. Default: `AZURE_STORAGE_SAS_TOKEN`. */
  readonly sasToken?: string | undefined;
  /** Returns tokens of Microsoft Entra ID, which are sent to `https:` endpoints only. */
  readonly token?: AzureTokenSource | undefined;
  /** The connection string from the portal: account, endpoint, and a key or a shared access signature. */
  readonly connectionString?: string | undefined;
  /** The URL of the storage. Default: `https://<account>.blob.core.windows.net`. */
  readonly endpoint?: string | URL | undefined;
  /** The size of the blocks of larger files in bytes, 64 KiB to 512 MiB. Default: 8 MiB. */
  readonly blockSize?: number | undefined;
  /** Sends the requests. Default: the host's `fetch`. */
  readonly fetch?: typeof fetch | undefined;
  /** Environment variables. Default: those of the process. */
  readonly env?: AzureVariables | undefined;
}

/** The credentials of requests. */
export type AzureIdentity =
  | { readonly kind: 'key'; readonly account: string; readonly key: Uint8Array }
  | { readonly kind: 'sas'; readonly query: string }
  | { readonly kind: 'token'; readonly source: AzureTokenSource };

/** Options and variables, checked and combined. */
export interface AzureSettings {
  /** Without a slash at the end. */
  readonly endpoint: string;
  readonly identity: AzureIdentity;
  readonly blockSize: number;
}

const KIB = 1 << 10;
const MIB = 1 << 20;
const DEFAULT_BLOCK_SIZE: number = 8 * MIB;

const TYPES: OptionTypes<AzureOptions> = {
  account: 'string',
  accountKey: 'string',
  sasToken: 'string',
  token: 'function',
  connectionString: 'string',
  endpoint: undefined,
  blockSize: 'number',
  fetch: 'function',
  env: 'object',
};

/** At most one of these may be given. */
const WHO_ASKS = ['accountKey', 'sasToken', 'token', 'connectionString'] as const;

/**
 * Refuses options that cannot be used. No message shows a secret.
 *
 * @throws {CairnError} `INVALID_ARGUMENT`.
 */
export function checkAzureOptions(options: AzureOptions): void {
  checkOptionTypes(options, TYPES);
  const { blockSize = DEFAULT_BLOCK_SIZE, endpoint, accountKey, sasToken, connectionString } = options;
  const given = WHO_ASKS.filter((name) => options[name] !== undefined);
  if (given.length > 1)
    throw invalidArgument(given[1], `${given.join(' and ')} are given; leave one of them`);
  checkSize('blockSize', blockSize, 64 * KIB, 512 * MIB);
  if (endpoint !== undefined) checkEndpoint(String(endpoint), 'endpoint');
  if (accountKey !== undefined) checkKey(accountKey, 'accountKey');
  if (sasToken !== undefined) checkSas(sasToken, 'sasToken');
  if (connectionString !== undefined) parseConnectionString(connectionString, 'connectionString');
}

/**
 * Combines options and variables.
 *
 * @throws {CairnError} `INVALID_ARGUMENT` if neither has what is required.
 */
export function azureSettings(options: AzureOptions): AzureSettings {
  // Only what runs in Node, or something like it, has variables.
  const runtime = globalThis as { readonly process?: { readonly env?: AzureVariables } };
  const env = options.env ?? runtime.process?.env ?? {};
  const variable = (name: string): string | undefined => env[name] || undefined;
  const said = options.account !== undefined || WHO_ASKS.some((name) => options[name] !== undefined);
  const text = options.connectionString ?? (said ? undefined : variable('AZURE_STORAGE_CONNECTION_STRING'));
  const connection = text === undefined ? undefined : parseConnectionString(text, 'connectionString');
  const account = options.account ?? connection?.account ?? variable('AZURE_STORAGE_ACCOUNT');
  const url = options.endpoint ?? connection?.endpoint;
  if (url === undefined && account === undefined) {
    throw invalidArgument(
      'account',
      'nothing says which account is meant: set AZURE_STORAGE_ACCOUNT or AZURE_STORAGE_CONNECTION_STRING, or call ' +
        'registerAzure with account',
    );
  }
  if (account !== undefined && !/^[a-z0-9]{3,24}$/.test(account)) {
    throw invalidArgument('account', `an account's name has 3 to 24 small letters and digits: ${account}`);
  }
  const endpoint =
    url === undefined
      ? `https://${account}.blob.core.windows.net`
      : checkEndpoint(String(url), options.endpoint === undefined ? 'connectionString' : 'endpoint');
  const identity = identityOf(options, connection, variable, account ?? accountIn(endpoint));
  if (identity.kind === 'token' && !endpoint.startsWith('https:')) {
    throw invalidArgument('token', `tokens are sent to https: endpoints only, not to ${endpoint}`);
  }
  return { endpoint, identity, blockSize: options.blockSize ?? DEFAULT_BLOCK_SIZE };
}

function identityOf(
  { accountKey, sasToken, token }: AzureOptions,
  connection: StorageConnection | undefined,
  variable: (name: string) => string | undefined,
  account: string | undefined,
): AzureIdentity {
  if (token !== undefined) return { kind: 'token', source: token };
  const given = accountKey !== undefined || sasToken !== undefined;
  const found = given ? { accountKey, sasToken } : connection;
  const key = found === undefined ? variable('AZURE_STORAGE_KEY') : found.accountKey;
  const sas = found === undefined ? variable('AZURE_STORAGE_SAS_TOKEN') : found.sasToken;
  if (key !== undefined) {
    if (account === undefined)
      throw invalidArgument('account', 'a key needs the name of its account: give account, too');
    return { kind: 'key', account, key: checkKey(key, 'accountKey') };
  }
  if (sas !== undefined) return { kind: 'sas', query: checkSas(sas, 'sasToken') };
  throw invalidArgument(
    'accountKey',
    'nothing says who asks the storage: set AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN or ' +
      'AZURE_STORAGE_CONNECTION_STRING, or call registerAzure with accountKey, sasToken or token; what is public is ' +
      'read by its https: URL',
  );
}

/** The account that an endpoint of Azure's begins with. */
function accountIn(endpoint: string): string | undefined {
  return /^https?:\/\/([a-z0-9]{3,24})\.blob\./.exec(endpoint)?.[1];
}

function checkKey(key: string, argument: string): Uint8Array {
  try {
    const bytes = Uint8Array.from(atob(key.trim()), (char) => char.charCodeAt(0));
    if (bytes.length > 0) return bytes;
  } catch {
    // Said below.
  }
  throw invalidArgument(argument, "the account's key must be base64, as the portal shows it");
}

function checkSas(token: string, argument: string): string {
  const query = token.trim().replace(/^\?/, '');
  if (!/^[\x21\x22\x24-\x7e]+$/.test(query) || !/(?:^|&)sig=[^&]/.test(query)) {
    throw invalidArgument(
      argument,
      'the shared access signature must be what stands behind the question mark of its URL, with sig=… in it',
    );
  }
  return query;
}

function checkEndpoint(endpoint: string, argument: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || /[?#@]/.test(endpoint)) {
    throw invalidArgument(
      argument,
      // It may hold a signature.
      'the endpoint must be a URL such as https://account.blob.core.windows.net, without a question mark: a shared ' +
        'access signature goes to sasToken',
    );
  }
  return url.href.replace(/\/+$/, '');
}
