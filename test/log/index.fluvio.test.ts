import { afterAll, describe, expect, it } from 'vitest';
import type { LogReader } from '../../src/node/log.ts';
import { createLog, type KeyedRecord, openLog } from '../../src/node/log.ts';
import { rows, valuesOf } from '../support/log-records.ts';
import { filePlace, type Place, schemePlace } from '../support/places.ts';

async function recording(
  place: Place,
  buckets: number,
  records: Iterable<KeyedRecord>,
  options: object = {},
): Promise<LogReader> {
  const uri = `${await place.root()}/log`;
  const producer = await createLog(uri, { buckets, ...options });
  await producer.sendAll(records);
  await producer.close();
  return openLog(uri);
}

const keyed = (...keys: string[]): KeyedRecord[] => keys.map((key) => [key, key]);

describe.each([schemePlace('memory:'), filePlace()])('a log in $name', (place) => {
  afterAll(() => place.cleanUp());

  it('F12: of the keys 1, 2, 4, 8 in 2 buckets, 1 and 2 go to the first, 4 and 8 to the second', async () => {
    await using log = await recording(place, 2, keyed('1', '2', '4', '8'));
    expect(await valuesOf(log, 0)).toEqual(['1', '2']);
    expect(await valuesOf(log, 1)).toEqual(['4', '8']);
  });

  it('F13: of the keys 1, 2, 3 in 3 buckets, the last two buckets have 1 and 2', async () => {
    await using log = await recording(place, 3, keyed('1', '2', '3'));
    expect([...(await valuesOf(log, 1)), ...(await valuesOf(log, 2))].sort()).toEqual(['1', '2']);
    expect(await valuesOf(log, 0)).toEqual(['3']);
  });

  it('F14: alice goes to 1 of 2 and 2 of 3 buckets, bob to 0 and 1', async () => {
    await using two = await recording(place, 2, keyed('alice', 'bob'));
    await using three = await recording(place, 3, keyed('alice', 'bob'));
    expect([two.bucketOf('alice'), three.bucketOf('alice')]).toEqual([1, 2]);
    expect([two.bucketOf('bob'), three.bucketOf('bob')]).toEqual([0, 1]);
    expect(await valuesOf(two, 1)).toEqual(['alice']);
    expect(await valuesOf(three, 1)).toEqual(['bob']);
  });

  it('F15: six records without keys go to 3 buckets in turn', async () => {
    await using log = await recording(
      place,
      3,
      Array.from({ length: 6 }, (_, i): KeyedRecord => [null, `${i}`]),
    );
    expect(await rows(log)).toEqual([
      [0, 0, null, '0'],
      [0, 1, null, '3'],
      [1, 0, null, '1'],
      [1, 1, null, '4'],
      [2, 0, null, '2'],
      [2, 1, null, '5'],
    ]);
  });

  it('F16: records without keys go to chosen buckets where the caller names them, out of turn', async () => {
    const records = Array.from(
      { length: 4 },
      (_, i): KeyedRecord => [null, `${i}`, { bucket: [0, 2][i % 2] }],
    );
    await using log = await recording(place, 3, [...records, [null, 'first in turn']]);
    expect(await valuesOf(log, 0)).toEqual(['0', '2', 'first in turn']);
    expect(await valuesOf(log, 1)).toEqual([]);
    expect(await valuesOf(log, 2)).toEqual(['1', '3']);
  });

  it('F17: 2000 records without keys from 5 producers at once fill 4 buckets with 500 each', async () => {
    const uri = `${await place.root()}/log`;
    const producer = await createLog(uri, { buckets: 4 });
    const one = async (name: number): Promise<void> => {
      for (let i = 0; i < 400; i++) {
        const waiting = producer.send(undefined, `${name}/${i}`);
        if (waiting !== undefined) await waiting;
        await Promise.resolve();
      }
    };
    await Promise.all([0, 1, 2, 3, 4].map(one));
    expect((await producer.close()).count).toBe(2000);
    await using log = await openLog(uri);
    for (let bucket = 0; bucket < 4; bucket++) expect(await log.bucket(bucket).count()).toBe(500);
    const values = (await rows(log)).map(([, , , value]) => value);
    expect(new Set(values).size).toBe(2000);
    // What one producer sent into a bucket is there in the order in which it was sent.
    for (let bucket = 0; bucket < 4; bucket++) {
      const last = new Map<string, number>();
      for (const value of await valuesOf(log, bucket)) {
        const [name, i] = value.split('/');
        expect(Number(i)).toBeGreaterThan(last.get(name) ?? -1);
        last.set(name, Number(i));
      }
    }
  });

  it.each(['none', 'deflate', 'zstd'])('F18: with compression %s, the same text comes back', async (name) => {
    const records = Array.from(
      { length: 500 },
      (_, i): KeyedRecord => [`k${i % 7}`, `text ${i} `.repeat(20)],
    );
    await using log = await recording(place, 3, records, { compression: name });
    expect(log.info.compression).toBe(name);
    const back = (await rows(log)).map(([, , key, value]) => `${key} ${value}`);
    expect(back.sort()).toEqual(records.map(([key, value]) => `${key} ${value}`).sort());
  });

  it('F19: a record that no partition can hold is refused with its sizes, and the producer goes on', async () => {
    const uri = `${await place.root()}/log`;
    const producer = await createLog(uri, { buckets: 2, partitionBytes: 4096 });
    producer.send(null, 'first');
    expect(() => producer.send('key', new Uint8Array(5000))).toThrow(
      expect.objectContaining({ code: 'TOO_LARGE', keyBytes: 3, valueBytes: 5000 }),
    );
    producer.send(null, 'second');
    await producer.close();
    await using log = await openLog(uri);
    expect(await rows(log)).toEqual([
      [0, 0, null, 'first'],
      [1, 0, null, 'second'],
    ]);
  });

  it('F20: who has read two records of a bucket goes on with the third', async () => {
    await using log = await recording(
      place,
      1,
      ['1', '2', '3', '4'].map((value): KeyedRecord => [null, value]),
    );
    let resume = 0;
    for await (const record of log.bucket(0).records()) {
      resume = record.offset + 1;
      if (resume === 2) break;
    }
    expect((await rows(log.bucket(0), { from: resume })).map(([, , , value]) => value)).toEqual(['3', '4']);
  });

  it('F23: ten sent records come in order from the beginning, and break ends the reading', async () => {
    const uri = `${await place.root()}/log`;
    const producer = await createLog(uri);
    for (let i = 0; i < 10; i++) producer.send(`${i}`, `Message: ${i}`);
    await producer.close();
    const expected = Array.from({ length: 10 }, (_, i) => [0, i, `${i}`, `Message: ${i}`]);
    expect(await rows(openLog(uri).bucket(0))).toEqual(expected);
    await using log = await openLog(uri);
    const iterator = log.bucket(0).records();
    let seen = 0;
    for await (const record of iterator) {
      expect(record.offset).toBe(seen++);
      if (seen === 3) break;
    }
    expect(seen).toBe(3);
    expect(await iterator.next()).toEqual({ value: undefined, done: true });
    expect((await log.bucket(0).at(3))?.valueString()).toBe('Message: 3');
  });

  it('F24: sendAll of ten pairs keeps their order', async () => {
    const pairs = Array.from({ length: 10 }, (_, i): KeyedRecord => [`${i}`, `Message: ${i}`]);
    await using log = await recording(place, 1, pairs);
    expect((await rows(log)).map(([, , key, value]) => [key, value])).toEqual(pairs);
  });

  it('F25: each of 10,000 integers over 5 buckets comes exactly once', async () => {
    const integers = Array.from({ length: 10_000 }, (_, i) => i);
    await using log = await recording(
      place,
      5,
      integers.map((i): KeyedRecord => [i % 3 === 0 ? null : `${i % 100}`, `${i}`]),
      // Sorts in several pieces.
      { sortBytes: 64 * 1024 },
    );
    const found: number[] = [];
    for (let bucket = 0; bucket < 5; bucket++) found.push(...(await valuesOf(log, bucket)).map(Number));
    expect(found.sort((a, b) => a - b)).toEqual(integers);
    expect(await log.verify()).toMatchObject({ ok: true, checked: { entries: 10_000 } });
  });

  it('F27: a record without a key has none, which an empty key is not', async () => {
    await using log = await recording(place, 1, [
      [null, 'none'],
      [undefined, 'none either'],
      ['', 'empty'],
      [new Uint8Array(0), ''],
    ]);
    const records = [];
    for await (const record of log.records()) records.push(record);
    expect(records.map((record) => record.keyString())).toEqual([null, null, '', '']);
    expect(records.map((record) => record.key())).toEqual([null, null, new Uint8Array(0), new Uint8Array(0)]);
    expect(records[3].value()).toEqual(new Uint8Array(0));
  });
});
