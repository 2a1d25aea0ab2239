import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createStore, deleteStore, openStore, storeInfo, verifyStore } from '../../src/node/index.ts';
import { createLog, type KeyedRecord, type LogReader, type LogRecord, openLog } from '../../src/node/log.ts';
import { failure, failureNow, rejection } from '../support/failures.ts';
import { rowOf, rows } from '../support/log-records.ts';
import { filePlace, schemePlace } from '../support/places.ts';
import { readTree, tree } from '../support/storage-tools.ts';
import { bytes, utf8 } from '../support/stores.ts';

const ignore = (): void => undefined;
const at = (year: number): number => Date.UTC(year, 0, 1);

describe.each([schemePlace('memory:'), filePlace()])('a log in $name', (place) => {
  let uri = '';
  beforeEach(async () => {
    uri = `${await place.root()}/log`;
  });
  afterAll(() => place.cleanUp());

  /** Ten records in one bucket: keys k0 and k1 by turns, values v0 to v9. */
  async function ten(): Promise<LogReader> {
    const producer = await createLog(uri);
    for (let i = 0; i < 10; i++) producer.send(`k${i % 2}`, `v${i}`, { timestamp: i });
    await producer.close();
    return openLog(uri);
  }

  const values = async (...args: Parameters<typeof rows>): Promise<string> =>
    (await rows(...args)).map(([, , , value]) => value.slice(1)).join('');

  it('ends walks and calls by their signals, and walks by close()', async () => {
    const log = await ten();
    const bucket = log.bucket(0);
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    for (const call of [
      () => bucket.at(3, { signal }),
      () => bucket.at(-3, { signal }),
      () => bucket.count({ signal }),
      () => openLog(uri).bucket(0).at(3, { signal }),
      () => openLog(uri).bucket(0).count({ signal }),
      () => rows(bucket, { signal }),
      () => log.forEach(ignore, { signal }),
    ])
      expect(await rejection(call)).toBe(reason);
    expect((await bucket.at(3, { signal: new AbortController().signal }))?.offset).toBe(3);
    expect(await bucket.count({ signal: undefined })).toBe(10);
    expect((await failure(bucket.at(1, { signal: 1 as never }), 'INVALID_ARGUMENT')).argument).toBe('signal');

    for (const records of [(range: object) => log.records(range), (range: object) => bucket.records(range)]) {
      const controller = new AbortController();
      let seen = 0;
      const ended = await rejection(async () => {
        for await (const _ of records({ signal: controller.signal }))
          if (++seen === 2) controller.abort(reason);
      });
      expect({ ended, seen }).toEqual({ ended: reason, seen: 2 });
    }
    let visited = 0;
    const controller = new AbortController();
    const visit = (): void => {
      if (++visited === 2) controller.abort(reason);
    };
    expect(await rejection(log.forEach(visit, { signal: controller.signal }))).toBe(reason);
    let read = 0;
    await failure(async () => {
      for await (const _ of log) if (++read === 2) void log.close();
    }, 'CLOSED');
    expect([visited, read]).toEqual([2, 2]);
  });

  it('keeps bytes, text and times of every kind', async () => {
    const long = 'ü'.repeat(70_000);
    const records: KeyedRecord[] = [
      ['kéy', 'välue', { timestamp: 0 }],
      [bytes(0xff, 0), bytes(0x80), { timestamp: -1 }],
      ['', '', { timestamp: at(9999) }],
      [null, bytes(), { timestamp: at(1600) }],
      ['k'.repeat(70_000), long, { timestamp: 2 ** 40 + 1 }],
      ['\u{1F600}', '\0', { timestamp: -62_167_219_200_000 }],
    ];
    const producer = await createLog(uri);
    expect(await producer.sendAll(records)).toBe(6);
    expect(producer.count).toBe(6);
    await producer.close();
    await using log = await openLog(uri);
    let i = 0;
    for await (const record of log.records()) {
      const [key, value, options] = records[i];
      const bytesOf = (one: string | Uint8Array): Uint8Array => (typeof one === 'string' ? utf8(one) : one);
      expect(record.key()).toEqual(key === null || key === undefined ? null : bytesOf(key));
      expect(record.value()).toEqual(bytesOf(value));
      expect([record.bucket, record.offset, record.timestamp]).toEqual([0, i++, options?.timestamp]);
    }
    expect(i).toBe(6);
    const second = await log.bucket(0).at(1);
    const unreadable = expect.objectContaining({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('the record 0/1'),
    });
    expect(() => second?.valueString()).toThrow(unreadable);
    expect(() => second?.keyString()).toThrow(unreadable);
  });

  it('takes the time of the clock where none is given', async () => {
    let now = 1000;
    const producer = await createLog(uri, {}, { now: () => now++, uniqueName: () => '0123456789abcdef' });
    producer.send(null, 'a');
    producer.send(null, 'b', { timestamp: 5 });
    producer.send(null, 'c');
    await producer.close();
    const times: number[] = [];
    for await (const { timestamp } of openLog(uri).records()) times.push(timestamp);
    expect(times).toEqual([1000, 5, 1001]);
  });

  it('takes over what it is given at once', async () => {
    const producer = await createLog(uri, { buckets: 2 });
    const [key, value] = [utf8('alice'), utf8('first')];
    producer.send(key, value);
    key.fill(0);
    value.fill(0);
    await producer.close();
    await using log = await openLog(uri);
    expect(await rows(log)).toEqual([[1, 0, 'alice', 'first']]);
  });

  it('gives records whose bytes belong to the caller', async () => {
    await using log = await ten();
    for (let round = 0; round < 2; round++) {
      let i = 0;
      for await (const record of log.records()) {
        expect(rowOf(record)).toEqual([0, i, `k${i % 2}`, `v${i}`]);
        record.key()?.fill(0);
        record.value().fill(0);
        i++;
      }
      const record = await log.bucket(0).at(4);
      expect(record?.valueString()).toBe('v4');
      record?.value().fill(0);
    }
  });

  it('finds ranges from either end, forwards and backwards', async () => {
    await using log = await ten();
    const bucket = log.bucket(0);
    for (const source of [log, bucket]) {
      expect(await values(source)).toBe('0123456789');
      expect(await values(source, { reverse: true })).toBe('9876543210');
      expect(await values(source, { from: 3 })).toBe('3456789');
      expect(await values(source, { to: 3 })).toBe('012');
      expect(await values(source, { from: 3, to: 6 })).toBe('345');
      expect(await values(source, { from: 3, to: 6, reverse: true })).toBe('543');
      expect(await values(source, { from: -3 })).toBe('789');
      expect(await values(source, { to: -7 })).toBe('012');
      expect(await values(source, { from: -4, to: -1 })).toBe('678');
      expect(await values(source, { from: -99, to: 99 })).toBe('0123456789');
      expect(await values(source, { limit: 2 })).toBe('01');
      expect(await values(source, { from: -3, limit: 2, reverse: true })).toBe('98');
      expect(await values(source, { from: 6, to: 3 })).toBe('');
      expect(await values(source, { from: 10 })).toBe('');
      expect(await values(source, { limit: 0 })).toBe('');
    }
    expect(await bucket.count()).toBe(10);
    const found = await Promise.all([0, 9, -1, -10, 10, -11].map((offset) => bucket.at(offset)));
    expect(found.map((record) => record?.valueString())).toEqual([
      'v0',
      'v9',
      'v9',
      'v0',
      undefined,
      undefined,
    ]);
  });

  it('means a range in each bucket, its limit in all of them', async () => {
    const producer = await createLog(uri, { buckets: 3 });
    for (let i = 0; i < 8; i++) producer.send(null, `v${i}`);
    await producer.close();
    await using log = await openLog(uri);
    expect(await values(log)).toBe('03614725');
    expect(await values(log, { reverse: true })).toBe('52741630');
    expect(await values(log, { from: 1 })).toBe('36475');
    expect(await values(log, { from: -1 })).toBe('675');
    expect(await values(log, { from: -1, reverse: true })).toBe('576');
    expect(await values(log, { to: 1 })).toBe('012');
    expect(await values(log, { from: 2 })).toBe('67');
    expect(await values(log, { from: 1, limit: 3 })).toBe('364');
    expect(await values(log, { limit: 4 })).toBe('0361');
    const seen: string[] = [];
    const see = (record: LogRecord): void => {
      seen.push(record.valueString());
    };
    await log.forEach(see, { from: -1 });
    await log.bucket(2).forEach(see);
    expect(seen).toEqual(['v6', 'v7', 'v5', 'v2', 'v5']);
  });

  it('answers calls of next() that do not wait for each other in order', async () => {
    const producer = await createLog(uri, { buckets: 3 });
    for (let i = 0; i < 8; i++) producer.send(null, `v${i}`);
    await producer.close();
    await using log = await openLog(uri, { cacheBytes: 0 });
    const iterator = log.records({ from: 0 });
    const results = await Promise.all(Array.from({ length: 12 }, () => iterator.next()));
    expect(results.map(({ value, done }) => (done ? '.' : value.valueString().slice(1))).join('')).toBe(
      '03614725....',
    );
  });

  it('works before it is open, and says what is wrong with it then', async () => {
    await createLog(uri, { buckets: 2 }).send('alice', 'a').send('bob', 'b').send(null, 'c').close();
    await using log = openLog(`log:${uri}`);
    expect(await rows(log)).toEqual([
      [0, 0, 'bob', 'b'],
      [0, 1, null, 'c'],
      [1, 0, 'alice', 'a'],
    ]);
    expect(await rows(log.bucket(1))).toEqual([[1, 0, 'alice', 'a']]);
    expect(await log.bucketOf('alice')).toBe(1);
    expect(await log.bucket(0).count()).toBe(2);
    expect((await log.bucket(0).at(1))?.valueString()).toBe('c');
    const seen: string[] = [];
    await log.forEach((record) => {
      seen.push(record.valueString());
    });
    for await (const record of log) seen.push(record.valueString());
    for await (const record of log.bucket(1)) seen.push(record.valueString());
    expect(seen.join('')).toBe('bcabcaa');
    expect((await log.verify()).ok).toBe(true);
    await failure(log.bucket(2).count(), 'INVALID_ARGUMENT');
    await failure(rows(log.bucket(2)), 'INVALID_ARGUMENT');
    const missing = openLog(`${uri}/nothing`);
    await failure(rows(missing.bucket(0)), 'NOT_FOUND');
    await failure(missing.close(), 'NOT_FOUND');
  });

  it('is a store, under its own path and with log: in front', async () => {
    const info = await createLog(`log:${uri}`, { buckets: 2, metadata: { of: 'tests' } })
      .send('alice', 'a')
      .close();
    expect(info).toMatchObject({
      count: 1,
      buckets: 2,
      metadata: { of: 'tests', log: { version: 1, buckets: 2, hash: 'siphash-2-4' } },
    });
    await using log = await openLog(new URL(`log:${info.uri}`));
    expect(log.info).toEqual(info);
    expect(await storeInfo(uri)).toMatchObject({ id: info.id, count: 1, keyEncoding: 'binary' });
    expect((await verifyStore(uri)).ok).toBe(true);
    await failure(createLog(uri), 'ALREADY_EXISTS');
    await deleteStore(uri);
    await failure(openLog(uri), 'NOT_FOUND');
  });

  it('of the same records is the same bytes', async () => {
    const write = async (name: string): Promise<Map<string, Uint8Array>> => {
      const producer = await createLog(`${uri}-${name}`, {
        buckets: 4,
        buildId: 'b1',
        sortBytes: 64 * 1024,
      });
      for (let i = 0; i < 3000; i++) {
        const waiting = producer.send(i % 5 === 0 ? null : `${i % 50}`, `value ${i}`, { timestamp: i });
        if (waiting !== undefined) await waiting;
      }
      await producer.close();
      return readTree(`${uri}-${name}`);
    };
    const first = await write('1');
    expect(first.size).toBe(2);
    expect(await write('2')).toEqual(first);
  });

  it('can be empty', async () => {
    await createLog(uri, { buckets: 3 }).close();
    await using log = await openLog(uri);
    expect([log.info.count, log.info.buckets]).toEqual([0, 3]);
    expect(await rows(log)).toEqual([]);
    expect(await rows(log, { from: -5 })).toEqual([]);
    expect(await log.bucket(2).count()).toBe(0);
    expect(await log.bucket(2).at(-1)).toBeUndefined();
    expect((await log.verify()).ok).toBe(true);
  });

  it('refuses records that it can not keep exactly, and goes on as if they had not been', async () => {
    const producer = await createLog(uri, { buckets: 3 });
    producer.send(null, '0');
    const wrong: [unknown, unknown, unknown?][] = [
      ['\ud800', 'x'],
      ['x', '\udc00'],
      [7, 'x'],
      [null, 7],
      [null, null],
      [null, undefined],
      ['k', [1]],
      [null, 'x', { timestamp: 1.5 }],
      [null, 'x', { timestamp: Number.NaN }],
      [null, 'x', { timestamp: 253_402_300_800_000 }],
      [null, 'x', { timestamp: -62_167_219_200_001 }],
      [null, 'x', { timestamp: '2026-11-20' }],
      [null, 'x', { bucket: 3 }],
      [null, 'x', { bucket: -1 }],
      [null, 'x', { bucket: 0.5 }],
      ['alice', 'x', { bucket: 2 }],
      [null, 'x', { time: 1 }],
      [null, 'x', null],
    ];
    for (const [key, value, options] of wrong) {
      failureNow(() => producer.send(key as string, value as string, options as object), 'INVALID_ARGUMENT');
    }
    expect(producer.count).toBe(1);
    producer.send(null, '1');
    producer.send(null, '2');
    producer.send(null, '3');
    await producer.close();
    await using log = await openLog(uri);
    expect(await rows(log)).toEqual([
      [0, 0, null, '0'],
      [0, 1, null, '3'],
      [1, 0, null, '1'],
      [2, 0, null, '2'],
    ]);
  });

  it('`sendAll()` takes iterables of every kind, and no others', async () => {
    const producer = await createLog(uri);
    expect(await producer.sendAll(new Map([['a', '1']]))).toBe(1);
    expect(await producer.sendAll(new Set([[null, '2'] as const]))).toBe(1);
    async function* later(): AsyncGenerator<KeyedRecord> {
      yield ['b', '3'];
      yield ['b', '4', { timestamp: 4 }];
    }
    expect(await producer.sendAll(later())).toBe(2);
    for (const wrong of [null, undefined, 7, {}, 'text', [1], [['a']], [['a', 'b', {}, 1]], [null]]) {
      await failure(producer.sendAll(wrong as unknown as KeyedRecord[]), 'INVALID_ARGUMENT');
    }
    await failure(
      producer.sendAll([
        ['c', '5'],
        ['\ud800', '6'],
      ]),
      'INVALID_ARGUMENT',
    );
    await producer.close();
    expect((await rows(openLog(uri))).map(([, , , value]) => value).join('')).toBe('12345');
  });

  it('leaves nothing after cancel(), disposal or an abort', async () => {
    for (const buckets of [1, 3]) {
      const producer = await createLog(uri, { buckets });
      producer.send('a', '1');
      await producer.cancel();
      failureNow(() => producer.send('a', '2'), 'CLOSED');
      expect(await producer.close()).toMatchObject({ count: 0, buckets });
      {
        await using disposed = await createLog(uri, { buckets });
        disposed.send('a', '1');
      }
      const reason = new Error('enough');
      const controller = new AbortController();
      const aborted = await createLog(uri, { buckets, signal: controller.signal });
      aborted.send('a', '1');
      controller.abort(reason);
      expect(await rejection(() => aborted.send('a', '2'))).toBe(reason);
      expect(await rejection(aborted.close())).toBe(reason);
      expect(await rejection(createLog(uri, { buckets, signal: controller.signal }))).toBe(reason);
      await createLog(uri, { buckets }).send('a', '1').cancel();
    }
    expect(await tree(uri)).toEqual([]);
    await failure(openLog(uri), 'NOT_FOUND');
  });

  it('is not there before close(), and a disposal after it changes nothing', async () => {
    const producer = await createLog(uri);
    producer.send('a', '1');
    await failure(openLog(uri), 'INCOMPLETE');
    const info = await producer.close();
    expect(await producer.close()).toEqual(info);
    await producer[Symbol.asyncDispose]();
    expect(await rows(openLog(uri))).toEqual([[0, 0, 'a', '1']]);
    failureNow(() => producer.send('a', '2'), 'CLOSED');
  });

  it('ends a reading with the reason of its signal', async () => {
    const producer = await createLog(uri, { blockBytes: 64 });
    for (let i = 0; i < 100; i++) producer.send(null, `value ${i}`);
    await producer.close();
    await using log = await openLog(uri);
    const reason = new Error('enough');
    for (const range of [{}, { from: 1 }]) {
      const controller = new AbortController();
      let seen = 0;
      const reading = async (): Promise<void> => {
        for await (const _ of log.records({ ...range, signal: controller.signal })) {
          if (++seen === 5) controller.abort(reason);
        }
      };
      expect(await rejection(reading())).toBe(reason);
      expect(seen).toBeLessThan(20);
      expect(await rejection(rows(log, { ...range, signal: controller.signal }))).toBe(reason);
    }
  });

  it('cannot be read once it is closed', async () => {
    const log = await ten();
    const bucket = log.bucket(0);
    const iterator = log.records();
    await log.close();
    await log.close();
    await failure(iterator.next(), 'CLOSED');
    expect(await iterator.next()).toEqual({ value: undefined, done: true });
    await failure(bucket.at(0), 'CLOSED');
    await failure(bucket.count(), 'CLOSED');
    await failure(log.forEach(ignore), 'CLOSED');
    await failure(log.verify(), 'CLOSED');
  });

  it('refuses options, ranges, offsets and buckets that mean nothing', async () => {
    for (const options of [
      { buckets: 0 },
      { buckets: 65_537 },
      { buckets: 1.5 },
      { buckets: '2' },
      { bucket: 2 },
      { sort: true },
      { keyEncoding: 'utf8' },
      { metadata: { log: 1 } },
      { metadata: 'text' },
      { sortBytes: 1 },
      { sortBytes: 1, buckets: 2 },
      null,
    ]) {
      await failure(createLog(uri, options as object), 'INVALID_ARGUMENT');
    }
    expect(await tree(uri)).toEqual([]);
    await using log = await ten();
    for (const options of [{ views: true }, { cacheBytes: -1 }, null]) {
      await failure(openLog(uri, options as object), 'INVALID_ARGUMENT');
    }
    for (const range of [
      { from: 0.5 },
      { to: '3' },
      { limit: -1 },
      { reverse: 1 },
      { gte: 1 },
      { signal: 1 },
      null,
    ]) {
      failureNow(() => log.records(range as object), 'INVALID_ARGUMENT');
      failureNow(() => log.bucket(0).records(range as object), 'INVALID_ARGUMENT');
      await failure(log.forEach(ignore, range as object), 'INVALID_ARGUMENT');
    }
    await failure(log.forEach(7 as never), 'INVALID_ARGUMENT');
    for (const bucket of [-1, 1, 0.5, '0'])
      failureNow(() => log.bucket(bucket as number), 'INVALID_ARGUMENT');
    for (const offset of [0.5, '1', Number.NaN]) {
      await failure(log.bucket(0).at(offset as number), 'INVALID_ARGUMENT');
    }
    for (const key of [null, 7, '\ud800']) failureNow(() => log.bucketOf(key as string), 'INVALID_ARGUMENT');
    await failure(openLog('log:'), 'INVALID_ARGUMENT');
  });

  it('is told from a store that is none, and from a log of another version', async () => {
    const binary = { keyEncoding: 'binary', valueEncoding: 'binary' } as const;
    const log = { version: 1, buckets: 2, hash: 'siphash-2-4' };
    const days = { name: 'days', encode: () => bytes(1), decode: () => 'day' };
    const cases: [object, string][] = [
      [{}, 'NOT_A_STORE'],
      [binary, 'NOT_A_STORE'],
      [{ valueEncoding: days }, 'NOT_A_STORE'],
      [{ ...binary, metadata: { log: null } }, 'NOT_A_STORE'],
      [{ ...binary, metadata: { log: [1] } }, 'NOT_A_STORE'],
      [{ metadata: { log } }, 'NOT_A_STORE'],
      [{ ...binary, metadata: { log: { ...log, version: 2 } } }, 'UNSUPPORTED_FORMAT'],
      [{ ...binary, metadata: { log: { ...log, hash: 'murmur' } } }, 'UNSUPPORTED_FORMAT'],
      [{ ...binary, metadata: { log: { ...log, buckets: 0 } } }, 'UNSUPPORTED_FORMAT'],
      [{ ...binary, metadata: { log: {} } }, 'UNSUPPORTED_FORMAT'],
    ];
    for (const [i, [options, code]] of cases.entries()) {
      await createStore(`${uri}-${i}`, options).close();
      const error = await failure(openLog(`${uri}-${i}`), code as 'NOT_A_STORE');
      expect(error.message).toContain(`${i}`);
    }
    await (await ten()).close();
    const [part] = (await tree(`${uri}/data`)).filter((name) => name.endsWith('.cairn'));
    await failure(openLog(`${uri}/data/${part}`), 'NOT_A_STORE');
  });

  it('is read as it was recorded by the store underneath', async () => {
    await createLog(uri, { buckets: 2 }).send('alice', 'a', { timestamp: 1 }).close();
    await using store = await openStore<Uint8Array, Uint8Array>(uri);
    expect(await store.first()).toEqual([
      bytes(0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0),
      bytes(1, 1, 0, 0, 0, 0, 0, 0, 0, 5, ...utf8('alice'), ...utf8('a')),
    ]);
  });
});
