import { describe, expect, it } from 'vitest';
import { openStore, type StandardSchema, salvageStore, verifyStore } from '../../src/node/index.ts';
import { decodeManifest } from '../../src/store/manifest/decode-manifest.ts';
import { assemble, entriesOf, type Partition, takeApart } from '../fault/hostile-partition.ts';
import { failure } from '../support/failures.ts';
import { resigned } from '../support/forged.ts';
import { checksum } from '../support/signed.ts';
import { readTree, writeFile } from '../support/storage-tools.ts';
import { collect, fill, numbered, type Pair, TEXT, type TextOptions } from '../support/stores.ts';

let number = 0;

/** A store of one partition in which something is wrong that no checksum shows: somebody wrote it so. */
async function forge(
  pairs: readonly Pair[],
  options: TextOptions,
  change: (partition: Partition) => void,
): Promise<string> {
  const [from, uri] = [`memory:forging/${number++}`, `memory:forging/${number++}`];
  await fill(from, pairs, options);
  const files = await readTree(from);
  const manifest = decodeManifest(files.get('MANIFEST.json') as Uint8Array, 'MANIFEST.json', checksum);
  const [record] = manifest.partitions;
  const partition = takeApart(files.get(`data/${record.name}`) as Uint8Array);
  change(partition);
  const { file, tail, hashBytes } = assemble(partition);
  await writeFile(`${uri}/data/${record.name}`, file);
  const forged = {
    ...record,
    bytes: file.length,
    hashBytes,
    tailBytes: tail.length,
    tailChecksum: checksum.hash(tail),
  };
  await writeFile(`${uri}/MANIFEST.json`, resigned({ ...manifest, partitions: [forged] }));
  return uri;
}

describe('a block that is signed and wrong', () => {
  const pairs = numbered(60, 'k', 60);
  const layout = { blockBytes: 512, hashIndex: false };

  /** Entries in the blocks before the second one, and in that. */
  let before = 0;
  let entries = 0;
  const damages: [string, (partition: Partition) => void][] = [
    [
      'has a key before the one ahead of it',
      ({ blocks: [, second] }) => {
        const [, { keyEnd }] = entriesOf(second);
        // The digits end in "0…", and nothing comes before those.
        second.data[keyEnd - 5] = 0x2f;
      },
    ],
    [
      'begins before its separator',
      ({ blocks: [, second], separators }) => {
        const [{ keyStart, keyEnd }] = entriesOf(second);
        separators[0] = Uint8Array.of(...second.data.subarray(keyStart, keyEnd), 0x21);
      },
    ],
    [
      'has entries that do not fill it',
      ({ blocks: [, second] }) => {
        // A byte less of the last value.
        const { start } = entriesOf(second).at(-1) as { start: number };
        second.data[start + 1]--;
      },
    ],
    [
      'has entries that reach out of it',
      ({ blocks: [, second] }) => {
        const { start } = entriesOf(second).at(-1) as { start: number };
        second.data[start + 1]++;
      },
    ],
  ];

  it.each(damages)('is lost to a salvage, and no other is, when it %s', async (_, damage) => {
    const uri = await forge(pairs, layout, (partition) => {
      const [first, second] = partition.blocks;
      before = first.entries;
      entries = second.entries;
      damage(partition);
    });
    const report = await salvageStore(uri, `${uri}-saved`);
    expect(report).toMatchObject({ ok: false, lostEntries: entries });
    expect(report.problems).toMatchObject([{ code: 'CORRUPTION', section: 'block 1', keys: { entries } }]);
    expect(report.problems[0].message).toContain('do not fit');
    await using saved = await openStore(`${uri}-saved`, TEXT);
    expect(await collect(saved.entries())).toEqual([
      ...pairs.slice(0, before),
      ...pairs.slice(before + entries),
    ]);
    expect((await verifyStore(uri)).ok).toBe(false);
  });
});

it('a value that is signed and none of its encoding is damage, also under a schema, which does not see it', async () => {
  const uri = await forge([['a', 'one']], {}, ({ blocks: [{ data }] }) => {
    // No character of UTF-8 begins so.
    data[data.length - 1] = 0xff;
  });
  const seen: unknown[] = [];
  const validate = (value: unknown): { value: unknown } => {
    seen.push(value);
    return { value };
  };
  const schema: StandardSchema = { '~standard': { version: 1, vendor: 'test', validate } };
  await using store = await openStore(uri, { schema });
  const error = await failure(store.get('a'), 'CORRUPTION');
  expect(error.argument).toBe(undefined);
  expect(error.message).toContain('utf8');
  expect(seen).toEqual([]);
});

describe('a hash index that is signed and leads elsewhere', () => {
  /** Makes the slot of the entry at `from` say that it is at `to`. */
  function redirect({ hashIndex, blocks }: Partition, from: number, to: number): void {
    const dataBytes = blocks.reduce((sum, { data }) => sum + data.length, 0);
    const mask = 2 ** (32 - Math.clz32(dataBytes)) - 1;
    const slots = new DataView(hashIndex.buffer, hashIndex.byteOffset, hashIndex.byteLength);
    for (let at = 0; at < hashIndex.length; at += 4) {
      const word = slots.getUint32(at, true);
      if ((word & mask) !== from + 1) continue;
      slots.setUint32(at, ((word & ~mask) | (to + 1)) >>> 0, true);
      return;
    }
    throw new Error(`no slot leads to ${from}`);
  }

  const dataBytes = ({ blocks }: Partition): number => blocks.reduce((sum, { data }) => sum + data.length, 0);

  it('to the last bytes, as if a key began there, hides that key and reads nothing behind them', async () => {
    // The last value ends like the beginning of an entry whose key has two bytes.
    const pairs: Pair[] = [
      ['k1', 'one'],
      ['k2', 'two'],
      ['k3', '\u0002\u0000'],
    ];
    const uri = await forge(pairs, {}, (partition) => redirect(partition, 0, dataBytes(partition) - 2));
    await using store = await openStore(uri, TEXT);
    // The hash index is read once it pays.
    for (let i = 0; i < 20; i++) await store.get('k2');
    expect(store.getSync('k1')).toBe(undefined);
    expect(store.getManySync(['k1', 'k2', 'k3'])).toEqual([undefined, 'two', '\u0002\u0000']);
    expect((await verifyStore(uri)).problems.map(({ message }) => message).join()).toContain('hash index');
  });

  it('to something that would go on behind its block is damage, not what the cache held before', async () => {
    // The last block is shorter than a frame, and its value looks like an entry of 60 bytes for k00000.
    const pairs = [...numbered(39, 'k', 100), ['z', '\u0006\u003ck00000'] as Pair];
    let room = 0;
    const uri = await forge(pairs, { blockBytes: 512 }, (partition) => {
      const last = partition.blocks.at(-1) as { data: Uint8Array };
      room = 512 - last.data.length;
      redirect(partition, 0, dataBytes(partition) - 8);
    });
    expect(room).toBeGreaterThan(60);
    await using store = await openStore(uri, { ...TEXT, cacheBytes: 3000 });
    for (let i = 0; i < 8; i++) expect(store.getSync('z')).toBe('\u0006\u003ck00000');
    const error = await failure(() => store.getSync('k00000'), 'CORRUPTION');
    expect(error.section).toMatch(/^block \d+$/);
    expect(store.getSync('k00001')).toBe(pairs[1][1]);
  });
});
