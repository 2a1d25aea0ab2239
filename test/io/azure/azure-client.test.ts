import { beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../../../src/index.ts';
import { type AzureOptions, registerAzure } from '../../../src/io/azure/index.ts';
import type { RequestReport, StorageEntry } from '../../../src/io/storage.ts';
import { ACCOUNT, AzureFake, KEY, registerFake, SAS } from '../../support/azure-fake.ts';
import { failure, rejection } from '../../support/failures.ts';
import { locateComplete, type MovingStorage } from '../../support/locate-complete.ts';
import { ODD_NAMES } from '../../support/object-names.ts';
import { QuickHost } from '../../support/quick-host.ts';
import { readFile } from '../../support/storage-tools.ts';
import { fillSized, pairsOf, readAll, utf8 } from '../../support/stores.ts';

const FILE = 'container/f';
const URI = 'az://container/f';

let fake: AzureFake;
let host: QuickHost;

beforeEach(() => {
  fake = new AzureFake();
  host = new QuickHost();
  registerFake(fake, {}, host);
});

const storage = (): MovingStorage => locateComplete(URI).storage;

async function list(path: string): Promise<StorageEntry[]> {
  const entries: StorageEntry[] = [];
  for await (const entry of storage().list(path)) entries.push(entry);
  return entries;
}

/** Everything that an error says to whoever prints it. */
function told(error: unknown): string {
  const texts: string[] = [];
  for (let each = error; each instanceof Error; each = each.cause) {
    texts.push(each.message, each.stack ?? '', JSON.stringify(each));
  }
  return texts.join('\n');
}

describe('requests', () => {
  it('are tried six times, after waits that grow, at random', async () => {
    fake.fault = () => ({ status: 503, code: 'ServerBusy' });
    const error = await failure(storage().remove(FILE), 'IO');
    expect(error).toMatchObject({ transient: true, uri: URI });
    expect(error.message).toMatch(/after 6 attempts.*503 ServerBusy/);
    expect(fake.log.length).toBe(6);
    expect(host.waits).toEqual([100, 200, 400, 800, 1600]);
  });

  it('have a limit of time, after which they are tried again', async () => {
    fake.fault = () => (fake.log.length === 1 ? 'hang' : undefined);
    const removing = storage().remove(FILE);
    while (host.limits === 0 || fake.log.length === 0) await new Promise(setImmediate);
    host.expire();
    await removing;
    expect(fake.log.length).toBe(2);
    expect(host.limits).toBe(0);
  });

  it('that are refused are not tried again, and the message says by what and what to do', async () => {
    for (const [options, message] of [
      [{ accountKey: 'AAAA' }, /403 AuthenticationFailed.*check the key/],
      [{ sasToken: SAS.replace('rwdlc', 'r') }, /403 AuthenticationFailed.*shared access signature/],
      [{ token: () => 'unknown' }, /401 InvalidAuthenticationInfo.*check the token/],
    ] as [AzureOptions, RegExp][]) {
      registerFake(fake, options, host);
      fake.log.length = 0;
      const error = await failure(storage().putIfAbsent(FILE, utf8('x')), 'IO');
      expect(error.message).toMatch(message);
      expect(error.message).not.toContain('RequestId');
      expect(error).toMatchObject({ transient: false });
    }
    const reading = await failure(readFile(URI), 'IO');
    expect(reading.message).toMatch(/answered 401 InvalidAuthenticationInfo.*; check the token/);
    fake.fault = () => ({ status: 403, code: 'AuthorizationFailure' });
    const refused = await failure(readFile(URI), 'IO');
    expect(refused.message).toMatch(/answered 403 AuthorizationFailure.*; check the key/);
    const writing = await failure(storage().remove(FILE), 'IO');
    expect(refused.message.replace(/^reading/, 'removal')).toBe(writing.message);
    for (const { message } of [reading, refused]) expect(message).not.toMatch(/S3|openStore|signed URL/);
  });

  it('name what is missing: the container, or the blob', async () => {
    expect((await failure(storage().putIfAbsent('nowhere/f', utf8('x')), 'NOT_FOUND')).message).toContain(
      'container',
    );
    await failure(readFile(URI), 'NOT_FOUND');
    await failure(() => storage().open('container'), 'NOT_FOUND');
    expect(await list('nowhere')).toEqual([]);
    expect([await storage().kind('nowhere'), await storage().kind('container')]).toEqual([
      undefined,
      'directory',
    ]);
  });

  it('that meet something else than Azure say so', async () => {
    for (const page of ['<html><p>hello', '<html><p>hello</p></html>', '']) {
      registerFake(fake, { fetch: async () => new Response(page, { status: 200 }) }, host);
      expect((await failure(list('container/x'), 'IO')).message).toContain('no Azure storage');
    }
    registerFake(fake, { fetch: async () => new Response('no', { status: 404 }) }, host);
    await failure(storage().putIfAbsent(FILE, utf8('x')), 'NOT_FOUND');
    registerFake(fake, { fetch: async () => new Response('no', { status: 501 }) }, host);
    await failure(storage().putIfAbsent(FILE, utf8('x')), 'UNSUPPORTED');
  });

  it('go where the options say, each part of a name encoded', async () => {
    const urls: string[] = [];
    const fetch = async (url: unknown): Promise<Response> => {
      urls.push(String(url));
      return new Response(null, { status: 202 });
    };
    const from = { accountKey: KEY, account: ACCOUNT, env: {}, fetch: fetch as typeof globalThis.fetch };
    for (const endpoint of [undefined, 'http://127.0.0.1:10000/account/']) {
      registerAzure({ ...from, endpoint });
      await storage().remove("container/a b/+é!'()*~");
    }
    expect(urls).toEqual([
      'https://account.blob.core.windows.net/container/a%20b/%2B%C3%A9%21%27%28%29%2A~',
      'http://127.0.0.1:10000/account/container/a%20b/%2B%C3%A9%21%27%28%29%2A~',
    ]);
  });

  it('end with the reason of a signal', async () => {
    const reason = new Error('stop');
    expect(await rejection(openStore('az://container/s', { signal: AbortSignal.abort(reason) }))).toBe(
      reason,
    );
  });
});

describe('a shared access signature', () => {
  beforeEach(() => registerFake(fake, { sasToken: SAS }, host));

  it('goes with every request, also with the address of what is copied', async () => {
    await fillSized('az://container/s', 'three partitions');
    await storage().moveDirectory('container/s', 'container/t');
    expect(await readAll('az://container/t')).toEqual(pairsOf('three partitions'));
  });

  it('is in no message and no report, whatever the platform says', async () => {
    await fillSized('az://container/s', 'two pairs');
    const secret = 'c2Vj+mV0=';
    const shown: string[] = [];
    const reports: RequestReport[] = [];
    const own = storage().withAccess?.({ onRequest: (report) => reports.push(report) }) as MovingStorage;
    const see = async (act: Promise<unknown>): Promise<void> => {
      shown.push(told(await failure(act, 'IO', 'ALREADY_EXISTS')));
    };
    fake.fault = () => 'drop';
    await see(own.remove(FILE));
    await see(own.putIfAbsent(FILE, utf8('x')));
    await see(own.open('container/s/MANIFEST.json'));
    await see(own.link('container/s/MANIFEST.json', FILE));
    await see(openStore('az://container/s'));
    fake.fault = () => ({ status: 403, code: 'AuthorizationPermissionMismatch' });
    await see(own.remove(FILE));
    await see(own.open('container/s/MANIFEST.json'));
    fake.fault = undefined;
    await see(own.link('container/s/MANIFEST.json', 'container/s/MANIFEST.json'));
    const all = shown.join('\n') + JSON.stringify(reports);
    expect(all).toContain('az://container/f');
    expect(all).toContain('reset');
    expect(reports.length).toBeGreaterThan(10);
    for (const form of [secret, encodeURIComponent(secret), SAS]) expect(all).not.toContain(form);
  });
});

describe('tokens', () => {
  it('are asked for once by all who wait, and again before they end', async () => {
    let asked = 0;
    let ends = Date.now() + 3_600_000;
    const token = async () => {
      const name = `T${++asked}`;
      fake.tokens.add(name);
      return { token: name, expiresOnTimestamp: ends };
    };
    registerFake(fake, { token }, host);
    await Promise.all([1, 2, 3].map((i) => storage().putIfAbsent(`container/${i}`, utf8('x'))));
    await storage().remove(FILE);
    expect(asked).toBe(1);
    ends = Date.now() + 30_000;
    registerFake(fake, { token }, host);
    for (let i = 0; i < 3; i++) await storage().remove(FILE);
    expect(asked).toBe(4);
  });

  it('that are refused are asked for anew, once, also by readers', async () => {
    let asked = 0;
    const token = () => `T${++asked}`;
    registerFake(fake, { token }, host);
    for (const name of ['T2', 'T4']) fake.tokens.add(name);
    await fillSized('az://container/s', 'three partitions');
    expect(asked).toBe(2);
    fake.tokens.delete('T2');
    asked = 3;
    expect(await readAll('az://container/s')).toEqual(pairsOf('three partitions'));
    expect(asked).toBe(4);
    fake.tokens.clear();
    await failure(storage().remove(FILE), 'IO');
    expect(asked).toBe(5);
  });

  it('that can not be had say so, and show nothing', async () => {
    for (const [token, code, message] of [
      [() => Promise.reject(new Error('no network')), 'IO', 'no network'],
      [() => null, 'INVALID_ARGUMENT', 'token'],
      [() => ({ token: '' }), 'INVALID_ARGUMENT', 'token'],
      [() => 'se\ncret', 'INVALID_ARGUMENT', 'token'],
    ] as [() => never, 'IO', string][]) {
      registerFake(fake, { token }, host);
      const error = await failure(storage().remove(FILE), code);
      expect(error.message).toContain(message);
      expect(error.message).not.toContain('se\n');
      expect(fake.log).toEqual([]);
    }
  });

  it('are asked for again after a failure', async () => {
    fake.tokens.add('T');
    const refuse = (): never => {
      throw new Error('no network');
    };
    for (const fail of [refuse, async () => refuse()]) {
      let asked = 0;
      registerFake(fake, { token: () => (++asked === 1 ? fail() : 'T') }, host);
      await failure(storage().remove(FILE), 'IO');
      await storage().remove(FILE);
      expect(asked).toBe(2);
    }
  });
});

describe('a reader', () => {
  it('has its requests reported, and sent by its own `fetch`', async () => {
    await storage().replace(FILE, utf8('text'));
    const reports: RequestReport[] = [];
    let sent = 0;
    const own = storage().withAccess?.({
      onRequest: (report) => reports.push(report),
      fetch: (input, init) => {
        sent++;
        return fake.fetch(input, init);
      },
    }) as MovingStorage;
    const source = await own.open(FILE);
    await source.close();
    await own.kind(FILE);
    expect(sent).toBe(2);
    expect(reports).toMatchObject([
      { method: 'GET', status: 206, bytes: 4, attempt: 1 },
      { method: 'HEAD', status: 200, bytes: 0, attempt: 1 },
    ]);
  });

  it('opens an empty blob', async () => {
    await storage().replace(FILE, new Uint8Array(0));
    expect((await readFile(URI)).length).toBe(0);
  });

  it('says which variables are missing', async () => {
    registerAzure({ env: {} });
    const error = await failure(openStore('az://container/s'), 'INVALID_ARGUMENT');
    expect(error.message).toContain('AZURE_STORAGE_ACCOUNT');
    registerAzure({ env: { AZURE_STORAGE_ACCOUNT: 'account' } });
    expect((await failure(openStore('az://container/s'), 'INVALID_ARGUMENT')).message).toContain(
      'AZURE_STORAGE_KEY',
    );
  });
});

describe('listings', () => {
  it.each([5000, 3, 1])('of pages of %i have every name, of any characters', async (pageLength) => {
    for (const name of ODD_NAMES) {
      await storage().replace(`container/odd/${name}`, utf8(name));
      await storage().replace(`container/odd/directory ${name}/x`, utf8(name));
    }
    fake.pageLength = pageLength;
    const entries = await list('container/odd');
    expect(entries.map(({ name }) => name).sort()).toEqual(
      [...ODD_NAMES, ...ODD_NAMES.map((name) => `directory ${name}`)].sort(),
    );
    expect(entries.filter(({ kind }) => kind === 'directory').length).toBe(ODD_NAMES.length);
    await storage().moveDirectory('container/odd', 'container/moved');
    expect((await list('container/moved')).length).toBe(2 * ODD_NAMES.length);
    expect(await list('container/odd')).toEqual([]);
    for (const name of ODD_NAMES) expect(await readFile(`az://container/moved/${name}`)).toEqual(utf8(name));
  });

  it('have names that XML has no room for, and refuse what is not encoded', async () => {
    await fake.fetch('https://account.blob.core.windows.net/container').catch(() => undefined);
    registerFake(fake, { sasToken: SAS });
    await fake.fetch(`https://account.blob.core.windows.net/container/d/a%EF%BF%BF<%26?${SAS}`, {
      method: 'PUT',
      headers: { 'x-ms-version': '2021-12-02', 'x-ms-blob-type': 'BlockBlob' },
    });
    expect((await list('container/d')).map(({ name }) => name)).toEqual(['a\uffff<&']);
    const wrong =
      '<EnumerationResults><Blobs><Blob><Name Encoded="true">%zz</Name></Blob></Blobs></EnumerationResults>';
    registerFake(fake, { fetch: async () => new Response(wrong) }, host);
    await failure(list('container/d'), 'IO');
  });

  it('without sizes or times, or without an end, are refused', async () => {
    const time = '<Last-Modified>Sat, 21 Nov 2026 15:00:00 GMT</Last-Modified>';
    const size = '<Content-Length>1</Content-Length>';
    for (const [properties, rest, message] of [
      [time, '', 'Content-Length'],
      [size, '', 'Last-Modified'],
      [time + size, '<NextMarker>same</NextMarker>', 'goes on with itself'],
    ]) {
      const blob = `<Blob><Name>d/f</Name><Properties>${properties}</Properties></Blob>`;
      const page = `<EnumerationResults><Blobs>${blob}</Blobs>${rest}</EnumerationResults>`;
      registerFake(fake, { fetch: async () => new Response(page) }, host);
      expect((await failure(list('container/d'), 'IO')).message).toContain(message);
    }
  });

  it('and all else take a blob that stands for a directory as one', async () => {
    const mark = (name: string): void => {
      const metadata = { 'x-ms-meta-hdi_isfolder': 'true' };
      const blob = { bytes: new Uint8Array(0), etag: `"${name}"`, modifiedMs: 0, metadata };
      fake.containers.get('container')?.set(name, blob);
    };
    for (const name of ['a', 'a/b', 'a/b/c', 'empty']) mark(name);
    await storage().replace('container/a/b/f', utf8('x'));
    expect(await list('container')).toMatchObject([
      { name: 'a', kind: 'directory' },
      { name: 'empty', kind: 'directory' },
    ]);
    expect((await list('container/a/b')).map(({ name, kind }) => `${kind} ${name}`).sort()).toEqual([
      'directory c',
      'file f',
    ]);
    expect(await storage().kind('container/a/b/c')).toBe('directory');
    expect(await storage().removeDirectory('container/a')).toBe(false);
    expect(await storage().removeDirectory('container/empty')).toBe(true);
    await storage().moveDirectory('container/a', 'container/z');
    expect(fake.names()).toEqual(['z/b/f']);
  });
});
