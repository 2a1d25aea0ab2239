import { getEventListeners } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { HttpFile } from '../../../src/io/http/http-file.ts';
import { HttpSource } from '../../../src/io/http/http-source.ts';
import type { RequestReport } from '../../../src/io/storage.ts';
import { failure, failureNow, rejection } from '../../support/failures.ts';
import { clientFor, openUrl, patterned, type Reading, readRange } from '../../support/http-files.ts';
import { HttpServer } from '../../support/http-server.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const DATA = patterned(300_000);
const SMALL = patterned(1_000, 3);
const KNOWN = { bytes: DATA.length };

let server: HttpServer;

beforeAll(async () => {
  server = await HttpServer.start(
    new Map([
      ['/data', DATA],
      ['/small', SMALL],
      ['/empty', new Uint8Array(0)],
    ]),
  );
});
afterEach(() => server.behave());
afterAll(() => server.close());

const open = (known?: { bytes: number }, reading?: Reading) =>
  openUrl(`${server.origin}/data`, known, reading);

function expectBytes(found: Uint8Array, offset: number, of = DATA): void {
  expect(Buffer.compare(found, of.subarray(offset, offset + found.length))).toBe(0);
}

/** Lets the requests that the server has seen go on when it is called. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

describe('opening over HTTP', () => {
  it('asks for the beginning of a file of unknown size, which is not asked for again', async () => {
    const source = await open();
    expect(server.ranges).toEqual(['bytes=0-65535']);
    expect(source.size).toBe(DATA.length);
    expect(source.remote).toBe(true);
    expectBytes(await readRange(source, 0, 65_536), 0);
    expectBytes(await readRange(source, 1_000, 10), 1_000);
    expect(server.requests.length).toBe(1);
    expectBytes(await readRange(source, 60_000, 10_000), 60_000);
    expect(server.ranges.slice(1)).toEqual(['bytes=65536-69999']);
    await source.close();
  });

  it('takes one request for a small file, and one more for the rest of a large one', async () => {
    const small = await openUrl(`${server.origin}/small`);
    expect(small.size).toBe(1_000);
    expectBytes(await readRange(small, 0, 1_000), 0, SMALL);
    expect(server.requests.length).toBe(1);
    const large = await open();
    expectBytes(await readRange(large, 0, large.size), 0);
    expect(server.ranges.slice(1)).toEqual(['bytes=0-65535', 'bytes=65536-299999']);
  });

  it('asks for nothing when the size is known', async () => {
    const source = await open(KNOWN);
    expect(server.requests.length).toBe(0);
    expect(source.size).toBe(DATA.length);
    expectBytes(await readRange(source, 7, 100), 7);
    expect(server.ranges).toEqual(['bytes=7-106']);
  });

  it('reads a file without bytes', async () => {
    const source = await openUrl(`${server.origin}/empty`);
    expect(source.size).toBe(0);
    await source.read(0, new Uint8Array(0));
    await failure(source.read(0, new Uint8Array(1)), 'CORRUPTION');
  });

  it('ends with the reason of a signal, and gives the connection up', async () => {
    server.behave({ silent: true });
    const abort = new AbortController();
    const file = new HttpFile('data', { url: `${server.origin}/data`, headers: {} });
    const opening = HttpSource.open(clientFor(), file, undefined, abort.signal);
    await server.reached(1);
    const reason = new Error('enough');
    abort.abort(reason);
    expect(await rejection(opening)).toBe(reason);
    expect(await server.requests[0].ended).toBe('closed');
    expect(await rejection(HttpSource.open(clientFor(), file, undefined, abort.signal))).toBe(reason);
    expect(server.requests.length).toBe(1);
  });
});

describe('reading over HTTP', () => {
  it('reads at any offset, exactly, or refuses', async () => {
    const source = await open(KNOWN);
    for (const [offset, length] of [
      [0, 1],
      [299_999, 1],
      [0, 300_000],
      [123_456, 7_890],
      [300_000, 0],
    ]) {
      expectBytes(await readRange(source, offset, length), offset);
    }
    const before = server.requests.length;
    for (const [offset, length] of [
      [300_000, 1],
      [299_999, 2],
      [-1, 1],
      [1e9, 5],
    ]) {
      const error = await failure(source.read(offset, new Uint8Array(length)), 'CORRUPTION');
      expect(error).toMatchObject({ file: source.name, offset });
    }
    expect(server.requests.length).toBe(before);
  });

  it('case 60: ten thousand reads of one range are one request', async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on('warning', onWarning);
    const source = await open(KNOWN);
    const { signal } = new AbortController();
    const reads = await Promise.all(
      Array.from({ length: 10_000 }, (_, i) =>
        readRange(source, 1_000, 500, i % 2 === 0 ? signal : undefined),
      ),
    );
    expect(server.ranges).toEqual(['bytes=1000-1499']);
    for (const found of reads) expectBytes(found, 1_000);
    process.off('warning', onWarning);
    expect(warnings).toEqual([]);
  });

  it('asks once for what the reads of a turn have in common, also when they are some promises apart', async () => {
    const source = await open(KNOWN);
    const later = async (promises: number, offset: number, length: number): Promise<Uint8Array> => {
      for (let i = 0; i < promises; i++) await undefined;
      return readRange(source, offset, length);
    };
    const found = await Promise.all([
      later(0, 200_000, 100),
      later(3, 10_000, 100),
      later(10, 10_050, 5_000),
      later(14, 20_000, 10),
      later(20, 10_000, 10_010),
    ]);
    expect(server.ranges.sort()).toEqual(['bytes=10000-20009', 'bytes=200000-200099']);
    expectBytes(found[0], 200_000);
    expectBytes(found[1], 10_000);
    expectBytes(found[2], 10_050);
    expectBytes(found[3], 20_000);
    expectBytes(found[4], 10_000);
  });

  it('puts together a read that takes several requests', async () => {
    const source = await open(KNOWN, { limits: { maxRequestBytes: 70_000 } });
    expectBytes(await readRange(source, 5, 299_995), 5);
    expect(server.requests.length).toBe(5);
  });

  it('case 60: has at most sixteen requests under way, and all others after those', async () => {
    const held = gate();
    server.behave(() => ({ after: held.opened }));
    const source = await open(KNOWN, { limits: { maxGapBytes: 0 } });
    const reads = Array.from({ length: 40 }, (_, i) => readRange(source, i * 1_000, 10));
    await server.reached(16);
    // As many turns again as it took: nothing more comes.
    for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
    expect(server.requests.length).toBe(16);
    held.open();
    (await Promise.all(reads)).forEach((found, i) => {
      expectBytes(found, i * 1_000);
    });
    expect([server.requests.length, server.mostOpen]).toEqual([40, 16]);
  });

  it('case 57: an abort frees the connection, and leaves the target alone from then on', async () => {
    server.behave({ stallAt: 100 });
    const source = await open(KNOWN);
    const abort = new AbortController();
    const target = new Uint8Array(1_000);
    const read = source.read(0, target, abort.signal);
    await server.reached(1, 100);
    const reason = new Error('enough');
    abort.abort(reason);
    expect(await rejection(read)).toBe(reason);
    expect(await server.requests[0].ended).toBe('closed');
    expect(await rejection(source.read(0, target, abort.signal))).toBe(reason);
    expect(server.requests.length).toBe(1);
  });

  it('case 57: others who wait for the same request do not notice', async () => {
    const held = gate();
    server.behave(() => ({ after: held.opened }));
    const source = await open(KNOWN);
    const abort = new AbortController();
    const target = new Uint8Array(100);
    const given = source.read(1_000, target, abort.signal);
    const kept = readRange(source, 1_000, 100);
    await server.reached(1);
    abort.abort(new Error('enough'));
    await rejection(given);
    held.open();
    expectBytes(await kept, 1_000);
    expect(target.every((byte) => byte === 0)).toBe(true);
    expect(server.requests.length).toBe(1);
  });

  it('an abort gives up reads that have not been sent yet', async () => {
    const held = gate();
    server.behave(() => ({ after: held.opened }));
    const source = await open(KNOWN, { limits: { maxGapBytes: 0, maxInFlight: 1 } });
    const abort = new AbortController();
    const first = readRange(source, 0, 10);
    const second = source.read(1_000, new Uint8Array(10), abort.signal);
    await server.reached(1);
    abort.abort('stop');
    expect(await rejection(second)).toBe('stop');
    const third = readRange(source, 2_000, 10);
    // As many turns as any request takes: the one that left had no turn to give.
    for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
    expect(server.requests.length).toBe(1);
    held.open();
    expectBytes(await first, 0);
    expectBytes(await third, 2_000);
    expect(server.ranges).toEqual(['bytes=0-9', 'bytes=2000-2009']);
  });

  it('an abort in the same turn leaves nothing to ask for', async () => {
    const source = await open(KNOWN);
    const abort = new AbortController();
    const given = source.read(1_000, new Uint8Array(10), abort.signal);
    const kept = readRange(source, 100_000, 10);
    abort.abort('stop');
    expect(await rejection(given)).toBe('stop');
    await kept;
    expect(server.ranges).toEqual(['bytes=100000-100009']);
  });

  it('nothing listens to a signal any more when what it was for has ended', async () => {
    const { signal } = new AbortController();
    const file = new HttpFile('data', { url: `${server.origin}/data`, headers: {} });
    const source = await HttpSource.open(clientFor(), file, undefined, signal);
    await readRange(source, 100_000, 10, signal);
    await failure(source.read(300_000, new Uint8Array(1), signal), 'CORRUPTION');
    await source.stream(0, 100_000, signal).read(new Uint8Array(100_000));
    const open = source.stream(0, 100_000, signal);
    expect(getEventListeners(signal, 'abort').length).toBe(1);
    open.close();
    server.behave({ status: 500 });
    await failure(readRange(source, 100_000, 10, signal), 'IO');
    expect(getEventListeners(signal, 'abort').length).toBe(0);
  });

  it('`close()` ends everything that is under way, and leaves no timer', async () => {
    server.behave((request) =>
      request.headers.range === 'bytes=5000-5009' ? { silent: true } : { stallAt: 5 },
    );
    const clock = new ManualClock();
    const source = await open(KNOWN, { host: clock, limits: { maxGapBytes: 0, maxInFlight: 3 } });
    const reads = [0, 5_000, 10_000, 20_000].map((offset) => rejection(readRange(source, offset, 10)));
    const stream = source.stream(100_000, 1_000);
    await server.reached(3);
    const streamed = rejection(stream.read(new Uint8Array(10)));
    const unsent = rejection(readRange(source, 40_000, 10));
    await source.close();
    expect(clock.running).toBe(0);
    for (const outcome of [...reads, streamed, unsent]) {
      expect(await outcome).toMatchObject({ code: 'CLOSED', resource: source.name });
    }
    for (const { ended } of server.requests) expect(await ended).toBe('closed');
    expect(server.requests.length).toBe(3);
    await source.close();
    await failure(source.read(0, new Uint8Array(1)), 'CLOSED');
    failureNow(() => source.stream(0, 1), 'CLOSED');
  });

  it('reports each request when it has ended', async () => {
    const reports: RequestReport[] = [];
    const clock = new ManualClock();
    server.behave(({ number }) => (number === 1 ? { status: 503 } : undefined));
    const source = await open(KNOWN, {
      host: clock,
      limits: { backoffMs: 200 },
      onRequest: (report) => reports.push(report),
    });
    const reading = readRange(source, 7, 100);
    await clock.pass(100);
    await reading;
    const common = { method: 'GET', url: `${server.origin}/data`, offset: 7, length: 100 };
    expect(reports).toEqual([
      {
        ...common,
        status: 503,
        bytes: 0,
        durationMs: 0,
        attempt: 1,
        error: expect.stringContaining('503'),
      },
      { ...common, status: 206, bytes: 100, durationMs: 0, attempt: 2 },
    ]);
  });

  it('fails a read with what `onRequest` throws, and nothing else', async () => {
    const source = await open(KNOWN, {
      onRequest: () => {
        throw new RangeError('mine');
      },
    });
    expect(await rejection(readRange(source, 0, 10))).toBeInstanceOf(RangeError);
    expect(server.requests.length).toBe(1);
  });

  it('calls a given `fetch` as a function, not as a method', async () => {
    const receivers: unknown[] = [];
    const source = await open(KNOWN, {
      fetch: function (this: unknown, input, init) {
        receivers.push(this);
        return fetch(input, init);
      },
    });
    await readRange(source, 0, 10);
    expect(receivers).toEqual([undefined]);
  });
});

it('a platform without `fetch` is told so', async () => {
  vi.stubGlobal('fetch', undefined);
  try {
    expect((await failure(open(), 'UNSUPPORTED')).message).toContain('fetch');
  } finally {
    vi.unstubAllGlobals();
  }
});

describe('streaming over HTTP', () => {
  it('is one request, taken in any pieces', async () => {
    const source = await open(KNOWN);
    const stream = source.stream(1_000, 250_000);
    let offset = 1_000;
    for (const length of [1, 0, 99_999, 3, 149_997]) {
      const target = new Uint8Array(length);
      await stream.read(target);
      expectBytes(target, offset);
      offset += length;
    }
    expect(offset).toBe(251_000);
    expect(server.ranges).toEqual(['bytes=1000-250999']);
    await stream.read(new Uint8Array(0));
    await failure(stream.read(new Uint8Array(1)), 'CORRUPTION');
    expect(await server.requests[0].ended).toBe('sent');
    stream.close();
    await failure(stream.read(new Uint8Array(0)), 'CLOSED');
  });

  it('begins with what is here already', async () => {
    const source = await open();
    const stream = source.stream(65_000, 1_000);
    const target = new Uint8Array(1_000);
    await stream.read(target);
    expectBytes(target, 65_000);
    expect(server.ranges.slice(1)).toEqual(['bytes=65536-65999']);
    const inside = source.stream(0, 1_000);
    await inside.read(target);
    expectBytes(target, 0);
    expect(server.requests.length).toBe(2);
  });

  it('goes on where the connection broke, as often as bytes keep coming', async () => {
    server.behave({ cutAt: 70_000 });
    const source = await open(KNOWN, { limits: { renewalBytes: 50_000, maxAttempts: 2 } });
    const stream = source.stream(0, DATA.length);
    const target = new Uint8Array(DATA.length);
    for (let at = 0; at < target.length; at += 1_000) await stream.read(target.subarray(at, at + 1_000));
    expectBytes(target, 0);
    // A broken connection may take bytes with it that were sent.
    expect(server.requests.length).toBeGreaterThanOrEqual(5);
    for (const [i, range] of server.ranges.entries()) expect(range).toMatch(i === 0 ? /=0-/ : /-299999$/);
  });

  it('gives up when too little comes between two failures', async () => {
    server.behave({ cutAt: 100 });
    const source = await open(KNOWN, { limits: { maxAttempts: 3 } });
    const stream = source.stream(0, 10_000);
    const error = await failure(stream.read(new Uint8Array(10_000)), 'IO');
    expect(error).toMatchObject({ transient: true, uri: `${server.origin}/data` });
    expect(server.requests.length).toBe(3);
    expect(await rejection(stream.read(new Uint8Array(1)))).toBe(error);
  });

  it('takes no more than is read: the server waits', async () => {
    const large = patterned(20_000_000);
    const other = await HttpServer.start(new Map([['/large', large]]));
    const source = await openUrl(`${other.origin}/large`, { bytes: large.length });
    const stream = source.stream(0, large.length);
    await stream.read(new Uint8Array(10));
    // What fits between the two has arrived; after that nothing moves.
    let before = -1;
    while (before !== other.sent) {
      before = other.sent;
      for (let i = 0; i < 200; i++) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(other.sent).toBeLessThan(large.length / 2);
    stream.close();
    expect(await other.requests[0].ended).toBe('closed');
    await other.close();
  });

  it('gives its connection back when nobody reads for a while, and makes it again', async () => {
    const clock = new ManualClock();
    server.behave(({ number }) => (number === 1 ? { stallAt: 100_000 } : undefined));
    const source = await open(KNOWN, { host: clock });
    const stream = source.stream(0, DATA.length);
    const head = new Uint8Array(1_000);
    await stream.read(head);
    expect(clock.running).toBe(1);
    clock.advance(5_000);
    expect(await server.requests[0].ended).toBe('closed');
    expect(clock.running).toBe(0);
    const rest = new Uint8Array(DATA.length - 1_000);
    await stream.read(rest);
    expectBytes(head, 0);
    expectBytes(rest, 1_000);
    expect(server.requests.length).toBe(2);
    expect(clock.running).toBe(0);
  });

  it('has ended when the last byte is taken, also when that has been here for long', async () => {
    const clock = new ManualClock();
    const reports: RequestReport[] = [];
    const source = await open(KNOWN, { host: clock, onRequest: (report) => reports.push(report) });
    const stream = source.stream(1_000, 2_000);
    await stream.read(new Uint8Array(1_999));
    expect([clock.running, reports.length]).toEqual([1, 0]);
    await stream.read(new Uint8Array(1));
    expect([clock.running, reports.length]).toEqual([0, 1]);
    expect(reports[0]).toMatchObject({ bytes: 2_000, status: 206 });
    expect(reports[0].error).toBeUndefined();
  });

  it('leaves no timer when it is closed between two reads', async () => {
    const clock = new ManualClock();
    const source = await open(KNOWN, { host: clock });
    const [one, two] = [source.stream(0, 2_000), source.stream(100_000, 2_000)];
    await one.read(new Uint8Array(1));
    await two.read(new Uint8Array(1));
    expect(clock.running).toBe(2);
    one.close();
    expect(clock.running).toBe(1);
    await source.close();
    expect(clock.running).toBe(0);
  });

  it('that nobody reads keeps no other request from going on', async () => {
    server.behave((request) => (request.headers.range === 'bytes=0-9' ? undefined : { stallAt: 100 }));
    const source = await open(KNOWN, { limits: { maxInFlight: 2 } });
    const streams = [1_000, 2_000, 3_000].map((offset) => source.stream(offset, 1_000));
    for (const stream of streams) await stream.read(new Uint8Array(50));
    expectBytes(await readRange(source, 0, 10), 0);
    await source.close();
    for (const { ended } of server.requests.slice(0, 3)) expect(await ended).toBe('closed');
  });

  it('ends with the reason of a signal, before, between and in reads', async () => {
    server.behave({ stallAt: 100 });
    const source = await open(KNOWN);
    const reason = new Error('enough');
    const early = source.stream(0, 10, AbortSignal.abort(reason));
    expect(await rejection(early.read(new Uint8Array(1)))).toBe(reason);
    expect(server.requests.length).toBe(0);
    const abort = new AbortController();
    const stream = source.stream(0, 1_000, abort.signal);
    await stream.read(new Uint8Array(100));
    const waiting = rejection(stream.read(new Uint8Array(100)));
    abort.abort(reason);
    expect(await waiting).toBe(reason);
    expect(await rejection(stream.read(new Uint8Array(1)))).toBe(reason);
    expect(await server.requests[0].ended).toBe('closed');
  });

  it('`close()` fails the read that is under way', async () => {
    server.behave({ stallAt: 100 });
    const source = await open(KNOWN);
    const stream = source.stream(0, 1_000);
    const waiting = rejection(stream.read(new Uint8Array(1_000)));
    await server.reached(1, 100);
    stream.close();
    stream.close();
    expect(await waiting).toMatchObject({ code: 'CLOSED' });
    expect(await server.requests[0].ended).toBe('closed');
  });

  it('refuses a stretch that is not in the file', async () => {
    const source = await open(KNOWN);
    failureNow(() => source.stream(299_000, 1_001), 'CORRUPTION');
    await source.stream(300_000, 0).read(new Uint8Array(0));
  });
});
