import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { MAX_KEY_BYTES } from '../../../src/bytes/key-buffer.ts';
import { KEY_ENCODINGS } from '../../../src/codec/encoding-names.ts';
import { compareKeys } from '../../../src/codec/keys/compare-keys.ts';
import type { KeyCodec } from '../../../src/codec/keys/key-codec.ts';
import { keyCodecFor } from '../../../src/codec/keys/key-codecs.ts';
import type { KeyOf } from '../../../src/codec/keys/key-encoding.ts';
import { type CairnError, isCairnError } from '../../../src/errors.ts';

const target = new Uint8Array(MAX_KEY_BYTES + 1);

function encode<K>(codec: KeyCodec<K>, key: K): Uint8Array {
  return target.slice(0, codec.encodeInto(key, target));
}

function decode<K>(codec: KeyCodec<K>, bytes: Uint8Array): K {
  const padded = Buffer.concat([Uint8Array.of(0x21, 0xff), bytes, Uint8Array.of(0x02, 0x00)]);
  return codec.decode(padded, 2, 2 + bytes.length);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function refusal(call: () => unknown): CairnError {
  try {
    call();
  } catch (error) {
    if (isCairnError(error, 'INVALID_ARGUMENT')) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

const numbers = keyCodecFor('number');
const bigints = keyCodecFor('bigint');
const uuids = keyCodecFor('uuid');

describe('the built-in encodings of keys', () => {
  it('infer the type of the keys', () => {
    expectTypeOf(numbers).toEqualTypeOf<KeyCodec<number>>();
    expectTypeOf(bigints).toEqualTypeOf<KeyCodec<bigint>>();
    expectTypeOf(uuids).toEqualTypeOf<KeyCodec<string>>();
    expectTypeOf<KeyOf<'number' | 'bigint'>>().toEqualTypeOf<number | bigint>();
    for (const name of KEY_ENCODINGS) expect(keyCodecFor(name).name).toBe(name);
  });
});

describe('the codec number', () => {
  const some = fc.oneof(
    fc.double({ noNaN: true }),
    fc.integer(),
    fc.constantFrom(-0, 0, Infinity, -Infinity, 2 ** 53, 2 ** 53 - 1, 2 ** 64, Number.MIN_VALUE),
  );

  it('gives back every number, and keeps their order', () => {
    fc.assert(
      fc.property(some, some, (a, b) => {
        const [bytesA, bytesB] = [encode(numbers, a), encode(numbers, b)];
        expect(decode(numbers, bytesA)).toBe(a);
        expect(Buffer.compare(bytesA, bytesB)).toBe(compareKeys(a, b));
      }),
      { numRuns: 5000 },
    );
  });

  it('writes a number as a tuple of it is written', () => {
    const tuples = keyCodecFor('tuple');
    fc.assert(
      fc.property(some, (key) => {
        expect(hex(encode(numbers, key))).toBe(hex(encode(tuples, [key])));
      }),
    );
  });

  it('keeps -0 beside 0, as two keys', () => {
    expect(hex(encode(numbers, -0))).toBe('2001');
    expect(hex(encode(numbers, 0))).toBe('2002');
  });

  it.each([undefined, null, '1', 1n, true, [1], new Number(1), new Date(0)])('refuses %s', (key) => {
    const error = refusal(() => numbers.encodeInto(key as number, target));
    expect(error.argument).toBe('key');
    expect(error.message).toMatch(/^key is .*numbers.*pass a number/);
  });

  it('refuses NaN, and any prefix', () => {
    expect(refusal(() => numbers.encodeInto(NaN, target)).message).toContain('NaN');
    const error = refusal(() => numbers.encodePrefixInto(1, target));
    expect(error.argument).toBe('prefix');
    expect(error.message).toContain('gte');
  });

  it.each([
    ['nothing', ''],
    ['a bigint', '210103'],
    ['text', '386100'],
    ['null', '02'],
    ['two numbers', '21010221010' + '2'],
    ['a number cut short', '2101'],
    ['a fraction cut short', '20043fe0'],
    ['a fraction of 0', '20040000000000000000'],
  ])('does not read %s', (_, bytes) => {
    expect(() => decode(numbers, Buffer.from(bytes, 'hex'))).toThrow(RangeError);
  });
});

describe('the codec bigint', () => {
  const some = fc.oneof(
    fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
    fc.bigInt({ min: -(2n ** 4000n), max: 2n ** 4000n }),
    fc.constantFrom(0n, 1n, -1n, 2n ** 63n, -(2n ** 63n), 2n ** 64n - 1n, 2n ** 64n, -(2n ** 64n)),
  );

  it('gives back every bigint, and keeps their order', () => {
    fc.assert(
      fc.property(some, some, (a, b) => {
        const [bytesA, bytesB] = [encode(bigints, a), encode(bigints, b)];
        expect(decode(bigints, bytesA)).toBe(a);
        expect(Buffer.compare(bytesA, bytesB)).toBe(a < b ? -1 : a > b ? 1 : 0);
      }),
      { numRuns: 3000 },
    );
  });

  it('says the length of one that is too long for a key', () => {
    expect(bigints.encodeInto(2n ** 600_000n, target)).toBeGreaterThan(MAX_KEY_BYTES);
  });

  it.each([undefined, null, '1', 1, true, [1n], Object(1n)])('refuses %s', (key) => {
    const error = refusal(() => bigints.encodeInto(key as bigint, target));
    expect(error.argument).toBe('key');
    expect(error.message).toMatch(/^key is .*bigints.*pass a bigint/);
  });

  it('refuses any prefix', () => {
    expect(refusal(() => bigints.encodePrefixInto(1n, target)).argument).toBe('prefix');
  });

  it.each([
    ['nothing', ''],
    ['a number', '210102'],
    ['Infinity', '2a'],
    ['two bigints', '210103210103'],
    ['a bigint cut short', '21'],
    ['leading zero bytes', '22000103'],
  ])('does not read %s', (_, bytes) => {
    expect(() => decode(bigints, Buffer.from(bytes, 'hex'))).toThrow(RangeError);
  });
});

describe('the codec uuid', () => {
  const text = '018f3a2b-4c5d-7e6f-8a9b-0c1d2e3f4a5b';
  const some = fc
    .uint8Array({ minLength: 16, maxLength: 16 })
    .map((bytes) => hex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'));

  it('keeps 16 bytes, gives back the text, and keeps the order of both', () => {
    expect(hex(encode(uuids, text))).toBe(text.replaceAll('-', ''));
    fc.assert(
      fc.property(some, some, (a, b) => {
        const [bytesA, bytesB] = [encode(uuids, a), encode(uuids, b)];
        expect(bytesA).toHaveLength(16);
        expect(decode(uuids, bytesA)).toBe(a);
        expect(Buffer.compare(bytesA, bytesB)).toBe(a < b ? -1 : a > b ? 1 : 0);
      }),
    );
  });

  it('takes the nil and the max UUID', () => {
    for (const digit of ['0', 'f']) {
      const key = text.replace(/[0-9a-f]/g, digit);
      expect(decode(uuids, encode(uuids, key))).toBe(key);
    }
  });

  it.each([
    ['no text', 1],
    ['bytes', new Uint8Array(16)],
    ['undefined', undefined],
    ['empty text', ''],
    ['text without hyphens', text.replaceAll('-', '')],
    ['braces', `{${text}}`],
    ['a urn', `urn:uuid:${text}`],
    ['a digit too few', text.slice(0, -1)],
    ['a byte too few', text.slice(0, -2)],
    ['a digit too many', `${text}0`],
    ['a hyphen too many', `${text.slice(0, 35)}-`],
    ['a hyphen elsewhere', '018f3a2-b4c5d-7e6f-8a9b-0c1d2e3f4a5b'],
    ['a letter that is no digit', text.replace('8f', '8g')],
    ['a digit of another script', text.replace('0', '\uff10')],
    ['a space', text.replace('0', ' ')],
  ])('refuses %s', (_, key) => {
    const error = refusal(() => uuids.encodeInto(key as string, target));
    expect(error.argument).toBe('key');
    expect(error.message).toMatch(/^key is /);
  });

  it('refuses upper case, which would come back in lower case, and says so', () => {
    const error = refusal(() => uuids.encodeInto(text.toUpperCase(), target));
    expect(error.argument).toBe('key');
    expect(error.message).toContain('key.toLowerCase()');
    expect(refusal(() => uuids.encodePrefixInto('018F', target)).message).toContain('prefix.toLowerCase()');
  });

  it('takes the beginning of one, up to a whole byte, as a prefix', () => {
    for (let end = 0; end <= text.length; end++) {
      const prefix = text.slice(0, end);
      const digits = prefix.replaceAll('-', '');
      if (digits.length % 2 === 1) {
        expect(refusal(() => uuids.encodePrefixInto(prefix, target)).argument).toBe('prefix');
      } else {
        expect(uuids.encodePrefixInto(prefix, target)).toBe(digits.length / 2);
        expect(hex(target.subarray(0, digits.length / 2))).toBe(digits);
      }
    }
  });

  it.each([`${text}00`, `${text}-`, '018f3a2b4c', '0-', '-', 1, undefined])(
    'refuses the prefix %s',
    (prefix) => {
      expect(refusal(() => uuids.encodePrefixInto(prefix as string, target)).argument).toBe('prefix');
    },
  );

  it.each([0, 15, 17])('does not read %i bytes', (length) => {
    expect(() => uuids.decode(new Uint8Array(32), 0, length)).toThrow(RangeError);
  });
});
