import { invalidArgument } from '../../errors.ts';
import { checkOptionTypes, checkSize, type OptionTypes } from '../objects/check-option-types.ts';

/** Credentials of a request, as the AWS SDK's credential providers return them. */
export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  /** When they expire; a function that returns credentials is called again before that. */
  readonly expiration?: Date | undefined;
}

/** Environment variables. */
export type S3Variables = Readonly<Record<string, string | undefined>>;

/**
 * How `s3:` URIs are accessed. Options that are absent are taken from environment variables, or have a
 * default.
 */
export interface S3Options {
  /**
   * The URL of the storage, such as `https://minio.example.org:9000`. Default: `AWS_ENDPOINT_URL_S3` or
   * `AWS_ENDPOINT_URL`, else Amazon's own.
   */
  readonly endpoint?: string | URL | undefined;
  /** Default: `AWS_REGION` or `AWS_DEFAULT_REGION`, else `us-east-1`. */
  readonly region?: string | undefined;
  /**
   * Credentials, a function that returns them and is called again when they expire, or `'anonymous'` for
   * public buckets. Default: `'anonymous'` if `CAIRN_S3_CREDENTIALS` is that, else `AWS_ACCESS_KEY_ID`,
   * `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`.
   */
  readonly credentials?:
    | S3Credentials
    | (() => S3Credentials | Promise<S3Credentials>)
    | 'anonymous'
    | undefined;
  /**
   * Whether the bucket is part of a URL's path rather than of its host name. Default: true with an
   * `endpoint`; for Amazon's own, only for buckets with a dot in their name.
   */
  readonly forcePathStyle?: boolean | undefined;
  /**
   * `'conditional'` commits by `If-None-Match`, and refuses to write to a storage that ignores it. `'unsafe'`
   * checks and then writes: of two writers that close one store at the same time both may succeed, and one
   * store is lost. Use it only if there is one writer. Default: `CAIRN_S3_COMMIT`, else `'conditional'`.
   */
  readonly commit?: 'conditional' | 'unsafe' | undefined;
  /** The size of the parts of larger files in bytes, 5 MiB to 512 MiB. Default: 8 MiB. */
  readonly partSize?: number | undefined;
  /** Sends the requests. Default: the host's `fetch`. */
  readonly fetch?: typeof fetch | undefined;
  /** Environment variables. Default: those of the process. */
  readonly env?: S3Variables | undefined;
}

/** Options and variables, checked and combined. */
export interface S3Settings {
  /** Without a slash at the end. */
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: S3Credentials | (() => S3Credentials | Promise<S3Credentials>) | 'anonymous';
  /** Undefined: true only for buckets with a dot. */
  readonly forcePathStyle: boolean | undefined;
  readonly conditional: boolean;
  readonly partSize: number;
}

const MIB = 1 << 20;
const DEFAULT_PART_SIZE: number = 8 * MIB;

const TYPES: OptionTypes<S3Options> = {
  endpoint: undefined,
  region: 'string',
  credentials: undefined,
  forcePathStyle: 'boolean',
  commit: undefined,
  partSize: 'number',
  fetch: 'function',
  env: 'object',
};

/**
 * Refuses options that cannot be used.
 *
 * @throws {CairnError} `INVALID_ARGUMENT`.
 */
export function checkS3Options(options: S3Options): void {
  checkOptionTypes(options, TYPES);
  const { commit, partSize = DEFAULT_PART_SIZE, credentials, endpoint, region } = options;
  checkCommit(commit);
  checkSize('partSize', partSize, 5 * MIB, 512 * MIB);
  if (endpoint !== undefined) checkEndpoint(String(endpoint));
  if (region !== undefined) checkRegion(region);
  if (credentials !== undefined && credentials !== 'anonymous' && typeof credentials !== 'function') {
    checkCredentials(credentials);
  }
}

/**
 * Combines options and variables.
 *
 * @throws {CairnError} `INVALID_ARGUMENT` if neither has what is required.
 */
export function s3Settings(options: S3Options): S3Settings {
  // Only what runs in Node, or something like it, has variables.
  const runtime = globalThis as { readonly process?: { readonly env?: S3Variables } };
  const env = options.env ?? runtime.process?.env ?? {};
  const variable = (...names: string[]): string | undefined => {
    const name = names.find((each) => env[each] !== undefined && env[each] !== '');
    return name === undefined ? undefined : env[name];
  };
  const region = options.region ?? variable('AWS_REGION', 'AWS_DEFAULT_REGION') ?? 'us-east-1';
  const given = options.endpoint ?? variable('AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL');
  const accessKeyId = variable('AWS_ACCESS_KEY_ID');
  const secretAccessKey = variable('AWS_SECRET_ACCESS_KEY');
  const sessionToken = variable('AWS_SESSION_TOKEN');
  const commit = options.commit ?? variable('CAIRN_S3_COMMIT');
  checkCommit(commit);
  let credentials = options.credentials ?? checkAnonymous(variable('CAIRN_S3_CREDENTIALS'));
  if (credentials === undefined) {
    if (accessKeyId === undefined || secretAccessKey === undefined) {
      throw invalidArgument(
        'credentials',
        'nothing says who asks the storage: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or ' +
          'CAIRN_S3_CREDENTIALS=anonymous for public buckets, or call registerS3 with credentials',
      );
    }
    credentials = checkCredentials({ accessKeyId, secretAccessKey, sessionToken });
  }
  return {
    endpoint: given === undefined ? `https://s3.${region}.amazonaws.com` : checkEndpoint(String(given)),
    region: checkRegion(region),
    credentials,
    forcePathStyle: options.forcePathStyle ?? (given === undefined ? undefined : true),
    conditional: commit !== 'unsafe',
    partSize: options.partSize ?? DEFAULT_PART_SIZE,
  };
}

// They go into headers, which refuse anything else by printing it.
const PRINTABLE = /^(?! )[ -~]*(?<! )$/;
// A line's end is often read from a file with it.
const UNPRINTABLE = /^\s|\s$|\p{Cc}/u;

/** Refuses what are no keys; the message shows none. @throws {CairnError} `INVALID_ARGUMENT`. */
export function checkCredentials(credentials: S3Credentials): S3Credentials {
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = (credentials ??
    {}) as Partial<S3Credentials>;
  if (typeof accessKeyId !== 'string' || typeof secretAccessKey !== 'string' || accessKeyId === '') {
    throw invalidArgument(
      'credentials',
      'credentials must have an accessKeyId and a secretAccessKey, both texts',
    );
  }
  if (sessionToken !== undefined && typeof sessionToken !== 'string') {
    throw invalidArgument('credentials', "the credentials' sessionToken must be a text");
  }
  const wrong = UNPRINTABLE.test(secretAccessKey)
    ? 'secretAccessKey'
    : Object.entries({ accessKeyId, sessionToken }).find(([, word = '']) => !PRINTABLE.test(word))?.[0];
  if (wrong !== undefined) {
    throw invalidArgument(
      'credentials',
      `the credentials' ${wrong} has a line's end or a control character in it, begins or ends with a space, or goes beyond ASCII`,
    );
  }
  if (expiration !== undefined && !(expiration instanceof Date && !Number.isNaN(expiration.getTime()))) {
    throw invalidArgument('credentials', "the credentials' expiration must be a Date");
  }
  return credentials;
}

function checkAnonymous(credentials: string | undefined): 'anonymous' | undefined {
  if (credentials === undefined || credentials === 'anonymous') return credentials;
  throw invalidArgument('credentials', "CAIRN_S3_CREDENTIALS must be 'anonymous', or not be set");
}

function checkCommit(commit: string | undefined): void {
  if (commit === undefined || commit === 'conditional' || commit === 'unsafe') return;
  throw invalidArgument('commit', "commit, or CAIRN_S3_COMMIT, must be 'conditional' or 'unsafe'");
}

function checkRegion(region: string): string {
  if (/^[A-Za-z0-9-]+$/.test(region)) return region;
  throw invalidArgument(
    'region',
    `the region must be a name such as eu-central-1, not ${JSON.stringify(region)}`,
  );
}

function checkEndpoint(endpoint: string): string {
  let url: URL | undefined;
  try {
    url = new URL(endpoint);
  } catch {
    // Said below.
  }
  if (url !== undefined && (url.username !== '' || url.password !== '')) {
    throw invalidArgument('endpoint', `the endpoint ${url.host} must be given without a name and a password`);
  }
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') {
    throw invalidArgument(
      'endpoint',
      `the endpoint must be a URL such as https://s3.example.org, not ${endpoint}`,
    );
  }
  return url.href.replace(/\/+$/, '');
}
