import { readdirSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { beforeEach, describe, expect, it } from 'vitest';
import { createStore } from '../../src/node/index.ts';
import { directoryPerTest } from '../support/directory-per-test.ts';
import { rawConnection, sendRaw } from '../support/raw-http.ts';
import { servedRoots } from '../support/served-root.ts';

const at = directoryPerTest();
const roots = servedRoots();

/** More than sockets and streams take at once. */
const LARGE_BYTES = 24 * 1024 * 1024;

beforeEach(async () => {
  await createStore(at('fruit'), { valueEncoding: 'binary' })
    .put('a', new Uint8Array([1]))
    .close();
});

async function largeFile(): Promise<string> {
  await createStore(at('large'), { valueEncoding: 'binary' }).put('a', new Uint8Array(LARGE_BYTES)).close();
  const [name] = readdirSync(at('large/data'));
  return `/files/large/data/${name}`;
}

const HOST = 'Host: localhost\r\n';

describe('a listener', () => {
  it('answers, and keeps connections', async () => {
    const { port } = await roots.listen({ root: at('.') });
    const connection = await rawConnection(port);
    connection.send(`GET /healthz HTTP/1.1\r\n${HOST}\r\n`);
    await connection.until(/\{"ok":true\}/);
    connection.send(`GET /api/v1/stores/fruit/count HTTP/1.1\r\n${HOST}\r\n`);
    await connection.until(/\{"count":1\}/);
    connection.socket.destroy();
  });

  it('answers HEAD without a body, and without a length that is not that of GET', async () => {
    const { port } = await roots.listen({ root: at('.') });
    const [name] = readdirSync(at('fruit/data'));
    const page = await sendRaw(port, `HEAD / HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`);
    expect(page.text).not.toMatch(/content-length/i);
    const file = await sendRaw(
      port,
      `HEAD /files/fruit/data/${name} HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`,
    );
    expect(file.text).toMatch(/^content-length: [1-9]\d+\r$/im);
    for (const { text } of [page, file]) expect(text.endsWith('\r\n\r\n')).toBe(true);
  });

  it('cuts a client that does not send its headers', async () => {
    const { port } = await roots.listen({ root: at('.'), headerTimeoutMs: 100 });
    const silent = await rawConnection(port);
    const slow = await rawConnection(port);
    slow.send('GET /healthz HTTP/1.1\r\nX-Slow: ');
    expect((await slow.closed()).status).toBe(408);
    await silent.closed();
  });

  it('cuts a client that does not send its body', async () => {
    const { port } = await roots.listen({ root: at('.'), bodyTimeoutMs: 100 });
    const slow = await rawConnection(port);
    slow.send(`POST /session HTTP/1.1\r\n${HOST}Content-Length: 100\r\n\r\n{`);
    expect((await slow.closed()).status).toBe(408);
  });

  it('cuts a connection that is idle', async () => {
    const { port } = await roots.listen({ root: at('.'), idleTimeoutMs: 100 });
    const idle = await rawConnection(port);
    idle.send(`GET /healthz HTTP/1.1\r\n${HOST}\r\n`);
    expect((await idle.closed()).status).toBe(200);
  });

  it('cuts a client that does not take its answer, and closes the file', async () => {
    const file = await largeFile();
    const { port } = await roots.listen({ root: at('.'), idleTimeoutMs: 200 });
    const before = openFiles();
    const hanging = await rawConnection(port);
    hanging.socket.pause();
    hanging.send(`GET ${file} HTTP/1.1\r\n${HOST}\r\n`);
    await until(() => openFiles() > before);
    await until(() => openFiles() === before);
    hanging.socket.resume();
    const { text } = await hanging.closed();
    expect(text.length).toBeLessThan(LARGE_BYTES);
  });

  it('refuses headers that are too long', async () => {
    const { port } = await roots.listen({ root: at('.') });
    const { status } = await sendRaw(port, `GET / HTTP/1.1\r\n${HOST}X: ${'x'.repeat(17_000)}\r\n\r\n`);
    expect(status).toBe(431);
    const line = await sendRaw(port, `GET /${'x'.repeat(17_000)} HTTP/1.1\r\n${HOST}\r\n`);
    expect(line.status).toBe(431);
  });

  it('refuses a body that is too long, announced or not', async () => {
    const { port } = await roots.listen({ root: at('.'), bodyBytes: 1000 });
    const head = `POST /session HTTP/1.1\r\n${HOST}Connection: close\r\n`;
    expect((await sendRaw(port, `${head}Content-Length: 2000\r\n\r\n`)).status).toBe(413);
    const chunk = `400\r\n${'x'.repeat(1024)}\r\n`;
    expect(
      (await sendRaw(port, `${head}Transfer-Encoding: chunked\r\n\r\n${chunk}${chunk}0\r\n\r\n`)).status,
    ).toBe(413);
  });

  it.each([
    ['no HTTP at all', 'hello\r\n\r\n', 400],
    ['no Host', 'GET /healthz HTTP/1.1\r\n\r\n', 400],
    ['two lengths', `POST /session HTTP/1.1\r\n${HOST}Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx`, 400],
    [
      'a length and chunks',
      `POST /session HTTP/1.1\r\n${HOST}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
    ],
    [
      'a URL of another host',
      `GET http://evil.example/healthz HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`,
      403,
    ],
    [
      'a Host of another name',
      'GET /healthz HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n',
      403,
    ],
    ['a way up', `GET /files/../../../etc/passwd HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`, 404],
    [
      'an escaped way up',
      `GET /files/%2e%2e%2f%2e%2e%2fetc%2fpasswd HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`,
      404,
    ],
    ['a NUL', `GET /files/fruit%00/MANIFEST.json HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`, 404],
    ['a broken escape', `GET /api/v1/stores/%ff/count HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`, 400],
    ['an odd method', `BREW / HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`, 400],
    ['TRACE', `TRACE / HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`, 405],
  ])('refuses %s', async (_, text, status) => {
    const { port } = await roots.listen({ root: at('.') });
    const answer = await sendRaw(port, text);
    expect(answer.status).toBe(status);
    expect(answer.text).not.toMatch(/\bat .*\.[jt]s|node_modules|root:/);
  });

  it('answers so many requests at the same time and no more', async () => {
    const file = await largeFile();
    const { port } = await roots.listen({ root: at('.'), maxRequests: 2 });
    const hanging = [await rawConnection(port), await rawConnection(port)];
    for (const connection of hanging) {
      connection.socket.pause();
      connection.send(`GET ${file} HTTP/1.1\r\n${HOST}\r\n`);
    }
    const status = async (): Promise<number | undefined> => {
      const answer = await sendRaw(port, `GET /healthz HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`);
      if (answer.status === 503) expect(answer.text).toMatch(/^retry-after: 1\r$/im);
      return answer.status;
    };
    await until(async () => (await status()) === 503);
    for (const { socket } of hanging) socket.destroy();
    await until(async () => (await status()) === 200);
  });

  it('ends what was begun when it is closed, and takes nothing new', async () => {
    const file = await largeFile();
    const { port, server } = await roots.listen({ root: at('.'), closeTimeoutMs: 20_000 });
    const begun = new Promise<number>((resolve, reject) => {
      const request = httpRequest({ port, path: file, agent: false }, (answer) => {
        let length = 0;
        // Not before the server was told to end.
        void server.close();
        answer.on('data', (piece: Buffer) => {
          length += piece.length;
        });
        answer.on('end', () => resolve(length));
        answer.on('error', reject);
      });
      request.on('error', reject);
      request.end();
    });
    expect(await begun).toBeGreaterThan(LARGE_BYTES);
    await server.close();
    await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow();
    await expect(server.fetch(new Request('http://localhost/healthz'))).rejects.toMatchObject({
      code: 'CLOSED',
    });
  });

  it('cuts what does not end when it is closed', async () => {
    const file = await largeFile();
    const { port, server } = await roots.listen({ root: at('.'), closeTimeoutMs: 50 });
    const hanging = await rawConnection(port);
    hanging.socket.pause();
    hanging.send(`GET ${file} HTTP/1.1\r\n${HOST}\r\n`);
    await until(() => openFiles() > 0);
    await server.close();
    hanging.socket.resume();
    await hanging.closed();
  });

  it('says why it can not listen', async () => {
    const { port } = await roots.listen({ root: at('.') });
    const other = roots.make({ root: at('.') });
    await expect(other.listen({ port })).rejects.toMatchObject({
      code: 'IO',
      message: `the port ${port} of 127.0.0.1 is taken: choose another one, or 0 for any that is free`,
    });
    await expect(other.listen({ port: 65_536 })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      argument: 'port',
    });
    await expect(roots.make({ root: at('nothing') }).listen({ port: 0 })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(
      roots.make({ root: at('.'), token: 'x' }).listen({ port: 0, host: '203.0.113.7' }),
    ).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', argument: 'host' });
  });
});

/** How many files below the root this process has open. */
function openFiles(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readLink(fd).includes('/large/data/');
    } catch {
      return false;
    }
  }).length;
}

function readLink(fd: string): string {
  return process.getBuiltinModule('node:fs').readlinkSync(`/proc/self/fd/${fd}`);
}

/** Waits for what other parts of the process do in their own time. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve));
}
