import { Buffer } from 'node:buffer';
import vm from 'node:vm';
import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { MAX_KEY_BYTES } from '../../../src/bytes/key-buffer.ts';
import type { Codec } from '../../../src/codec/codec.ts';
import { KEY_ENCODINGS, VALUE_ENCODINGS } from '../../../src/codec/encoding-names.ts';
import type { KeyCodec } from '../../../src/codec/keys/key-codec.ts';
import { keyCodecFor } from '../../../src/codec/keys/key-codecs.ts';
import type { KeyOf } from '../../../src/codec/keys/key-encoding.ts';
import type { TupleKey } from '../../../src/codec/keys/tuple.ts';
import { CairnError, isCairnError } from '../../../src/errors.ts';

const target = new Uint8Array(MAX_KEY_BYTES + 4096);

function encode<K>(codec: KeyCodec<K>, key: K): Uint8Array {
  return target.slice(0, codec.encodeInto(key, target));
}

/** Calls, and returns the INVALID_ARGUMENT error that it must throw. */
function refusal(call: () => unknown): CairnError {
  try {
    call();
  } catch (error) {
    if (isCairnError(error, 'INVALID_ARGUMENT')) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

function compareCodePoints(a: string, b: string): number {
  const [pointsA, pointsB] = [[...a], [...b]].map((text) =>
    text.map((character) => character.codePointAt(0)!),
  ) as [number[], number[]];
  for (const [index, point] of pointsA.entries()) {
    if (index === pointsB.length) return 1;
    if (point !== pointsB[index]) return point < pointsB[index]! ? -1 : 1;
  }
  return pointsA.length === pointsB.length ? 0 : -1;
}

const upperCase: Codec<string> = {
  name: 'upper-case.v1',
  encode: (key) => new TextEncoder().encode(key.toUpperCase()),
  decode: (bytes) => new TextDecoder().decode(bytes).toLowerCase(),
};

describe('keyCodecFor()', () => {
  it('infers the type of the keys', () => {
    expectTypeOf(keyCodecFor('utf8')).toEqualTypeOf<KeyCodec<string>>();
    expectTypeOf(keyCodecFor('binary')).toEqualTypeOf<KeyCodec<Uint8Array>>();
    expectTypeOf(keyCodecFor('tuple')).toEqualTypeOf<KeyCodec<TupleKey>>();
    expectTypeOf(keyCodecFor(upperCase)).toEqualTypeOf<KeyCodec<string>>();
    expectTypeOf<KeyOf<Codec<{ id: number }>>>().toEqualTypeOf<{ id: number }>();
    expect(keyCodecFor('utf8').name).toBe('utf8');
    expect(keyCodecFor('binary').name).toBe('binary');
    expect(keyCodecFor('tuple').name).toBe('tuple');
    expect(keyCodecFor(upperCase).name).toBe('upper-case.v1');
  });

  it.each<[string, unknown]>([
    ['a misspelt name', 'utf-8'],
    ['nothing', undefined],
    ['null', null],
    ['a number', 7],
    ['a value encoding', 'msgpack'],
    ['a codec without encode', { name: 'x', decode: () => 1 }],
    ['a codec without decode', { name: 'x', encode: () => new Uint8Array(1) }],
    ['a codec without a name', { ...upperCase, name: undefined }],
    ['a codec with an empty name', { ...upperCase, name: '' }],
    ['a codec with a name of 65 characters', { ...upperCase, name: 'x'.repeat(65) }],
    ['a codec with a blank in its name', { ...upperCase, name: 'a b' }],
    ['a codec with a name outside ASCII', { ...upperCase, name: 'é' }],
    ['a codec with a newline after its name', { ...upperCase, name: 'a\n' }],
    ...[...KEY_ENCODINGS, ...VALUE_ENCODINGS].map((name): [string, unknown] => [
      `a codec named ${name}`,
      { ...upperCase, name },
    ]),
  ])('refuses %s', (_, encoding) => {
    const error = refusal(() => keyCodecFor(encoding as 'utf8'));
    expect(error.argument).toBe('keyEncoding');
    expect(error.message).toContain('keyEncoding');
  });

  it('accepts a name of 64 characters', () => {
    expect(keyCodecFor({ ...upperCase, name: 'Z'.repeat(64) }).name).toHaveLength(64);
  });
});

describe('the codec utf8', () => {
  const codec = keyCodecFor('utf8');

  it('gives back any well-formed text, and keeps the order of code points', () => {
    const text = fc.string({ unit: 'binary', maxLength: 40 });
    fc.assert(
      fc.property(text, text, (a, b) => {
        const [bytesA, bytesB] = [encode(codec, a), encode(codec, b)];
        expect(codec.decode(bytesA, 0, bytesA.length)).toBe(a);
        expect(Buffer.compare(bytesA, bytesB)).toBe(compareCodePoints(a, b));
      }),
      { numRuns: 1000 },
    );
  });

  it('keeps a leading BOM', () => {
    const bytes = encode(codec, '\ufeffa');
    expect([...bytes]).toEqual([0xef, 0xbb, 0xbf, 0x61]);
    expect(codec.decode(bytes, 0, 4)).toBe('\ufeffa');
  });

  it('gives 0 for the empty key, and the true length of a key that is too long', () => {
    expect(codec.encodeInto('', target)).toBe(0);
    expect(codec.encodeInto('x'.repeat(MAX_KEY_BYTES), target)).toBe(MAX_KEY_BYTES);
    expect(codec.encodeInto('x'.repeat(MAX_KEY_BYTES + 1), target)).toBe(MAX_KEY_BYTES + 1);
    expect(codec.encodeInto('é'.repeat(100_000), target)).toBe(200_000);
  });

  it('takes a prefix as it takes a key', () => {
    expect(codec.encodePrefixInto('ab', target)).toBe(2);
    expect([...target.subarray(0, 2)]).toEqual([0x61, 0x62]);
  });

  it.each([undefined, null, 42, 1n, true, Symbol('s'), ['a'], {}, new Uint8Array(1), new String('a')])(
    'refuses %s, and says what it takes',
    (key) => {
      const error = refusal(() => codec.encodeInto(key as string, target));
      expect(error.argument).toBe('key');
      expect(error.message).toMatch(/^key is .*text.*pass a string/);
      expect(refusal(() => codec.encodePrefixInto(key as string, target)).argument).toBe('prefix');
    },
  );

  it('refuses unpaired surrogates', () => {
    const error = refusal(() => codec.encodeInto('a\ud800', target));
    expect(error.argument).toBe('key');
    expect(error.message).toContain('unpaired surrogate');
    expect(refusal(() => codec.encodePrefixInto('\udc00', target)).argument).toBe('prefix');
  });

  it('throws a plain error for invalid UTF-8', () => {
    expect(() => codec.decode(Uint8Array.of(0x61, 0xff), 0, 2)).toThrow(TypeError);
    expect(codec.decode(Uint8Array.of(0x61, 0xff), 0, 1)).toBe('a');
  });
});

describe('the codec binary', () => {
  const codec = keyCodecFor('binary');

  it.each([0, 1, 63, 64, 65, 1000, MAX_KEY_BYTES])(
    'gives back a copy of %i bytes, in a buffer of its own',
    (length) => {
      const key = Uint8Array.from({ length }, (_, index) => (index * 7) & 0xff);
      const bytes = new Uint8Array(length + 4);
      expect(codec.encodeInto(key, target)).toBe(length);
      bytes.set(target.subarray(0, length), 2);
      const decoded = codec.decode(bytes, 2, 2 + length);
      expect(Buffer.compare(decoded, key)).toBe(0);
      expect(decoded.byteOffset).toBe(0);
      expect(decoded.buffer.byteLength).toBe(length);
      bytes.fill(0xee);
      expect(Buffer.compare(decoded, key)).toBe(0);
    },
  );

  it('decodes a plain Uint8Array from a Buffer, and not a view of it', () => {
    for (const length of [3, 200]) {
      const bytes = Buffer.alloc(length, 1);
      const decoded = codec.decode(bytes, 0, length);
      expect(Object.getPrototypeOf(decoded)).toBe(Uint8Array.prototype);
      bytes.fill(2);
      expect(decoded.every((byte) => byte === 1)).toBe(true);
    }
  });

  it('takes a Buffer, a view with an offset and an array of another realm', () => {
    expect([...encode(codec, Buffer.from('abc'))]).toEqual([0x61, 0x62, 0x63]);
    expect([...encode(codec, Uint8Array.of(1, 2, 3, 4).subarray(1, 3))]).toEqual([2, 3]);
    expect([...encode(codec, vm.runInNewContext('Uint8Array.of(5, 6)'))]).toEqual([5, 6]);
  });

  it('gives the length of a key that is too long, without writing beyond the target', () => {
    expect(codec.encodeInto(new Uint8Array(1_000_000), target)).toBe(1_000_000);
  });

  it.each<unknown>([
    undefined,
    null,
    'abc',
    1,
    [1, 2],
    new ArrayBuffer(2),
    new Uint16Array(2),
    new Uint8ClampedArray(2),
    new DataView(new ArrayBuffer(2)),
  ])('refuses %s, and says what it takes', (key) => {
    const error = refusal(() => codec.encodeInto(key as Uint8Array, target));
    expect(error.argument).toBe('key');
    expect(error.message).toMatch(/^key is .*bytes.*pass a Uint8Array/);
    expect(refusal(() => codec.encodePrefixInto(key as Uint8Array, target)).argument).toBe('prefix');
  });
});

describe('a codec of the user', () => {
  it('encodes into the target and decodes what lies between start and end', () => {
    const codec = keyCodecFor(upperCase);
    expect(Buffer.from(encode(codec, 'abc')).toString()).toBe('ABC');
    expect(codec.encodePrefixInto('ab', target)).toBe(2);
    expect(codec.decode(Buffer.from('xxABCxx'), 2, 5)).toBe('abc');
  });

  it.each([undefined, null])('is not asked to encode %s', (key) => {
    const codec = keyCodecFor({ ...upperCase, encode: () => new Uint8Array(1) });
    expect(refusal(() => codec.encodeInto(key as unknown as string, target)).argument).toBe('key');
  });

  it.each<unknown>([undefined, 'text', [1], new ArrayBuffer(1), Promise.resolve(new Uint8Array(1))])(
    'is refused when its encode returns %s',
    (result) => {
      const codec = keyCodecFor({ ...upperCase, encode: () => result as Uint8Array });
      const error = refusal(() => codec.encodeInto('a', target));
      expect(error.argument).toBe('key');
      expect(error.message).toContain('upper-case.v1');
    },
  );

  it('has its errors wrapped, those on decoding as a mistake of its own', () => {
    const failure = new TypeError('no such key');
    const fail = (): never => {
      throw failure;
    };
    const codec = keyCodecFor<Codec<string>>({ ...upperCase, encode: fail, decode: fail });
    const error = refusal(() => codec.encodeInto('a', target));
    expect(error.cause).toBe(failure);
    expect(error.message).toContain('no such key');
    expect(() => codec.decode(new Uint8Array(1), 0, 1)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', argument: 'keyEncoding', cause: failure }),
    );
    const typed = new CairnError('TOO_LARGE', 'too large');
    const own = keyCodecFor({
      ...upperCase,
      encode: () => {
        throw typed;
      },
    });
    expect(() => own.encodeInto('a', target)).toThrow(typed);
  });
});
