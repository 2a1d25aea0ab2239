import { describe, expect, it } from 'vitest';
import { hex64 } from '../../../src/bytes/checksum.ts';
import { loadChecksum } from '../../../src/bytes/xxh64.ts';
import {
  decodeDefinition,
  encodeDefinition,
  MAX_DEFINITION_BYTES,
} from '../../../src/collection/version/definition-file.ts';
import type { CollectionDefinition } from '../../../src/collection/version/version-state.ts';

const checksum = await loadChecksum();
const DEFINITION: CollectionDefinition = {
  id: '0123456789abcdef',
  keyEncoding: 'binary',
  valueEncoding: 'utf8',
  compression: 'none',
  metadata: { keyFormat: 'ip', notes: [1, { checksum: '\n"checksum": "0123456789abcdef"\n}\n' }] },
};

describe('the definition of a collection', () => {
  it('is read back as it was written', () => {
    const bytes = encodeDefinition(DEFINITION, checksum);
    expect(decodeDefinition(bytes, 'file', checksum)).toEqual(DEFINITION);
  });

  it('of another shape is damage', () => {
    const text = new TextDecoder().decode(encodeDefinition({ ...DEFINITION, metadata: {} }, checksum));
    for (const [before, after] of [
      ['"metadata": {}', '"metadata": []'],
      ['"metadata": {}', '"metadata": null'],
      [',\n  "metadata": {}', ''],
      ['"compression": "none"', '"compression": "lzma"'],
      ['"keyEncoding": "binary"', '"keyEncoding": ""'],
    ]) {
      const body = text.slice(0, text.lastIndexOf('  "checksum"')).replace(before, after);
      const sum = hex64(checksum.hash(new TextEncoder().encode(body)));
      const forged = new TextEncoder().encode(`${body}  "checksum": "${sum}"\n}\n`);
      expect(() => decodeDefinition(forged, 'file', checksum)).toThrow(
        expect.objectContaining({ code: 'CORRUPTION', file: 'file' }),
      );
    }
  });

  it('with a byte flipped anywhere is never read', () => {
    const bytes = encodeDefinition(DEFINITION, checksum);
    for (let at = 0; at < bytes.length; at++) {
      const flipped = bytes.slice();
      flipped[at] ^= 1;
      expect(() => decodeDefinition(flipped, 'file', checksum)).toThrow();
    }
  });

  it('with more metadata than a reader accepts is not written', () => {
    const metadata = { notes: 'x'.repeat(MAX_DEFINITION_BYTES) };
    expect(() => encodeDefinition({ ...DEFINITION, metadata }, checksum)).toThrow(
      expect.objectContaining({ code: 'TOO_LARGE', limit: MAX_DEFINITION_BYTES }),
    );
  });
});
