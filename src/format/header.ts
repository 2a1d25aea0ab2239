import type { Checksum } from '../bytes/checksum.ts';
import { corruption, type Region } from '../bytes/corruption.ts';
import { toHex } from '../bytes/hex.ts';
import { encodeStruct } from '../bytes/struct.ts';
import { checkVersion, FORMAT_VERSION, HEADER, hex32, MAGIC, MAGIC_U64 } from './layout.ts';

/** Returns the 16 header bytes of every partition file of this version. */
export function encodeHeader(checksum: Checksum): Uint8Array {
  const fields = { magic: MAGIC_U64, version: FORMAT_VERSION, reserved: 0, checksum: 0 };
  const unsigned = encodeStruct(HEADER, fields);
  return encodeStruct(HEADER, {
    ...fields,
    checksum: Number(checksum.hash(unsigned.subarray(0, 12)) & 0xffffffffn),
  });
}

/** @throws {CairnError} `CORRUPTION` or `UNSUPPORTED_FORMAT`. */
export function checkHeader(bytes: Uint8Array, file: string, checksum: Checksum): void {
  const region: Region = { file, section: 'header', offset: 0 };
  const header = HEADER.decode(bytes, region);
  if (header.magic !== MAGIC_U64) {
    throw corruption(region, 'this is not a cairn partition', {
      expected: toHex(MAGIC),
      actual: toHex(bytes.subarray(0, 8)),
    });
  }
  const actual = Number(checksum.hash(bytes.subarray(0, 12)) & 0xffffffffn);
  if (actual !== header.checksum) {
    throw corruption(region, 'the header checksum differs', {
      at: 12,
      expected: hex32(header.checksum),
      actual: hex32(actual),
    });
  }
  checkVersion(file, header.version);
  if (header.reserved !== 0)
    throw corruption(region, 'a reserved field is set', {
      at: 10,
      expected: '0',
      actual: `${header.reserved}`,
    });
}
