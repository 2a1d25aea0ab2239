import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { openCollection } from '../../../src/node/collection.ts';
import { createStore, openStore } from '../../../src/node/index.ts';
import type { CairnServer } from '../../../src/node/server.ts';
import { directoryPerTest } from '../../support/directory-per-test.ts';
import { cairn, must } from '../../support/run-cairn.ts';
import { ask, servedRoots } from '../../support/served-root.ts';

const at = directoryPerTest();
const roots = servedRoots();
let server: CairnServer;
let file = '';
let bytes: Buffer;

beforeEach(async () => {
  const writer = await createStore(at('fruit'));
  for (let i = 0; i < 2000; i++) writer.put(`fruit-${10_000 + i}`, { i, text: 'stones '.repeat(i % 50) });
  await writer.close();
  const [name] = readdirSync(at('fruit/data'));
  file = `/files/fruit/data/${name}`;
  bytes = readFileSync(at(`fruit/data/${name}`));
  server = roots.make({ root: at('.') });
});

function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Response> {
  return server.fetch(ask(path, { method, headers }));
}

/** The body is read, so that the file is closed. */
async function statusOf(path: string, headers: Record<string, string>): Promise<number> {
  const answer = await get(path, headers);
  await answer.arrayBuffer();
  return answer.status;
}

async function bodyOf(answer: Response): Promise<Buffer> {
  return Buffer.from(await answer.arrayBuffer());
}

describe('the files of a server', () => {
  it('are sent whole, with a strong tag', async () => {
    const answer = await get(file);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('etag')).toMatch(/^"[^"]+"$/);
    expect(answer.headers.get('accept-ranges')).toBe('bytes');
    expect(answer.headers.get('content-length')).toBe(`${bytes.length}`);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect((await bodyOf(answer)).equals(bytes)).toBe(true);
  });

  it.each([
    ['bytes=0-0', 0, 1],
    ['bytes=10-19', 10, 20],
    ['bytes=5-', 5, undefined],
    ['bytes=-7', -7, undefined],
    ['bytes=0-99999999999', 0, undefined],
    ['bytes=-99999999999', 0, undefined],
  ])('are sent by the range %s', async (range, from, to) => {
    const answer = await get(file, { range });
    const part = bytes.subarray(from, to);
    expect(answer.status).toBe(206);
    const start = from < 0 ? bytes.length + from : from;
    expect(answer.headers.get('content-range')).toBe(
      `bytes ${start}-${start + part.length - 1}/${bytes.length}`,
    );
    expect((await bodyOf(answer)).equals(part)).toBe(true);
  });

  it.each(['bytes=9-5', 'bytes=', 'bytes=-', 'lines=0-1', 'bytes=0-1,4-5', 'bytes=a-b', 'bytes 0-1'])(
    'are sent whole where %s is no range, or several',
    async (range) => {
      const answer = await get(file, { range });
      expect(answer.status).toBe(200);
      expect((await bodyOf(answer)).length).toBe(bytes.length);
    },
  );

  it.each(['bytes=99999999-', 'bytes=-0'])('end before %s: 416', async (range) => {
    const answer = await get(file, { range });
    expect(answer.status).toBe(416);
    expect(answer.headers.get('content-range')).toBe(`bytes */${bytes.length}`);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  });

  it('are asked for on conditions', async () => {
    const first = await get(file);
    await first.arrayBuffer();
    const etag = first.headers.get('etag') as string;
    const modified = first.headers.get('last-modified') as string;
    expect(await statusOf(file, { 'if-none-match': etag })).toBe(304);
    expect(await statusOf(file, { 'if-none-match': `"x", W/${etag}` })).toBe(304);
    expect(await statusOf(file, { 'if-none-match': '*' })).toBe(304);
    expect(await statusOf(file, { 'if-none-match': '"x"', 'if-modified-since': modified })).toBe(200);
    expect(await statusOf(file, { 'if-modified-since': modified })).toBe(304);
    expect(await statusOf(file, { 'if-match': '"x"' })).toBe(412);
    expect(await statusOf(file, { 'if-match': etag })).toBe(200);
    const range = 'bytes=0-1';
    expect(await statusOf(file, { range, 'if-range': etag })).toBe(206);
    expect(await statusOf(file, { range, 'if-range': modified })).toBe(206);
    expect(await statusOf(file, { range, 'if-range': '"x"' })).toBe(200);
    expect(await statusOf(file, { range, 'if-range': `W/${etag}` })).toBe(200);
  });

  it('have another tag when another file takes their place', async () => {
    const before = (await get(file, {}, 'HEAD')).headers.get('etag');
    const path = at(file.slice('/files/'.length));
    writeFileSync(`${path}.new`, bytes);
    renameSync(`${path}.new`, path);
    expect((await get(file, {}, 'HEAD')).headers.get('etag')).not.toBe(before);
  });

  it('have heads', async () => {
    const answer = await get(file, { range: 'bytes=0-1' }, 'HEAD');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-length')).toBe(`${bytes.length}`);
    expect(await answer.text()).toBe('');
  });

  it('may be asked for by the pages of others, and preflights say so', async () => {
    const answer = await get(
      file,
      { origin: 'https://example.org', 'access-control-request-method': 'GET' },
      'OPTIONS',
    );
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(answer.headers.get('access-control-allow-headers')).toContain('range');
    const guarded = roots.make({ root: at('.'), token: 'secret' });
    const refused = await guarded.fetch(ask(file));
    expect(refused.status).toBe(401);
    expect(refused.headers.get('access-control-allow-origin')).toBe(null);
  });

  it('are those of stores and collections alone', async () => {
    writeFileSync(at('secret.txt'), 'secret!');
    writeFileSync(at('.env'), 'secret!');
    mkdirSync(at('.hidden'));
    writeFileSync(at('.hidden/part-0.cairn'), 'secret!');
    mkdirSync(at('_namespaces'));
    writeFileSync(at('_namespaces/COLLECTION.json'), 'secret!');
    symlinkSync('/etc/passwd', at('passwd.cairn'));
    mkdirSync(at('pipe.cairn'));
    for (const path of [
      'secret.txt',
      '.env',
      '.hidden/part-0.cairn',
      '_namespaces/COLLECTION.json',
      'passwd.cairn',
      'pipe.cairn',
      'fruit',
      'fruit/',
      'fruit/data',
      'fruit//MANIFEST.json',
      '%2e%2e/fruit/MANIFEST.json',
      'fruit%2fMANIFEST.json',
      'fruit%5cMANIFEST.json',
      'fruit/MANIFEST.json%00',
      'fruit/MANIFEST.json/',
      `${'a/'.repeat(20)}MANIFEST.json`,
      `${'a'.repeat(300)}.cairn`,
      'nothing/MANIFEST.json',
    ]) {
      const answer = await get(`/files/${path}`);
      expect([path, answer.status]).toEqual([path, 404]);
      expect(await answer.text()).not.toContain('secret!');
    }
    linkSync(at('fruit/MANIFEST.json'), at('alone.cairn'));
    expect((await get('/files/alone.cairn')).status).toBe(200);
    expect((await get('/files/%zz')).status).toBe(400);
  });

  it('open as a store from a URL', async () => {
    const { url } = await roots.listen({ root: at('.') });
    const store = await openStore<string, { i: number }>(`${url}/files/fruit`);
    expect((await store.get('fruit-11234'))?.i).toBe(1234);
    expect(await store.count()).toBe(2000);
    let count = 0;
    for await (const _ of store.entries()) count++;
    expect(count).toBe(2000);
    expect((await store.verify()).ok).toBe(true);
    await store.close();
  });

  it('open as a collection from a URL, and follow it', async () => {
    const prices = await openCollection(at('prices'), { valueEncoding: 'utf8' });
    await prices.set('apple', '1.20');
    const { url } = await roots.listen({ root: at('.') });
    const reader = await openCollection<string, string>(`${url}/files/prices`, { readOnly: true });
    expect(await reader.get('apple')).toBe('1.20');
    await prices.set('apple', '1.30');
    await reader.refresh();
    expect(await reader.get('apple')).toBe('1.30');
    await Promise.all([reader.close(), prices.close()]);
  });

  it('are listed by cairn list, and read by the other commands', async () => {
    await must(['set', at('prices'), 'apple', '1.20', '-q']);
    const { url, server: other } = await roots.listen({ root: at('.'), token: 'secret' });
    const guarded = url.replace('://', '://x:secret@');
    for (const root of [guarded, `${guarded}/files`, `${guarded}/files/`]) {
      const { out } = await must(['list', root]);
      expect(out).toContain(`${url}/files/fruit`);
      expect(out).toContain(`${url}/files/prices`);
      expect(out).not.toContain('secret!');
    }
    expect((await must(['list', guarded, '--json'])).out.trimEnd().split('\n')).toHaveLength(2);
    expect((await must(['get', `${guarded}/files/prices`, 'apple'])).out).toBe('1.20\n');
    expect((await must(['count', `${guarded}/files/fruit`])).out).toBe('2000\n');
    expect(await cairn(['list', url])).toMatchObject({ code: 4, out: '' });
    await other.close();
  });
});
