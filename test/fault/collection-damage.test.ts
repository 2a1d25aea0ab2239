import { beforeAll, describe, expect, it } from 'vitest';
import { openCollection, verifyCollection } from '../../src/collection/index.ts';
import { isCairnError } from '../../src/errors.ts';
import '../../src/node/register.ts';
import { readTree, writeTree } from '../support/storage-tools.ts';

type Files = ReadonlyMap<string, Uint8Array>;

/** The URI of a collection in memory with these files. */
async function placed(files: Files): Promise<string> {
  const uri = `memory:${crypto.randomUUID()}/c`;
  await writeTree(uri, files);
  return uri;
}

async function contentsOf(uri: string): Promise<[string, unknown][]> {
  await using collection = await openCollection<string, unknown>(uri, { create: false });
  const entries: [string, unknown][] = [];
  for await (const entry of collection.entries()) entries.push(entry);
  return entries;
}

let files: Files;
let contents: [string, unknown][];
let newest: string;

beforeAll(async () => {
  const uri = `memory:${crypto.randomUUID()}/c`;
  {
    await using collection = await openCollection<string, unknown>(uri, { autoCompact: false });
    await collection.commit(
      Array.from({ length: 40 }, (_, i): { set: [string, unknown] } => ({
        set: [`k${i}`, 'v'.repeat(3000)],
      })),
    );
    await collection.commit([{ set: ['a', 1] }, { delete: 'k7' }]);
  }
  files = await readTree(uri);
  contents = await contentsOf(uri);
  newest = [...files.keys()].find((path) => path.endsWith('-2.version')) as string;
});

/** A damaged file is found by reading, or what is read is right all the same; a verification finds it in any case. */
async function damaged(path: string, bytes: Uint8Array, isFound: boolean): Promise<void> {
  const uri = await placed(new Map([...files, [path, bytes]]));
  const name = path.slice(path.lastIndexOf('/') + 1);
  let read: unknown;
  try {
    read = await contentsOf(uri);
  } catch (error) {
    if (!isCairnError(error, 'CORRUPTION', 'UNSUPPORTED_FORMAT')) throw error;
    expect(error.message).toContain(name);
    if (isCairnError(error, 'CORRUPTION')) expect(error).toHaveProperty('offset');
    read = contents;
  }
  expect(read).toEqual(contents);
  const { ok, problems } = await verifyCollection(uri);
  if (isFound) expect(ok).toBe(false);
  if (!ok) expect(JSON.stringify(problems)).toContain(name);
}

describe('a file of a collection', () => {
  it.each(['COLLECTION.json', 'the newest version'])(
    'whose bits are flipped is found out, byte by byte: %s',
    async (which) => {
      const path = which === 'COLLECTION.json' ? which : newest;
      const bytes = files.get(path) as Uint8Array;
      for (let at = 0; at < bytes.length; at++) {
        const flipped = bytes.slice();
        flipped[at] ^= 1 << (at % 8);
        await damaged(path, flipped, true);
      }
    },
    120_000,
  );

  it.each(['COLLECTION.json', 'the newest version'])(
    'that is cut short, or extended, is found out: %s',
    async (which) => {
      const path = which === 'COLLECTION.json' ? which : newest;
      const bytes = files.get(path) as Uint8Array;
      // Of the version, a collection is opened for each length: a seventh of them has to do.
      const step = path === newest ? 7 : 1;
      for (let length = 0; length < bytes.length; length += step)
        await damaged(path, bytes.slice(0, length), true);
      await damaged(path, Uint8Array.from([...bytes, 0]), true);
    },
    120_000,
  );

  it('that is an older version, flipped or cut short, is found by a verification', async () => {
    const path = [...files.keys()].find((one) => one.endsWith('-1.version')) as string;
    const bytes = files.get(path) as Uint8Array;
    for (let at = 0; at < bytes.length; at += 19) {
      const flipped = bytes.slice();
      flipped[at] ^= 0x10;
      await damaged(path, flipped, true);
      await damaged(path, bytes.slice(0, at), true);
    }
  });

  it('that is another version of the same collection is found out', async () => {
    const [first] = [...files].filter(([path]) => path.endsWith('-1.version')).map(([, bytes]) => bytes);
    await damaged(newest, first, true);
  });

  it('that is the hint does no harm where names are listed; a verification finds what is no number of a version', async () => {
    const bytes = files.get('LATEST') as Uint8Array;
    expect(new TextDecoder().decode(bytes)).toBe('2\n');
    for (let at = 0; at < bytes.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const flipped = bytes.slice();
        flipped[at] ^= 1 << bit;
        await damaged('LATEST', flipped, true);
      }
      await damaged('LATEST', bytes.slice(0, at), true);
    }
  });
});
