import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { S3Credentials } from '../../../src/io/s3/index.ts';
import { failure } from '../../support/failures.ts';
import { locateComplete, type MovingStorage } from '../../support/locate-complete.ts';
import { QuickHost } from '../../support/quick-host.ts';
import { registerServer } from '../../support/s3-place.ts';
import { type Asked, S3Server } from '../../support/s3-server.ts';
import { readFile } from '../../support/storage-tools.ts';

const MIB = 2 ** 20;
const URI = 's3://bucket/f';
const PATH = 'bucket/f';

let server: S3Server;
let storage: MovingStorage;

beforeAll(async () => {
  server = await S3Server.start();
});
afterAll(() => server.stop());
beforeEach(() => {
  server.fault = undefined;
  server.onRequest = undefined;
  server.conditions = 'honoured';
  server.completionConditions = 'honoured';
  server.buckets.set('bucket', new Map());
  server.uploads.clear();
  server.log.length = 0;
  server.mostBytesAtWork = 0;
  register();
});

function register(options: Parameters<typeof registerServer>[1] = {}, host = new QuickHost()): void {
  registerServer(server, { partSize: 5 * MIB, ...options }, host);
  storage = locateComplete(URI).storage;
}

/** Bytes that differ from place to place. */
function bytesOf(length: number): Uint8Array {
  return new Uint8Array(length).map((_, i) => (i * 31 + (i >> 8) * 7 + (i >> 16)) & 255);
}

/** The first request that fits, and no other, gets the fault. */
function once(
  fits: (asked: Asked) => boolean,
  fault: ReturnType<NonNullable<S3Server['fault']>>,
): () => boolean {
  let done = false;
  server.fault = (asked) => {
    if (done || !fits(asked)) return undefined;
    done = true;
    return fault;
  };
  return () => done;
}

const isPart = ({ method, query }: Asked): boolean => method === 'PUT' && query.has('partNumber');
const isCompletion = ({ method, query }: Asked): boolean => method === 'POST' && query.has('uploadId');
const isBeginning = ({ method, query }: Asked): boolean => method === 'POST' && query.has('uploads');

async function write(content: Uint8Array, pieceBytes = 300_000): Promise<number> {
  const sink = storage.create(PATH);
  let waits = 0;
  for (let at = 0; at < content.length; at += pieceBytes) {
    const waiting = sink.write(content.subarray(at, at + pieceBytes));
    if (waiting !== undefined) waits++;
    await waiting;
  }
  await sink.finish();
  return waits;
}

describe('an object being written', () => {
  it('goes in one request when it fits into a part', async () => {
    for (const length of [0, 1, 100_000, 5 * MIB]) {
      server.log.length = 0;
      server.buckets.set('bucket', new Map());
      await write(bytesOf(length));
      expect(server.log).toEqual(['PUT bucket/f']);
      expect(Buffer.compare(await readFile(URI), bytesOf(length))).toBe(0);
    }
  });

  it('goes in parts when it is larger, three at once and no more, and asks to wait for that', async () => {
    const content = bytesOf(40 * MIB + 5);
    // The first six are answered when three of them have come.
    let parts = 0;
    let held: (() => void)[] = [];
    server.onRequest = (asked) => {
      if (!isPart(asked) || ++parts > 6) return;
      return new Promise<void>((resolve) => {
        held.push(resolve);
        if (held.length < 3) return;
        for (const answer of held) answer();
        held = [];
      });
    };
    expect(await write(content)).toBeGreaterThan(0);
    expect(server.mostBytesAtWork).toBeGreaterThanOrEqual(3 * 5 * MIB);
    expect(server.log.filter((line) => line.includes('partNumber')).length).toBe(9);
    expect(server.mostBytesAtWork).toBeLessThanOrEqual(3 * 5 * MIB + 10_000);
    expect(Buffer.compare(await readFile(URI), content)).toBe(0);
    expect(server.uploads.size).toBe(0);
  });

  it('is written whole by a caller that never waits', async () => {
    const content = bytesOf(26 * MIB);
    const sink = storage.create(PATH);
    for (let at = 0; at < content.length; at += MIB) void sink.write(content.subarray(at, at + MIB));
    await sink.finish();
    expect(Buffer.compare(await readFile(URI), content)).toBe(0);
  });

  it('is not there before it is finished, and leaves nothing when it is given up', async () => {
    for (const length of [10, 6 * MIB, 30 * MIB]) {
      const sink = storage.create(PATH);
      void sink.write(bytesOf(length));
      expect(await storage.kind(PATH)).toBeUndefined();
      await sink.abort();
      await sink.abort();
      await failure(async () => sink.write(bytesOf(1)), 'CLOSED');
      expect([server.keysIn(), server.uploads.size]).toEqual([[], 0]);
    }
  });

  it('is removed when it is given up after all', async () => {
    for (const length of [10, 6 * MIB]) {
      const sink = storage.create(PATH);
      await sink.write(bytesOf(length));
      await sink.finish();
      await sink.abort();
      expect(server.keysIn()).toEqual([]);
    }
  });

  it('that has gone, and whose name another one has taken, leaves that in peace when it is given up', async () => {
    const sink = storage.create(PATH);
    await sink.write(bytesOf(10));
    await sink.finish();
    await storage.remove(PATH);
    await storage.putIfAbsent(PATH, bytesOf(3));
    await sink.abort();
    expect((await readFile(URI)).length).toBe(3);
  });

  it.each(['honoured', 'ignored', 'refused'] as const)(
    'does not take the place of another one, conditions of completions %s',
    async (conditions) => {
      server.completionConditions = conditions;
      for (const length of [10, 6 * MIB]) {
        server.buckets.set('bucket', new Map());
        const sink = storage.create(PATH);
        await sink.write(bytesOf(length));
        await storage.putIfAbsent(PATH, bytesOf(3));
        const error = await failure(sink.finish(), 'ALREADY_EXISTS');
        expect(error.uri).toBe(URI);
        await failure(async () => sink.write(bytesOf(1)), 'ALREADY_EXISTS');
        await sink.abort();
        expect((await readFile(URI)).length).toBe(3);
        expect(server.uploads.size).toBe(0);
      }
    },
  );

  it.each([
    'lose',
    'drop',
    { status: 500, code: 'InternalError' },
    { status: 503, code: 'SlowDown' },
  ] as const)('arrives whole though one of its requests fails: %s', async (fault) => {
    const small = (asked: Asked): boolean => asked.method === 'PUT';
    for (const [fits, length] of [
      [small, 10],
      [isPart, 12 * MIB],
      [isCompletion, 12 * MIB],
      [isBeginning, 12 * MIB],
    ] as const) {
      server.buckets.set('bucket', new Map());
      const fired = once(fits, fault);
      await write(bytesOf(length));
      expect(fired()).toBe(true);
      expect(Buffer.compare(await readFile(URI), bytesOf(length))).toBe(0);
    }
    // The one whose beginning was answered to nobody.
    expect(server.uploads.size).toBe(fault === 'lose' ? 1 : 0);
  });

  it('goes in parts where a completion takes no condition', async () => {
    server.completionConditions = 'refused';
    await write(bytesOf(12 * MIB));
    expect(Buffer.compare(await readFile(URI), bytesOf(12 * MIB))).toBe(0);
  });

  it('reports a part that is refused by its next call, and leaves nothing', async () => {
    once((asked) => isPart(asked) && asked.query.get('partNumber') === '2', {
      status: 403,
      code: 'AccessDenied',
    });
    const sink = storage.create(PATH);
    const error = await failure(async () => {
      for (let i = 0; i < 100; i++) await sink.write(bytesOf(MIB));
    }, 'IO');
    expect(error).toMatchObject({ transient: false });
    expect(error.message).toContain('AccessDenied');
    await failure(sink.finish(), 'IO');
    await sink.abort();
    expect([server.keysIn(), server.uploads.size]).toEqual([[], 0]);
  });

  it('is a CONFLICT when its upload was removed meanwhile', async () => {
    for (const after of [isPart, isCompletion]) {
      server.onRequest = (asked) => {
        if (after(asked) && asked.query.get('partNumber') !== '1') server.uploads.clear();
      };
      const sink = storage.create(PATH);
      await failure(async () => {
        for (let i = 0; i < 12; i++) await sink.write(bytesOf(MIB));
        await sink.finish();
      }, 'CONFLICT');
      await sink.abort();
      expect(server.keysIn()).toEqual([]);
    }
  });

  it('goes on with new credentials when the old ones expire, and asks for them once', async () => {
    let asked = 0;
    const credentials = async (): Promise<S3Credentials> => {
      const accessKeyId = `K${++asked}`;
      const keys = { secretAccessKey: `secret ${asked}`, sessionToken: `token ${asked}` };
      server.keys.set(accessKeyId, { ...keys });
      return { accessKeyId, ...keys };
    };
    register({ credentials });
    let parts = 0;
    server.onRequest = (request) => {
      const first = server.keys.get('K1');
      if (isPart(request) && ++parts === 3 && first !== undefined) first.expired = true;
    };
    await write(bytesOf(38 * MIB));
    expect(asked).toBe(2);
    expect(Buffer.compare(await readFile(URI), bytesOf(38 * MIB))).toBe(0);
  });

  it('fails when the credentials have expired and there are no others', async () => {
    server.keys.set('OLD', { secretAccessKey: 'SK', expired: true });
    register({ credentials: { accessKeyId: 'OLD', secretAccessKey: 'SK' } });
    const error = await failure(write(bytesOf(10)), 'IO');
    expect(error.message).toContain('ExpiredToken');
  });
});
