import type { Checksum } from '../../src/bytes/checksum.ts';
import { encodeStruct } from '../../src/bytes/struct.ts';
import { loadChecksum } from '../../src/bytes/xxh64.ts';
import { encodeHeader } from '../../src/format/header.ts';
import { encodeFooter, FOOTER, type Footer, HEADER } from '../../src/format/layout.ts';

export const checksum: Checksum = await loadChecksum();

/** The fields of a footer that is right: two blocks, a hash index, an index and properties of any bytes. */
export function footerFields(): Footer {
  const sections = {
    hashOffset: 116,
    hashLength: 16,
    hashChecksum: 1n,
    indexOffset: 132,
    indexLength: 45,
    indexChecksum: 2n,
    propertiesOffset: 177,
    propertiesLength: 100,
    propertiesChecksum: 3n,
    entries: 2,
    blocks: 2,
    dataBytes: 100,
    hashSlots: 3,
  };
  return FOOTER.decode(encodeFooter(sections, checksum), { file: 'f', section: 'footer', offset: 0 });
}

/** A footer with a right checksum over fields that need not be. */
export function signedFooter(changes: Partial<Footer> = {}): Uint8Array {
  const fields = { ...footerFields(), ...changes };
  const unsigned = encodeStruct(FOOTER, fields);
  const own = checksum.hash(unsigned.subarray(0, checksumOffset()));
  return encodeStruct(FOOTER, { ...fields, checksum: changes.checksum ?? own });
}

/** A header with a right checksum over fields that need not be. */
export function signedHeader(changes: { version?: number; reserved?: number }): Uint8Array {
  const fields = HEADER.decode(encodeHeader(checksum), { file: 'f', section: 'header', offset: 0 });
  const unsigned = encodeStruct(HEADER, { ...fields, ...changes });
  const own = Number(checksum.hash(unsigned.subarray(0, 12)) & 0xffffffffn);
  return encodeStruct(HEADER, { ...fields, ...changes, checksum: own });
}

function checksumOffset(): number {
  return FOOTER.fields.find(({ name }) => name === 'checksum')?.offset ?? 0;
}
