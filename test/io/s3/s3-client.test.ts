import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../../../src/index.ts';
import { registerS3 } from '../../../src/io/s3/index.ts';
import type { RequestReport, StorageEntry } from '../../../src/io/storage.ts';
import { failure } from '../../support/failures.ts';
import { locateComplete, type MovingStorage } from '../../support/locate-complete.ts';
import { ODD_NAMES } from '../../support/object-names.ts';
import { QuickHost } from '../../support/quick-host.ts';
import { registerServer } from '../../support/s3-place.ts';
import { S3Server } from '../../support/s3-server.ts';
import { readFile } from '../../support/storage-tools.ts';
import { fillSized, pairsOf, readAll, utf8 } from '../../support/stores.ts';

const FILE = 'bucket/f';

let server: S3Server;
let host: QuickHost;

beforeAll(async () => {
  server = await S3Server.start();
});
afterAll(() => server.stop());
beforeEach(() => {
  server.fault = undefined;
  server.now = Date.now;
  server.pageLength = 1000;
  server.buckets.set('bucket', new Map());
  server.log.length = 0;
  host = new QuickHost();
  registerServer(server, {}, host);
});

const storage = (): MovingStorage => locateComplete('s3://bucket/f').storage;

async function list(path: string): Promise<StorageEntry[]> {
  const entries: StorageEntry[] = [];
  for await (const entry of storage().list(path)) entries.push(entry);
  return entries;
}

describe('requests', () => {
  it('are tried six times, after waits that grow, at random', async () => {
    server.fault = () => ({ status: 503, code: 'SlowDown' });
    for (const [chance, waits] of [
      [0.5, [100, 200, 400, 800, 1600]],
      [0, [0, 0, 0, 0, 0]],
    ] as const) {
      host.chance = chance;
      host.waits.length = 0;
      server.log.length = 0;
      const error = await failure(storage().remove(FILE), 'IO');
      expect(error).toMatchObject({ transient: true, uri: 's3://bucket/f' });
      expect(error.message).toMatch(/after 6 attempts.*503 SlowDown/);
      expect(server.log.length).toBe(6);
      expect(host.waits).toEqual(waits);
    }
  });

  it('wait for as long as the storage asks, within reason', async () => {
    let answers = ['2', '4', '1000'];
    const busy = async (...args: Parameters<typeof fetch>): Promise<Response> => {
      const [seconds, ...rest] = answers;
      answers = rest;
      if (seconds === undefined) return fetch(...args);
      return new Response(null, { status: 503, headers: { 'retry-after': seconds } });
    };
    registerServer(server, { fetch: busy }, host);
    const removing = storage().remove(FILE);
    while (host.limits === 0 || host.waits.length < 2 || answers.length > 0) {
      await new Promise(setImmediate);
    }
    // The longest wait is as long as the limits of time that the platform lets a test end.
    for (let i = 0; i < 5; i++) await new Promise(setImmediate);
    expect(host.waits).toEqual([2000, 4000]);
    host.expire();
    await removing;
    expect(server.log).toEqual(['DELETE bucket/f']);
  });

  it('are not tried again after five minutes', async () => {
    server.fault = () => {
      host.skip(4 * 60_000);
      return 'drop';
    };
    const error = await failure(storage().remove(FILE), 'IO');
    expect(error).toMatchObject({ transient: true, unanswered: true });
    expect(server.log.length).toBe(2);
  });

  it('have a limit of time, after which they are tried again', async () => {
    server.fault = () => (server.log.length === 1 ? 'hang' : undefined);
    const removing = storage().remove(FILE);
    while (server.log.length === 0) await new Promise(setImmediate);
    host.expire();
    await removing;
    expect(server.log.length).toBe(2);
    expect(host.limits).toBe(0);
  });

  it('that are refused are not tried again, and the message says by what and what to do', async () => {
    const wrong = { accessKeyId: 'AK', secretAccessKey: 'wrong' };
    for (const [options, message] of [
      [{ credentials: wrong }, /403 SignatureDoesNotMatch.*check the secret access key/],
      [{ credentials: 'anonymous' }, /403 AccessDenied/],
      [{ region: 'elsewhere' }, /400 AuthorizationHeaderMalformed/],
    ] as const) {
      registerServer(server, options, host);
      server.log.length = 0;
      expect((await failure(storage().remove(FILE), 'IO')).message).toMatch(message);
      expect(server.log.length).toBe(1);
    }
    registerServer(server, {}, host);
    server.now = () => Date.now() + 3_600_000;
    expect((await failure(storage().remove(FILE), 'IO')).message).toContain('clock');
    const reading = await failure(storage().open(FILE), 'IO');
    expect(reading.message).toMatch(/answered 403 RequestTimeTooSkewed.*; set the clock of this machine$/);
  });

  it.each([
    [403, 'RequestTimeTooSkewed', '', {}, 'set the clock of this machine'],
    [400, 'ExpiredToken', '', {}, 'renew the credentials'],
    [403, 'InvalidAccessKeyId', '', {}, 'check the access key: this storage does not know it'],
    [403, 'SignatureDoesNotMatch', '', {}, 'check the secret access key'],
    [
      400,
      'AuthorizationHeaderMalformed',
      '<Region>eu-test-1</Region>',
      {},
      'the bucket lies in eu-test-1: set region, or AWS_REGION',
    ],
    [
      301,
      'PermanentRedirect',
      '',
      { 'x-amz-bucket-region': 'eu-test-1' },
      'the bucket lies in eu-test-1: set region, or AWS_REGION',
    ],
    [403, 'InvalidObjectState', '', {}, 'check the credentials, and what they allow'],
  ])(
    'are refused with %i %s: reads and writes say so, and what to do',
    async (status, code, more, headers, advice) => {
      let requests = 0;
      const fetch = async (): Promise<Response> => {
        requests++;
        const body = `<Error><Code>${code}</Code><Message>why so</Message>${more}</Error>`;
        return new Response(body, { status, headers: { 'content-type': 'application/xml', ...headers } });
      };
      registerServer(server, { fetch }, host);
      const said = `: the storage answered ${status} ${code} (why so); ${advice}`;
      const writing = await failure(storage().remove(FILE), 'IO');
      expect(writing.message).toBe(`removal of s3://${FILE}${said}`);
      for (const known of [undefined, { bytes: 10 }]) {
        requests = 0;
        const read = async (): Promise<void> => {
          const source = await storage().open(FILE, known);
          await source.read(0, new Uint8Array(10)).finally(() => source.close());
        };
        const reading = await failure(read(), 'IO');
        expect(reading.message).toMatch(`reading of s3://${FILE}${said}`);
        expect(reading).toMatchObject({ transient: false, operation: 'reading' });
        expect(requests).toBe(status === 301 ? 2 : 1);
      }
    },
  );

  it('that are refused for a busy storage are sent again, and the last answer is told', async () => {
    let requests = 0;
    const fetch = async (): Promise<Response> => {
      requests++;
      return new Response('<Error><Code>SlowDown</Code><Message>less</Message></Error>', { status: 503 });
    };
    registerServer(server, { fetch }, host);
    const { message, transient } = await failure(storage().open(FILE), 'IO');
    expect([message, transient]).toEqual([
      `reading of s3://${FILE}: the storage answered 503 SlowDown (less)`,
      true,
    ]);
    expect(requests).toBe(4);
  });

  it('that look whether there is an object take one byte, none of an empty one, and say why they are refused', async () => {
    await storage().replace(FILE, utf8('text'));
    await storage().replace('bucket/empty', new Uint8Array(0));
    server.log.length = 0;
    expect(await storage().kind(FILE)).toBe('file');
    expect(await storage().kind('bucket/empty')).toBe('file');
    expect(await storage().kind('bucket/none')).toBe(undefined);
    expect(server.log).toEqual([
      'GET bucket/f',
      'GET bucket/empty',
      'HEAD bucket/empty',
      'GET bucket/none',
      'GET bucket/?list-type&encoding-type&max-keys&prefix',
    ]);
    server.fault = () => ({ status: 403, code: 'AccessDenied' });
    expect((await failure(storage().kind(FILE), 'IO')).message).toContain('403 AccessDenied');
  });

  it('that meet something else than S3 say so', async () => {
    const page = async (): Promise<Response> => new Response('<html><p>hello', { status: 200 });
    registerServer(server, { fetch: page }, host);
    expect((await failure(list('bucket/x'), 'IO')).message).toContain('no S3 storage');
  });

  it.each([
    [
      'a time that is none',
      '<Contents><Key>x/a</Key><Size>1</Size><LastModified>soon</LastModified></Contents>',
    ],
    ['no size', '<Contents><Key>x/a</Key><LastModified>2026-01-01T00:00:00Z</LastModified></Contents>'],
    [
      'a page that goes on with itself',
      '<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>',
    ],
  ])('that list are refused an answer with %s', async (_, content) => {
    const answers = async (): Promise<Response> =>
      new Response(`<ListBucketResult>${content}</ListBucketResult>`);
    registerServer(server, { fetch: answers }, host);
    expect((await failure(list('bucket/x'), 'IO')).message).toContain('makes no sense');
  });

  it.each([
    ['a time that is none', '<Upload><Key>x/a</Key><UploadId>1</UploadId></Upload>'],
    ['a page that goes on with itself', '<IsTruncated>true</IsTruncated><NextKeyMarker>t</NextKeyMarker>'],
  ])('that list uploads are refused an answer with %s', async (_, content) => {
    const answers = async (): Promise<Response> => new Response(`<Result>${content}</Result>`);
    registerServer(server, { fetch: answers }, host);
    const listing = async (): Promise<void> => {
      for await (const _each of storage().listIncompleteUploads?.('bucket/x') ?? []);
    };
    expect((await failure(listing(), 'IO')).message).toContain('makes no sense');
  });

  it('find the bucket in the path or in the host, and say where it lies if that is elsewhere', async () => {
    const urls: string[] = [];
    const moved = async (url: unknown): Promise<Response> => {
      urls.push(String(url));
      return new Response(null, { status: 301, headers: { 'x-amz-bucket-region': 'eu-north-1' } });
    };
    const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
    for (const options of [
      {},
      { region: 'eu-west-1' },
      { forcePathStyle: true },
      { endpoint: 'https://s3.example.org/base/', forcePathStyle: false },
      { endpoint: 'https://s3.example.org/base/' },
    ]) {
      registerS3({ credentials, env: {}, fetch: moved as typeof fetch, ...options });
      const error = await failure(storage().remove('bucket/a b/+é'), 'IO');
      expect(error.message).toContain('eu-north-1');
    }
    registerS3({ credentials, env: {}, fetch: moved as typeof fetch });
    await failure(storage().remove('my.bucket/x'), 'IO');
    expect(urls).toEqual([
      'https://bucket.s3.us-east-1.amazonaws.com/a%20b/%2B%C3%A9',
      'https://bucket.s3.eu-west-1.amazonaws.com/a%20b/%2B%C3%A9',
      'https://s3.us-east-1.amazonaws.com/bucket/a%20b/%2B%C3%A9',
      'https://bucket.s3.example.org/base/a%20b/%2B%C3%A9',
      'https://s3.example.org/base/bucket/a%20b/%2B%C3%A9',
      'https://s3.us-east-1.amazonaws.com/my.bucket/x',
    ]);
  });

  it('are reported to a reader that wants to know, and sent by its `fetch`', async () => {
    await storage().replace(FILE, utf8('text'));
    const reports: RequestReport[] = [];
    let sent = 0;
    const own = storage().withAccess?.({
      onRequest: (report) => reports.push(report),
      fetch: (input, init) => {
        sent++;
        return fetch(input, init);
      },
    }) as MovingStorage;
    const source = await own.open(FILE);
    await source.close();
    await own.kind(FILE);
    expect(sent).toBe(2);
    expect(reports).toMatchObject([
      { method: 'GET', status: 206, bytes: 4, attempt: 1 },
      { method: 'GET', status: 206, bytes: 1, attempt: 1 },
    ]);
  });

  it('for reading are signed anew when credentials expire', async () => {
    let asked = 0;
    const credentials = () => {
      const accessKeyId = `R${++asked}`;
      server.keys.set(accessKeyId, { secretAccessKey: 'x' });
      return { accessKeyId, secretAccessKey: 'x', expiration: new Date(Date.now() + 3_600_000) };
    };
    registerServer(server, { credentials }, host);
    await fillSized('s3://bucket/s', 'three partitions');
    (server.keys.get('R1') as { expired?: boolean }).expired = true;
    expect(await readAll('s3://bucket/s')).toEqual(pairsOf('three partitions'));
    expect(asked).toBe(2);
  });

  it('ask for credentials before these end, and say when there are none to be had', async () => {
    let asked = 0;
    server.keys.set('T', { secretAccessKey: 'x' });
    registerServer(
      server,
      {
        credentials: async () => {
          asked++;
          return {
            accessKeyId: 'T',
            secretAccessKey: 'x',
            expiration: new Date(Date.now() + (asked < 3 ? 30_000 : 1e6)),
          };
        },
      },
      host,
    );
    for (let i = 0; i < 3; i++) await storage().remove(FILE);
    expect(asked).toBe(3);
    registerServer(server, { credentials: () => Promise.reject(new Error('no network')) }, host);
    expect((await failure(storage().remove(FILE), 'IO')).message).toContain('no network');
    registerServer(server, { credentials: () => ({}) as never }, host);
    await failure(storage().remove(FILE), 'INVALID_ARGUMENT');
    registerS3({ env: {} });
    expect((await failure(openStore('s3://bucket/s'), 'INVALID_ARGUMENT')).message).toContain(
      'AWS_ACCESS_KEY_ID',
    );
  });
});

describe('keys', () => {
  const NAMES = [...ODD_NAMES, '\u0001\u001f'];

  it('of any characters come back in listings of any length, and are read', async () => {
    for (const name of NAMES) await storage().replace(`bucket/odd/${name}`, utf8(name));
    for (const name of NAMES) await storage().replace(`bucket/odd/directory ${name}/x`, utf8(name));
    for (const pageLength of [1000, 3, 1]) {
      server.pageLength = pageLength;
      const entries = await list('bucket/odd');
      expect(entries.map(({ name }) => name).sort()).toEqual(
        [...NAMES, ...NAMES.map((name) => `directory ${name}`)].sort(),
      );
      expect(entries.filter(({ kind }) => kind === 'directory').length).toBe(NAMES.length);
    }
    for (const name of NAMES) {
      expect(await readFile(`s3://bucket/odd/${name}`)).toEqual(utf8(name));
      await storage().link(`bucket/odd/${name}`, `bucket/copy/${name}`);
    }
    expect((await list('bucket/copy')).length).toBe(NAMES.length);
    await storage().moveDirectory('bucket/odd', 'bucket/moved');
    expect((await list('bucket/moved')).length).toBe(2 * NAMES.length);
    expect(await list('bucket/odd')).toEqual([]);
  });

  it('of empty objects are opened', async () => {
    await storage().replace(FILE, new Uint8Array(0));
    expect((await readFile('s3://bucket/f')).length).toBe(0);
  });
});
