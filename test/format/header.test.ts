import { describe, expect, it } from 'vitest';
import { hex64 } from '../../src/bytes/checksum.ts';
import { checkHeader, encodeHeader } from '../../src/format/header.ts';
import { FORMAT_VERSION, HEADER, MAGIC } from '../../src/format/layout.ts';
import { failureNow } from '../support/failures.ts';
import { checksum, signedHeader } from '../support/signed.ts';

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
      expect(error).toMatchObject({ file: 'part', section: 'header', offset: length });
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
    expect(error).toMatchObject({ expected: '89434149524e0d0a', actual: '89504e470d0a1a0a' });
    expect(error.message).toContain('not a cairn partition');
  });

  it('says which checksum there is and which there should be', () => {
    const header = encodeHeader(checksum);
    header[11] = 1;
    const error = failureNow(() => checkHeader(header, 'part', checksum), 'CORRUPTION');
    expect(error).toMatchObject({ file: 'part', section: 'header', offset: 12 });
    expect(error.message).toContain('the header checksum differs');
    const low = (bytes: Uint8Array): string => hex64(checksum.hash(bytes.subarray(0, 12))).slice(8);
    expect(error).toMatchObject({ expected: low(encodeHeader(checksum)), actual: low(header) });
  });

  it('pads the checksums of a message to eight digits', () => {
    const header = encodeHeader(checksum);
    header.set([0x0a, 0, 0, 0], 12);
    expect(failureNow(() => checkHeader(header, 'part', checksum), 'CORRUPTION').expected).toBe('0000000a');
  });

  it('refuses a later version as unsupported, not as damage', () => {
    const header = signedHeader({ version: FORMAT_VERSION + 1 });
    const error = failureNow(() => checkHeader(header, 'part', checksum), 'UNSUPPORTED_FORMAT');
    expect(error.found).toBe(`version ${FORMAT_VERSION + 1}`);
    expect(error.supported).toBe(`version ${FORMAT_VERSION}`);
    expect(error.file).toBe('part');
    expect(error.message).toBe(
      'part has format version 2; this version of cairnkv reads version 1. Upgrade cairnkv to read it',
    );
  });

  it('refuses a reserved field that is set', () => {
    const error = failureNow(
      () => checkHeader(signedHeader({ reserved: 1 }), 'part', checksum),
      'CORRUPTION',
    );
    expect(error).toMatchObject({ offset: 10, expected: '0', actual: '1' });
    expect(error.message).toContain('a reserved field is set');
  });
});
