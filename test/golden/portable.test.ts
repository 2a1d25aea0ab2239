import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { loadDecompressor } from '../../src/compression/compressions.ts';
// The entry for platforms other than Node: this file must import nothing that imports Node's.
import { openStore } from '../../src/index.ts';
import { locateComplete } from '../support/locate-complete.ts';
import { goldenReading } from './reading-cases.ts';

const GOLDEN = new URL('../../fixtures/golden/v1/', import.meta.url);

goldenReading('by the universal entry', async ({ name }) => {
  const uri = `memory:${name}`;
  const { storage, path } = locateComplete(uri);
  const store = new URL(`${name}/store/`, GOLDEN);
  for (const file of readdirSync(store, { recursive: true, encoding: 'utf8' })) {
    if (/\.(?:json|cairn)$/.test(file))
      await storage.replace(`${path}/${file}`, readFileSync(new URL(file, store)));
  }
  return openStore<unknown, unknown>(uri);
});

it('the decoders were those in JavaScript', async () => {
  expect(await loadDecompressor('zstd')).toBe(
    (await import('../../src/compression/fzstd.ts')).zstdDecompressor,
  );
  expect(await loadDecompressor('deflate')).toBe((await import('../../src/compression/fflate.ts')).deflate);
});
