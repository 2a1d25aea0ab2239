import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { fromHex, toHex } from '../../src/bytes/hex.ts';
import {
  collectionInfo,
  openCollection,
  type VersionReader,
  verifyCollection,
} from '../../src/collection/index.ts';
import '../../src/node/register.ts';
import { readTree } from '../support/storage-tools.ts';
import { temporalFacts } from '../support/temporal-values.ts';
import { GOLDEN_COLLECTIONS } from './collection-cases.ts';
import { firstDifference } from './first-difference.ts';
import { type EncodedEntry, entryEncoder } from './golden-cases.ts';
import {
  buildCollection,
  collectionNames,
  expectedOfCollection,
  goldenCollection,
  readExpectedCollection,
  rewriteCollections,
  versionsOf,
} from './golden-collections.ts';
import { digestEntries } from './golden-files.ts';

const READER = fileURLToPath(new URL('../../fixtures/read_cairn.py', import.meta.url));
const PYTHON = ['python3', 'python'].find((command) => spawnSync(command, ['--version']).status === 0);

type Raw = VersionReader<unknown, unknown>;

beforeAll(async () => {
  // `node fixtures/make-golden.mjs` sets this: the files are then written before they are compared.
  if (process.env.CAIRN_GOLDEN === 'rewrite') await rewriteCollections();
});

it('golden collections have a case each, and every case has files', () => {
  expect(collectionNames()).toEqual(GOLDEN_COLLECTIONS.map(({ name }) => name).sort());
});

describe.each(GOLDEN_COLLECTIONS)('the golden collection $name', (golden) => {
  const { name, options } = golden;
  const contents = versionsOf(golden);
  const expected = (): ReturnType<typeof readExpectedCollection> => readExpectedCollection(name);

  it('is made again with the same bytes, or compressed with the same content', async () => {
    const uri = `memory:again-collections/${name}`;
    await buildCollection(golden, uri);
    expect(await expectedOfCollection(golden, uri)).toEqual(expected());
    const made = await readTree(uri);
    const committed = await readTree(goldenCollection(name));
    expect([...made.keys()]).toEqual([...committed.keys()]);
    // Compressors differ in their output from version to version.
    if (options.compression !== undefined) return;
    for (const [path, bytes] of made)
      expect.soft(firstDifference(bytes, committed.get(path)), path).toBeUndefined();
  });

  it('says of itself what is expected, and verifies', async () => {
    const { id, keyEncoding, valueEncoding, compression, metadata, version, oldestVersion } = expected();
    expect(await collectionInfo(goldenCollection(name))).toMatchObject({
      ...{ id, keyEncoding, valueEncoding, compression, metadata, version, oldestVersion },
    });
    expect(await verifyCollection(goldenCollection(name))).toMatchObject({ ok: true, problems: [] });
  });

  it.each([{}, { cacheBytes: 0 }])('is read in every kept version, %j', async (more) => {
    const { version, versions } = expected();
    await using collection = await openCollection<unknown, unknown>(goldenCollection(name), {
      readOnly: true,
      ...more,
    });
    expect(collection.version).toBe(version);
    await sameContents(collection, contents.get(version) as EncodedEntry[]);
    for (const { version: number, sha256, count } of versions) {
      await using snapshot = await collection.snapshot(number);
      const entries = contents.get(number) as EncodedEntry[];
      expect([digestEntries(entries), entries.length]).toEqual([sha256, count]);
      await sameContents(snapshot, entries);
    }
    const kept: unknown[] = [];
    for await (const one of collection.versions()) kept.push(one);
    expect(kept).toEqual(
      versions.map(({ version: number, cause, sets, deletes, generations }) => ({
        ...{ version: number, cause, sets, deletes, generations },
      })),
    );
  });

  it('is read by the independent reader, each kept version', (context) => {
    const { version: newest, versions } = expected();
    const read = readWithPython(
      name,
      versions.map(({ version }) => version),
      context,
    );
    expect(read.length).toBe(Math.max(1, versions.length));
    if (newest === 0) expect([read[0][0].number, read[0].length]).toEqual([0, 1]);
    for (const [i, version] of versions.entries()) {
      const [head, ...entries] = read[i];
      const { id, keyEncoding, valueEncoding, compression, metadata } = expected();
      expect(head).toMatchObject({ id, keyEncoding, valueEncoding, compression, metadata });
      expect(head).toMatchObject({ number: version.version });
      if (head.undecodedBlocks !== 0) context.skip('no zstd here: entries were not compared');
      expect(head).toMatchObject({ count: version.count });
      expect(
        digestEntries(
          entries.map(({ key, value }) => ({
            key: fromHex(String(key)) as Uint8Array,
            value: fromHex(String(value)) as Uint8Array,
          })),
        ),
      ).toBe(version.sha256);
    }
  });

  /** Every way of asking gives the model's answer. */
  async function sameContents(reader: Raw, entries: readonly EncodedEntry[]): Promise<void> {
    const { encodeKey, encodeValue } = entryEncoder(options);
    const hex = ([key, value]: [unknown, unknown]): string =>
      `${toHex(encodeKey(key))} ${toHex(encodeValue(value))}`;
    const wanted = entries.map(({ key, value }) => `${toHex(key)} ${toHex(value)}`);
    const forwards = [...reader.entriesSync()];
    same(forwards.map(hex), wanted);
    same([...reader.entriesSync({ reverse: true })].map(hex), [...wanted].reverse());
    const later: string[] = [];
    for await (const entry of reader.entries()) later.push(hex(entry));
    same(later, wanted);
    expect([await reader.count(), reader.countSync()]).toEqual([wanted.length, wanted.length]);
    const values = await reader.getMany(forwards.map(([key]) => key));
    for (const [i, [key, value]] of forwards.entries()) {
      const facts = temporalFacts(value);
      expect(temporalFacts(values[i])).toEqual(facts);
      expect(temporalFacts(reader.getSync(key))).toEqual(facts);
      expect(hex((await reader.floor(key)) as [unknown, unknown])).toBe(wanted[i]);
    }
    for (const key of absentKeys(entries)) {
      expect(reader.getSync(key)).toBeUndefined();
      expect(await reader.has(key)).toBe(false);
    }
  }

  /** The keys that some version has, or a change names, and this one does not have. */
  function absentKeys(entries: readonly EncodedEntry[]): unknown[] {
    const { encodeKey } = entryEncoder(options);
    const present = new Set(entries.map(({ key }) => toHex(key)));
    return golden.steps
      .flatMap((step) => ('commit' in step ? step.commit : 'replace' in step ? step.replace : []))
      .map((change) => ('set' in change ? change.set[0] : change.delete))
      .filter((key) => !present.has(toHex(encodeKey(key))));
  }
});

/** The lines of the independent reader, version by version. */
function readWithPython(
  name: string,
  versions: readonly number[],
  context: TestContext,
): Record<string, unknown>[][] {
  if (PYTHON === undefined) context.skip('there is no python3 here: the independent reader was not run');
  const args = [READER, goldenCollection(name), ...versions.map(String)];
  const { status, stdout, stderr } = spawnSync(PYTHON as string, args, {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  expect({ status, wrong: stderr.includes('WRONG') ? stderr : '' }).toEqual({ status: 0, wrong: '' });
  const read: Record<string, unknown>[][] = [];
  for (const text of stdout.split('\n')) {
    if (text === '') continue;
    const line = JSON.parse(text) as Record<string, unknown>;
    if ('format' in line) read.push([line]);
    else read.at(-1)?.push(line);
  }
  return read;
}

/** Compares lists without the runner's own comparison, which takes long to say how long texts differ. */
function same(actual: readonly string[], expected: readonly string[]): void {
  const at = expected.findIndex((line, i) => actual[i] !== line);
  if (at < 0 && actual.length === expected.length) return;
  const [found, wanted] = [actual, expected].map((list) => list[Math.max(0, at)]?.slice(0, 100));
  throw new Error(`${actual.length} entries, not ${expected.length}; entry ${at} is ${found}, not ${wanted}`);
}
