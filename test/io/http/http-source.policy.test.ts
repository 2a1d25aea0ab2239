import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { HttpStorage } from '../../../src/io/http/http-storage.ts';
import { retryAfter } from '../../../src/io/retry-after.ts';
import { failure } from '../../support/failures.ts';
import { openUrl, patterned, type Reading, readRange } from '../../support/http-files.ts';
import { HttpServer, type Misbehaviour } from '../../support/http-server.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const DATA = patterned(200_000);
const OTHER = patterned(200_000, 99);
const KNOWN = { bytes: DATA.length };

let server: HttpServer;
let url: string;

beforeAll(async () => {
  server = await HttpServer.start(
    new Map([
      ['/data', DATA],
      ['/short', DATA.subarray(0, 100)],
    ]),
  );
  url = `${server.origin}/data`;
});
afterEach(() => server.behave());
afterAll(() => server.close());

/** Reads a stretch of a file of known size, under a misbehaviour of the first answers or of all. */
async function reading(
  how: Misbehaviour,
  times = Number.POSITIVE_INFINITY,
  options?: Reading,
): Promise<Uint8Array> {
  server.behave(({ number }) => (number <= times ? how : undefined));
  const source = await openUrl(url, KNOWN, options);
  try {
    return await readRange(source, 5_000, 1_000);
  } finally {
    await source.close();
  }
}

function expectRight(found: Uint8Array): void {
  expect(Buffer.compare(found, DATA.subarray(5_000, 6_000))).toBe(0);
}

/** The error says where the bytes were to come from. */
function names(error: Error): void {
  expect(error.message).toContain(url);
  expect(error.message).toContain('5000');
}

const isFresh = (number: number): boolean => {
  const { headers } = server.requests[number - 1];
  return headers['cache-control'] === 'no-cache' && headers.pragma === 'no-cache';
};

/** Answers that contradict the question: asked once more past all caches, then refused. */
async function isRefusedAfterOneMore(how: Misbehaviour, message: string | RegExp): Promise<void> {
  const error = await failure(reading(how), 'IO');
  expect(error).toMatchObject({ transient: false, operation: 'read', uri: url });
  expect(error.message).toMatch(message);
  names(error);
  expect(server.requests.length).toBe(2);
  expect([isFresh(1), isFresh(2)]).toEqual([false, true]);
  // A cache that lied once costs one request.
  expectRight(await reading(how, 1));
  expect(server.requests.length).toBe(2);
}

describe('case 49: status 200 for a range', () => {
  it('is cut where the file is small', async () => {
    expectRight(await reading({ ignoreRange: true }));
    expectRight(await reading({ ignoreRange: true, chunked: true }));
    expect(server.requests.length).toBe(1);
  });

  it('is cut where the file is not much longer than the range', async () => {
    server.behave({ ignoreRange: true });
    const limits = { wholeBytes: 10 };
    const source = await openUrl(url, KNOWN, { limits });
    const found = await readRange(source, 50_000, 100_000);
    expect(Buffer.compare(found, DATA.subarray(50_000, 150_000))).toBe(0);
    const stream = source.stream(10_000, 150_000);
    const target = new Uint8Array(150_000);
    await stream.read(target);
    expect(Buffer.compare(target, DATA.subarray(10_000, 160_000))).toBe(0);
  });

  it('is asked for again when it is cut behind the range', async () => {
    expectRight(await reading({ ignoreRange: true, cutAt: 150_000 }, 1));
    expect(server.ranges).toEqual(['bytes=5000-5999', 'bytes=5000-5999']);
  });

  it('is given up at once where the file is large, whether its length is told or not', async () => {
    for (const chunked of [false, true]) {
      const how = { ignoreRange: true, chunked };
      const error = await failure(reading(how, undefined, { limits: { wholeBytes: 100_000 } }), 'IO');
      expect(error).toMatchObject({ transient: false });
      expect(error.message).toContain('ignores Range requests');
      names(error);
      expect(server.requests.length).toBe(1);
      await server.requests[0].ended;
    }
  });

  it('is given up at once where nothing tells that the file is large', async () => {
    server.behave({ ignoreRange: true, chunked: true, body: new Uint8Array(50_000_000) });
    const error = await failure(openUrl(url), 'IO');
    expect(error.message).toContain('ignores Range requests');
    expect(await server.requests[0].ended).toBe('closed');
    expect(server.requests.length).toBe(1);
  });

  it('is all of a small file that is opened', async () => {
    for (const chunked of [false, true]) {
      server.behave({ ignoreRange: true, chunked });
      const source = await openUrl(url);
      expect(source.size).toBe(DATA.length);
      expect(Buffer.compare(await readRange(source, 0, DATA.length), DATA)).toBe(0);
      expect(server.requests.length).toBe(1);
    }
  });

  it('of another length is another file', async () => {
    const error = await failure(reading({ ignoreRange: true, file: DATA.subarray(1) }), 'CORRUPTION');
    expect(error).toMatchObject({ file: url, expected: '200000 bytes', actual: '199999', offset: 5_000 });
    const chunked = { ignoreRange: true, chunked: true };
    const short = await failure(reading({ ...chunked, file: DATA.subarray(1) }), 'IO');
    expect(short).toMatchObject({ transient: true });
    const long = await failure(reading({ ...chunked, file: patterned(200_001) }), 'IO');
    expect(long).toMatchObject({ transient: false });
  });
});

describe('case 50: Content-Range', () => {
  it.each([
    ['another beginning', 'bytes 5001-6000/200000'],
    ['another end', 'bytes 5000-5998/200000'],
    ['all of the file', 'bytes 0-199999/200000'],
    ['no size', 'bytes 5000-5999/*'],
    ['no range', 'bytes */200000'],
    ['no unit', '5000-5999/200000'],
    ['another unit', 'lines 5000-5999/200000'],
    ['rubbish', 'yes'],
    ['numbers that are none', 'bytes 5e3-5999/200000'],
    ['numbers that are too large', 'bytes 5000-5999/99999999999999999999'],
  ])('with %s is refused', async (_, header) => {
    await isRefusedAfterOneMore({ headers: { 'content-range': header } }, /Content-Range: /);
  });

  it('that is missing is refused', async () => {
    await isRefusedAfterOneMore({ headers: { 'content-range': undefined } }, 'no Content-Range');
  });

  it('is missing in an answer of several parts, which is refused', async () => {
    const headers = { 'content-range': undefined, 'content-type': 'multipart/byteranges; boundary=x' };
    await isRefusedAfterOneMore({ headers }, 'several parts');
  });

  it('that is right, with the body of another range of the same length, can only be found out by checksums', async () => {
    const found = await reading({ body: DATA.subarray(0, 1_000) });
    expect(Buffer.compare(found, DATA.subarray(0, 1_000))).toBe(0);
  });

  it('of a file of unknown size must tell that size', async () => {
    for (const header of ['bytes 0-65535/*', 'bytes 0-65534/200000', undefined]) {
      server.behave({ headers: { 'content-range': header } });
      await failure(openUrl(url), 'IO');
      expect(server.requests.length).toBe(2);
    }
  });
});

describe('case 51: a body', () => {
  it('that is cut is asked for again where it broke', async () => {
    expectRight(await reading({ cutAt: 400 }, 1));
    expect(server.ranges[0]).toBe('bytes=5000-5999');
    expect(server.ranges[1]).toMatch(/^bytes=5[0-4]\d\d-5999$/);
    expectRight(await reading({ cutAt: 0 }, 3));
    expect(server.requests.length).toBe(4);
  });

  it('that is always cut is an error after three more attempts', async () => {
    const error = await failure(reading({ cutAt: 10 }), 'IO');
    expect(error).toMatchObject({ transient: true, uri: url });
    expect(error.message).toMatch(/the connection broke after \d+ bytes/);
    expect(server.requests.length).toBe(4);
  });

  it('that is shorter or longer than its head says is refused', async () => {
    await isRefusedAfterOneMore({ body: DATA.subarray(5_000, 5_999) }, 'the answer has 999 bytes');
    await isRefusedAfterOneMore({ body: DATA.subarray(5_000, 6_001) }, 'the answer has 1001 bytes');
    await isRefusedAfterOneMore({ body: DATA.subarray(5_000, 6_001), chunked: true }, 'goes on');
  });

  it('that ends too early without a word is asked for again from there', async () => {
    const from = (range = ''): number => Number(/=(\d+)-/.exec(range)?.[1]);
    server.behave(({ headers }) => ({ body: DATA.subarray(from(headers.range), 5_999), chunked: true }));
    const source = await openUrl(url, KNOWN);
    const error = await failure(readRange(source, 5_000, 1_000), 'IO');
    expect(error).toMatchObject({ transient: true });
    expect(error.message).toContain('ended 1 bytes too early');
    expect(server.ranges).toEqual(['bytes=5000-5999', ...Array(3).fill('bytes=5999-5999')]);
  });

  it('that goes on behind its end is an error of a stream, which has handed out the rest', async () => {
    server.behave({ body: DATA.subarray(5_000, 6_001), chunked: true });
    const source = await openUrl(url, KNOWN);
    const stream = source.stream(5_000, 1_000);
    await failure(stream.read(new Uint8Array(1_000)), 'IO');
  });

  it('that stalls, or an answer that does not come, is given up and asked for again', async () => {
    const limits = { deadlineMs: 100_000 };
    for (const how of [{ stallAt: 100 }, { silent: true, stallAt: 0 }]) {
      const clock = new ManualClock();
      const once = reading(how, 1, { host: clock, limits });
      await server.reached(1, how.stallAt);
      await clock.pass(10_000);
      await clock.pass(0);
      expectRight(await once);
      expect(server.requests.length).toBe(2);
      expect(await server.requests[0].ended).toBe('closed');
      const always = failure(reading(how, undefined, { host: clock, limits }), 'IO');
      for (let attempt = 1; attempt <= 4; attempt++) {
        await server.reached(attempt, how.stallAt);
        await clock.pass(10_000);
        if (attempt < 4) await clock.pass(0);
      }
      const error = await always;
      expect(error).toMatchObject({ transient: true });
      expect(error.message).toContain('nothing came from the server for 10 s');
      expect(error.message).toContain(url);
      expect(server.requests.length).toBe(4);
      expect(clock.running).toBe(0);
    }
  });

  it('whose connection is reset is asked for again', async () => {
    expectRight(await reading({ reset: true }, 2));
    const error = await failure(reading({ reset: true }), 'IO');
    expect(error).toMatchObject({ transient: true });
    expect(error.message).toContain('there was no answer');
    expect(error.cause).toBeInstanceOf(TypeError);
    expect(server.requests.length).toBe(4);
  });

  it('cannot come from a server that does not run', async () => {
    const gone = await HttpServer.start(new Map());
    const address = `${gone.origin}/data`;
    await gone.close();
    const error = await failure(openUrl(address), 'IO');
    expect(error).toMatchObject({ transient: true, uri: address });
    expect(error.message).toContain('ECONNREFUSED');
  });
});

describe('case 52: status 416', () => {
  it('means that the file is shorter than was known', async () => {
    const error = await failure(reading({ file: DATA.subarray(0, 100) }), 'CORRUPTION');
    expect(error).toMatchObject({ file: url, offset: 5_000, expected: '200000 bytes', actual: '100' });
    expect([isFresh(1), isFresh(2)]).toEqual([false, true]);
    const empty = await failure(reading({ file: new Uint8Array(0) }), 'CORRUPTION');
    expect(empty).toMatchObject({ actual: '0' });
  });

  it('means that the file is empty when it is opened', async () => {
    server.behave({ file: new Uint8Array(0) });
    const source = await openUrl(url);
    expect(source.size).toBe(0);
    expect(server.requests.length).toBe(1);
  });

  it('has a body that nobody waits for', async () => {
    const headers = { 'content-range': 'bytes */0' };
    server.behave({ status: 416, headers, body: new Uint8Array(50_000_000) });
    expect((await openUrl(url)).size).toBe(0);
    expect(await server.requests[0].ended).toBe('closed');
  });

  it('of a file that has the bytes is refused', async () => {
    await isRefusedAfterOneMore({ status: 416, headers: { 'content-range': 'bytes */200000' } }, '416');
  });

  it('without a size is no better', async () => {
    const how = { status: 416, headers: { 'content-range': undefined } };
    expect(await failure(reading(how), 'CORRUPTION')).toMatchObject({ actual: 'fewer (status 416)' });
    server.behave(how);
    await failure(openUrl(url), 'CORRUPTION');
  });

  it('is no surprise behind a file that has become longer', async () => {
    const error = await failure(reading({ file: patterned(200_001) }), 'CORRUPTION');
    expect(error).toMatchObject({ expected: '200000 bytes', actual: '200001' });
  });
});

describe('case 53: ETags', () => {
  const tags = async (...list: (string | undefined)[]): Promise<string | undefined> => {
    server.behave(({ number }) => ({ headers: { etag: list[number - 1] } }));
    const source = await openUrl(url, KNOWN);
    for (const _ of list) expectRight(await readRange(source, 5_000, 1_000));
    return source.bypassCaches();
  };

  it('that are equal, weak or absent say nothing', async () => {
    expect(await tags('"a"', '"a"')).toBeUndefined();
    expect(await tags('W/"a"', 'W/"b"', undefined)).toBeUndefined();
    expect(await tags(undefined, '"a"', undefined, 'W/"b"')).toBeUndefined();
  });

  it('that change are no error, but explain wrong bytes', async () => {
    expect(await tags('"a"', '"b"')).toMatch(/ETag changed from "a" to "b"/);
  });
});

describe('case 54: an answer with a Content-Encoding', () => {
  it('is refused, with advice', async () => {
    await isRefusedAfterOneMore({ headers: { 'content-encoding': 'gzip' } }, 'Switch compression off');
    await isRefusedAfterOneMore(
      { headers: { 'content-encoding': 'br' }, ignoreRange: true },
      'Switch compression off',
    );
    expectRight(await reading({ headers: { 'content-encoding': 'identity' } }));
  });

  it('is not asked for', async () => {
    expectRight(await reading({}));
    expect(server.requests[0].headers['accept-encoding']).toBe('identity');
  });
});

describe('case 55: status', () => {
  it.each([204, 205, 300, 304, 412])('%i, which nobody asked for, is refused', async (status) => {
    await isRefusedAfterOneMore({ status, body: '' }, `${status}`);
  });

  it.each([400, 405, 414, 451])('%i is an error at once', async (status) => {
    const error = await failure(reading({ status }), 'IO');
    expect(error).toMatchObject({ transient: false });
    names(error);
    expect(server.requests.length).toBe(1);
  });

  it.each([
    [401, 'Credentials'],
    [403, 'missing'],
  ])('%i is an error at once, with advice', async (status, advice) => {
    const error = await failure(reading({ status }), 'IO');
    expect(error).toMatchObject({ transient: false });
    expect(error.message).toContain(advice);
    expect(server.requests.length).toBe(1);
  });

  it.each([404, 410])('%i is NOT_FOUND', async (status) => {
    expect(await failure(reading({ status }), 'NOT_FOUND')).toMatchObject({ uri: url });
    expect(server.requests.length).toBe(1);
    server.behave({ status });
    await failure(openUrl(url), 'NOT_FOUND');
  });

  it.each([408, 425, 429, 500, 502, 503, 504, 599])(
    '%i passes, or is an error in the end',
    async (status) => {
      expectRight(await reading({ status }, 3));
      expect(server.requests.length).toBe(4);
      const error = await failure(reading({ status }), 'IO');
      expect(error).toMatchObject({ transient: true });
      expect(error.message).toContain(`${status}`);
      names(error);
      expect(server.requests.length).toBe(4);
    },
  );

  it('301 to 308 are followed, and an Authorization header goes to no other host', async () => {
    const other = await HttpServer.start(new Map([['/there', DATA]]));
    const storage = new HttpStorage('http');
    for (const status of [301, 302, 307, 308]) {
      for (const [location, carries] of [
        [`${server.origin}/short`, true],
        [`${other.origin}/there`, false],
      ] as const) {
        other.behave();
        server.behave(({ path }) => (path === '/data' ? { status, headers: { location } } : undefined));
        const source = await storage.open(url.replace('//', '//user:secret@'));
        expect(source.size).toBe(carries ? 100 : DATA.length);
        const [asked, followed] = carries ? server.requests : [server.requests[0], other.requests[0]];
        const authorization = `Basic ${Buffer.from('user:secret').toString('base64')}`;
        expect(asked.headers.authorization).toBe(authorization);
        expect(followed.headers.authorization).toBe(carries ? authorization : undefined);
        expect(followed.headers.range).toBe('bytes=0-65535');
      }
    }
    await other.close();
  });

  it('of a redirect is followed, unless the caller gives a fetch that follows none', async () => {
    const elsewhere = await HttpServer.start(new Map([['/data', DATA]]));
    try {
      const away: Misbehaviour = { status: 302, headers: { location: `${elsewhere.origin}/data` } };
      expectRight(await reading(away));
      expect(elsewhere.requests.length).toBe(1);
      const staying: typeof fetch = (input, init) => fetch(input, { ...init, redirect: 'error' });
      await failure(reading(away, undefined, { fetch: staying }), 'IO');
      expect(elsewhere.requests.length).toBe(1);
    } finally {
      await elsewhere.close();
    }
  });

  it('of a redirect to another scheme, to itself or to nowhere is an error', async () => {
    for (const location of [
      'file:///etc/passwd',
      'data:text/plain,abc',
      'ftp://127.0.0.1/x',
      '/data',
      undefined,
    ]) {
      await failure(reading({ status: 302, headers: { location } }), 'IO');
    }
  });
});

describe('retries', () => {
  it('wait longer and longer, by chance, and no longer than the server asks', async () => {
    const clock = new ManualClock();
    const run = reading({ status: 503 }, 3, { host: clock, limits: { backoffMs: 200 } });
    clock.chance = 0.5;
    await clock.pass(100);
    await clock.pass(200);
    clock.chance = 0.75;
    await clock.pass(600);
    expectRight(await run);
    expect(clock.running).toBe(0);
  });

  it('are bounded in their pauses', async () => {
    const clock = new ManualClock();
    clock.chance = 0.5;
    const limits = { backoffMs: 200, maxBackoffMs: 300, maxAttempts: 5 };
    const run = reading({ status: 503 }, 4, { host: clock, limits });
    for (const pause of [100, 150, 150, 150]) await clock.pass(pause);
    expectRight(await run);
  });

  it('heed Retry-After, in seconds and as a date', async () => {
    for (const [header, pause] of [
      ['7', 7_000],
      [new Date(Date.UTC(2030, 0, 1, 0, 0, 12)).toUTCString(), 12_000],
    ] as const) {
      const clock = new ManualClock();
      const run = reading({ status: 429, headers: { 'retry-after': header } }, 1, { host: clock });
      await clock.pass(pause);
      expectRight(await run);
      expect(server.requests.length).toBe(2);
    }
  });

  it('do not wait for longer than a read may take', async () => {
    const clock = new ManualClock();
    const how = { status: 503, headers: { 'retry-after': '31' } };
    const error = await failure(reading(how, 1, { host: clock }), 'IO');
    expect(error).toMatchObject({ transient: true });
    expect(error.message).toContain('wants to be left alone for 31 s');
    expect(server.requests.length).toBe(1);
    expect(clock.running).toBe(0);
  });

  it('read Retry-After as the standard has it', () => {
    const now = Date.UTC(2026, 0, 1);
    expect(retryAfter(null, now)).toBeUndefined();
    expect(retryAfter('0', now)).toBe(0);
    expect(retryAfter(' 120 ', now)).toBe(120_000);
    expect(retryAfter('Thu, 01 Jan 2026 00:01:00 GMT', now)).toBe(60_000);
    expect(retryAfter('Thursday, 01-Jan-26 00:01:00 GMT', now)).toBe(60_000);
    expect(retryAfter('Wed, 31 Dec 2025 23:59:00 GMT', now)).toBe(0);
    for (const rubbish of ['', 'soon', '-1', '1.5', '2026', '99999999999', 'Xyz, 99 Foo']) {
      expect([undefined, 2_026_000]).toContain(retryAfter(rubbish, now));
    }
  });
});

describe('case 56: what a server does not tell', () => {
  it('HEAD is never asked', async () => {
    server.behave(({ method }) => (method === 'HEAD' ? { status: 405 } : undefined));
    const source = await openUrl(url);
    await readRange(source, 100_000, 10);
    expect(server.requests.map(({ method }) => method)).toEqual(['GET', 'GET']);
  });

  it('a Content-Length is not needed', async () => {
    expectRight(await reading({ chunked: true }));
    server.behave({ chunked: true });
    expect((await openUrl(url)).size).toBe(DATA.length);
  });

  it('headers that a browser hides are named', async () => {
    const hiding: typeof fetch = async (input, init) => {
      const { status, body } = await fetch(input, init);
      const shown = new Response(body, { status });
      Object.defineProperty(shown, 'type', { value: 'cors' });
      return shown;
    };
    const error = await failure(reading({}, undefined, { fetch: hiding }), 'IO');
    expect(error.message).toContain('Access-Control-Expose-Headers: Content-Range');
  });
});

describe('case 57: one byte at a time', () => {
  it('is given up when the deadline comes, although the answer never stalls', async () => {
    const limits = { deadlineMs: 300, stallMs: 20_000, maxAttempts: 101 };
    const error = await failure(reading({ dribble: 2 }, undefined, { limits }), 'IO');
    expect(error).toMatchObject({ transient: true });
    expect(error.message).toContain('not complete in the time');
    expect(server.requests.length).toBe(1);
    expect(await server.requests[0].ended).toBe('closed');
  });

  it('has more time the more bytes are asked for', async () => {
    const limits = { deadlineMs: 0, deadlineMsPerByte: 1_000 };
    expectRight(await reading({}, undefined, { limits }));
  });

  it('is given up by a stream, too', async () => {
    server.behave({ dribble: 2 });
    const source = await openUrl(url, KNOWN, { limits: { deadlineMs: 300, stallMs: 20_000 } });
    const stream = source.stream(0, 10_000);
    await stream.read(new Uint8Array(1));
    const error = await failure(stream.read(new Uint8Array(9_000)), 'IO');
    expect(error.message).toContain('not complete in the time');
    expect(await server.requests[0].ended).toBe('closed');
  });
});

it('case 58: what failed is asked for again', async () => {
  server.behave({ status: 500 });
  const source = await openUrl(url, KNOWN);
  await failure(readRange(source, 5_000, 1_000), 'IO');
  server.behave({ status: 404 });
  await failure(readRange(source, 5_000, 1_000), 'NOT_FOUND');
  server.behave();
  expectRight(await readRange(source, 5_000, 1_000));
});

describe('case 59: a cache that has another build', () => {
  /** A cache that gives an old file unless it is told to stand aside. */
  const stale = (old: Uint8Array) => {
    server.behave(({ headers }) => (headers['cache-control'] === 'no-cache' ? undefined : { file: old }));
  };

  it('of another size is found out and passed by', async () => {
    stale(OTHER.subarray(0, 150_000));
    const source = await openUrl(url, KNOWN);
    expectRight(await readRange(source, 5_000, 1_000));
    expect(server.requests.length).toBe(2);
  });

  it('of the same size is passed by once it is distrusted, the beginning that was kept included', async () => {
    stale(OTHER);
    const source = await openUrl(url);
    expect((await readRange(source, 5_000, 1_000))[0]).toBe(OTHER[5_000]);
    expect((await readRange(source, 100_000, 1))[0]).toBe(OTHER[100_000]);
    source.bypassCaches();
    const before = server.requests.length;
    expectRight(await readRange(source, 5_000, 1_000));
    expect(server.requests.length).toBe(before + 1);
    expect((await readRange(source, 100_000, 1))[0]).toBe(DATA[100_000]);
  });
});

it('an answer that a `fetch` without regard for its signal gives too late is thrown away', async () => {
  let discarded = 0;
  const deaf: typeof fetch = async () => {
    await new Promise((resolve) => setTimeout(resolve, 30));
    return new Response(new ReadableStream({ cancel: () => void discarded++ }), { status: 206 });
  };
  const error = await failure(
    reading({}, undefined, { fetch: deaf, limits: { stallMs: 5, maxAttempts: 1 } }),
    'IO',
  );
  expect(error).toMatchObject({ transient: true });
  while (discarded === 0) await new Promise((resolve) => setTimeout(resolve, 5));
});
