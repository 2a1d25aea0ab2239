import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { toHex } from '../../src/bytes/hex.ts';
import { type Collection, openCollection } from '../../src/collection/index.ts';
import type { Host } from '../../src/io/host.ts';
import { readTree } from '../support/storage-tools.ts';
import { GOLDEN_COLLECTIONS, type GoldenCollection, type GoldenStep } from './collection-cases.ts';
import { type EncodedEntry, entryEncoder } from './golden-cases.ts';
import { digestEntries } from './golden-files.ts';

const ROOT: string = fileURLToPath(new URL('../../fixtures/golden/collections-v1', import.meta.url));

/** Contents of more bytes than this are summarised. */
const MAX_LISTED_BYTES = 4096;

/** What `expected.json` says of one kept version of a golden collection. */
export interface ExpectedVersion {
  readonly version: number;
  readonly cause: string;
  readonly sets: number;
  readonly deletes: number;
  readonly generations: number;
  readonly count: number;
  /** SHA-256 over a line for each entry: key in hex, a space, value in hex, a line feed. */
  readonly sha256: string;
  /** Key and value of each entry in hex; absent where they are long. */
  readonly entries?: readonly (readonly [key: string, value: string])[];
}

/** What `expected.json` says of a golden collection. */
export interface ExpectedCollection {
  readonly about: string;
  readonly id: string;
  readonly keyEncoding: string;
  readonly valueEncoding: string;
  readonly compression: string;
  readonly metadata: unknown;
  readonly version: number;
  readonly oldestVersion: number;
  /** The newest first. */
  readonly versions: readonly ExpectedVersion[];
}

/** The collection of a case, as a path. */
export function goldenCollection(name: string): string {
  return join(ROOT, name, 'collection');
}

/** The names of the cases that there are files for. */
export function collectionNames(): string[] {
  return readdirSync(ROOT).sort();
}

export function readExpectedCollection(name: string): ExpectedCollection {
  return JSON.parse(readFileSync(join(ROOT, name, 'expected.json'), 'utf8')) as ExpectedCollection;
}

/** Words that follow each other, so that the same steps make the same bytes, and a clock that stands. */
function countingHost(): Host {
  let words = 0;
  return { uniqueName: () => (words++).toString(16).padStart(16, '0'), now: () => 0 };
}

/** Makes the collection of a case somewhere. */
export async function buildCollection({ options, steps }: GoldenCollection, uri: string): Promise<void> {
  const collection = await openCollection<unknown, unknown>(
    uri,
    { ...options, autoCompact: false },
    countingHost(),
  );
  for (const [i, step] of steps.entries()) {
    await takeStep(collection, step);
    if (collection.version !== i + 1) throw new Error(`step ${i + 1} has made version ${collection.version}`);
  }
  await collection.close();
}

async function takeStep(collection: Collection<unknown, unknown>, step: GoldenStep): Promise<void> {
  if ('commit' in step) await collection.commit(step.commit);
  else if ('replace' in step) await collection.commit(step.replace, { replace: true });
  else if ('revertTo' in step) await collection.revertTo(step.revertTo);
  else if ('compact' in step) await collection.compact(step.compact);
  else await collection.commit((tx) => tx.deleteRange(step.deleteRange));
}

/** What each version of a case holds, by a plain model: nothing of the library but the codecs of single values. */
export function versionsOf({ options, steps }: GoldenCollection): ReadonlyMap<number, EncodedEntry[]> {
  const { encodeKey, encodeValue } = entryEncoder(options);
  // The order of hexadecimal digits is that of the bytes.
  const versions = new Map<number, Map<string, EncodedEntry>>([[0, new Map()]]);
  for (const [i, step] of steps.entries()) {
    let next = new Map(versions.get(i));
    if ('revertTo' in step) next = new Map(versions.get(step.revertTo));
    if ('replace' in step) next.clear();
    if ('deleteRange' in step) {
      const { gte, lt } = step.deleteRange;
      const [from, to] = [gte, lt].map((key) => (key === undefined ? undefined : toHex(encodeKey(key))));
      for (const key of [...next.keys()])
        if ((from === undefined || key >= from) && (to === undefined || key < to)) next.delete(key);
    }
    for (const change of 'commit' in step ? step.commit : 'replace' in step ? step.replace : []) {
      if ('delete' in change) next.delete(toHex(encodeKey(change.delete)));
      else {
        const key = encodeKey(change.set[0]);
        next.set(toHex(key), { key, value: encodeValue(change.set[1]) });
      }
    }
    versions.set(i + 1, next);
  }
  return new Map(
    [...versions].map(([number, entries]) => [
      number,
      [...entries].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry),
    ]),
  );
}

/** What `expected.json` should say of a case, given the collection that was made of it. */
export async function expectedOfCollection(
  golden: GoldenCollection,
  uri: string,
): Promise<ExpectedCollection> {
  await using collection = await openCollection<unknown, unknown>(uri, { readOnly: true });
  const { id, keyEncoding, valueEncoding, compression, metadata, version, oldestVersion } = collection.info;
  const contents = versionsOf(golden);
  const versions: ExpectedVersion[] = [];
  for await (const { version: number, ...rest } of collection.versions()) {
    const entries = contents.get(number) as EncodedEntry[];
    const bytes = entries.reduce((sum, { key, value }) => sum + key.length + value.length, 0);
    versions.push({
      version: number,
      ...rest,
      count: entries.length,
      sha256: digestEntries(entries),
      ...(bytes > MAX_LISTED_BYTES
        ? {}
        : { entries: entries.map(({ key, value }): [string, string] => [toHex(key), toHex(value)]) }),
    });
  }
  const { about } = golden;
  return { about, id, keyEncoding, valueEncoding, compression, metadata, version, oldestVersion, versions };
}

/** Writes all golden collections anew: for changes of a format that nobody uses yet. */
export async function rewriteCollections(): Promise<void> {
  rmSync(ROOT, { recursive: true, force: true });
  for (const golden of GOLDEN_COLLECTIONS) {
    const memory = `memory:rewritten-collections/${golden.name}`;
    await buildCollection(golden, memory);
    const directory = join(ROOT, golden.name);
    for (const [path, bytes] of await readTree(memory)) write(join(directory, 'collection', path), bytes);
    const expected = JSON.stringify(await expectedOfCollection(golden, memory), null, 2);
    // One line for each entry, so that a difference shows where it is.
    write(
      join(directory, 'expected.json'),
      `${expected.replace(/\[\n +(".*"),\n +(".*")\n +\]/g, '[$1, $2]')}\n`,
    );
  }
}

function write(file: string, contents: Uint8Array | string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, contents);
}
