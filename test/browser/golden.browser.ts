import { describe, expect, inject, it } from 'vitest';
import { openStore, storeInfo } from '../../src/index.ts';
import { buildStore } from '../golden/build-golden.ts';
import { firstDifference } from '../golden/first-difference.ts';
import { GOLDEN_CASES } from '../golden/golden-cases.ts';
import { goldenReading } from '../golden/reading-cases.ts';
import { readTree } from '../support/storage-tools.ts';

const origin = inject('goldenOrigin');

goldenReading('over HTTP', ({ name }) => openStore<unknown, unknown>(`${origin}/${name}/store`));

// A partition describes itself: one that is all of its store answers as the store does.
goldenReading(
  'as Files',
  async ({ name }) => {
    const uri = `${origin}/${name}/store`;
    const { partitions } = await storeInfo(uri);
    const response = await fetch(`${uri}/data/${partitions[0].name}`);
    return openStore<unknown, unknown>(new File([await response.blob()], partitions[0].name));
  },
  GOLDEN_CASES.filter(({ options, entries, mergedFrom }) => {
    return entries.length > 0 && options.partitionBytes === undefined && mergedFrom === undefined;
  }),
);

describe('case 63: golden stores made again in a browser', () => {
  it.each(GOLDEN_CASES)('$name: the same bytes, or compressed the same content', async (golden) => {
    const { name, options, mergedFrom } = golden;
    const committed = `${origin}/${name}/store`;
    const uri = `memory:again/${name}`;
    const { id } = await buildStore(golden, uri);
    expect(id).toBe((await storeInfo(committed)).id);
    // A browser's compressors are others.
    if ((options.compression ?? 'none') !== 'none' || mergedFrom !== undefined) return;
    const made = await readTree(uri);
    expect(made.has('MANIFEST.json')).toBe(true);
    for (const [path, bytes] of made) {
      const response = await fetch(`${committed}/${path}`);
      expect(response.ok, path).toBe(true);
      const wanted = new Uint8Array(await response.arrayBuffer());
      expect.soft(firstDifference(bytes, wanted), path).toBeUndefined();
    }
  });
});
