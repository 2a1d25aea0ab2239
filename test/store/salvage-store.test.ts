import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { loadChecksum } from '../../src/bytes/xxh64.ts';
import { decodeFooter, FOOTER, type Footer } from '../../src/format/layout.ts';
import {
  compareKeys,
  createStore,
  openStore,
  type SalvageReport,
  salvageStore,
  verifyStore,
} from '../../src/node/index.ts';
import { decodeManifest } from '../../src/store/manifest/decode-manifest.ts';
import { encodeEntries, GOLDEN_CASES, type GoldenCase } from '../golden/golden-cases.ts';
import { goldenStore, storeFiles } from '../golden/golden-files.ts';
import { storeOf, withFlipped, withNoise } from '../support/damaged-copy.ts';
import { failure } from '../support/failures.ts';
import { kindOf, readTree, tree } from '../support/storage-tools.ts';
import { collect, fill, numbered, TEXT } from '../support/stores.ts';

const checksum = await loadChecksum();
let number = 0;

/** A golden store, and where the blocks of its entries are. */
interface Subject {
  readonly golden: GoldenCase;
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly partitions: readonly {
    path: string;
    bytes: Uint8Array;
    footer: Footer;
    count: number;
    blocks: Block[];
  }[];
}

interface Block {
  readonly start: number;
  readonly end: number;
  readonly entries: number;
}

async function subjectOf(golden: GoldenCase): Promise<Subject> {
  const files = await storeFiles(goldenStore(golden.name));
  const manifest = decodeManifest(files.get('MANIFEST.json') as Uint8Array, 'MANIFEST.json', checksum);
  const partitions = manifest.partitions.map(({ name, count }) => {
    const path = `data/${name}`;
    const bytes = files.get(path) as Uint8Array;
    const footer = decodeFooter(bytes.slice(-FOOTER.length), bytes.length, path, checksum);
    const index = bytes.slice(footer.indexOffset, footer.propertiesOffset);
    const column = (at: number, block: number): number =>
      block < 0 ? 0 : new DataView(index.buffer).getUint32(footer.blocks * at + block * 4, true);
    const blocks = Array.from(
      { length: footer.blocks },
      (_, i): Block => ({
        start: i === 0 ? 16 : column(8, i - 1),
        end: column(8, i),
        entries: column(16, i) - column(16, i - 1),
      }),
    );
    return { path, bytes, footer, count, blocks };
  });
  return { golden, files, partitions };
}

/** Stands for all files below a URI. */
async function digestOf(uri: string): Promise<string> {
  const hash = createHash('sha256');
  for (const [path, bytes] of await readTree(uri)) hash.update(`${path} ${bytes.length}\n`).update(bytes);
  return hash.digest('hex');
}

/**
 * Salvages a damaged copy, and compares with the model: all entries but those from positions `from…to` of the store's are
 * there and right; the lost ranges cover the others exactly.
 */
async function saves(subject: Subject, damaged: string, from: number, to: number): Promise<SalvageReport> {
  const { entries } = subject.golden;
  const before = await digestOf(damaged);
  const target = `memory:saved/${number++}`;
  const report = await salvageStore(damaged, target);
  const expected = [...entries.slice(0, from), ...entries.slice(to)];
  await using reader = await openStore<unknown, unknown>(target);
  expect(await collect(reader.entries())).toEqual(expected);
  expect((await verifyStore(target)).problems).toEqual([]);
  expect(report.info.count).toBe(expected.length);
  expect(await digestOf(damaged)).toBe(before);
  const keys = encodeEntries(subject.golden).map(({ key }) => key);
  const isLost = (key: Uint8Array): boolean =>
    report.lost.some(
      ({ after, before: end }) =>
        (after === undefined || compareKeys(after, key) < 0) &&
        (end === undefined || compareKeys(key, end) < 0),
    );
  expect(keys.flatMap((key, i) => (isLost(key) ? [i] : []))).toEqual(
    keys.flatMap((_, i) => (i >= from && i < to ? [i] : [])),
  );
  if (!report.metadataLost) {
    expect(report).toMatchObject({ ok: from === to, lostEntries: to - from });
    expect(reader.info.metadata).toEqual(subject.golden.options.metadata ?? {});
  }
  expect(reader.info.keyEncoding).toBe(subject.golden.options.keyEncoding);
  return report;
}

describe.each(GOLDEN_CASES)('the golden store $name', (golden) => {
  it('is saved as a whole when nothing is damaged', async () => {
    const subject = await subjectOf(golden);
    const report = await saves(subject, await storeOf(subject.files), 0, 0);
    expect(report.problems).toEqual([]);
    expect(report.info.id).toBe(decodeManifest(subject.files.get('MANIFEST.json')!, '', checksum).id);
  });

  it('loses the entries of a damaged block, and no others', async () => {
    const subject = await subjectOf(golden);
    let before = 0;
    for (const { path, bytes, blocks } of subject.partitions) {
      const step = Math.ceil(blocks.length / 4);
      for (const [i, { start, end, entries }] of blocks.entries()) {
        if (i % step === 0) {
          const changed = withFlipped(bytes, start + ((end - start) >> 1), 3);
          const damaged = await storeOf(subject.files, { [path]: changed });
          const report = await saves(subject, damaged, before, before + entries);
          expect(report.problems).toMatchObject([
            { section: `block ${i}`, offset: start, keys: { entries } },
          ]);
        }
        before += entries;
      }
    }
  });

  it('loses nothing when a single bit outside of the blocks is another', async () => {
    const subject = await subjectOf(golden);
    const [partition] = subject.partitions;
    const manifest = subject.files.get('MANIFEST.json') as Uint8Array;
    for (const at of [40, manifest.length >> 1, manifest.length - 10, manifest.length - 1]) {
      await saves(
        subject,
        await storeOf(subject.files, { 'MANIFEST.json': withFlipped(manifest, at, 2) }),
        0,
        0,
      );
    }
    if (partition === undefined) return;
    const { path, bytes, footer } = partition;
    // To search large sections takes long; 128 KiB are not searched at all.
    const index = footer.indexLength > 20_000 ? [] : [footer.indexOffset + 3];
    const properties = footer.propertiesLength > 20_000 ? [] : [footer.propertiesOffset + 20];
    const hash = footer.hashLength > 0 ? [footer.hashOffset] : [];
    for (const at of [9, ...hash, ...index, ...properties, bytes.length - 128, bytes.length - 3]) {
      await saves(subject, await storeOf(subject.files, { [path]: withFlipped(bytes, at, 6) }), 0, 0);
    }
  });

  it('loses a partition whose sparse index or footer is damaged, or that is missing or cut', async () => {
    const subject = await subjectOf(golden);
    let before = 0;
    for (const { path, bytes, footer, count } of subject.partitions) {
      for (const changed of [
        withNoise(bytes, footer.indexOffset, footer.indexOffset + 9),
        withNoise(bytes, bytes.length - 120, bytes.length - 100),
        undefined,
        bytes.slice(0, -1),
        bytes.slice(0, 20),
      ]) {
        const report = await saves(
          subject,
          await storeOf(subject.files, { [path]: changed }),
          before,
          before + count,
        );
        expect(report.problems.length).toBeGreaterThan(0);
      }
      before += count;
    }
  });

  it('is proven by its content when the properties are damaged, and by nothing when a block is, too', async () => {
    const subject = await subjectOf(golden);
    const [partition] = subject.partitions;
    if (partition === undefined) return;
    const { path, bytes, footer, count, blocks } = partition;
    const changed = withNoise(bytes, footer.propertiesOffset + 4, footer.propertiesOffset + 60);
    await saves(subject, await storeOf(subject.files, { [path]: changed }), 0, 0);
    await saves(
      subject,
      await storeOf(subject.files, { [path]: withFlipped(changed, blocks[0].start + 2, 1) }),
      0,
      count,
    );
    const longer = new Uint8Array(bytes.length + 1);
    longer.set(bytes);
    await saves(subject, await storeOf(subject.files, { [path]: longer }), 0, 0);
  });

  it('is put together from its partitions when the manifest is gone but for its name', async () => {
    const subject = await subjectOf(golden);
    const damaged = await storeOf(subject.files, { 'MANIFEST.json': new Uint8Array(10) });
    if (subject.partitions.length === 0) {
      await failure(salvageStore(damaged, 'memory:saved/none'), 'CORRUPTION');
      expect(await kindOf('memory:saved/none')).toBe(undefined);
      return;
    }
    const report = await saves(subject, damaged, 0, 0);
    expect(report).toMatchObject({ ok: false, metadataLost: true });
    // Whether a partition followed is something that nobody knows.
    const [end] = report.lost;
    expect(end.before ?? end.entries).toBe(undefined);
    expect(Buffer.compare(end.after!, encodeEntries(golden).at(-1)!.key)).toBe(0);
    expect(report.lostEntries).toBe(undefined);
  });
});

describe('a store whose manifest is damaged beyond mending', () => {
  const several = GOLDEN_CASES.find(({ name }) => name === 'several-partitions') as GoldenCase;

  it('lacks what a missing or damaged partition held', async () => {
    const subject = await subjectOf(several);
    const { path, bytes, count } = subject.partitions[1];
    const start = subject.partitions[0].count;
    const manifest = new Uint8Array(0);
    for (const changed of [undefined, bytes.slice(0, -1)]) {
      const damaged = await storeOf(subject.files, { 'MANIFEST.json': manifest, [path]: changed });
      const report = await saves(subject, damaged, start, start + count);
      expect(report.lost.map(({ entries }) => entries)).toEqual([undefined, undefined]);
    }
  });

  it('is known to be complete by the id that is still there', async () => {
    const subject = await subjectOf(several);
    const manifest = subject.files.get('MANIFEST.json') as Uint8Array;
    const at = new TextDecoder().decode(manifest).indexOf('"metadata"');
    const report = await saves(
      subject,
      await storeOf(subject.files, { 'MANIFEST.json': withNoise(manifest, at, at + 8) }),
      0,
      0,
    );
    expect(report).toMatchObject({ ok: false, metadataLost: true, lost: [], lostEntries: 0 });
  });

  it('takes no file of another writer for its own', async () => {
    const subject = await subjectOf(several);
    const manifest = subject.files.get('MANIFEST.json') as Uint8Array;
    const other = `memory:other/${number++}`;
    await fill(other, numbered(5, 'z'), { buildId: 'stranger' });
    const [[strange, bytes]] = [...(await readTree(other))].filter(([path]) => path.endsWith('.cairn'));
    const files = new Map([...subject.files, [strange, bytes]]);
    // The checksums of the tails in what is left of it prove which partitions are its own.
    const at = new TextDecoder().decode(manifest).indexOf('"metadata"');
    await saves(subject, await storeOf(files, { 'MANIFEST.json': withNoise(manifest, at, at + 8) }), 0, 0);
    const damaged = await storeOf(files, { 'MANIFEST.json': new Uint8Array(manifest.length) });
    const error = await failure(salvageStore(damaged, 'memory:saved/mixed'), 'CORRUPTION');
    expect(error.message).toContain('proves');
    expect(await kindOf('memory:saved/mixed')).toBe(undefined);
  });
});

describe('salvageStore()', () => {
  it('keeps compression, block size, hash index and partitions', async () => {
    for (const compression of ['none', 'deflate', 'zstd'] as const) {
      for (const hashIndex of [true, false]) {
        const [from, to] = [`memory:shape/${number++}`, `memory:shape/${number++}`];
        await fill(from, numbered(200, 'k', 60), {
          compression,
          hashIndex,
          blockBytes: 512,
          partitionBytes: 4096,
        });
        await salvageStore(from, to);
        const [a, b] = [await readTree(from), await readTree(to)];
        const data = (files: Map<string, Uint8Array>) =>
          [...files].filter(([path]) => path.endsWith('.cairn')).map(([, bytes]) => bytes);
        expect(data(b)).toEqual(data(a));
      }
    }
  });

  it('saves custom encodings, which it does not know', async () => {
    const codec = {
      name: 'shout',
      encode: (text: string) => new TextEncoder().encode(text),
      decode: (bytes: Uint8Array) => new TextDecoder().decode(bytes),
    };
    const from = `memory:custom/${number++}`;
    await createStore(from, { keyEncoding: codec, valueEncoding: codec }).put('A', 'B').close();
    await salvageStore(from, `${from}-saved`);
    await using reader = await openStore(`${from}-saved`, { keyEncoding: codec, valueEncoding: codec });
    expect(await reader.get('A')).toBe('B');
  });

  it('refuses what it can not do, and leaves nothing', async () => {
    const from = `memory:refused/${number++}`;
    await fill(from, numbered(100, 'k', 100), { blockBytes: 512 });
    const to = `${from}-saved`;
    await failure(salvageStore(`${from}-none`, to), 'NOT_FOUND');
    await failure(salvageStore(from, from), 'ALREADY_EXISTS');
    await failure(salvageStore(from, `${from}/inside`), 'INVALID_ARGUMENT');
    await failure(salvageStore(from, to, { often: true } as never), 'INVALID_ARGUMENT');
    await failure(salvageStore(from, to, { onProgress: 1 as never }), 'INVALID_ARGUMENT');
    const files = new Map(await readTree(from));
    files.delete('MANIFEST.json');
    await failure(salvageStore(await storeOf(files), to), 'INCOMPLETE');
    const controller = new AbortController();
    const ended = salvageStore(from, to, {
      signal: controller.signal,
      onProgress: () => controller.abort(new Error('enough')),
    });
    await expect(ended).rejects.toThrow('enough');
    expect(await kindOf(to)).toBe(undefined);
    const seen: number[] = [];
    await salvageStore(from, to, {
      onProgress: ({ unit, done }) => seen.push(unit === 'bytes' ? done : Number.NaN),
    });
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(await tree(to)).toContain('MANIFEST.json');
    await using reader = await openStore(to, TEXT);
    expect(await collect(reader.entries())).toEqual(numbered(100, 'k', 100));
  });
});
