import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, showKey, toHex } from '../../src/bytes/hex.ts';

describe('hex', () => {
  it('`toHex()` is what `Buffer` says, and `fromHex()` takes it back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const text = toHex(bytes);
        expect(text).toBe(Buffer.from(bytes).toString('hex'));
        expect(fromHex(text)).toEqual(bytes);
      }),
    );
  });

  it('`fromHex()` refuses everything else', () => {
    for (const text of ['0', 'abc', '0g', 'AB', ' 00', '00 ', '0x00', '٠٠', 'é0', '00\n'])
      expect(fromHex(text), text).toBeUndefined();
    expect(fromHex('')).toEqual(new Uint8Array(0));
  });

  it('`showKey()` quotes printable text and shows the rest in hex, and never grows long', () => {
    expect(showKey(Buffer.from('a "key"'))).toBe('"a \\"key\\""');
    expect(showKey(Uint8Array.of(0, 255))).toBe('0x00ff');
    expect(showKey(Buffer.from('ä'))).toBe('0xc3a4');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (key) => {
        const shown = showKey(key);
        expect(shown.length).toBeLessThan(160);
        expect(shown).toMatch(/^[\x20-\x7e…]*$/);
        if (key.length > 64) expect(shown).toContain(`${key.length} bytes`);
      }),
    );
  });
});
