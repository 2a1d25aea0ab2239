import { describe, expect, it } from 'vitest';
import { inspectFileJson } from '../../src/inspect/index.ts';
import { isCairnError, openStore, verifyStore } from '../../src/node/index.ts';
import { failure } from '../support/failures.ts';
import { forgeStore, type Parts } from '../support/forged.ts';
import { checksum } from '../support/signed.ts';

/** Columns of a sparse index of n blocks (FORMAT.md §5). */
function u32(bytes: Uint8Array): { get(at: number): number; set(at: number, value: number): void } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { get: (at) => view.getUint32(at, true), set: (at, value) => view.setUint32(at, value, true) };
}

/** Makes the checksums of all blocks right in the sparse index. */
function signBlocks({ blocks, index, footer }: Parts): void {
  const view = new DataView(index.buffer, index.byteOffset, index.byteLength);
  let start = 0;
  for (let block = 0; block < footer.blocks; block++) {
    const end = u32(index).get(footer.blocks * 8 + block * 4) - 16;
    view.setBigUint64(block * 8, checksum.hash(blocks.subarray(start, end)), true);
    start = end;
  }
}

/** Looks absent keys up until the hash index has been read. */
async function lookUpOften(uri: string): Promise<void> {
  await using reader = await openStore<string, string>(uri, { keyEncoding: 'utf8' });
  for (let i = 0; i < 50; i++) reader.getSync(`absent ${i}`);
}

async function problemsOf(uri: string): Promise<string> {
  const report = await verifyStore(uri);
  expect(report.ok).toBe(false);
  return report.problems.map(({ section, message }) => `${section}: ${message}`).join('\n');
}

describe('a file that was written wrong, with right checksums', () => {
  it('is the golden store when nothing was changed', async () => {
    const uri = await forgeStore('hash-index-on', signBlocks);
    expect((await verifyStore(uri)).problems).toEqual([]);
  });

  it('is refused when its hash index does not end in an empty slot', async () => {
    const uri = await forgeStore('hash-index-on', ({ hashIndex }) =>
      u32(hashIndex).set(hashIndex.length - 4, 1),
    );
    const error = await failure(() => lookUpOften(uri), 'CORRUPTION');
    expect(error.section).toBe('hash index');
    expect(await problemsOf(uri)).toContain('empty slot');
  });

  it.each([
    [
      'leads to another entry',
      (slots: Uint8Array) => u32(slots).set(firstUsed(slots), u32(slots).get(firstUsed(slots)) ^ 2),
    ],
    ['lacks an entry', (slots: Uint8Array) => u32(slots).set(firstUsed(slots), 0)],
    ['has one entry too many', (slots: Uint8Array) => u32(slots).set(firstEmpty(slots), 0xffff_ffff)],
  ])('does not verify when its hash index %s', async (_, change) => {
    const uri = await forgeStore('hash-index-on', ({ hashIndex }) => change(hashIndex));
    expect(await problemsOf(uri)).toContain('hash index');
  });

  it.each([1, 2, 3, 4, 5])(
    'does not verify when a look-up comes to an empty slot before an entry that is %i slots further',
    async (distance) => {
      const uri = await forgeStore('hash-index-on', ({ hashIndex }) => {
        const slots = u32(hashIndex);
        const isUsed = (slot: number): boolean => slots.get(slot * 4) !== 0;
        let first = 1;
        // The first of so many used slots between empty ones: its entry is at home.
        while (isUsed(first - 1) || runFrom(first) !== distance) first++;
        slots.set((first + distance) * 4, slots.get(first * 4));
        slots.set(first * 4, 0);

        function runFrom(slot: number): number {
          let end = slot;
          while (isUsed(end)) end++;
          return end - slot;
        }
      });
      expect(await problemsOf(uri)).toContain('is not in the hash index');
    },
  );

  it('does not verify when its keys are out of order', async () => {
    const uri = await forgeStore('hash-index-off', (parts) => {
      // word-0000 becomes word-9000: nothing else in the block knows.
      parts.blocks[2 + 5] = 0x39;
      signBlocks(parts);
    });
    const problems = await problemsOf(uri);
    expect(problems).toContain('does not come after');
    expect(problems).toContain('first key');
    expect(problems).toContain('sum of the entries');
  });

  it('does not verify when a restart is wrong', async () => {
    const uri = await forgeStore('hash-index-off', (parts) => {
      const end = u32(parts.index).get(parts.footer.blocks * 8) - 16;
      parts.blocks[end - 2]++;
      signBlocks(parts);
    });
    expect(await problemsOf(uri)).toContain('restart');
  });

  it('does not verify when a separator is before the last key of the block before', async () => {
    const uri = await forgeStore('two-entries', ({ index }) => {
      index[index.length - 1] = 'b'.charCodeAt(0);
    });
    expect(await problemsOf(uri)).toContain('separator');
  });

  it('is refused when the entries do not fill their block', async () => {
    const uri = await forgeStore('one-entry', (parts) => {
      parts.blocks[1]--;
      signBlocks(parts);
    });
    expect(await problemsOf(uri)).toContain('do not fit their block');
  });

  it.each([
    [
      'a block that claims to be compressed under none',
      'one-entry',
      (parts: Parts) => parts.footer.dataBytes++,
    ],
    ['more entries than there are', 'two-entries', (parts: Parts) => parts.footer.entries++],
    ['fewer blocks than there are', 'two-entries', (parts: Parts) => parts.footer.blocks--],
  ])('is refused for %s', async (_, name, change) => {
    const uri = await forgeStore(name, change);
    const reading = async (): Promise<void> => {
      await using reader = await openStore<string, string>(uri);
      for (const _entry of reader.entriesSync());
    };
    await failure(reading, 'CORRUPTION');
    await problemsOf(uri);
  });

  it.each([
    ['count', (record: { count: number }) => record.count++],
    ['dataBytes', (record: { dataBytes: number }) => record.dataBytes++],
    ['hashBytes', (record: { hashBytes: number }) => record.hashBytes++],
    ['tailChecksum', (record: { tailChecksum: bigint }) => record.tailChecksum++],
    ['bytes', (record: { bytes: number }) => record.bytes++],
  ])('is refused when the manifest names another %s', async (_, change) => {
    const uri = await forgeStore(
      'one-entry',
      () => undefined,
      (record) => change(record as never),
    );
    const reading = async (): Promise<void> => {
      await using reader = await openStore<string, string>(uri);
      reader.getSync('a');
    };
    const error = await failure(reading, 'CORRUPTION');
    expect(error.file).toContain('memory:forged/');
  });

  it.each([
    ['firstKey', { firstKey: Uint8Array.of(0x20) }],
    ['lastKey', { lastKey: Uint8Array.of(0x7a) }],
  ])('does not verify when the manifest names another %s', async (_, change) => {
    const uri = await forgeStore(
      'one-entry',
      () => undefined,
      (record) => Object.assign(record, change),
    );
    expect(await problemsOf(uri)).toContain('manifest');
  });

  it('is shown by inspectFile(), which sees what is wrong within the file', async () => {
    const uri = await forgeStore('hash-index-on', ({ hashIndex }) =>
      u32(hashIndex).set(hashIndex.length - 4, 1),
    );
    const report = await inspectFileJson(`${uri}/data/part-00000-golden.cairn`);
    expect(report.ok).toBe(false);
    expect(report.problems.map(({ message }) => message).join('\n')).toContain('empty slot');
  });

  it('fails with nothing but errors of its own when any byte of an index or of the properties is another', async () => {
    for (const part of ['index', 'properties', 'hashIndex'] as const) {
      for (let at = 0; at < 130; at++) {
        const uri = await forgeStore('two-entries', (parts) => {
          if (at < parts[part].length) parts[part][at] ^= 0xff;
        });
        try {
          await using reader = await openStore<string, string>(uri);
          for (let i = 0; i < 20; i++) reader.getSync('cairn');
          for (const _entry of reader.entriesSync());
        } catch (error) {
          if (!isCairnError(error, 'CORRUPTION', 'UNSUPPORTED_FORMAT')) throw error;
        }
        await verifyStore(uri);
      }
    }
  });
});

function firstUsed(slots: Uint8Array): number {
  for (let at = 0; ; at += 4) if (u32(slots).get(at) !== 0) return at;
}

function firstEmpty(slots: Uint8Array): number {
  for (let at = 0; ; at += 4) if (u32(slots).get(at) === 0) return at;
}
