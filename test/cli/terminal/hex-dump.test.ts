import { describe, expect, it } from 'vitest';
import { hexDump } from '../../../src/cli/terminal/hex-dump.ts';

describe('`hexDump()`', () => {
  it('is what Fluvio prints', () => {
    const json = '{\n    "partitions": [\n        {\n            "id": 0\n}]}';
    expect(hexDump(Buffer.from(json))).toBe(
      [
        '00000000  7b 0a 20 20 20 20 22 70  61 72 74 69 74 69 6f 6e  |{.    "partition|',
        '00000010  73 22 3a 20 5b 0a 20 20  20 20 20 20 20 20 7b 0a  |s": [.        {.|',
        '00000020  20 20 20 20 20 20 20 20  20 20 20 20 22 69 64 22  |            "id"|',
        '00000030  3a 20 30 0a 7d 5d 7d                              |: 0.}]}         |',
        '-'.repeat(78),
      ].join('\n'),
    );
    expect(hexDump(Buffer.from('{\n    "p'))).toBe(
      `00000000  7b 0a 20 20 20 20 22 70                           |{.    "p        |\n${'-'.repeat(78)}`,
    );
    expect(hexDump(new Uint8Array(0))).toBe('-'.repeat(78));
  });
});
