import { invalidArgument } from '../../errors.ts';

/** The contents of a connection string. */
export interface StorageConnection {
  readonly account: string | undefined;
  readonly accountKey: string | undefined;
  readonly sasToken: string | undefined;
  readonly endpoint: string | undefined;
}

/** The meaning of `UseDevelopmentStorage=true`: the emulator on this machine, whose key is public. */
const DEVELOPMENT: StorageConnection = {
  account: 'devstoreaccount1',
  accountKey: 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==',
  sasToken: undefined,
  endpoint: 'http://127.0.0.1:10000/devstoreaccount1',
};

/**
 * Reads `AccountName=…;AccountKey=…;EndpointSuffix=…` and the like.
 *
 * @throws {CairnError} `INVALID_ARGUMENT`, without showing the text: there are secrets in it.
 */
export function parseConnectionString(text: string, argument: string): StorageConnection {
  if (/^\s*UseDevelopmentStorage=true\s*;?\s*$/i.test(text)) return DEVELOPMENT;
  const fields = new Map<string, string>();
  for (const part of text.split(';')) {
    const equals = part.indexOf('=');
    if (part.trim() === '') continue;
    if (equals < 1) throw invalidArgument(argument, `${argument} must consist of Name=value, separated by ;`);
    fields.set(part.slice(0, equals).trim().toLowerCase(), part.slice(equals + 1).trim());
  }
  const account = fields.get('accountname');
  const accountKey = fields.get('accountkey');
  const sasToken = fields.get('sharedaccesssignature');
  const suffix = fields.get('endpointsuffix') ?? 'core.windows.net';
  const protocol = fields.get('defaultendpointsprotocol') ?? 'https';
  const endpoint =
    fields.get('blobendpoint') ??
    (account === undefined ? undefined : `${protocol}://${account}.blob.${suffix}`);
  if (endpoint === undefined || (accountKey === undefined && sasToken === undefined)) {
    throw invalidArgument(
      argument,
      `${argument} must have AccountName or BlobEndpoint, and AccountKey or SharedAccessSignature`,
    );
  }
  return { account, accountKey, sasToken, endpoint };
}
