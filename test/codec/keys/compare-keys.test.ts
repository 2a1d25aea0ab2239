import { Buffer } from 'node:buffer';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_KEY_BYTES } from '../../../src/bytes/key-buffer.ts';
import type { KeyCodec } from '../../../src/codec/keys/key-codec.ts';
import { keyCodecFor } from '../../../src/codec/keys/key-codecs.ts';
import type { TupleElement } from '../../../src/codec/keys/tuple.ts';
import { compareKeys, createStore, openStore } from '../../../src/index.ts';
import { failureNow } from '../../support/failures.ts';

const target = new Uint8Array(MAX_KEY_BYTES + 1);

/** The order of the encoded keys: −1, 0 or 1. */
function orderOfBytes(encoding: Encoding, a: unknown, b: unknown): number {
  const codec = keyCodecFor(encoding) as KeyCodec<unknown>;
  const [first, second] = [a, b].map((key) => target.slice(0, codec.encodeInto(key, target)));
  return Buffer.compare(first, second);
}

// Few characters, so that keys share beginnings; on both sides of the surrogates.
const text = fc.array(
  fc.constantFrom('a', 'b', '\u00e9', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{1f600}'),
  {
    minLength: 1,
    maxLength: 4,
  },
);
const bytes = fc.uint8Array({ minLength: 1, maxLength: 4 });
const numbers = fc.oneof(
  fc.double({ noNaN: true }),
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom(-0, 0, Infinity, -Infinity, 2 ** 53, Number.MIN_VALUE),
);
const leaf: fc.Arbitrary<TupleElement> = fc.oneof(
  text.map((parts) => parts.join('')),
  bytes,
  numbers,
  fc.bigInt(),
  fc.date({ noInvalidDate: true }),
  fc.constantFrom(null, true, false),
);

const KEYS = {
  utf8: text.map((parts) => parts.join('')),
  binary: bytes,
  number: numbers,
  bigint: fc.oneof(
    fc.bigInt(),
    fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
    fc.constantFrom(-1n, 0n, 1n),
  ),
  uuid: fc.uuid(),
  tuple: fc.array(fc.oneof(leaf, fc.array(leaf, { maxLength: 2 })), { minLength: 1, maxLength: 3 }),
};
type Encoding = keyof typeof KEYS;
const ENCODINGS = Object.keys(KEYS) as Encoding[];

describe('compareKeys', () => {
  it.each(ENCODINGS)('gives the order of encoded keys: %s', (encoding) => {
    const keys: fc.Arbitrary<unknown> = KEYS[encoding];
    fc.assert(
      fc.property(keys, keys, (a, b) => {
        const order = compareKeys(a as string, b as string);
        expect(Math.sign(order)).toBe(orderOfBytes(encoding, a, b));
        expect(Math.sign(compareKeys(b as string, a as string))).toBe(0 - Math.sign(order));
        expect(compareKeys(a as string, a as string)).toBe(0);
      }),
      { numRuns: 1000 },
    );
  });

  it.each(ENCODINGS)('sorts keys so that they can be put: %s', async (encoding) => {
    const keys: fc.Arbitrary<unknown> = KEYS[encoding];
    const [some] = fc.sample(fc.array(keys, { minLength: 50, maxLength: 50 }), 1);
    const sorted = (some as string[])
      .sort(compareKeys)
      .filter((key, i, all) => i === 0 || compareKeys(all[i - 1], key) !== 0);
    const uri = `memory:compared-${encoding}`;
    const writer = await createStore<Encoding, 'json'>(uri, { keyEncoding: encoding, valueEncoding: 'json' });
    for (const key of sorted) writer.put(key as never, 1);
    await writer.close();
    expect(await openStore(uri).count()).toBe(sorted.length);
  });

  it('sorts text, which is what it is called with most', () => {
    expect(['b', 'a'].sort(compareKeys)).toEqual(['a', 'b']);
    expect(['\u{1f600}', '\uffff', 'é', 'z', ''].sort(compareKeys)).toEqual([
      '',
      'z',
      'é',
      '\uffff',
      '\u{1f600}',
    ]);
    expect(compareKeys(Buffer.from('a'), Uint8Array.of(0x61, 0))).toBeLessThan(0);
    expect(compareKeys(runInNewContext('new Uint8Array([1])') as Uint8Array, Uint8Array.of(1))).toBe(0);
  });

  it.each<[string, unknown, unknown]>([
    ['text and bytes', 'a', Uint8Array.of(0x61)],
    ['numbers and bigints', 1, 1n],
    ['numbers and text', 1, '1'],
    ['text and tuples', 'a', ['a']],
    ['text and nothing', 'a', undefined],
    ['null', null, null],
    ['truth values', true, false],
    ['NaN', Number.NaN, 1],
    ['dates', new Date(0), new Date(1)],
    ['objects', {}, {}],
    ['other views of memory', new Uint16Array(1), new Uint16Array(1)],
    ['unpaired surrogates', 'a\ud800', 'b'],
    ['unpaired surrogates in tuples', ['\udc00'], ['b']],
    ['NaN in tuples', [Number.NaN], [1]],
    ['undefined in tuples', [undefined], [1]],
    ['functions', compareKeys, compareKeys],
    ['symbols', Symbol('a'), Symbol('b')],
  ])('refuses %s, on either side', (_, a, b) => {
    expect(failureNow(() => compareKeys(a as string, b as string), 'INVALID_ARGUMENT').argument).toMatch(
      /^[ab]$/,
    );
    expect(failureNow(() => compareKeys(b as string, a as string), 'INVALID_ARGUMENT').argument).toMatch(
      /^[ab]$/,
    );
  });
});
