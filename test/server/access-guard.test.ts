import { describe, expect, it } from 'vitest';
import { hostName, isLoopback, isSame } from '../../src/server/access-guard.ts';
import { directoryPerTest } from '../support/directory-per-test.ts';
import { ask, servedRoots } from '../support/served-root.ts';

const at = directoryPerTest();
const roots = servedRoots();

describe('a server of this machine', () => {
  it.each(['localhost', 'localhost:8080', '127.0.0.1:8080', '[::1]:8080', '127.3.2.1', 'cairn.localhost:1'])(
    'is addressed as %s',
    async (host) => {
      const server = roots.make({ root: at('.') });
      expect((await server.fetch(ask('/healthz', { headers: { host } }))).status).toBe(200);
    },
  );

  it.each([
    'evil.example',
    'evil.example:8080',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    '10.0.0.1',
    '[::2]',
  ])('is not addressed as %s, to which a page may have rebound its name', async (host) => {
    const server = roots.make({ root: at('.') });
    const answer = await server.fetch(ask('/api/v1/stores', { headers: { host } }));
    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain('this server is not addressed as');
  });

  it('is not addressed by a URL of another name either', async () => {
    const server = roots.make({ root: at('.') });
    const request = new Request('http://evil.example/api/v1/stores', { headers: { host: 'localhost' } });
    expect((await server.fetch(request)).status).toBe(403);
  });

  it('may have other names', async () => {
    const server = roots.make({ root: at('.'), allowedHosts: ['KV.example'] });
    expect((await server.fetch(ask('/healthz', { headers: { host: 'kv.Example:443' } }))).status).toBe(200);
    expect((await server.fetch(ask('/healthz', { headers: { host: 'other.example' } }))).status).toBe(403);
  });

  it.each([
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: 'http://localhost:9999' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ])('is not changed by the pages of others: %j', async (headers) => {
    const server = roots.make({ root: at('.') });
    for (const [method, path] of [
      ['POST', '/session'],
      ['DELETE', '/session'],
    ]) {
      const answer = await server.fetch(
        ask(path, { method, headers, ...(method === 'POST' ? { body: '{}' } : {}) }),
      );
      expect(answer.status).toBe(403);
    }
  });

  it('is changed by its own page, and by programs', async () => {
    const server = roots.make({ root: at('.') });
    for (const headers of [{ origin: 'http://localhost:8080', 'sec-fetch-site': 'same-origin' }, {}]) {
      const answer = await server.fetch(ask('/session', { method: 'POST', headers, body: '{"token":"x"}' }));
      expect(answer.status).toBe(204);
    }
  });
});

describe('a token', () => {
  const GUARDED = ['/api/v1/stores', '/files/', '/metrics'];

  it.each([
    ['', 401],
    ['Bearer secret', 200],
    ['bearer   secret', 200],
    [`Basic ${btoa('anyone:secret')}`, 200],
    ['Bearer secre', 401],
    ['Bearer secrets', 401],
    ['Bearer secretsecret', 401],
    ['Bearer', 401],
    ['Basic secret', 401],
    ['Basic %%%', 401],
    [`Basic ${btoa('secret:')}`, 401],
    ['secret', 401],
  ])('is asked for where data is: %j is %i', async (authorization, status) => {
    const server = roots.make({ root: at('.'), token: 'secret' });
    const headers: Record<string, string> = authorization === '' ? {} : { authorization };
    for (const path of GUARDED) {
      const answer = await server.fetch(ask(path, { headers }));
      expect([path, answer.status]).toEqual([path, status]);
      if (status === 401) expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="cairn"');
    }
    for (const path of ['/', '/healthz', '/openapi.json'])
      expect((await server.fetch(ask(path, { headers }))).status).toBe(200);
  });

  it('is traded for a cookie that scripts and other sites do not have', async () => {
    let timeMs = 0;
    const server = roots.make({ root: at('.'), token: 'secret', clock: () => timeMs });
    const login = (token: unknown): Promise<Response> =>
      server.fetch(ask('/session', { method: 'POST', body: JSON.stringify({ token }) }));
    expect((await login('wrong')).status).toBe(401);
    expect((await login(1)).status).toBe(422);
    const answer = await login('secret');
    expect(answer.status).toBe(204);
    const cookie = answer.headers.get('set-cookie') as string;
    expect(cookie).toMatch(/^cairn_session=[0-9a-f]{64}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/);
    const session = cookie.split(';')[0];
    const status = async (sent: string): Promise<number> =>
      (await server.fetch(ask('/api/v1/stores', { headers: { cookie: sent } }))).status;
    expect(await status(`a=b; ${session}; c=d`)).toBe(200);
    expect(await status('cairn_session=')).toBe(401);
    expect(await status(`cairn_session=${'0'.repeat(64)}`)).toBe(401);
    timeMs = 12 * 60 * 60 * 1000;
    expect(await status(session)).toBe(401);
    timeMs = 0;
    const again = (await login('secret')).headers.get('set-cookie')?.split(';')[0] as string;
    expect(await status(again)).toBe(200);
    await server.fetch(ask('/session', { method: 'DELETE', headers: { cookie: again } }));
    expect(await status(again)).toBe(401);
  });

  it('is needed on an address of other machines, unless one says otherwise', async () => {
    const open = roots.make({ root: at('.') });
    await expect(open.listen({ host: '0.0.0.0', port: 0 })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      argument: 'host',
      message: expect.stringContaining('set a token'),
    });
    const insecure = await open.listen({ host: '0.0.0.0', port: 0, insecure: true });
    const ofName = (name: string) => ask('/healthz', { headers: { host: `${name}:${insecure.port}` } });
    expect((await open.fetch(ofName('192.168.1.5'))).status).toBe(200);
    expect((await open.fetch(ofName('evil.example'))).status).toBe(403);
    const guarded = roots.make({ root: at('.'), token: 'secret' });
    await guarded.listen({ host: '0.0.0.0', port: 0 });
    expect((await guarded.fetch(ofName('kv.example'))).status).toBe(200);
  });
});

describe('the parts', () => {
  it('compare whole texts', () => {
    expect([
      isSame('a', 'a'),
      isSame('', 'a'),
      isSame('aa', 'a'),
      isSame('b', 'a'),
      isSame('a\0', 'a'),
    ]).toEqual([true, false, false, false, false]);
  });

  it('know loopback', () => {
    expect(hostName('[::1]:80')).toBe('[::1]');
    expect(hostName('::1')).toBe('[::1]');
    expect(hostName('A.b:1')).toBe('a.b');
    expect(['::1', '127.9.9.9', 'localhost'].every(isLoopback)).toBe(true);
    expect(['0.0.0.0', '::', '127.0.0.1.evil', 'example.org'].some(isLoopback)).toBe(false);
  });
});
