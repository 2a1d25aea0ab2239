import { describe, expect, it } from 'vitest';
import { openCollection } from '../../../src/collection/index.ts';
import '../../../src/node/register.ts';

const uri = (): string => `memory:${crypto.randomUUID()}`;

const bytesOf = (value: Uint8Array | undefined): number[] => [...(value ?? [])];

describe('the bytes of a value', () => {
  const values = [
    ['a Buffer', () => Buffer.from([1, 2, 3])],
    ['a Uint8Array', () => Uint8Array.of(1, 2, 3)],
  ] as const;

  it.each(values)("are the caller's again once a call has returned: %s", async (_, make) => {
    await using collection = await openCollection(uri(), { valueEncoding: 'binary' });
    const value: Uint8Array = make();
    const key = 'a';
    const committed = [
      collection.set(key, value),
      collection.commit([{ set: ['b', value] }]),
      collection.commit((tx) => {
        tx.set('c', value);
        value.fill(9);
      }),
    ];
    // The second was taken before this one, the third is run later.
    value.fill(7);
    await Promise.all(committed);
    expect((await collection.getMany(['a', 'b', 'c'])).map(bytesOf)).toEqual([
      [1, 2, 3],
      [1, 2, 3],
      [7, 7, 7],
    ]);
  });

  it('of a user-defined codec may be in memory that it uses again', async () => {
    const shared = Buffer.alloc(1);
    const codec = {
      name: 'shared',
      encode(value: unknown): Uint8Array {
        shared[0] = value as number;
        return shared;
      },
      decode: (bytes: Uint8Array): unknown => bytes[0],
    };
    await using collection = await openCollection<string, number>(uri(), { valueEncoding: codec });
    await collection.commit([{ set: ['a', 1] }, { set: ['b', 2] }]);
    expect(await collection.getMany(['a', 'b'])).toEqual([1, 2]);
  });

  it("that a transaction has read are the caller's", async () => {
    await using collection = await openCollection(uri(), { valueEncoding: 'binary' });
    await collection.commit(async (tx) => {
      tx.set('a', Uint8Array.of(1));
      (await tx.get('a'))?.fill(5);
      for await (const [, value] of tx.entries()) value.fill(6);
    });
    expect(bytesOf(await collection.get('a'))).toEqual([1]);
  });
});
