import { beforeEach, describe, expect, it } from 'vitest';
import { type AzureOptions, azureSettings, checkAzureOptions } from '../../../src/io/azure/azure-options.ts';
import { parseConnectionString } from '../../../src/io/azure/connection-string.ts';
import { registerAzure } from '../../../src/io/azure/index.ts';
import { locate } from '../../../src/io/uri.ts';
import { failureNow } from '../../support/failures.ts';

const KEY = 'c2VjcmV0';
const SAS = 'sv=1&sig=c2VjcmV0';
const PUBLIC = 'https://account.blob.core.windows.net';

const settings = (options: AzureOptions) => {
  checkAzureOptions(options);
  return azureSettings({ env: {}, ...options });
};

describe('options', () => {
  it('that can not be meant are refused, by name, and no secret is shown', () => {
    const wrong: [unknown, string][] = [
      [null, 'options'],
      [{ acount: 'x' }, 'acount'],
      [{ toString: 'x' }, 'toString'],
      [{ account: 7 }, 'account'],
      [{ env: null }, 'env'],
      [{ fetch: 'x' }, 'fetch'],
      [{ token: 'secret' }, 'token'],
      [{ accountKey: '@secret' }, 'accountKey'],
      [{ accountKey: '' }, 'accountKey'],
      [{ sasToken: 'secret' }, 'sasToken'],
      [{ sasToken: 'sig=' }, 'sasToken'],
      [{ sasToken: 'sig=secret#x' }, 'sasToken'],
      [{ accountKey: KEY, sasToken: SAS }, 'sasToken'],
      [{ token: () => 'x', connectionString: 'secret' }, 'connectionString'],
      [{ connectionString: 'secret' }, 'connectionString'],
      [{ connectionString: 'AccountName=a;=secret' }, 'connectionString'],
      [{ connectionString: 'AccountName=secret' }, 'connectionString'],
      [{ connectionString: 'AccountKey=secret' }, 'connectionString'],
      [{ endpoint: 'secret' }, 'endpoint'],
      [{ endpoint: 'ftp://secret' }, 'endpoint'],
      [{ endpoint: `${PUBLIC}?sig=secret` }, 'endpoint'],
      [{ endpoint: 'https://me:secret@example.org' }, 'endpoint'],
      [{ blockSize: 1000 }, 'blockSize'],
      [{ blockSize: 2 ** 20 + 0.5 }, 'blockSize'],
      [{ blockSize: 2 ** 30 }, 'blockSize'],
    ];
    for (const [options, argument] of wrong) {
      const error = failureNow(() => registerAzure(options as AzureOptions), 'INVALID_ARGUMENT');
      expect(error.argument, JSON.stringify(options)).toBe(argument);
      expect(error.message).not.toMatch(/secret|c2VjcmV0/);
    }
  });

  it('say who asks, and where', () => {
    const account = 'account';
    const key = { kind: 'key', account, key: new TextEncoder().encode('secret') };
    const sas = { kind: 'sas', query: SAS };
    for (const [options, endpoint, identity] of [
      [{ account, accountKey: KEY }, PUBLIC, key],
      [{ account, sasToken: `?${SAS}` }, PUBLIC, sas],
      [{ endpoint: `${PUBLIC}/`, accountKey: KEY }, PUBLIC, key],
      [{ endpoint: new URL('https://example.org/base/'), sasToken: SAS }, 'https://example.org/base', sas],
      [
        { account, env: { AZURE_STORAGE_KEY: KEY, AZURE_STORAGE_CONNECTION_STRING: 'nonsense' } },
        PUBLIC,
        key,
      ],
      [{ env: { AZURE_STORAGE_ACCOUNT: account, AZURE_STORAGE_KEY: KEY } }, PUBLIC, key],
      [{ env: { AZURE_STORAGE_ACCOUNT: account, AZURE_STORAGE_SAS_TOKEN: SAS } }, PUBLIC, sas],
      [{ env: { AZURE_STORAGE_CONNECTION_STRING: `AccountName=account;AccountKey=${KEY}` } }, PUBLIC, key],
      // What options say about it goes before all that variables say.
      [{ account, accountKey: KEY, env: { AZURE_STORAGE_CONNECTION_STRING: 'nonsense' } }, PUBLIC, key],
      [
        {
          env: {
            AZURE_STORAGE_CONNECTION_STRING: '',
            AZURE_STORAGE_ACCOUNT: account,
            AZURE_STORAGE_KEY: KEY,
          },
        },
        PUBLIC,
        key,
      ],
      [
        { connectionString: `BlobEndpoint=https://example.org/;SharedAccessSignature=${SAS}` },
        'https://example.org',
        sas,
      ],
    ] as [AzureOptions, string, object][]) {
      expect(settings(options)).toEqual({ endpoint, identity, blockSize: 8 * 2 ** 20 });
    }
    const token = () => 'x';
    expect(settings({ account, token, blockSize: 65_536 })).toEqual({
      endpoint: PUBLIC,
      identity: { kind: 'token', source: token },
      blockSize: 65_536,
    });
  });

  it('that leave something open say so when it is needed', () => {
    for (const [options, argument] of [
      [{}, 'account'],
      [{ accountKey: KEY }, 'account'],
      [{ account: 'account' }, 'accountKey'],
      [{ account: 'Not An Account', accountKey: KEY }, 'account'],
      [{ endpoint: 'http://127.0.0.1:10000/dev', accountKey: KEY }, 'account'],
      [{ endpoint: 'http://example.org', token: () => 'x' }, 'token'],
    ] as [AzureOptions, string][]) {
      expect(failureNow(() => settings(options), 'INVALID_ARGUMENT').argument).toBe(argument);
    }
  });
});

describe('a connection string', () => {
  it('is read in any order and case, with an equals sign in its values', () => {
    const parsed = parseConnectionString(
      ' defaultEndpointsProtocol=http ; AccountKey=a+b==;AccountName=acc;EndpointSuffix=core.chinacloudapi.cn;',
      'x',
    );
    expect(parsed).toEqual({
      account: 'acc',
      accountKey: 'a+b==',
      sasToken: undefined,
      endpoint: 'http://acc.blob.core.chinacloudapi.cn',
    });
  });

  it('may mean the emulator on this machine', () => {
    expect(settings({ connectionString: 'UseDevelopmentStorage=true;' })).toMatchObject({
      endpoint: 'http://127.0.0.1:10000/devstoreaccount1',
      identity: { kind: 'key', account: 'devstoreaccount1' },
    });
  });
});

describe('`az:` URIs', () => {
  beforeEach(() => registerAzure({ env: {} }));

  it('name a container and a blob, taken as they stand', () => {
    for (const [uri, path] of [
      ['az://container', 'container'],
      ['az://container/', 'container'],
      ['AZ://a-b-3/x//y/', 'a-b-3/x/y'],
      ['az://$web/a%20b c+é?x#y', '$web/a%20b c+é?x#y'],
      ['az://container/.a/..b', 'container/.a/..b'],
    ]) {
      expect(locate(uri).path).toBe(path);
      expect(locate(locate(uri).uri).path).toBe(path);
    }
  });

  it('that name no container, or what a blob can not be called, are refused', () => {
    const names = [
      '',
      '/',
      '//',
      '///x',
      'x',
      '/container/x',
      '//co',
      '//Container/x',
      '//a--b/x',
      '//-ab/x',
    ];
    const blobs = ['.', '..', 'a./b', 'x/a.', 'a\\b', 'a\u0001', 'a\u007f', 'a\ud800', '\udc00', 'a\uffff'];
    for (const rest of [...names, `//${'a'.repeat(64)}`, ...blobs.map((blob) => `//container/${blob}`)]) {
      failureNow(() => locate(`az:${rest}`), 'INVALID_ARGUMENT');
    }
  });
});
