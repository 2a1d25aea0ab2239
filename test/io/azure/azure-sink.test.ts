import { beforeEach, describe, expect, it } from 'vitest';
import type { AzureOptions } from '../../../src/io/azure/index.ts';
import { type Asked, AzureFake, type Fault, registerFake } from '../../support/azure-fake.ts';
import { failure } from '../../support/failures.ts';
import { locateComplete, type MovingStorage } from '../../support/locate-complete.ts';
import { QuickHost } from '../../support/quick-host.ts';
import { readFile } from '../../support/storage-tools.ts';

const PART = 2 ** 16;
const URI = 'az://container/f';
const PATH = 'container/f';

let fake: AzureFake;
let storage: MovingStorage;

beforeEach(() => {
  fake = new AzureFake();
  register();
});

function register(options: AzureOptions = {}): void {
  registerFake(fake, { blockSize: PART, ...options }, new QuickHost());
  storage = locateComplete(URI).storage;
}

/** Bytes that differ from place to place. */
function bytesOf(length: number): Uint8Array {
  return new Uint8Array(length).map((_, i) => (i * 31 + (i >> 8) * 7 + (i >> 16)) & 255);
}

/** The first request that fits, and no other, gets the fault. */
function once(fits: (asked: Asked) => boolean, fault: Fault): () => boolean {
  let done = false;
  fake.fault = (asked) => {
    if (done || !fits(asked)) return undefined;
    done = true;
    return fault;
  };
  return () => done;
}

const isPart = ({ query }: Asked): boolean => query.get('comp') === 'block';
const isEnd = ({ query }: Asked): boolean => query.get('comp') === 'blocklist';

async function write(content: Uint8Array, pieceBytes = 5000): Promise<number> {
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

describe('a blob being written', () => {
  it('goes in one request when it fits into a part', async () => {
    for (const length of [0, 1, 10_000, PART]) {
      fake.log.length = 0;
      fake.containers.set('container', new Map());
      await write(bytesOf(length));
      expect(fake.log).toEqual(['PUT container/f']);
      expect(Buffer.compare(await readFile(URI), bytesOf(length))).toBe(0);
    }
  });

  it('goes in parts when it is larger, three at once and no more, and asks to wait for that', async () => {
    const content = bytesOf(9 * PART + 5);
    let [atWork, most] = [0, 0];
    let held: (() => void)[] = [];
    let parts = 0;
    // The first six are answered when three of them have come.
    fake.onRequest = async (asked) => {
      if (!isPart(asked)) return;
      most = Math.max(most, ++atWork);
      if (++parts <= 6) {
        await new Promise<void>((resolve) => {
          held.push(resolve);
          if (held.length < 3) return;
          for (const answer of held) answer();
          held = [];
        });
      }
      atWork--;
    };
    expect(await write(content)).toBeGreaterThan(0);
    expect(most).toBe(3);
    expect(fake.log.filter((line) => line.endsWith('?block')).length).toBe(10);
    expect(fake.log.at(-1)).toBe('PUT container/f?blocklist');
    expect(Buffer.compare(await readFile(URI), content)).toBe(0);
  });

  it('is written whole by a caller that never waits', async () => {
    const content = bytesOf(12 * PART + 7);
    const sink = storage.create(PATH);
    for (let at = 0; at < content.length; at += 20_000) void sink.write(content.subarray(at, at + 20_000));
    await sink.finish();
    expect(Buffer.compare(await readFile(URI), content)).toBe(0);
  });

  it('has parts of 8 MiB unless one says otherwise', async () => {
    register({ blockSize: undefined });
    const sizes: number[] = [];
    fake.onRequest = ({ query, body }) => {
      if (query.get('comp') === 'block') sizes.push(body.length);
    };
    await write(bytesOf(2 ** 23 + 1), 1e6);
    // Parts are sent side by side, so they may arrive in any order.
    expect(sizes.sort((a, b) => b - a)).toEqual([2 ** 23, 1]);
  });

  it('is not there before it is finished, and not seen when it is given up', async () => {
    for (const length of [10, 2 * PART, 9 * PART]) {
      const sink = storage.create(PATH);
      void sink.write(bytesOf(length));
      expect(await storage.kind(PATH)).toBeUndefined();
      await sink.abort();
      await sink.abort();
      await failure(async () => sink.write(bytesOf(1)), 'CLOSED');
      await failure(async () => sink.finish(), 'CLOSED');
      expect(fake.names()).toEqual([]);
    }
    expect(fake.log.some((line) => line.endsWith('?blocklist'))).toBe(false);
  });

  it('is given up at once, whatever its parts wait for', async () => {
    fake.fault = () => 'hang';
    const sink = storage.create(PATH);
    void sink.write(bytesOf(9 * PART));
    while (fake.log.length < 3) await new Promise(setImmediate);
    await sink.abort();
    expect(fake.log.length).toBe(3);
  });

  it('is not put together when its last part was refused', async () => {
    once(({ body }) => body.length === 1, { status: 403, code: 'AuthorizationFailure' });
    const error = await failure(write(bytesOf(2 * PART + 1)), 'IO');
    expect(error.message).toContain('AuthorizationFailure');
    expect(fake.log).not.toContain('PUT container/f?blocklist');
  });

  it('is removed when it is given up after all', async () => {
    for (const length of [10, 3 * PART]) {
      const sink = storage.create(PATH);
      await sink.write(bytesOf(length));
      await sink.finish();
      await sink.abort();
      expect(fake.names()).toEqual([]);
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

  it('that is replaced while it is given up leaves the other one', async () => {
    const sink = storage.create(PATH);
    await sink.write(bytesOf(10));
    await sink.finish();
    fake.onRequest = async ({ method }) => {
      if (method !== 'DELETE') return;
      fake.onRequest = undefined;
      await storage.replace(PATH, bytesOf(3));
    };
    await sink.abort();
    expect((await readFile(URI)).length).toBe(3);
  });

  it('does not take the place of another one, whenever that came', async () => {
    for (const length of [10, 3 * PART]) {
      for (const early of [true, false]) {
        fake = new AzureFake();
        register();
        const sink = storage.create(PATH);
        const take = (): Promise<boolean> => storage.putIfAbsent(PATH, bytesOf(3));
        if (early) await take();
        await sink.write(bytesOf(length));
        await sink.write(bytesOf(1));
        if (!early) await take();
        expect((await failure(sink.finish(), 'ALREADY_EXISTS')).uri).toBe(URI);
        await failure(async () => sink.write(bytesOf(1)), 'ALREADY_EXISTS');
        await sink.abort();
        expect((await readFile(URI)).length).toBe(3);
      }
    }
  });

  it('does not mix with another one under its name, of which one is there in the end', async () => {
    const contents = [bytesOf(5 * PART), bytesOf(4 * PART + 3).fill(7)];
    const sinks = contents.map(() => storage.create(PATH));
    await Promise.all(sinks.map((sink, i) => sink.write(contents[i])));
    const outcomes = await Promise.allSettled(sinks.map((sink) => sink.finish()));
    const winner = outcomes.findIndex(({ status }) => status === 'fulfilled');
    expect(outcomes[1 - winner]).toMatchObject({ status: 'rejected', reason: { code: 'ALREADY_EXISTS' } });
    await sinks[1 - winner].abort();
    expect(Buffer.compare(await readFile(URI), contents[winner])).toBe(0);
  });

  it.each<Fault>([
    'lose',
    'drop',
    { status: 500, code: 'InternalError' },
    { status: 503, code: 'ServerBusy' },
  ])('arrives whole though one of its requests fails: %s', async (fault) => {
    const whole = ({ method, query }: Asked): boolean => method === 'PUT' && query.size === 0;
    for (const [fits, length] of [
      [whole, 10],
      [isPart, 3 * PART],
      [isEnd, 3 * PART],
    ] as const) {
      fake.containers.set('container', new Map());
      const fired = once(fits, fault);
      await write(bytesOf(length));
      expect(fired()).toBe(true);
      expect(Buffer.compare(await readFile(URI), bytesOf(length))).toBe(0);
    }
  });

  it('reports a part that is refused by its next call, and leaves nothing', async () => {
    let parts = 0;
    once((asked) => isPart(asked) && ++parts === 2, { status: 403, code: 'AuthorizationFailure' });
    const sink = storage.create(PATH);
    const error = await failure(async () => {
      for (let i = 0; i < 100; i++) await sink.write(bytesOf(PART));
    }, 'IO');
    expect(error).toMatchObject({ transient: false });
    expect(error.message).toContain('AuthorizationFailure');
    await failure(sink.finish(), 'IO');
    await sink.abort();
    expect(fake.names()).toEqual([]);
  });

  it('is a CONFLICT when its parts were removed meanwhile', async () => {
    fake.onRequest = (asked) => {
      if (isEnd(asked)) fake.parts.clear();
    };
    await failure(write(bytesOf(3 * PART)), 'CONFLICT');
    expect(fake.names()).toEqual([]);
  });

  it('goes on with another token when the old one ends', async () => {
    let asked = 0;
    const token = () => {
      fake.tokens.add(`T${++asked}`);
      return `T${asked}`;
    };
    register({ token });
    let parts = 0;
    fake.onRequest = (request) => {
      if (isPart(request) && ++parts === 3) fake.tokens.delete('T1');
    };
    await write(bytesOf(9 * PART));
    expect(asked).toBe(2);
    expect(Buffer.compare(await readFile(URI), bytesOf(9 * PART))).toBe(0);
  });
});
