import { describe, expect, it } from 'vitest';
import { decodeFooter, FOOTER, FORMAT_VERSION, type Footer, HEADER } from '../../src/format/layout.ts';
import { MOST_DATA_BYTES, MOST_HOME_SLOTS } from '../../src/format/limits.ts';
import { failureNow } from '../support/failures.ts';
import { checksum, footerFields, signedFooter } from './signed.ts';

const { fileLength } = footerFields();

function decode(bytes: Uint8Array, length: number = fileLength): Footer {
  return decodeFooter(bytes, length, 'part', checksum);
}

/** How a footer with these changes, and a right checksum, is refused. */
function refusal(changes: Partial<Footer>): ReturnType<typeof failureNow> {
  return failureNow(() => decode(signedFooter(changes)), 'CORRUPTION');
}

describe('decodeFooter()', () => {
  it('gives the fields that were encoded', () => {
    expect(decode(signedFooter())).toEqual(footerFields());
  });

  it('refuses a footer that is short at every length', () => {
    for (let length = 0; length < FOOTER.length; length++) {
      failureNow(() => decode(signedFooter().subarray(FOOTER.length - length)), 'CORRUPTION');
    }
  });

  it('refuses a file that is shorter than header and footer', () => {
    const least = HEADER.length + FOOTER.length;
    const error = failureNow(() => decode(signedFooter(), least - 1), 'CORRUPTION');
    expect(error).toMatchObject({ file: 'part', section: 'footer', actual: `${least - 1}` });
  });

  it('refuses every flipped bit', () => {
    for (let bit = 0; bit < FOOTER.length * 8; bit++) {
      const footer = signedFooter();
      footer[bit >> 3] ^= 1 << (bit & 7);
      failureNow(() => decode(footer), 'CORRUPTION');
    }
  });

  it('names the file and the place in it', () => {
    const error = refusal({ checksum: 5n });
    const offset = FOOTER.fields.find(({ name }) => name === 'checksum')?.offset ?? Number.NaN;
    expect(error).toMatchObject({
      file: 'part',
      section: 'footer',
      offset: fileLength - FOOTER.length + offset,
    });
    expect(error.expected).toMatch(/^[0-9a-f]{16}$/);
    expect(error.actual).toMatch(/^[0-9a-f]{16}$/);
  });

  it('refuses a later version as unsupported, not as damage', () => {
    const error = failureNow(
      () => decode(signedFooter({ version: FORMAT_VERSION + 1 })),
      'UNSUPPORTED_FORMAT',
    );
    expect(error.found).toBe(`version ${FORMAT_VERSION + 1}`);
    expect(error.supported).toBe(`version ${FORMAT_VERSION}`);
  });

  it.each([0, 7, 31])('refuses the required feature %i, which it does not know', (bit) => {
    const error = failureNow(
      () => decode(signedFooter({ requiredFeatures: 2 ** bit })),
      'UNSUPPORTED_FORMAT',
    );
    expect(error.found).toBe(`0x${(2 ** bit).toString(16).padStart(8, '0')}`);
    expect(error.supported).toBe('0x00000000');
  });

  it('ignores optional features, and room for their sections before the sparse index', () => {
    const { indexOffset, propertiesOffset } = footerFields();
    const moved = {
      indexOffset: indexOffset + 10,
      propertiesOffset: propertiesOffset + 10,
      fileLength: fileLength + 10,
    };
    const footer = signedFooter({ ...moved, optionalFeatures: 1 });
    expect(decode(footer, fileLength + 10).optionalFeatures).toBe(1);
    failureNow(() => decode(signedFooter(moved), fileLength + 10), 'CORRUPTION');
  });

  it('refuses a file that was cut or extended', () => {
    for (const length of [fileLength - 1, fileLength + 1]) {
      const error = failureNow(() => decode(signedFooter(), length), 'CORRUPTION');
      expect(error).toMatchObject({ expected: `${fileLength} bytes`, actual: `${length}` });
    }
  });

  it.each(['reserved16', 'reserved32'] as const)('refuses %s when it is set', (name) => {
    refusal({ [name]: 1 });
  });

  it.each([
    ['the blocks would begin in the header', { hashOffset: HEADER.length - 1 }],
    ['hash index and sparse index overlap', { hashLength: 20 }],
    ['hash index and sparse index leave a gap', { hashOffset: 112 }],
    ['sparse index and properties overlap', { indexLength: 46 }],
    ['sparse index and properties leave a gap', { indexLength: 44 }],
    ['properties and footer overlap', { propertiesLength: 101 }],
    ['properties and footer leave a gap', { propertiesLength: 99 }],
    ['the sparse index lies before the hash index', { indexOffset: 100, indexLength: 77 }],
    ['a size exceeds 2^53', { hashOffset: 2 ** 53 }],
    [
      'sizes add up to the file only when rounded',
      { propertiesOffset: 2 ** 53 - 1, propertiesLength: 2 ** 53 - 1 },
    ],
  ] satisfies [string, Partial<Footer>][])('refuses sections when %s', (_, changes) => {
    refusal(changes);
  });

  it.each([
    ['no blocks', { blocks: 0 }],
    ['fewer entries than blocks', { entries: 1 }],
    ['fewer bytes than entries', { entries: 101 }],
    ['more data than a partition may hold', { dataBytes: MOST_DATA_BYTES + 1 }],
    ['home slots without a hash index', { hashOffset: 132, hashLength: 0 }],
    ['a hash index without home slots', { hashSlots: 0 }],
    ['no slot behind the home slots', { hashSlots: 4 }],
    ['a slot cut short', { hashOffset: 117, hashLength: 15 }],
    ['more home slots than exact arithmetic allows', { hashSlots: MOST_HOME_SLOTS + 1 }],
  ] satisfies [string, Partial<Footer>][])('refuses counts that lie: %s', (_, changes) => {
    refusal(changes);
  });
});
