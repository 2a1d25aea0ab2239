import { describe, expect, it } from 'vitest';
import { loadChecksum } from '../../src/bytes/xxh64.ts';
import { decodeFooter, FOOTER } from '../../src/format/layout.ts';
import { type VerifyProblem, verifyStore } from '../../src/node/index.ts';
import { storeOf, withFlipped, withNoise } from '../support/damaged-copy.ts';
import { failure } from '../support/failures.ts';
import { readTree } from '../support/storage-tools.ts';
import { fill, numbered, type TextOptions } from '../support/stores.ts';

const checksum = await loadChecksum();
const PAIRS = numbered(400, 'k', 60);
let number = 0;

interface Parts {
  readonly files: Map<string, Uint8Array>;
  /** Paths of the partitions. */
  readonly paths: readonly string[];
}

async function build(options: TextOptions = {}): Promise<Parts> {
  const uri = `memory:verified/${number++}`;
  await fill(uri, PAIRS, { blockBytes: 512, partitionBytes: 10_000, ...options });
  const files = await readTree(uri);
  return { files, paths: [...files.keys()].filter((path) => path.endsWith('.cairn')).sort() };
}

function footerOf(bytes: Uint8Array): ReturnType<typeof decodeFooter> {
  return decodeFooter(bytes.slice(-FOOTER.length), bytes.length, 'file', checksum);
}

const text = (key: Uint8Array | undefined): string | undefined => key && new TextDecoder().decode(key);

/** The parts of a problem that tests look at. */
function brief({ file, section, offset, flipped, keys }: VerifyProblem): unknown {
  return { file: file.split('/').at(-1), section, offset, flipped, entries: keys?.entries };
}

describe('verifyStore()', () => {
  it('reports every section of every file that is damaged, and missing files', async () => {
    const { files, paths } = await build();
    const [first, second, third] = paths;
    let bytes = files.get(first) as Uint8Array;
    const { hashOffset, indexOffset, propertiesOffset, entries } = footerOf(bytes);
    const footerOffset = bytes.length - FOOTER.length;
    const places = [0, 300, hashOffset + 5, indexOffset, propertiesOffset + 9, footerOffset + 50];
    for (const at of places) bytes = withFlipped(bytes, at, at % 8);
    const manifest = withFlipped(files.get('MANIFEST.json') as Uint8Array, 77, 4);
    const uri = await storeOf(files, { [first]: bytes, [second]: undefined, 'MANIFEST.json': manifest });
    const { ok, problems, checked } = await verifyStore(uri);
    expect(ok).toBe(false);
    const at = (byte: number, bit = byte % 8): object => ({ flipped: { byte, bit } });
    const name = first.slice('data/'.length);
    const missing = footerOf(files.get(second) as Uint8Array).entries;
    expect(problems.map(brief)).toEqual([
      { file: 'MANIFEST.json', section: 'manifest', offset: 0, ...at(77, 4), entries: undefined },
      {
        file: second.slice('data/'.length),
        section: 'file',
        offset: 0,
        flipped: undefined,
        entries: missing,
      },
      { file: name, section: 'header', offset: 0, ...at(0), entries: undefined },
      { file: name, section: 'footer', offset: footerOffset + 112, ...at(footerOffset + 50), entries },
      { file: name, section: 'sparse index', offset: indexOffset, ...at(indexOffset), entries },
      { file: name, section: 'properties', offset: propertiesOffset, ...at(propertiesOffset + 9), entries },
      { file: name, section: 'hash index', offset: hashOffset, ...at(hashOffset + 5), entries },
      // No more searches than eight.
      { file: name, section: 'block 0', offset: 16, ...at(300), entries: expect.any(Number) },
    ]);
    expect(problems.every(({ expected, actual, section }) => section === 'file' || expected !== actual)).toBe(
      true,
    );
    const others = footerOf(files.get(third) as Uint8Array).entries;
    expect(checked.entries).toBeGreaterThan(others);
  });

  it.each(['none', 'deflate'] as const)(
    'names the keys of each damaged block under %s',
    async (compression) => {
      const { files, paths } = await build({ compression, partitionBytes: 1 << 20 });
      const [path] = paths;
      let bytes = files.get(path) as Uint8Array;
      const { hashOffset, blocks } = footerOf(bytes);
      for (let at = 16; at < hashOffset; at += 16) bytes = withNoise(bytes, at, at + 2);
      const { problems, checked } = await verifyStore(await storeOf(files, { [path]: bytes }));
      expect(problems).toHaveLength(blocks);
      expect(problems.map(({ section }) => section)).toEqual(problems.map((_, i) => `block ${i}`));
      expect(problems.reduce((sum, { keys }) => sum + (keys?.entries ?? 0), 0)).toBe(PAIRS.length);
      expect(checked).toMatchObject({ blocks: 0, entries: 0 });
      let position = 0;
      for (const [i, { keys, flipped }] of problems.entries()) {
        expect(flipped).toBe(undefined);
        const own = PAIRS.slice(position, position + (keys?.entries ?? 0)).map(([key]) => key);
        const [gte, lt, lte] = [text(keys?.gte), text(keys?.lt), text(keys?.lte)];
        expect(own.every((key) => key >= gte! && (lt === undefined ? key <= lte! : key < lt))).toBe(true);
        expect(lte === undefined).toBe(i < problems.length - 1);
        position += own.length;
      }
    },
  );

  it('reads on where a file has bytes too many, and says what is damaged in it', async () => {
    const { files, paths } = await build();
    const [path] = paths;
    const bytes = withFlipped(files.get(path) as Uint8Array, 100, 1);
    const longer = new Uint8Array(bytes.length + 9);
    longer.set(bytes);
    const { problems } = await verifyStore(await storeOf(files, { [path]: longer }));
    expect(problems.map(({ section }) => section)).toEqual(['file', 'block 0']);
    const cut = await verifyStore(await storeOf(files, { [path]: bytes.slice(0, -9) }));
    expect(cut.problems.map(({ section }) => section)).toEqual(['file']);
    expect(cut.checked.files).toBe(paths.length);
  });

  it('looks for the bit unless it is told not to', async () => {
    const { files, paths } = await build();
    const uri = await storeOf(files, { [paths[0]]: withFlipped(files.get(paths[0]) as Uint8Array, 99, 7) });
    const [named] = (await verifyStore(uri)).problems;
    expect(named.flipped).toEqual({ byte: 99, bit: 7 });
    expect(named.message).toContain('bit 7 of byte 99');
    const [plain] = (await verifyStore(uri, { locateBits: false })).problems;
    expect(plain.flipped).toBe(undefined);
    expect(named.message).toContain(plain.message);
    await failure(verifyStore(uri, { locateBits: 1 as never }), 'INVALID_ARGUMENT');
  });

  it('reports how far it is', async () => {
    const { files } = await build();
    const seen: number[] = [];
    const totals = new Set<number>();
    const { checked } = await verifyStore(await storeOf(files), {
      onProgress: ({ bytes, totalBytes }) => {
        seen.push(bytes);
        totals.add(totalBytes);
      },
    });
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect([...totals]).toEqual([checked.bytes]);
    expect(seen.at(-1)).toBe(checked.bytes);
  });
});
