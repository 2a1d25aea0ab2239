import { Buffer, isAscii } from 'node:buffer';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import {
  decodeAscii,
  decodeUtf8,
  encodeUtf8At,
  encodeUtf8Into,
  isWellFormed,
  setTextPlatform,
  type TextPlatform,
  utf8Length,
} from '../../src/bytes/utf8.ts';

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'binary-ascii', maxLength: 400 }),
  fc.string({ unit: fc.constantFrom('a', 'é', '漢', '😀', '\0', '\ufeff', '\ufffd'), maxLength: 60 }),
);
/** Any UTF-16 at all, surrogates alone included. */
const units = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0xd7fe, max: 0xe001 })), {
    maxLength: 60,
  })
  .map((codes) => String.fromCharCode(...codes));

const nodePlatform: TextPlatform = {
  latin1: (bytes, start, end) => Buffer.prototype.latin1Slice.call(bytes, start, end),
  utf8: (bytes, start, end) => Buffer.prototype.utf8Slice.call(bytes, start, end),
};
const platforms: [string, TextPlatform | undefined][] = [
  ['the universal platform', undefined],
  ['a native platform', nodePlatform],
  ['a platform with latin1 only', { latin1: nodePlatform.latin1 }],
  [
    'a platform with isAscii',
    { ...nodePlatform, isAscii: (bytes, start, end) => isAscii(bytes.subarray(start, end)) },
  ],
];

afterEach(() => setTextPlatform());

describe('encodeUtf8Into()', () => {
  it('writes what TextEncoder writes, for well-formed text', () => {
    const target = new Uint8Array(4096);
    fc.assert(
      fc.property(text, (value) => {
        const expected = new TextEncoder().encode(value);
        const length = encodeUtf8Into(value, target);
        expect(length).toBe(expected.length);
        expect(Buffer.compare(target.subarray(0, length), expected)).toBe(0);
      }),
      { numRuns: 2000 },
    );
  });

  it('returns -1 exactly for unpaired surrogates, and agrees with utf8Length() and isWellFormed()', () => {
    const target = new Uint8Array(4096);
    fc.assert(
      fc.property(units, (value) => {
        const wellFormed = !/\p{Surrogate}/u.test(value);
        expect(isWellFormed(value)).toBe(wellFormed);
        expect(encodeUtf8Into(value, target)).toBe(wellFormed ? Buffer.byteLength(value) : -1);
        expect(utf8Length(value)).toBe(wellFormed ? Buffer.byteLength(value) : -1);
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    ['a high surrogate at the end', 'a\ud800'],
    ['a low surrogate first', '\udc00a'],
    ['two high surrogates', '\ud800\ud800\udc00'],
    ['a reversed pair', '\udc00\ud800'],
    ['one in a long text', `${'x'.repeat(1000)}\ud800`],
  ])('refuses %s', (_, value) => {
    expect(encodeUtf8Into(value, new Uint8Array(4096))).toBe(-1);
    expect(encodeUtf8Into(value, new Uint8Array(1))).toBe(-1);
    expect(utf8Length(value)).toBe(-1);
  });

  it('returns the true length of text that does not fit, and writes nothing beyond the target', () => {
    fc.assert(
      fc.property(text, fc.nat(80), fc.nat(8), (value, space, offset) => {
        const memory = new Uint8Array(offset + space + 16).fill(0xaa);
        const target = memory.subarray(0, offset + space);
        const expected = Buffer.from(value);
        expect(encodeUtf8At(value, target, offset)).toBe(expected.length);
        if (expected.length <= space) {
          expect(Buffer.compare(memory.subarray(offset, offset + expected.length), expected)).toBe(0);
        }
        expect([...memory.subarray(0, offset)]).toEqual(new Array(offset).fill(0xaa));
        expect([...memory.subarray(offset + space)]).toEqual(new Array(16).fill(0xaa));
      }),
      { numRuns: 3000 },
    );
  });

  it('fits text into a target that it fills to the last byte', () => {
    for (const value of ['abc', 'aé', '漢', '😀', `${'a'.repeat(300)}é`]) {
      const expected = Buffer.from(value);
      const target = new Uint8Array(expected.length);
      expect(encodeUtf8Into(value, target)).toBe(expected.length);
      expect(Buffer.compare(target, expected)).toBe(0);
    }
  });
});

describe.each(platforms)('decodeUtf8() on %s', (_, platform) => {
  it('gives back any well-formed text, at any place', () => {
    setTextPlatform(platform);
    fc.assert(
      fc.property(text, fc.nat(5), (value, offset) => {
        const encoded = Buffer.from(value);
        const bytes = new Uint8Array(offset + encoded.length + 3).fill(0xff);
        bytes.set(encoded, offset);
        expect(decodeUtf8(bytes, offset, offset + encoded.length)).toBe(value);
      }),
      { numRuns: 2000 },
    );
  });

  it('keeps a leading BOM, in short text and in long', () => {
    setTextPlatform(platform);
    for (const value of ['\ufeff', '\ufeffa', `\ufeff${'a'.repeat(500)}`, '\ufeff\ufeff']) {
      expect(decodeUtf8(Buffer.from(value), 0, Buffer.byteLength(value))).toBe(value);
    }
  });

  it('keeps a U+FFFD that is really there', () => {
    setTextPlatform(platform);
    expect(decodeUtf8(Buffer.from('a\ufffdb'), 0, 5)).toBe('a\ufffdb');
  });

  it.each([
    ['a stray continuation byte', [0x80]],
    ['an overlong NUL', [0xc0, 0x80]],
    ['an overlong slash', [0xe0, 0x80, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['a code point over U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
    ['0xFF', [0xff]],
    ['a sequence cut short', [0x61, 0xe6, 0xbc]],
  ])('refuses %s, in short text and in long', (_name, invalid) => {
    setTextPlatform(platform);
    const short = Uint8Array.from(invalid);
    expect(() => decodeUtf8(short, 0, short.length)).toThrow(TypeError);
    const long = Uint8Array.from([...new Array(500).fill(0x61), ...invalid]);
    expect(() => decodeUtf8(long, 0, long.length)).toThrow(TypeError);
  });

  it('does not read beyond the end to complete a sequence', () => {
    setTextPlatform(platform);
    expect(() => decodeUtf8(Buffer.from('é'), 0, 1)).toThrow(TypeError);
  });

  it('accepts exactly the bytes that a strict TextDecoder accepts', () => {
    setTextPlatform(platform);
    const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    const outcome = (decode: () => string): string | undefined => {
      try {
        return decode();
      } catch {
        return undefined;
      }
    };
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect(outcome(() => decodeUtf8(bytes, 0, bytes.length))).toBe(outcome(() => strict.decode(bytes)));
      }),
      { numRuns: 2000 },
    );
  });

  it('decodeAscii() gives text for ASCII only, at any place', () => {
    setTextPlatform(platform);
    fc.assert(
      fc.property(fc.uint8Array({ max: 0x80, minLength: 1, maxLength: 60 }), fc.nat(5), (content, offset) => {
        const bytes = new Uint8Array(offset + content.length + 2).fill(0xff);
        bytes.set(content, offset);
        expect(decodeAscii(bytes, offset, offset + content.length)).toBe(
          content.includes(0x80) ? undefined : Buffer.from(content).toString('latin1'),
        );
      }),
      { numRuns: 2000 },
    );
    expect(decodeAscii(new Uint8Array(0), 0, 0)).toBe('');
    expect(decodeAscii(Buffer.from('é'), 0, 2)).toBeUndefined();
    expect(decodeAscii(new Uint8Array(100_000).fill(0x41), 0, 100_000)).toBe('A'.repeat(100_000));
  });
});
