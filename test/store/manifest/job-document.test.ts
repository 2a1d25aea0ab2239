import { expect, it } from 'vitest';
import { loadChecksum } from '../../../src/bytes/xxh64.ts';
import { decodeDocument, encodeDocument } from '../../../src/store/manifest/job-document.ts';
import { failure } from '../../support/failures.ts';

const REGION = { file: 'plan.json', section: 'plan', offset: 0 };
const DOCUMENT = { tasks: 3, splits: ['a', 'ü'], nothing: null };

it('a document comes back, and equal ones have equal bytes', async () => {
  const checksum = await loadChecksum();
  const bytes = encodeDocument(DOCUMENT, checksum);
  expect(decodeDocument(bytes, REGION, checksum)).toEqual(DOCUMENT);
  expect(encodeDocument({ ...DOCUMENT }, checksum)).toEqual(bytes);
});

it('is CORRUPTION with a flipped bit anywhere, and cut at any length', async () => {
  const checksum = await loadChecksum();
  const bytes = encodeDocument(DOCUMENT, checksum);
  for (let at = 0; at < bytes.length; at++) {
    const flipped = bytes.slice();
    flipped[at] ^= 1 << (at % 8);
    for (const damaged of [flipped, bytes.subarray(0, at)]) {
      const error = await failure(() => decodeDocument(damaged, REGION, checksum), 'CORRUPTION');
      expect(error.message).toMatch(
        /^plan\.json: the (?:file does not end in its checksum|checksum of the file differs)/,
      );
    }
  }
});
