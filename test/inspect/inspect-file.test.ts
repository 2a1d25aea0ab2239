import { describe, expect, it } from 'vitest';
import { CairnError } from '../../src/errors.ts';
import { FOOTER, HEADER } from '../../src/format/layout.ts';
import {
  type InspectedManifest,
  type InspectedPartition,
  inspectFile,
  inspectFileJson,
} from '../../src/inspect/index.ts';
import type { ByteSource } from '../../src/io/byte-source.ts';
import { MemoryStorage, memoryScheme } from '../../src/io/memory.ts';
import { registerStorage } from '../../src/io/uri.ts';
import { createStore } from '../../src/node/index.ts';
import { GOLDEN_CASES } from '../golden/golden-cases.ts';
import { goldenStore, readExpected, storeFiles } from '../golden/golden-files.ts';
import { failure } from '../support/failures.ts';
import { makeDirectory, removeFile, writeFile } from '../support/storage-tools.ts';
import { collect } from '../support/stores.ts';

const PART = 'part-00000-golden.cairn';

async function linesOf(uri: string, hex = false): Promise<string[]> {
  return collect(inspectFile(uri, { hex }));
}

/** A golden partition in memory, with other bytes. */
async function placed(bytes: Uint8Array, name = PART): Promise<string> {
  const uri = `memory:inspected/${name}`;
  await writeFile(uri, bytes);
  return uri;
}

async function goldenPartition(name: string): Promise<Uint8Array> {
  return (await storeFiles(goldenStore(name))).get(`data/${PART}`) as Uint8Array;
}

async function partitionReport(bytes: Uint8Array): Promise<InspectedPartition> {
  const report = await inspectFileJson(await placed(bytes));
  if (report.kind !== 'partition') throw new Error('it was taken for a manifest');
  return report;
}

/** The bytes that a dump shows, by its offsets. */
function bytesOfDump(lines: readonly string[]): Map<number, number> {
  const bytes = new Map<number, number>();
  for (const line of lines) {
    const row = /^ *(\d+) {2}((?:[0-9a-f]{2} ?)+)(?: |$)/.exec(line);
    if (row === null) continue;
    for (const [i, cell] of row[2].trim().split(' ').entries()) {
      const at = Number(row[1]) + i;
      if (bytes.has(at)) throw new Error(`the dump shows byte ${at} twice`);
      bytes.set(at, Number.parseInt(cell, 16));
    }
  }
  return bytes;
}

const FILLED = GOLDEN_CASES.filter(({ entries }) => entries.length > 0);

describe('inspectFile() of a partition', () => {
  it.each(FILLED)('finds nothing wrong in the golden $name', async ({ name, entries }) => {
    const uri = `${goldenStore(name)}/data/${PART}`;
    const report = (await inspectFileJson(uri)) as InspectedPartition;
    expect(report.problems).toEqual([]);
    expect(report.ok).toBe(true);
    expect(report.sections.every(({ state }) => state === 'right')).toBe(true);
    expect(report.footer.entries).toBe(report.blocks.reduce((sum, block) => sum + block.entries, 0));
    if (readExpected(name).partitions === 1) expect(report.footer.entries).toBe(entries.length);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  it.each(FILLED)('lists sections of $name that fill the file', async ({ name }) => {
    const bytes = await goldenPartition(name);
    const { sections } = await partitionReport(bytes);
    let end = 0;
    for (const { offset, length } of sections) {
      expect(offset).toBe(end);
      end = offset + length;
    }
    expect(end).toBe(bytes.length);
  });

  it.each(['one-entry', 'two-entries', 'keys-utf8', 'values-empty', 'values-json'])(
    'shows every byte of the small file of %s once, in hex',
    async (name) => {
      const bytes = await goldenPartition(name);
      const lines = await linesOf(await placed(bytes), true);
      expect(lines.filter((line) => line.includes('more'))).toEqual([]);
      const shown = bytesOfDump(lines.slice(lines.indexOf('header')));
      expect(Uint8Array.from({ length: bytes.length }, (_, at) => shown.get(at) ?? 0)).toEqual(bytes);
      expect(shown.size).toBe(bytes.length);
    },
  );

  it('names each field of header and footer as the layouts declare them', async () => {
    const bytes = await goldenPartition('two-entries');
    const report = await partitionReport(bytes);
    expect(Object.keys(report.header)).toEqual(HEADER.fields.map(({ name }) => name));
    expect(Object.keys(report.footer)).toEqual(FOOTER.fields.map(({ name }) => name));
    const lines = await linesOf(await placed(bytes), true);
    for (const { name, offset } of FOOTER.fields) {
      const at = bytes.length - FOOTER.length + offset;
      expect(lines.some((line) => new RegExp(`^ *${at}  .*  ${name} `).test(line))).toBe(true);
    }
  });

  it('says what the manifest says of the tail', async () => {
    const { document } = (await inspectFileJson(goldenStore('two-entries'))) as InspectedManifest;
    const [record] = (document as { partitions: Record<string, unknown>[] }).partitions;
    const { tail, properties } = await partitionReport(await goldenPartition('two-entries'));
    expect(tail).toEqual({ length: record.tailBytes, checksum: record.tailChecksum });
    expect(properties).toMatchObject({ contentSum: record.contentSum, firstKey: record.firstKey });
  });

  it('gives all entries of a small file, and of a larger one the first', async () => {
    const small = await partitionReport(await goldenPartition('two-entries'));
    const text = (hex: string): string => Buffer.from(hex, 'hex').toString();
    expect(small.entries.map(({ key, value }) => [text(key), text(value)])).toEqual(
      GOLDEN_CASES.find(({ name }) => name === 'two-entries')?.entries,
    );
    const large = await partitionReport(await goldenPartition('compression-deflate'));
    expect(large.blocks.length).toBeGreaterThan(2);
    expect(large.entries).toHaveLength(16);
    expect(text(large.entries[0].key)).toBe('entry/0000');
  });

  it('keeps a dump short, however large the file', async () => {
    const lines = await linesOf(await placed(await goldenPartition('key-lengths')), true);
    expect(lines.length).toBeLessThan(200);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(200);
  });

  it('shows where no hash index is', async () => {
    const report = await partitionReport(await goldenPartition('hash-index-off'));
    expect(report.hashIndex).toBeUndefined();
    expect(report.sections.map(({ name }) => name)).not.toContain('hash index');
  });
});

describe('inspectFile() of a damaged partition', () => {
  const parts: [string, (report: InspectedPartition) => number][] = [
    ['header', () => 9],
    ['block 1', (report) => report.blocks[1].offset],
    ['hash index', (report) => Number(report.footer.hashOffset)],
    ['sparse index', (report) => Number(report.footer.indexOffset) + 3],
    ['properties', (report) => Number(report.footer.propertiesOffset) + 20],
    ['footer', (report) => report.bytes - 20],
  ];

  it.each(parts)('names the %s when a bit of it is flipped, and shows the rest', async (part, place) => {
    const bytes = await goldenPartition('two-entries');
    bytes[place(await partitionReport(bytes))] ^= 4;
    const report = await partitionReport(bytes);
    expect(report.ok).toBe(false);
    expect(report.problems.map(({ section }) => section)).toContain(part);
    const section = part.startsWith('block') ? 'blocks' : part;
    expect(report.sections.find(({ name }) => name === section)?.state).toBe('wrong');
    const others = report.sections.filter(({ name }) => name !== section && name !== 'blocks');
    expect(others.map(({ state }) => state)).toEqual(others.map(() => 'right'));
    expect(report.entries.length).toBeGreaterThan(0);
    const lines = await linesOf(await placed(bytes));
    expect(lines[1]).toMatch(/^\d+ problems?$/);
    expect(lines.slice(2).some((line) => line.startsWith('  ! ') && line.includes('offset'))).toBe(true);
  });

  it('shows all of a file whose footer has a wrong checksum only', async () => {
    const bytes = await goldenPartition('two-entries');
    bytes[bytes.length - 16] ^= 1;
    const report = await partitionReport(bytes);
    expect(report.problems).toHaveLength(1);
    expect(report.blocks).toHaveLength(2);
    expect(report.entries).toHaveLength(2);
  });

  it.each(['one-entry', 'compression-zstd'])('never throws, whichever bit of %s is flipped', async (name) => {
    const bytes = await goldenPartition(name);
    const step = Math.max(1, Math.floor((bytes.length * 8) / 3000)) | 1;
    for (let bit = 0; bit < bytes.length * 8; bit += step) {
      const damaged = bytes.slice();
      damaged[bit >> 3] ^= 1 << (bit & 7);
      const report = await partitionReport(damaged);
      if (report.ok) throw new Error(`bit ${bit} was missed`);
      if (bit % 16 === 0) await linesOf('memory:inspected/part-00000-golden.cairn', true);
    }
  });

  it('shows the blocks beside one whose place in the index is wrong', async () => {
    const bytes = await goldenPartition('hash-index-off');
    const { footer, blocks } = await partitionReport(bytes);
    const damaged = bytes.slice();
    // The end of block 1, which is the start of block 2.
    damaged[Number(footer.indexOffset) + blocks.length * 8 + 4 + 2] ^= 0x40;
    const report = await partitionReport(damaged);
    expect(report.problems.map(({ message }) => message).join('\n')).toContain('2 blocks');
    expect(report.blocks).toEqual(blocks.filter(({ number }) => number !== 1 && number !== 2));
    expect((await linesOf(await placed(damaged), true)).join('\n')).toContain('unchecked');
  });

  it('never throws, wherever a file is cut', async () => {
    const bytes = await goldenPartition('two-entries');
    for (let length = 0; length < bytes.length; length++) {
      const report = await partitionReport(bytes.slice(0, length));
      expect(report.ok).toBe(false);
      expect(report.bytes).toBe(length);
      if (length > HEADER.length) expect(report.problems.map(({ section }) => section)).toEqual(['footer']);
      await linesOf(`memory:inspected/${PART}`, true);
    }
  });

  it('never throws for what is no partition at all', async () => {
    for (const bytes of [new Uint8Array(0), new Uint8Array(1000), new Uint8Array(1000).fill(255)]) {
      const report = await partitionReport(bytes);
      expect(report.ok).toBe(false);
      expect(report.problems[0].section).toBe('header');
    }
    const lines = await linesOf(await placed(new TextEncoder().encode('hello'), 'hello.txt'));
    expect(lines.join('\n')).toContain('header');
  });

  it('finds the footer of a file to which something was appended', async () => {
    const bytes = await goldenPartition('two-entries');
    for (const appended of [1, 8, 500, 5000]) {
      const report = await partitionReport(Uint8Array.of(...bytes, ...new Uint8Array(appended).fill(0x89)));
      expect(report.problems).toEqual([
        { section: 'file', offset: bytes.length, message: `${appended} bytes follow the footer` },
      ]);
      expect(report.sections.at(-1)).toMatchObject({
        name: 'unknown',
        offset: bytes.length,
        length: appended,
      });
      expect(report.entries).toHaveLength(2);
    }
  });

  it('goes on behind bytes that can not be read', async () => {
    class SickStorage extends MemoryStorage {
      override readonly scheme: string = 'sick';
      override async open(path: string): Promise<ByteSource> {
        const source = await super.open(path);
        return {
          name: source.name,
          size: source.size,
          close: () => source.close(),
          async read(offset, target) {
            if (offset > 0 && offset < 100) throw new CairnError('IO', 'a bad sector', { operation: 'read' });
            await source.read(offset, target);
          },
        };
      }
    }
    registerStorage(memoryScheme(new SickStorage()));
    await writeFile(`sick:store/${PART}`, await goldenPartition('two-entries'));
    const report = await inspectFileJson(`sick:store/${PART}`);
    expect(report.problems.map(({ message }) => message).join('\n')).toContain('a bad sector');
    if (report.kind !== 'partition') throw new Error('it was taken for a manifest');
    expect(report.blocks).toHaveLength(2);
    expect(report.sections.find(({ name }) => name === 'properties')?.state).toBe('right');
    await linesOf(`sick:store/${PART}`, true);
  });

  it('finds what it can when bytes were put in the middle', async () => {
    const bytes = await goldenPartition('two-entries');
    const longer = Uint8Array.of(...bytes.subarray(0, 100), 1, 2, 3, ...bytes.subarray(100));
    const report = await partitionReport(longer);
    expect(report.ok).toBe(false);
    expect(report.problems.map(({ message }) => message).join('\n')).toContain('cut or extended');
    await linesOf(`memory:inspected/${PART}`, true);
  });
});

describe('inspectFile() of a manifest', () => {
  it('shows the manifest of a store, by its directory or by the file', async () => {
    const store = goldenStore('several-partitions');
    const lines = await linesOf(store);
    expect(await linesOf(`${store}/MANIFEST.json`)).toEqual(lines);
    expect(lines[0]).toMatch(/^MANIFEST\.json: cairn manifest, format version 1, \d+ bytes$/);
    expect(lines.filter((line) => line.endsWith('.cairn'))).toHaveLength(
      readExpected('several-partitions').partitions,
    );
    const report = await inspectFileJson(store);
    expect(report).toMatchObject({ kind: 'manifest', ok: true, problems: [] });
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  it('says which partitions are missing or have another size', async () => {
    const store = 'memory:inspected/changed';
    for (const [path, bytes] of await storeFiles(goldenStore('several-partitions'))) {
      await writeFile(`${store}/${path}`, bytes);
    }
    await removeFile(`${store}/data/${PART}`);
    await writeFile(`${store}/data/part-00001-golden.cairn`, new Uint8Array(5));
    const report = await inspectFileJson(store);
    expect(report.ok).toBe(false);
    expect(report.problems.map(({ section }) => section)).toEqual([PART, 'part-00001-golden.cairn']);
  });

  it('shows a damaged manifest as far as it is JSON, and says what is wrong', async () => {
    const text = new TextDecoder().decode((await storeFiles(goldenStore('empty'))).get('MANIFEST.json'));
    await writeFile('memory:inspected/damaged/MANIFEST.json', text.replace('"count": 0', '"count": 7'));
    const lines = await linesOf('memory:inspected/damaged');
    expect(lines.join('\n')).toContain('the manifest checksum differs');
    expect(lines.join('\n')).toMatch(/^count +7$/m);
    for (let length = 0; length < text.length; length++) {
      await writeFile('memory:inspected/damaged/MANIFEST.json', text.slice(0, length));
      expect((await inspectFileJson('memory:inspected/damaged')).ok).toBe(false);
      await linesOf('memory:inspected/damaged');
    }
  });

  it('shows JSON of another kind without complaint but the problems', async () => {
    for (const text of ['[]', 'null', '{"partitions":[1,{"name":2}]}', '{"partitions":{}}']) {
      await writeFile('memory:inspected/other/MANIFEST.json', text);
      expect((await inspectFileJson('memory:inspected/other')).ok).toBe(false);
      await linesOf('memory:inspected/other');
    }
  });
});

describe('inspectFile() of what is not there', () => {
  it('rejects as openStore() does', async () => {
    await failure(linesOf('memory:inspected/nothing'), 'NOT_FOUND');
    await makeDirectory('memory:inspected/empty');
    await failure(linesOf('memory:inspected/empty'), 'NOT_A_STORE');
    await createStore('memory:inspected/incomplete').put('a', 1);
    await failure(linesOf('memory:inspected/incomplete'), 'INCOMPLETE');
    await failure(linesOf('nonsense:x'), 'UNSUPPORTED');
    await failure(inspectFileJson(''), 'INVALID_ARGUMENT');
  });
});
