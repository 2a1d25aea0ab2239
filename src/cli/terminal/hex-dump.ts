import { toHex } from '../../bytes/hex.ts';

const BYTES_PER_ROW = 16;
const SEPARATOR = '-'.repeat(78);

/**
 * A dump of bytes as Fluvio's `consume` prints one, with a line of dashes behind it.
 *
 * ```
 * 00000000  7b 0a 20 20 20 20 22 70  61 72 74 69 74 69 6f 6e  |{.    "partition|
 * ```
 */
export function hexDump(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += BYTES_PER_ROW) {
    const row = bytes.subarray(at, at + BYTES_PER_ROW);
    const cells = Array.from(row, (_, i) => toHex(row.subarray(i, i + 1)));
    const halves = `${cells.slice(0, 8).join(' ').padEnd(23)}  ${cells.slice(8).join(' ').padEnd(23)}`;
    text += `${at.toString(16).padStart(8, '0')}  ${halves}  |${characters(row).padEnd(BYTES_PER_ROW)}|\n`;
  }
  return text + SEPARATOR;
}

function characters(row: Uint8Array): string {
  return Array.from(row, (byte) => {
    if (byte === 0x0a) return '.';
    return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ' ';
  }).join('');
}
