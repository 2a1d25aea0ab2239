import { describe, expect, it } from 'vitest';
import { checkHeader, encodeHeader, FORMAT_VERSION, HEADER, MAGIC } from '../../src/format/layout.ts';
import { failureNow } from '../support/failures.ts';
import { checksum, signedHeader } from './signed.ts';

describe('checkHeader()', () => {
  it('takes what encodeHeader() makes, which begins with the magic', () => {
    const header = encodeHeader(checksum);
    expect(header.length).toBe(HEADER.length);
    expect(header.subarray(0, MAGIC.length)).toEqual(MAGIC);
    expect(() => checkHeader(header, 'part', checksum)).not.toThrow();
  });

  it('refuses a short header at every length', () => {
    for (let length = 0; length < HEADER.length; length++) {
      const error = failureNow(
        () => checkHeader(encodeHeader(checksum).subarray(0, length), 'part', checksum),
        'CORRUPTION',
      );
      expect(error).toMatchObject({ file: 'part', section: 'header' });
    }
  });

  it('refuses every flipped bit', () => {
    for (let bit = 0; bit < HEADER.length * 8; bit++) {
      const header = encodeHeader(checksum);
      header[bit >> 3] ^= 1 << (bit & 7);
      failureNow(() => checkHeader(header, 'part', checksum), 'CORRUPTION');
    }
  });

  it('says where another kind of file differs', () => {
    const png = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0]);
    const error = failureNow(() => checkHeader(png, 'picture.png', checksum), 'CORRUPTION');
    expect(error).toMatchObject({ file: 'picture.png', section: 'header', offset: 0 });
    expect(error.message).toContain('not a cairn partition');
  });

  it('refuses a later version as unsupported, not as damage', () => {
    const header = signedHeader({ version: FORMAT_VERSION + 1 });
    const error = failureNow(() => checkHeader(header, 'part', checksum), 'UNSUPPORTED_FORMAT');
    expect(error.found).toBe(`version ${FORMAT_VERSION + 1}`);
    expect(error.supported).toBe(`version ${FORMAT_VERSION}`);
  });

  it('refuses a reserved field that is set', () => {
    const error = failureNow(
      () => checkHeader(signedHeader({ reserved: 1 }), 'part', checksum),
      'CORRUPTION',
    );
    expect(error.offset).toBe(10);
  });
});
