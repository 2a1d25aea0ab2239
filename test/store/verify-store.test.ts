import { describe, expect, it } from 'vitest';
import { hex64 } from '../../src/bytes/checksum.ts';
import { loadChecksum } from '../../src/bytes/xxh64.ts';
import { decodeFooter, FOOTER } from '../../src/format/layout.ts';
import { openStore, type VerifyProblem, type VerifyReport, verifyStore } from '../../src/node/index.ts';
import { decodeManifest } from '../../src/store/manifest/decode-manifest.ts';
import { contentId } from '../../src/store/manifest/manifest.ts';
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

  it('looks for the flipped bit by default', async () => {
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
      onProgress: ({ done, total }) => {
        seen.push(done);
        totals.add(total);
      },
    });
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect([...totals]).toEqual([checked.bytes]);
    expect(seen.at(-1)).toBe(checked.bytes);
  });
});

/** Changes the text of a store's manifest, and makes its checksum right again. */
function signed(manifest: Uint8Array, change: (document: Document) => void): Uint8Array {
  const document = JSON.parse(new TextDecoder().decode(manifest)) as Document;
  change(document);
  const body = new TextEncoder().encode(
    `${JSON.stringify({ ...document, checksum: undefined }, null, 2).slice(0, -2)},\n`,
  );
  const trailer = new TextEncoder().encode(`  "checksum": "${hex64(checksum.hash(body))}"\n}\n`);
  return Uint8Array.of(...body, ...trailer);
}

type Members = Record<string, unknown>;
interface Document extends Members {
  partitions: (Members & { name: string; count: number; tailChecksum: string })[];
}

describe('verifyStore() of a manifest whose checksum is right and whose contents are not', () => {
  /** What it finds in a store whose manifest was changed so. */
  async function verified(
    change: (document: Document) => void,
    options: TextOptions = {},
  ): Promise<{ report: VerifyReport; paths: readonly string[]; uri: string }> {
    const { files, paths } = await build(options);
    const manifest = signed(files.get('MANIFEST.json') as Uint8Array, change);
    const uri = await storeOf(files, { 'MANIFEST.json': manifest });
    const report = await verifyStore(uri);
    expect(report.ok).toBe(false);
    return { report, paths, uri };
  }

  const said = ({ problems }: VerifyReport): string[] =>
    problems.map(({ message }) => /: (.+?)(?: is wrong)? \(/.exec(message)?.[1] ?? message);

  it('reports each member that is none, and checks all partitions all the same', async () => {
    const { report, uri } = await verified((document) => {
      const [first, second] = document.partitions;
      document.id = '';
      document.valueEncoding = 7;
      document.metadata = [];
      Object.assign(first, { count: -1, tailChecksum: 'x', dataBytes: '9' });
      Object.assign(second, { firstKey: 'a', tailBytes: 1.5 });
    });
    expect(said(report)).toEqual([
      'partitions[0].count',
      'partitions[0].dataBytes',
      'partitions[0].tailChecksum',
      'partitions[1].tailBytes',
      'partitions[1].firstKey',
      'id',
      'valueEncoding',
      'metadata',
    ]);
    const file = `${uri}/MANIFEST.json`;
    for (const problem of report.problems)
      expect(problem).toMatchObject({ code: 'CORRUPTION', file, section: 'manifest', offset: 0 });
    expect(report.checked.entries).toBe(PAIRS.length);
    // The reader refuses it at the first.
    expect((await failure(openStore(uri), 'CORRUPTION')).message).toContain('partitions[0].count');
  });

  it('reports counts, lengths and keys of a partition that do not fit each other, and its keys', async () => {
    const { report, paths } = await verified(({ partitions: [first, second, third] }) => {
      Object.assign(first, { tailBytes: 3, count: 0 });
      Object.assign(second, { hashBytes: 1 << 30 });
      [third.firstKey, third.lastKey] = [third.lastKey, third.firstKey];
    });
    expect(said(report)).toEqual([
      'partitions[0].tailBytes',
      'partitions[0].count',
      'partitions[1].tailBytes',
      'partitions[2].lastKey',
    ]);
    const second = report.problems[2].keys;
    expect(second?.entries).toBeGreaterThan(10);
    expect(text(second?.gte)! < text(second?.lte)!).toBe(true);
    expect(report.checked).toMatchObject({ files: paths.length, entries: PAIRS.length });
  });

  it('reports sums that are wrong, each', async () => {
    const { report } = await verified((document) => {
      Object.assign(document, { id: '0'.repeat(16), count: 1, bytes: -1 });
    });
    expect(said(report)).toEqual(['id', 'count', 'bytes']);
    expect(report.problems[1].expected).toBe('400');
    expect(report.checked.entries).toBe(PAIRS.length);
  });

  it('reports partitions in the wrong order, and one that is named twice', async () => {
    const swapped = await verified(({ partitions }) => partitions.reverse());
    const { length } = swapped.paths;
    expect(said(swapped.report)).toEqual(
      Array.from({ length: length - 1 }, (_, i) => `partitions[${i + 1}]`),
    );
    expect(swapped.report.problems.every(({ keys }) => (keys?.entries ?? 0) > 0)).toBe(true);
    expect(swapped.report.checked.entries).toBe(PAIRS.length);
    const twice = await verified(({ partitions }) => partitions.splice(1, 0, { ...partitions[0] }));
    expect(said(twice.report)).toEqual(['partitions[1]', 'id', 'count', 'bytes']);
    const named = await verified(({ partitions: [first, second] }) => {
      second.name = first.name;
    });
    expect(said(named.report).at(-1)).toMatch(/the manifest names another build of the file/);
  });

  it.each([
    ['../data/part.cairn', 'partitions[0].name'],
    ['elsewhere.cairn', 'a partition is missing'],
  ])('reports the name %s, and checks the other partitions', async (name, what) => {
    const { report, paths } = await verified(({ partitions }) => {
      partitions[0].name = name;
      partitions[1].count = -1;
    });
    const problems = said(report);
    expect(problems).toContain(what);
    expect(problems).toContain('partitions[1].count');
    expect(report.checked.files).toBe(paths.length - 1);
  });

  it('reports one that is no object, and a missing file whose record is wrong, too', async () => {
    const { report } = await verified(({ partitions }) => {
      partitions[0].compression = 'lzma';
      partitions[0].name = 'gone.cairn';
      partitions[1] = null as never;
    });
    expect(said(report)).toEqual(['partitions[0].compression', 'partitions[1]', 'a partition is missing']);
  });

  it('goes by the file where the manifest describes it otherwise, and reports each difference', async () => {
    const { report, paths } = await verified((document) => {
      const [first, second, third] = document.partitions;
      // The sums stay right: opening finds nothing.
      first.count++;
      second.count--;
      Object.assign(first, { tailChecksum: '0'.repeat(16), tailBytes: 500, hashBytes: 4, dataBytes: 5000 });
      Object.assign(third, { firstKey: `${third.firstKey}00`, lastKey: `${third.lastKey}00` });
    });
    const [first, second, third] = paths.map((path) => path.slice('data/'.length));
    expect(report.problems.map(({ file, section }) => [file.split('/').at(-1), section])).toEqual([
      [first, 'tail'],
      ...Array.from({ length: 4 }, () => [first, 'footer']),
      [second, 'footer'],
      [third, 'properties'],
      [third, 'properties'],
    ]);
    for (const { expected, actual, keys } of report.problems) {
      expect(expected).not.toBe(actual);
      expect(keys?.entries).toBeGreaterThan(0);
    }
    expect(said(report)[1]).toBe('the manifest and the partition disagree about count');
    expect(report.checked).toMatchObject({ files: paths.length, entries: PAIRS.length });
  });

  it('reports encodings and compressions that the partitions have otherwise', async () => {
    const { files } = await build();
    const manifest = decodeManifest(files.get('MANIFEST.json') as Uint8Array, 'MANIFEST.json', checksum);
    const idAsBinary = contentId({ ...manifest, keyEncoding: 'binary' }, checksum);
    const { report } = await verified((document) => {
      document.keyEncoding = 'binary';
      for (const partition of document.partitions) partition.compression = 'deflate';
      document.id = idAsBinary;
    });
    const about = 'the manifest and the properties disagree about the';
    expect(new Set(said(report))).toEqual(new Set([`${about} encoding of keys`, `${about} compression`]));
    expect(report.checked.entries).toBe(PAIRS.length);
  });

  it('finds what is damaged in the files, too', async () => {
    const { files, paths } = await build();
    const manifest = signed(files.get('MANIFEST.json') as Uint8Array, ({ partitions }) => {
      partitions[0].count = 0;
      partitions[1].dataBytes = 5000;
    });
    const uri = await storeOf(files, {
      'MANIFEST.json': manifest,
      [paths[0]]: withFlipped(files.get(paths[0]) as Uint8Array, 100, 1),
      [paths[1]]: withFlipped(files.get(paths[1]) as Uint8Array, 200, 2),
    });
    const { problems } = await verifyStore(uri);
    expect(problems.map(({ section, flipped }) => [section, flipped?.byte])).toEqual([
      ['manifest', undefined],
      ['footer', undefined],
      ['block 0', 200],
      ['block 0', 100],
    ]);
  });

  it('says no more than that of a version to come, and of a text that is none', async () => {
    const later = await verified((document) => Object.assign(document, { version: 2, id: 7, count: 'x' }));
    expect(later.report.problems.map(({ code }) => code)).toEqual(['UNSUPPORTED_FORMAT']);
    const none = await verified((document) => Object.assign(document, { partitions: {}, count: 0 }));
    expect(said(none.report)).toEqual(['partitions']);
  });
});
