import { describe, expect, it } from 'vitest';
import { isDetached } from '../../src/codec/detached.ts';
import { createStore, openStore } from '../../src/index.ts';
import { createLog } from '../../src/log/index.ts';
import { failure, failureNow } from '../support/failures.ts';

function detached(): Uint8Array {
  const bytes = Uint8Array.of(1, 2, 3);
  structuredClone(bytes, { transfer: [bytes.buffer] });
  return bytes;
}

describe('an array without memory', () => {
  it('is told from an empty one', () => {
    expect(isDetached(detached())).toBe(true);
    for (const bytes of [
      new Uint8Array(0),
      new Uint8Array(8).subarray(4, 4),
      Buffer.alloc(0),
      Uint8Array.of(1),
    ])
      expect(isDetached(bytes)).toBe(false);
  });

  it('is told where its buffer has become too short', () => {
    const buffer = new (
      ArrayBuffer as unknown as new (
        length: number,
        options: object,
      ) => ArrayBuffer & { resize(length: number): void }
    )(8, { maxByteLength: 8 });
    const bytes = new Uint8Array(buffer, 4, 4);
    buffer.resize(2);
    expect(isDetached(bytes)).toBe(true);
  });

  it.each([
    ['binary', 'binary', (bytes: Uint8Array) => bytes],
    ['msgpack', 'msgpack', (bytes: Uint8Array) => bytes],
    ['msgpack, within a value', 'msgpack', (bytes: Uint8Array) => ({ list: [bytes] })],
    [
      'a codec',
      { name: 'raw', encode: (bytes: Uint8Array) => bytes, decode: (bytes: Uint8Array) => bytes },
      (bytes: Uint8Array) => bytes,
    ],
  ] as const)('is no value of %s', async (_, valueEncoding, make) => {
    const writer = await createStore('memory:detached', { valueEncoding: valueEncoding as 'msgpack' });
    const error = failureNow(() => writer.put('a', make(detached())), 'INVALID_ARGUMENT');
    expect(error.message).toContain('lost its memory');
    writer.put('a', make(new Uint8Array(0)));
    await writer.cancel();
  });

  it('is no key', async () => {
    const tuples = await createStore('memory:detached-tuples', { keyEncoding: 'tuple' });
    expect(failureNow(() => tuples.put([1, detached()], 1), 'INVALID_ARGUMENT').message).toContain(
      'key[1] has lost its memory',
    );
    await tuples.cancel();
    const writer = await createStore('memory:detached-keys', { keyEncoding: 'binary' });
    expect(failureNow(() => writer.put(detached(), 1), 'INVALID_ARGUMENT').message).toContain(
      'key has lost its memory',
    );
    writer.put(Uint8Array.of(1), 1);
    await writer.close();
  });

  it('is nothing to look up', async () => {
    await createStore('memory:detached-query', { keyEncoding: 'binary' }).put(Uint8Array.of(1), 1).close();
    await using reader = await openStore('memory:detached-query', { keyEncoding: 'binary' });
    for (const look of [
      () => reader.getSync(detached()),
      () => reader.hasManySync([detached()]),
      () => reader.countSync({ gte: detached() }),
      () => reader.countSync({ prefix: detached() }),
    ])
      expect(failureNow(look, 'INVALID_ARGUMENT').message).toContain('has lost its memory');
    await failure(reader.get(detached()), 'INVALID_ARGUMENT');
    await failure(reader.floor(detached()), 'INVALID_ARGUMENT');
    expect(reader.countSync({ gte: new Uint8Array(0) })).toBe(1);
  });

  it('is no part of a record', async () => {
    const producer = await createLog('memory:detached-log');
    failureNow(() => producer.send(detached(), 'a'), 'INVALID_ARGUMENT');
    failureNow(() => producer.send(null, detached()), 'INVALID_ARGUMENT');
    expect(producer.count).toBe(0);
    await producer.cancel();
  });
});
