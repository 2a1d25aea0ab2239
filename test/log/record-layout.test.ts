import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createStore } from '../../src/node/index.ts';
import { createLog, openLog } from '../../src/node/log.ts';
import { failure } from '../support/failures.ts';
import { rows } from '../support/log-records.ts';
import { bytes, utf8 } from '../support/stores.ts';

let number = 0;

/** A store that says that it is a log, with such entries in it. */
async function forged(entries: readonly (readonly [Uint8Array, Uint8Array])[], buckets = 2): Promise<string> {
  const uri = `memory:forged-${number++}`;
  const writer = await createStore(uri, {
    keyEncoding: 'binary',
    valueEncoding: 'binary',
    metadata: { log: { version: 1, buckets, hash: 'siphash-2-4' } },
  });
  await writer.putAll(entries);
  await writer.close();
  return uri;
}

const keyOf = (bucket: number, offset: number): Uint8Array =>
  bytes(0, 0, 0, bucket, 0, 0, 0, 0, 0, 0, 0, offset);
const ignore = (): void => undefined;
const TIME = [1, 2, 3, 4, 5, 0, 0, 0];
const keyless = bytes(0, ...TIME, 0x61);

describe('the layout of a record', () => {
  it('keeps any key, value and time', async () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 200 });
    const content = fc.oneof(text, fc.uint8Array({ maxLength: 300 }));
    const record = fc.record({
      key: fc.option(content, { nil: null }),
      value: content,
      timestamp: fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 }),
    });
    const bytesOf = (one: string | Uint8Array): Uint8Array => (typeof one === 'string' ? utf8(one) : one);
    await fc.assert(
      fc.asyncProperty(fc.array(record, { maxLength: 12 }), async (records) => {
        const uri = `memory:layout-${number++}`;
        const producer = await createLog(uri);
        for (const { key, value, timestamp } of records) producer.send(key, value, { timestamp });
        await producer.close();
        let i = 0;
        for await (const found of openLog(uri).records()) {
          const { key, value, timestamp } = records[i++];
          expect(found.timestamp).toBe(timestamp);
          expect(found.key()).toEqual(key === null ? null : bytesOf(key));
          expect(found.value()).toEqual(bytesOf(value));
        }
        expect(i).toBe(records.length);
      }),
      { numRuns: 60 },
    );
  });

  it('takes what it should from a store made by hand', async () => {
    const uri = await forged([
      [keyOf(0, 0), keyless],
      [keyOf(0, 1), bytes(1, ...TIME, 0, 0x62)],
    ]);
    expect(await rows(openLog(uri))).toEqual([
      [0, 0, null, 'a'],
      [0, 1, '', 'b'],
    ]);
    expect((await openLog(uri).bucket(0).at(0))?.timestamp).toBe(0x05_04_03_02_01);
  });

  it.each([
    ['an empty value', bytes()],
    ['half a time', bytes(0, 1, 2, 3, 4)],
    ['flags of the future', bytes(2, ...TIME, 0x61)],
    ['a time beyond the year 9999', bytes(0, 0, 0, 0, 0, 0, 0, 0, 1, 0x61)],
    ['a time that is no safe integer', bytes(0, 1, 0, 0, 0, 0, 0, 0, 0x7f, 0x61)],
    ['no length of the key', bytes(1, ...TIME)],
    ['a length of the key that is cut off', bytes(1, ...TIME, 0x80)],
    ['an overlong length of the key', bytes(1, ...TIME, 0x81, 0x00, 0x61, 0x61)],
    ['a length of the key in six bytes', bytes(1, ...TIME, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01, 0x61)],
    ['a key longer than the record', bytes(1, ...TIME, 3, 0x61, 0x62)],
    ['a key longer than any', bytes(1, ...TIME, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x61)],
  ])('refuses %s', async (_, value) => {
    const uri = await forged([[keyOf(1, 0), value]]);
    await using log = await openLog(uri);
    const error = await failure(rows(log), 'CORRUPTION');
    expect(error).toMatchObject({ file: uri, section: 'record 1/0' });
    await failure(log.bucket(1).at(0), 'CORRUPTION');
    await failure(log.forEach(ignore), 'CORRUPTION');
    expect(await log.verify()).toMatchObject({ ok: false, problems: [{ section: 'record 1/0' }] });
  });

  it.each([
    ['short', bytes(0, 0, 0, 0, 0)],
    ['long', bytes(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)],
    ['of a bucket that there is not', keyOf(2, 0)],
    ['with an offset above 2^53', bytes(0, 0, 0, 0, 0x7f, 0, 0, 0, 0, 0, 0, 0)],
  ])('refuses a key that is %s', async (_, key) => {
    await using log = await openLog(await forged([[key, keyless]]));
    expect(await failure(rows(log), 'CORRUPTION')).toMatchObject({ section: 'record key' });
    expect(await log.verify()).toMatchObject({ ok: false });
  });

  it('ends with the first damage', async () => {
    const uri = await forged([
      [keyOf(0, 0), keyless],
      [keyOf(0, 1), bytes()],
      [keyOf(0, 2), keyless],
    ]);
    const iterator = openLog(uri).records();
    expect((await iterator.next()).done).toBe(false);
    await failure(iterator.next(), 'CORRUPTION');
    expect(await iterator.next()).toEqual({ value: undefined, done: true });
  });
});

describe('`verify()` of a log', () => {
  const alice = bytes(1, ...TIME, 5, ...utf8('alice'));

  it.each([
    ['a first record that is missing', [[keyOf(0, 1), keyless]], 'record 0/1'],
    [
      'a record that is missing in between',
      [
        [keyOf(0, 0), keyless],
        [keyOf(1, 0), alice],
        [keyOf(1, 2), alice],
      ],
      'record 1/2',
    ],
    ['a key in the wrong bucket', [[keyOf(0, 0), alice]], 'record 0/0'],
  ] as [string, [Uint8Array, Uint8Array][], string][])('finds %s', async (_, entries, section) => {
    const uri = await forged(entries);
    expect(await openLog(uri).verify()).toMatchObject({
      ok: false,
      checked: { entries: entries.length },
      problems: [{ code: 'CORRUPTION', file: uri, section, message: expect.stringContaining(section) }],
    });
  });

  it('finds nothing in what createLog wrote, watched or not', async () => {
    const uri = `memory:verified-${number++}`;
    const producer = await createLog(uri, { buckets: 7 });
    for (let i = 0; i < 300; i++) producer.send(i % 4 === 0 ? null : `key ${i % 40}`, `value ${i}`);
    await producer.close();
    let steps = 0;
    const report = await openLog(uri).verify({ onProgress: () => steps++ });
    expect(report).toMatchObject({ ok: true, checked: { entries: 300 }, problems: [] });
    expect(steps).toBeGreaterThan(0);
    await failure(openLog(uri).verify({ onprogress: 1 } as object), 'INVALID_ARGUMENT');
  });
});
