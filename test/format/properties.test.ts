import { encode } from '@msgpack/msgpack';
import { describe, expect, it } from 'vitest';
import type { Region } from '../../src/bytes/corruption.ts';
import { encodeProperties, MAX_PROPERTIES_BYTES } from '../../src/format/encode-properties.ts';
import { decodeProperties, type Properties } from '../../src/format/properties.ts';
import { failureNow } from '../support/failures.ts';

const REGION: Region = { file: 'part', section: 'properties', offset: 500 };

const PROPERTIES: Properties = {
  keyEncoding: 'utf8',
  valueEncoding: 'my-codec',
  compression: 'deflate',
  blockBytes: 16_384,
  firstKey: Uint8Array.of(1),
  lastKey: Uint8Array.of(2, 255),
  contentSum: 0xfedcba9876543210n,
};

/** What the section holds, as the msgpack library sees it. */
function fields(): Record<string, unknown> {
  return { ...PROPERTIES, contentSum: Uint8Array.of(0x10, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc, 0xfe) };
}

function refused(bytes: Uint8Array): ReturnType<typeof failureNow> {
  const error = failureNow(() => decodeProperties(bytes, REGION), 'CORRUPTION');
  expect(error).toMatchObject({ file: 'part', section: 'properties', offset: 500 });
  return error;
}

describe('encodeProperties()', () => {
  it('writes the map of FORMAT.md §6, in its order and in the shortest forms', () => {
    for (const keyBytes of [2, 255, 256, 65_535]) {
      const lastKey = new Uint8Array(keyBytes).fill(255);
      const wanted = encode({ ...fields(), lastKey });
      expect(Buffer.compare(encodeProperties({ ...PROPERTIES, lastKey }), wanted)).toBe(0);
    }
  });

  it('stays within its bound besides keys and names', () => {
    const names = PROPERTIES.keyEncoding.length + PROPERTIES.valueEncoding.length;
    const keys = PROPERTIES.firstKey.length + 65_535;
    const longest = { ...PROPERTIES, blockBytes: 2 ** 30 - 1, lastKey: new Uint8Array(65_535).fill(255) };
    expect(encodeProperties(longest).length - names - keys).toBeLessThanOrEqual(MAX_PROPERTIES_BYTES);
  });
});

describe('decodeProperties()', () => {
  it('gives back what was encoded, in memory of its own', () => {
    const bytes = encodeProperties(PROPERTIES).slice();
    const decoded = decodeProperties(bytes, REGION);
    bytes.fill(0);
    expect(decoded).toEqual(PROPERTIES);
  });

  it('ignores properties that it does not know', () => {
    const unknown = { later: 1, text: 'x', bytes: Uint8Array.of(1), map: { nested: null }, empty: [] };
    expect(decodeProperties(encode({ ...fields(), ...unknown }), REGION)).toEqual(PROPERTIES);
  });

  it('refuses every truncation', () => {
    const bytes = encodeProperties(PROPERTIES);
    for (let length = 0; length < bytes.length; length++) refused(bytes.subarray(0, length));
  });

  it('refuses bytes behind the map', () => {
    refused(Uint8Array.of(...encodeProperties(PROPERTIES), 0xc0));
  });

  it.each([
    ['another value than a map', encode([1])],
    ['nil', encode(null)],
    ['a map that claims 2^32 entries', Uint8Array.of(0xdf, 0xff, 0xff, 0xff, 0xff)],
    ['bytes that claim 4 GiB', Uint8Array.of(0x81, 0xa1, 0x61, 0xc6, 0xff, 0xff, 0xff, 0xff)],
    ['a key that sets a prototype', encode(JSON.parse('{"__proto__":{"blockBytes":1}}'))],
  ])('refuses %s', (_, bytes) => {
    refused(bytes);
  });

  it('says so, and why, when the section is no msgpack', () => {
    const error = refused(Uint8Array.of(0xc1));
    expect(error.message).toContain('the properties are not valid msgpack');
    expect(error.cause).toBeInstanceOf(RangeError);
  });

  it('takes nothing from a prototype', () => {
    const { blockBytes, ...rest } = fields();
    Object.defineProperty(Object.prototype, 'blockBytes', { value: blockBytes, configurable: true });
    try {
      refused(encode(rest));
    } finally {
      Reflect.deleteProperty(Object.prototype, 'blockBytes');
    }
  });

  it.each(['none', 'deflate', 'zstd'] as const)('knows the compression %s', (compression) => {
    const properties = { ...PROPERTIES, compression };
    expect(decodeProperties(encodeProperties(properties), REGION)).toEqual(properties);
  });

  it('takes the smallest block and equal keys of one byte', () => {
    const properties = { ...PROPERTIES, blockBytes: 1, lastKey: PROPERTIES.firstKey };
    expect(decodeProperties(encodeProperties(properties), REGION)).toEqual(properties);
  });

  it('takes the largest block and keys of the most bytes', () => {
    const [firstKey, lastKey] = [new Uint8Array(65_535), new Uint8Array(65_535).fill(1)];
    const bytes = encodeProperties({ ...PROPERTIES, blockBytes: 2 ** 30 - 1, firstKey, lastKey });
    const decoded = decodeProperties(bytes, REGION);
    expect(decoded.blockBytes).toBe(2 ** 30 - 1);
    expect([Buffer.compare(decoded.firstKey, firstKey), Buffer.compare(decoded.lastKey, lastKey)]).toEqual([
      0, 0,
    ]);
  });

  it('takes a block size however wide the integer was written', () => {
    expect(decodeProperties(encode({ ...fields(), blockBytes: 64n }, { useBigInt64: true }), REGION)).toEqual(
      {
        ...PROPERTIES,
        blockBytes: 64,
      },
    );
  });

  it.each(Object.keys(PROPERTIES))('refuses properties without %s', (name) => {
    const { [name]: _, ...rest } = fields();
    const error = refused(encode(rest));
    expect(error.message).toContain(`the property ${name} is wrong`);
    expect(error.actual).toBe('undefined');
  });

  it.each([
    ['keyEncoding', 'no text at all', '', 'a string'],
    ['keyEncoding', 'a number', 7, 'a string'],
    ['valueEncoding', 'no text at all', '', 'a string'],
    ['valueEncoding', 'nil', null, 'a string'],
    ['compression', 'another name', 'lzma', 'none, deflate or zstd'],
    ['compression', 'a number', 0, 'a string'],
    ['blockBytes', '0', 0, 'an integer from 1 to 1073741823'],
    ['blockBytes', 'a fraction', 1.5, 'an integer from 1 to 1073741823'],
    ['blockBytes', '2^30', 2 ** 30, 'an integer from 1 to 1073741823'],
    ['blockBytes', 'text', '64', 'an integer from 1 to 1073741823'],
    ['firstKey', 'text', 'a', '1 to 65535 bytes'],
    ['firstKey', 'an array', [1], '1 to 65535 bytes'],
    ['firstKey', 'no bytes at all', new Uint8Array(0), '1 to 65535 bytes'],
    ['firstKey', '65,536 bytes', new Uint8Array(65_536), '1 to 65535 bytes'],
    ['lastKey', 'no bytes at all', new Uint8Array(0), '1 to 65535 bytes'],
    ['lastKey', '65,536 bytes', new Uint8Array(65_536), '1 to 65535 bytes'],
    ['lastKey', 'less than the first key', Uint8Array.of(0), 'a key after firstKey'],
    ['contentSum', 'seven bytes', new Uint8Array(7), '8 to 8 bytes'],
    ['contentSum', 'nine bytes', new Uint8Array(9), '8 to 8 bytes'],
    ['contentSum', 'a number', 7, '8 to 8 bytes'],
  ])('refuses %s that is %s', (name, _, value, expected) => {
    const error = refused(encode({ ...fields(), [name]: value }));
    expect(error.message).toContain(`the property ${name} is wrong`);
    expect(error).toMatchObject({ expected, actual: typeof value });
  });
});
