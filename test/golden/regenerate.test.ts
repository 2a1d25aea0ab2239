import { beforeAll, describe, expect, it } from 'vitest';
import { buildStore } from './build-golden.ts';
import { firstDifference } from './first-difference.ts';
import { exampleBlocks, markedBlock, rewriteExample } from './format-document.ts';
import { GOLDEN_CASES } from './golden-cases.ts';
import {
  dumpOf,
  expectedOf,
  goldenNames,
  goldenStore,
  readDump,
  readExpected,
  removeOthers,
  rewriteGolden,
  storeFiles,
} from './golden-files.ts';

// `node fixtures/make-golden.mjs` sets this: the files are then written before they are compared.
const REWRITE = process.env.CAIRN_GOLDEN === 'rewrite';

describe('golden files made again', () => {
  beforeAll(async () => {
    if (!REWRITE) return;
    removeOthers(GOLDEN_CASES.map(({ name }) => name));
    for (const golden of GOLDEN_CASES) await rewriteGolden(golden);
    await rewriteExample();
  });

  it('have a case each, and every case has files', () => {
    expect(goldenNames()).toEqual(GOLDEN_CASES.map(({ name }) => name).sort());
  });

  it.each(GOLDEN_CASES)('$name: the same bytes, or compressed the same content', async (golden) => {
    const uri = `memory:again/${golden.name}`;
    const info = await buildStore(golden, uri);
    const expected = readExpected(golden.name);
    expect(expectedOf(golden, info)).toEqual(expected);
    // Compressors differ in their output from version to version: the id stands for the content.
    if (expected.compression !== 'none' || golden.mergedFrom !== undefined) return;
    const committed = await storeFiles(goldenStore(golden.name));
    const made = await storeFiles(uri);
    expect([...made.keys()]).toEqual([...committed.keys()]);
    for (const [path, bytes] of made)
      expect.soft(firstDifference(bytes, committed.get(path)), path).toBeUndefined();
  });

  it.each(GOLDEN_CASES)('$name: the same dump', async ({ name }) => {
    expect(await dumpOf(goldenStore(name))).toBe(readDump(name));
  });

  it('have the same id whatever the compression, and with or without a hash index', () => {
    const id = (name: string): string => readExpected(name).id;
    expect(id('compression-deflate')).toBe(id('compression-none'));
    expect(id('compression-zstd')).toBe(id('compression-none'));
    expect(id('compression-mixed')).toBe(id('compression-none'));
    expect(id('hash-index-off')).toBe(id('hash-index-on'));
  });

  it('are the example of FORMAT.md', async () => {
    for (const [marker, block] of await exampleBlocks()) expect(markedBlock(marker), marker).toBe(block);
  });
});
