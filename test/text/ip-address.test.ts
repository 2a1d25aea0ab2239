import { isIPv4, isIPv6 } from 'node:net';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareBytes } from '../../src/bytes/compare.ts';
import {
  firstAddress,
  formatIpAddress,
  mapToIpv6,
  parseIpAddress,
  parseIpInteger,
  parseIpNetwork,
} from '../../src/text/ip-address.ts';

function hex(text: string): string | undefined {
  const bytes = parseIpAddress(text);
  return bytes && Buffer.from(bytes).toString('hex');
}

describe('parseIpAddress()', () => {
  it.each([
    ['0.0.0.0', '00000000'],
    ['8.8.4.4', '08080404'],
    ['255.255.255.255', 'ffffffff'],
    ['::', '00000000000000000000000000000000'],
    ['::1', '00000000000000000000000000000001'],
    ['1::', '00010000000000000000000000000000'],
    ['2001:DB8::a:0:1', '20010db8000000000000000a00000001'],
    ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
    ['1:2:3:4:5:6:7::', '00010002000300040005000600070000'],
    ['::ffff:8.8.8.8', '00000000000000000000ffff08080808'],
    ['64:ff9b::192.0.2.33', '0064ff9b0000000000000000c0000221'],
  ])('reads %s', (text, expected) => {
    expect(hex(text)).toBe(expected);
  });

  it.each([
    '',
    ' 1.2.3.4',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '1.2.3.04',
    '1.2..4',
    '1.2.3.',
    '.1.2.3',
    '0x1.2.3.4',
    '1.2.3.-4',
    ':',
    ':::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1::2::3',
    ':1::',
    '1:',
    '12345::',
    'g::',
    '::1%eth0',
    '1.2.3.4::',
    '::1.2.3',
    '1:2:3:4:5:6:7:1.2.3.4',
    '1:2:3:4:5:6:7:8::',
    '::1.2.3.4:5',
    '::/0',
  ])('refuses %j', (text) => {
    expect(parseIpAddress(text)).toBeUndefined();
  });

  it('agrees with Node on what an address is', () => {
    const piece = fc.constantFrom(
      ':',
      '::',
      '.',
      '0',
      '1',
      '12',
      '255',
      '256',
      'ab',
      'ffff',
      '1.2.3.4',
      'g',
      '08',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 18 }), (pieces) => {
        const text = pieces.join('');
        expect(parseIpAddress(text)?.length).toBe(isIPv4(text) ? 4 : isIPv6(text) ? 16 : undefined);
      }),
      { numRuns: 5000 },
    );
  });
});

describe('formatIpAddress()', () => {
  it.each([
    ['08080404', '8.8.4.4'],
    ['00000000000000000000ffff08080808', '::ffff:8.8.8.8'],
    ['00000000000000000000000000000000', '::'],
    ['20010db8000000000001000000000001', '2001:db8::1:0:0:1'],
    ['20010db80000000100010001000100ff', '2001:db8:0:1:1:1:1:ff'],
    ['00010000000000000000000000000000', '1::'],
  ])('writes %s as RFC 5952 wants it', (bytes, expected) => {
    expect(formatIpAddress(new Uint8Array(Buffer.from(bytes, 'hex')))).toBe(expected);
  });

  it('writes nothing for other lengths', () => {
    expect(formatIpAddress(new Uint8Array(5))).toBeUndefined();
  });

  it('is read back as the same bytes', () => {
    const group = fc.constantFrom(0, 0, 0, 1, 255);
    const address = fc.oneof(
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      fc.array(group, { minLength: 16, maxLength: 16 }).map((bytes) => Uint8Array.from(bytes)),
      fc.uint8Array({ minLength: 4, maxLength: 4 }).map(mapToIpv6),
    );
    fc.assert(
      fc.property(address, (bytes) => {
        expect(parseIpAddress(formatIpAddress(bytes) as string)).toEqual(bytes);
      }),
    );
  });
});

describe('mapToIpv6()', () => {
  it('keeps the order of IPv4 addresses and puts them before 2000::', () => {
    const mapped = ['1.0.0.0', '1.0.4.0', '223.255.255.255', '2000::'].map((text) =>
      mapToIpv6(parseIpAddress(text) as Uint8Array),
    );
    expect([...mapped].sort(compareBytes)).toEqual(mapped);
  });
});

describe('parseIpNetwork()', () => {
  it.each([
    ['1.2.3.4/24', '1.2.3.0'],
    ['1.2.3.4/0', '0.0.0.0'],
    ['1.2.3.4/32', '1.2.3.4'],
    ['255.255.255.255/9', '255.128.0.0'],
    ['2001:db8:ffff::1/35', '2001:db8:e000::'],
    ['::1/128', '::1'],
  ])('reads %s, whose first address is %s', (text, first) => {
    const network = parseIpNetwork(text);
    expect(network && formatIpAddress(firstAddress(network))).toBe(first);
  });

  it.each([
    '1.2.3.4',
    '1.2.3.4/',
    '1.2.3.4/33',
    '1.2.3.4/024',
    '1.2.3/8',
    '::/129',
    '1.2.3.4/8/9',
    '/8',
    '1.2.3.4/-1',
  ])('refuses %j', (text) => {
    expect(parseIpNetwork(text)).toBeUndefined();
  });
});

describe('parseIpInteger()', () => {
  it.each([
    ['0', 4, '0.0.0.0'],
    ['16777216', 4, '1.0.0.0'],
    ['4294967295', 4, '255.255.255.255'],
    ['281470681743360', 16, '::ffff:0.0.0.0'],
    ['42540766411282592856903984951653826560', 16, '2001:db8::'],
    ['340282366920938463463374607431768211455', 16, 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ] as const)('reads %s in %i bytes', (text, length, address) => {
    const bytes = parseIpInteger(text, length);
    expect(bytes && formatIpAddress(bytes)).toBe(address);
  });

  it.each([
    ['', 4],
    ['01', 4],
    ['-1', 4],
    ['1.5', 4],
    ['4294967296', 4],
    ['340282366920938463463374607431768211456', 16],
    ['9'.repeat(1000), 16],
  ] as const)('refuses %s in %i bytes', (text, length) => {
    expect(parseIpInteger(text, length)).toBeUndefined();
  });
});
