import { describe, expect, it } from 'vitest';
import { hex64 } from '../../src/bytes/checksum.ts';
import {
  checkSection,
  decodeFooter,
  FOOTER,
  FORMAT_VERSION,
  type Footer,
  HEADER,
} from '../../src/format/layout.ts';
import { MAX_DATA_BYTES, MAX_HOME_SLOTS } from '../../src/format/limits.ts';
import { failureNow } from '../support/failures.ts';
import { checksum, footerFields, signedFooter } from '../support/signed.ts';

const fileLength = 405;

function decode(bytes: Uint8Array, length: number = fileLength): Footer {
  return decodeFooter(bytes, length, 'part', checksum);
}

/**
 * How a footer with these changes, and a right checksum, is refused: at this place in it, with these words.
 */
function refused(
  changes: Partial<Footer>,
  at: number,
  words: string,
  length: number = fileLength,
): ReturnType<typeof failureNow> {
  const error = failureNow(() => decode(signedFooter(changes), length), 'CORRUPTION');
  expect(error).toMatchObject({ file: 'part', section: 'footer', offset: length - FOOTER.length + at });
  expect(error.message).toContain(words);
  return error;
}

/** Where a field of the footer begins. */
function offsetOf(field: keyof Footer): number {
  return FOOTER.fields.find(({ name }) => name === field)?.offset ?? Number.NaN;
}

/** A file with a hash index of so many bytes, and a tail of so many: nothing but the footer is looked at. */
function large(hashLength: number, tailLength: number): Partial<Footer> & Pick<Footer, 'fileLength'> {
  const indexOffset = 116 + hashLength;
  const propertiesOffset = indexOffset + 45;
  return {
    hashLength,
    indexOffset,
    propertiesOffset,
    propertiesLength: tailLength - 45 - FOOTER.length,
    fileLength: indexOffset + tailLength,
  };
}

describe('decodeFooter()', () => {
  it('gives the fields that were encoded', () => {
    expect(decode(signedFooter())).toEqual(footerFields());
    expect(footerFields().fileLength).toBe(fileLength);
  });

  it('refuses a footer that is short at every length', () => {
    for (let length = 0; length < FOOTER.length; length++) {
      failureNow(() => decode(signedFooter().subarray(FOOTER.length - length)), 'CORRUPTION');
    }
  });

  it('refuses a file that is shorter than header and footer', () => {
    const least = HEADER.length + FOOTER.length;
    const error = failureNow(() => decode(signedFooter(), least - 1), 'CORRUPTION');
    expect(error).toMatchObject({
      file: 'part',
      section: 'footer',
      offset: 0,
      expected: 'at least 144 bytes',
      actual: `${least - 1}`,
    });
    expect(error.message).toContain('the file is shorter than its header and footer');
    // A file of just these is long enough, but holds nothing.
    refused({ fileLength: least }, 0, 'the sections do not fill the file', least);
  });

  it('says so when the magic is not there, before anything else', () => {
    const footer = signedFooter();
    footer.fill(0xff, 0, 80);
    footer[offsetOf('magic')] = 0;
    const error = failureNow(() => decode(footer), 'CORRUPTION');
    expect(error).toMatchObject({ offset: fileLength - 8, expected: '89434149524e0d0a' });
    expect(error.actual).toBe('00434149524e0d0a');
    expect(error.message).toContain('the footer has no magic');
  });

  it('refuses every flipped bit', () => {
    for (let bit = 0; bit < FOOTER.length * 8; bit++) {
      const footer = signedFooter();
      footer[bit >> 3] ^= 1 << (bit & 7);
      failureNow(() => decode(footer), 'CORRUPTION');
    }
  });

  it('names the file, the place in it and both checksums', () => {
    const error = refused({ checksum: 5n }, offsetOf('checksum'), 'the footer checksum differs');
    expect(error.expected).toBe('0000000000000005');
    expect(error.actual).toBe(hex64(checksum.hash(signedFooter().subarray(0, offsetOf('checksum')))));
  });

  it('refuses a later version as unsupported, not as damage', () => {
    const error = failureNow(
      () => decode(signedFooter({ version: FORMAT_VERSION + 1 })),
      'UNSUPPORTED_FORMAT',
    );
    expect(error.found).toBe(`version ${FORMAT_VERSION + 1}`);
    expect(error.supported).toBe(`version ${FORMAT_VERSION}`);
    expect(error.file).toBe('part');
  });

  it.each([0, 7, 31])('refuses the required feature %i, which it does not know', (bit) => {
    const error = failureNow(
      () => decode(signedFooter({ requiredFeatures: 2 ** bit })),
      'UNSUPPORTED_FORMAT',
    );
    expect(error.found).toBe(`0x${(2 ** bit).toString(16).padStart(8, '0')}`);
    expect(error.supported).toBe('0x00000000');
    expect(error.file).toBe('part');
    expect(error.message).toBe(
      `part needs features that this version of cairnkv does not know (bits ${error.found}); upgrade cairnkv to read it`,
    );
  });

  it('ignores optional features, and room for their sections before the sparse index', () => {
    const { indexOffset, propertiesOffset } = footerFields();
    const moved = {
      indexOffset: indexOffset + 10,
      propertiesOffset: propertiesOffset + 10,
      fileLength: fileLength + 10,
    };
    expect(decode(signedFooter({ optionalFeatures: 1 })).indexOffset).toBe(indexOffset);
    const footer = signedFooter({ ...moved, optionalFeatures: 1 });
    expect(decode(footer, fileLength + 10).optionalFeatures).toBe(1);
    failureNow(() => decode(signedFooter(moved), fileLength + 10), 'CORRUPTION');
  });

  it('refuses a file that was cut or extended', () => {
    for (const length of [fileLength - 1, fileLength + 1]) {
      const error = refused({}, offsetOf('fileLength'), 'the file was cut or extended', length);
      expect(error).toMatchObject({ expected: `${fileLength} bytes`, actual: `${length}` });
    }
  });

  it.each(['reserved16', 'reserved32'] as const)('refuses %s when it is set', (name) => {
    refused({ [name]: 1 }, 0, 'the sections do not fill the file');
  });

  it('refuses a section of optional features that would begin in the hash index', () => {
    refused({ optionalFeatures: 1, hashLength: 17 }, 0, 'the sections do not fill the file');
  });

  it.each([
    ['the blocks would begin in the header', { hashOffset: HEADER.length - 1, hashLength: 117 }],
    ['hash index and sparse index overlap', { hashLength: 20 }],
    ['hash index and sparse index leave a gap', { hashOffset: 112 }],
    ['sparse index and properties overlap', { indexLength: 46 }],
    ['sparse index and properties leave a gap', { indexLength: 44 }],
    ['properties and footer overlap', { propertiesLength: 101 }],
    ['properties and footer leave a gap', { propertiesLength: 99 }],
    ['the sparse index lies before the hash index', { indexOffset: 100, indexLength: 77 }],
  ] satisfies [string, Partial<Footer>][])('refuses sections when %s', (_, changes) => {
    refused(changes, 0, 'the sections do not fill the file');
  });

  it.each([
    ['a size exceeds 2^53', { hashOffset: 2 ** 53 }],
    [
      'sizes add up to the file only when rounded',
      { propertiesOffset: 2 ** 53 - 1, propertiesLength: 2 ** 53 - 1 },
    ],
  ] satisfies [string, Partial<Footer>][])('refuses sections when %s', (_, changes) => {
    failureNow(() => decode(signedFooter(changes)), 'CORRUPTION');
  });

  it('takes a hash index and a tail of the most bytes that are read at once, and none of more', () => {
    const most = { ...large(2 ** 31 - 4, 2 ** 31 - 1), hashSlots: MAX_HOME_SLOTS };
    expect(decode(signedFooter(most), most.fileLength).hashLength).toBe(2 ** 31 - 4);
    const hash = large(2 ** 31, 1000);
    refused(hash, 0, 'the sections do not fill the file', hash.fileLength);
    // Of so many bytes it would have part of a slot: that is what is wrong with it.
    const part = large(2 ** 31 - 1, 1000);
    refused(part, offsetOf('hashLength'), 'the length of the hash index', part.fileLength);
    const tail = large(16, 2 ** 31);
    refused(tail, 0, 'the sections do not fill the file', tail.fileLength);
  });

  it('takes as much data as a partition may hold, and as many entries as blocks or bytes', () => {
    expect(decode(signedFooter({ dataBytes: MAX_DATA_BYTES })).dataBytes).toBe(MAX_DATA_BYTES);
    expect(decode(signedFooter({ blocks: 2, entries: 2, dataBytes: 2 })).entries).toBe(2);
    expect(decode(signedFooter({ blocks: 1, entries: 1 })).blocks).toBe(1);
  });

  it('takes blocks of no bytes, about which the sparse index knows more', () => {
    expect(decode(signedFooter({ hashOffset: 16, hashLength: 116 })).hashOffset).toBe(HEADER.length);
  });

  it('takes a file without a hash index', () => {
    const without = {
      hashOffset: 132,
      hashLength: 0,
      hashSlots: 0,
      hashChecksum: checksum.hash(new Uint8Array(0)),
    };
    expect(decode(signedFooter(without)).hashSlots).toBe(0);
  });

  it.each([
    ['no blocks', { blocks: 0 }],
    ['fewer entries than blocks', { entries: 1 }],
    ['fewer bytes than entries', { entries: 101 }],
    ['more data than a partition may hold', { dataBytes: MAX_DATA_BYTES + 1 }],
  ] satisfies [string, Partial<Footer>][])('refuses counts that lie: %s', (_, changes) => {
    refused(changes, offsetOf('entries'), 'the counts do not fit each other');
  });

  it.each([
    ['home slots without a hash index', { hashOffset: 132, hashLength: 0 }],
    ['a hash index without home slots', { hashSlots: 0, hashChecksum: checksum.hash(new Uint8Array(0)) }],
    ['a checksum of a hash index that is not there', { hashOffset: 132, hashLength: 0, hashSlots: 0 }],
    ['no slot behind the home slots', { hashSlots: 4 }],
    ['a slot cut short', { hashOffset: 117, hashLength: 15 }],
    ['more home slots than slots', { hashSlots: 5 }],
  ] satisfies [string, Partial<Footer>][])('refuses counts that lie: %s', (_, changes) => {
    refused(changes, offsetOf('hashLength'), 'the length of the hash index does not fit its slots');
  });

  it('refuses more home slots than exact arithmetic allows', () => {
    const slots = { ...large(2 ** 28, 1000), hashSlots: MAX_HOME_SLOTS };
    expect(decode(signedFooter(slots), slots.fileLength).hashSlots).toBe(MAX_HOME_SLOTS);
    const more = { ...slots, hashSlots: MAX_HOME_SLOTS + 1 };
    refused(more, offsetOf('hashLength'), 'the length of the hash index', slots.fileLength);
  });
});

describe('checkSection()', () => {
  const place = { file: 'part', section: 'properties', offset: 500 };
  const bytes = Uint8Array.of(97, 98, 99);

  it('takes the bytes that hash to what is expected', () => {
    expect(() => checkSection(bytes, 0x44bc2cf5ad770999n, place, checksum)).not.toThrow();
  });

  it('says where others are, and both checksums', () => {
    const error = failureNow(() => checkSection(bytes, 0xabn, place, checksum), 'CORRUPTION');
    expect(error).toMatchObject({ ...place, expected: '00000000000000ab', actual: '44bc2cf5ad770999' });
    expect(error.message).toContain('a checksum differs');
  });
});
