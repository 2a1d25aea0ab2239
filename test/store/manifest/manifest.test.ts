import { describe, expect, it } from 'vitest';
import { hex64 } from '../../../src/bytes/checksum.ts';
import { FORMAT_VERSION } from '../../../src/format/layout.ts';
import { decodeManifest } from '../../../src/store/manifest/decode-manifest.ts';
import { contentId, type Manifest } from '../../../src/store/manifest/manifest.ts';
import { goldenStore, storeFiles } from '../../golden/golden-files.ts';
import { failureNow } from '../../support/failures.ts';
import { resigned } from '../../support/forged.ts';
import { checksum } from '../../support/signed.ts';

const TRAILER_BYTES = 35;
const GOLDEN = (await storeFiles(goldenStore('several-partitions'))).get('MANIFEST.json') as Uint8Array;
const TEXT = new TextDecoder().decode(GOLDEN);

/** Another text of the body with a right checksum behind it. */
function signed(change: (text: string) => string): Uint8Array {
  const body = new TextEncoder().encode(change(TEXT.slice(0, -TRAILER_BYTES)));
  const trailer = new TextEncoder().encode(`  "checksum": "${hex64(checksum.hash(body))}"\n}\n`);
  return Uint8Array.of(...body, ...trailer);
}

function refused(bytes: Uint8Array): ReturnType<typeof failureNow> {
  const error = failureNow(() => decodeManifest(bytes, 'MANIFEST.json', checksum), 'CORRUPTION');
  expect(error).toMatchObject({ file: 'MANIFEST.json', section: 'manifest' });
  return error;
}

describe('decodeManifest()', () => {
  it('decodes what encodeManifest() returns, unchanged', () => {
    const manifest = decodeManifest(GOLDEN, 'MANIFEST.json', checksum);
    expect(resigned(manifest)).toEqual(GOLDEN);
    expect(contentId(manifest, checksum)).toBe(manifest.id);
  });

  it('takes other white space, another order, and members that it does not know', () => {
    const manifest = decodeManifest(GOLDEN, 'MANIFEST.json', checksum);
    const other = signed((text) => {
      const { partitions, ...rest } = JSON.parse(`${text}"x":0}`) as Record<string, unknown>;
      return `${JSON.stringify({ partitions, later: [1], ...rest }).slice(0, -1)},\n`;
    });
    expect(decodeManifest(other, 'MANIFEST.json', checksum)).toEqual(manifest);
  });

  it('refuses everything but its 35 last bytes at the end', () => {
    expect(TEXT.slice(-TRAILER_BYTES)).toMatch(/^ {2}"checksum": "[0-9a-f]{16}"\n\}\n$/);
    refused(GOLDEN.subarray(0, -1));
    refused(Uint8Array.of(...GOLDEN, 0x0a));
    refused(new TextEncoder().encode(TEXT.replaceAll('\n', '\r\n')));
    refused(new TextEncoder().encode(TEXT.toUpperCase()));
  });

  it('refuses a later version and unknown features as unsupported, not as damage', () => {
    const later = signed((text) =>
      text.replace(`"version": ${FORMAT_VERSION}`, `"version": ${FORMAT_VERSION + 1}`),
    );
    const error = failureNow(() => decodeManifest(later, 'MANIFEST.json', checksum), 'UNSUPPORTED_FORMAT');
    expect(error.found).toContain(`version ${FORMAT_VERSION + 1}`);
    expect(error.supported).toContain(`version ${FORMAT_VERSION}`);
    const feature = signed((text) =>
      text.replace('"requiredFeatures": []', '"requiredFeatures": ["tombstones"]'),
    );
    const other = failureNow(() => decodeManifest(feature, 'MANIFEST.json', checksum), 'UNSUPPORTED_FORMAT');
    expect(other.found).toContain('tombstones');
  });

  it.each([
    ['a byte order mark', (text: string) => `\ufeff${text}`],
    ['no JSON', (text: string) => text.slice(1)],
    ['another format', (text: string) => text.replace('"cairn"', '"crane"')],
    ['another count', (text: string) => text.replace('"count": 60', '"count": 61')],
    ['another number of bytes', (text: string) => text.replace(/"bytes": \d+/, '"bytes": 1')],
    [
      'another id',
      (text: string) =>
        text.replace(/"id": "."/, '"id": "0"').replace(/"id": "[0-9a-f]{16}"/, '"id": "0000000000000000"'),
    ],
    [
      'other encodings than the id says',
      (text: string) => text.replace('"keyEncoding": "utf8"', '"keyEncoding": "binary"'),
    ],
    ['a name that leads elsewhere', (text: string) => text.replace(/part-00000/, '../part-00000')],
    ['a hidden name', (text: string) => text.replace(/"part-00000/, '".part-00000')],
    [
      'a compression of its own',
      (text: string) => text.replace('"compression": "none"', '"compression": "lzma"'),
    ],
    ['an empty key', (text: string) => text.replace(/"firstKey": "[0-9a-f]+"/, '"firstKey": ""')],
    ['half a byte of a key', (text: string) => text.replace(/"firstKey": "6/, '"firstKey": "')],
    ['keys that descend', (text: string) => text.replace(/"firstKey": "6/, '"firstKey": "7')],
    [
      'a fraction of an entry',
      (text: string) => text.replace(/"count": (\d+),\n {6}"dataBytes"/, '"count": $1.5,\n      "dataBytes"'),
    ],
    [
      'no entries in a partition',
      (text: string) => text.replace(/"count": \d+,\n {6}"dataBytes"/, '"count": 0,\n      "dataBytes"'),
    ],
    [
      'a tail that is longer than the file',
      (text: string) => text.replace(/"tailBytes": \d+/, '"tailBytes": 100000'),
    ],
    [
      'a tail that is shorter than a footer',
      (text: string) => text.replace(/"tailBytes": \d+/, '"tailBytes": 127'),
    ],
    [
      'partitions that overlap',
      (text: string) => {
        const [first, second] = text.matchAll(/"firstKey": "[0-9a-f]+"/g);
        return text.replace(second[0], first[0]);
      },
    ],
    ['metadata that is no object', (text: string) => text.replace('"metadata": {}', '"metadata": []')],
  ])('refuses %s, though its checksum is right', (_, change) => {
    expect(change(TEXT)).not.toBe(TEXT);
    refused(signed(change));
  });
});

describe('contentId()', () => {
  it('is the hash of sum, count and encodings that FORMAT.md §8 defines', () => {
    const manifest: Manifest = decodeManifest(GOLDEN, 'MANIFEST.json', checksum);
    const sum = manifest.partitions.reduce((total, { contentSum }) => (total + contentSum) % 2n ** 64n, 0n);
    const text = `${sum.toString(16).padStart(16, '0')}\n60\nutf8\nutf8`;
    expect(manifest.id).toBe(hex64(checksum.hash(new TextEncoder().encode(text))));
  });
});
