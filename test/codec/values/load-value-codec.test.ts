import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import type { Codec } from '../../../src/codec/codec.ts';
import { KEY_ENCODINGS, VALUE_ENCODINGS } from '../../../src/codec/encoding-names.ts';
import { loadValueCodec, valueCodecFor } from '../../../src/codec/values/load-value-codec.ts';
import type { TypedValue } from '../../../src/codec/values/typed.ts';
import type { ValueCodec } from '../../../src/codec/values/value-codec.ts';
import type { ValueEncoding, ValueOf } from '../../../src/codec/values/value-encoding.ts';
import { someText } from '../../support/exact-values.ts';

const refused = expect.objectContaining({ code: 'INVALID_ARGUMENT', argument: 'value' });

const reversed: Codec<string> = {
  name: 'reversed',
  encode: (value) => new TextEncoder().encode(value).reverse(),
  decode: (bytes) => new TextDecoder().decode(bytes.slice().reverse()),
};

describe('valueCodecFor()', () => {
  it('infers the type of the values', () => {
    expectTypeOf(valueCodecFor('json')).toEqualTypeOf<ValueCodec<unknown>>();
    expectTypeOf(valueCodecFor('binary')).toEqualTypeOf<ValueCodec<Uint8Array>>();
    expectTypeOf(valueCodecFor('utf8')).toEqualTypeOf<ValueCodec<string>>();
    expectTypeOf(valueCodecFor(reversed)).toEqualTypeOf<ValueCodec<string>>();
    expectTypeOf<ValueOf<Codec<{ price: number }>>>().toEqualTypeOf<{ price: number }>();
    for (const name of ['json', 'binary', 'utf8'] as const) expect(valueCodecFor(name).name).toBe(name);
    expect(valueCodecFor(reversed).name).toBe('reversed');
  });

  it('has all built-in encodings but those that must be loaded, and `loadValueCodec()` has these too', async () => {
    for (const name of VALUE_ENCODINGS) {
      if (name !== 'typed' && name !== 'msgpack') expect(valueCodecFor(name).name).toBe(name);
      expect((await loadValueCodec(name)).name).toBe(name);
    }
    expect((await loadValueCodec(reversed)).name).toBe('reversed');
    expectTypeOf(loadValueCodec('typed')).resolves.toEqualTypeOf<ValueCodec<TypedValue>>();
    await expect(loadValueCodec('types' as 'typed')).rejects.toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', argument: 'valueEncoding' }),
    );
  });

  it.each(['msgpack', 'json', 'utf8'] as const)(
    'gives a new %s codec each time, with memory of its own',
    async (name) => {
      const [a, b] = [await loadValueCodec(name), await loadValueCodec(name)] as ValueCodec<string>[];
      const bytes = a!.encode('first');
      const before = [...bytes];
      b!.encode('other');
      expect([...bytes]).toEqual(before);
    },
  );

  it.each<[string, unknown]>([
    ['a misspelt name', 'messagepack'],
    ['nothing', undefined],
    ['a key encoding', 'tuple'],
    ['a codec without encode', { name: 'x', decode: () => 1 }],
    ['a codec without a name', { ...reversed, name: undefined }],
    ['a codec with a slash in its name', { ...reversed, name: 'a/b' }],
    ...[...KEY_ENCODINGS, ...VALUE_ENCODINGS].map((name): [string, unknown] => [
      `a codec named ${name}`,
      { ...reversed, name },
    ]),
  ])('refuses %s', (_, encoding) => {
    expect(() => valueCodecFor(encoding as 'utf8')).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', argument: 'valueEncoding' }),
    );
  });
});

describe.each([...VALUE_ENCODINGS, reversed] as const)('every codec: %j', (encoding) => {
  it('refuses undefined, which stands for an absent key', async () => {
    const codec = (await loadValueCodec<ValueEncoding>(encoding)) as ValueCodec<unknown>;
    expect(() => codec.encode(undefined)).toThrow(refused);
    expect(() => codec.encode(undefined)).toThrow('absent');
  });
});

describe('the codec utf8', () => {
  const codec = valueCodecFor('utf8');

  it('gives back any well-formed text', () => {
    fc.assert(
      fc.property(someText, (value) => {
        const bytes = codec.encode(value);
        expect(Buffer.compare(bytes, Buffer.from(value))).toBe(0);
        expect(codec.decode(bytes, 0, bytes.length)).toBe(value);
      }),
      { numRuns: 1000 },
    );
  });

  it('takes the empty text, and text longer than any before', () => {
    expect(codec.encode('')).toHaveLength(0);
    for (const length of [4095, 4096, 4097, 100_000, 3_000_000, 5]) {
      const value = 'é'.repeat(length);
      const bytes = codec.encode(value);
      expect(bytes.length).toBe(2 * length);
      expect(codec.decode(bytes, 0, bytes.length)).toBe(value);
    }
  });

  it('refuses unpaired surrogates, in short text and in long', () => {
    expect(() => codec.encode('\ud800')).toThrow(refused);
    expect(() => codec.encode(`${'a'.repeat(10_000)}\udc00`)).toThrow('unpaired surrogate');
  });

  it.each([null, 1, ['a'], new String('a'), Buffer.from('a')])('refuses %s', (value) => {
    expect(() => codec.encode(value as string)).toThrow(refused);
    expect(() => codec.encode(value as string)).toThrow('pass a string');
  });

  it('throws a plain error for invalid UTF-8', () => {
    expect(() => codec.decode(Uint8Array.of(0xc3), 0, 1)).toThrow(TypeError);
  });
});

describe('the codec binary', () => {
  const codec = valueCodecFor('binary');

  it.each([0, 1, 64, 65, 100_000])('gives back a copy of %i bytes', (length) => {
    const value = new Uint8Array(length).fill(3);
    const bytes = Buffer.concat([Buffer.of(9), codec.encode(value), Buffer.of(9)]);
    const back = codec.decode(bytes, 1, 1 + length);
    bytes.fill(0);
    expect(Object.getPrototypeOf(back)).toBe(Uint8Array.prototype);
    expect(back.buffer.byteLength).toBe(length);
    expect(Buffer.compare(back, value)).toBe(0);
  });

  it('takes a Buffer as it is', () => {
    expect([...codec.encode(Buffer.from('ab'))]).toEqual([0x61, 0x62]);
  });

  it.each<unknown>([null, 'a', 1, [1], new ArrayBuffer(1), new Uint16Array(1), new Uint8ClampedArray(1)])(
    'refuses %s',
    (value) => {
      expect(() => codec.encode(value as Uint8Array)).toThrow(refused);
      expect(() => codec.encode(value as Uint8Array)).toThrow('pass a Uint8Array');
    },
  );
});

describe('a codec of the user', () => {
  it('gets the bytes between start and end', () => {
    const codec = valueCodecFor(reversed);
    expect(Buffer.from(codec.encode('abc')).toString()).toBe('cba');
    expect(codec.decode(Buffer.from('..cba..'), 2, 5)).toBe('abc');
  });

  it('may keep null', () => {
    const codec = valueCodecFor<Codec<null>>({
      name: 'null',
      encode: () => new Uint8Array(0),
      decode: () => null,
    });
    expect(codec.encode(null)).toHaveLength(0);
    expect(codec.decode(new Uint8Array(0), 0, 0)).toBeNull();
  });

  it.each([undefined, null, 'text', [1], new ArrayBuffer(1)])(
    'is refused when its encode returns %s',
    (result) => {
      const codec = valueCodecFor({ ...reversed, encode: () => result as unknown as Uint8Array });
      expect(() => codec.encode('a')).toThrow(refused);
      expect(() => codec.encode('a')).toThrow("the codec 'reversed'");
    },
  );

  it('is not believed when its decode returns undefined', () => {
    const codec = valueCodecFor({ ...reversed, decode: () => undefined });
    expect(() => codec.decode(new Uint8Array(1), 0, 1)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', argument: 'valueEncoding' }),
    );
  });

  it('has what its encode throws wrapped', () => {
    const failure = new Error('too odd');
    const codec = valueCodecFor({
      ...reversed,
      encode: () => {
        throw failure;
      },
    });
    expect(() => codec.encode('a')).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', cause: failure }),
    );
  });
});
