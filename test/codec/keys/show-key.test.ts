import { describe, expect, it } from 'vitest';
import { keyCodecFor } from '../../../src/codec/keys/key-codecs.ts';
import type { KeyEncoding } from '../../../src/codec/keys/key-encoding.ts';
import { showDecodedKey } from '../../../src/codec/keys/show-key.ts';
import { createStore, mergeStores } from '../../../src/index.ts';
import { failure } from '../../support/failures.ts';

const UUID = '6ba7b810-9dad-11d1-80b4-00c04fd430c8';

/** Keys in order, and how they are shown. */
const KEYS: readonly (readonly [KeyEncoding, string, unknown])[] = [
  ['utf8', '"a \\"b\\""', 'a "b"'],
  ['utf8', '"ä"', 'ä'],
  ['utf8', '"\\ufeffk\\u200b\\u2028\\n"', '\ufeffk\u200b\u2028\n'],
  ['utf8', `"${'x'.repeat(63)}…`, 'x'.repeat(100)],
  ['binary', '0x61ff', Uint8Array.of(0x61, 0xff)],
  ['number', '3', 3],
  ['number', '-1.5', -1.5],
  ['bigint', '1180591620717411303424', 2n ** 70n],
  ['uuid', UUID, UUID],
  ['tuple', '["US",2]', ['US', 2]],
  [
    'tuple',
    '[null,5n,0x01,1970-01-01T00:00:00.000Z,["b",true]]',
    [null, 5n, Uint8Array.of(1), new Date(0), ['b', true]],
  ],
];

function encoded(encoding: KeyEncoding, key: unknown): Uint8Array {
  const target = new Uint8Array(1 << 16);
  return target.slice(0, keyCodecFor(encoding).encodeInto(key as never, target));
}

describe('showDecodedKey()', () => {
  it.each(KEYS)('shows a %s key as %s', (encoding, shown, key) => {
    expect(showDecodedKey(encoded(encoding, key), keyCodecFor(encoding))).toBe(shown);
  });

  it('shows the bytes where no codec can decode them', () => {
    expect(showDecodedKey(Uint8Array.of(0x61, 0x62), undefined)).toBe('"ab"');
    expect(showDecodedKey(Uint8Array.of(0xff), keyCodecFor('utf8'))).toBe('0xff');
    const codec = { name: 'own', encode: () => new Uint8Array(1), decode: () => ({ a: 1 }) };
    expect(showDecodedKey(Uint8Array.of(1), keyCodecFor(codec))).toBe('0x01');
  });
});

describe('messages about keys', () => {
  it.each(KEYS)('show equal %s keys, in one store and in two, as %s', async (keyEncoding, shown, key) => {
    const options = { keyEncoding, valueEncoding: 'utf8' } as const;
    for (const more of [{}, { sort: true }]) {
      const writer = await createStore('memory:show-key/one', { ...options, ...more });
      await expect(async () => {
        writer.put(key as never, '');
        writer.put(key as never, '');
        await writer.close();
      }).rejects.toThrow(`${shown}, was put`.replace(', was', 'sort' in more ? ' was' : ', was'));
      await writer.cancel();
    }
    for (const name of ['a', 'b']) {
      await createStore(`memory:show-key/${shown}/${name}`, options)
        .put(key as never, '')
        .close();
    }
    const sources = ['a', 'b'].map((name) => `memory:show-key/${shown}/${name}`);
    const { message } = await failure(mergeStores(sources, 'memory:show-key/both'), 'DUPLICATE_KEY');
    expect(message).toContain(`the key ${shown} is in more than one store`);
  });

  it('show both keys that are out of order, and speak of text order only for text', async () => {
    await using writer = await createStore('memory:show-key/order', { keyEncoding: 'number' });
    writer.put(5, '');
    const { message } = await failure(() => writer.put(3, ''), 'KEY_ORDER');
    expect(message).toBe(
      'the key of entry 1, 3, does not come after the one before, 5. Sort the input with keys.sort(compareKeys), ' +
        'or let the writer do it (sort: true)',
    );
  });
});
