import type { Checksum } from '../bytes/checksum.ts';
import { loadChecksum } from '../bytes/xxh64.ts';
import { MAGIC } from '../format/layout.ts';
import type { ByteSource } from '../io/byte-source.ts';
import { readWhole } from '../io/narrow-storage.ts';
import { type Location, locate } from '../io/uri.ts';
import { MANIFEST_NAME } from '../store/manifest/manifest.ts';
import { notComplete } from '../store/manifest/path-state.ts';
import { StoreDirectory } from '../store/manifest/store-directory.ts';
import { inspectManifest, manifestLines } from './manifest-outline.ts';
import { hexLines } from './partition-hex.ts';
import { outlinePartition, type PartitionOutline } from './partition-outline.ts';
import { contentLines, outlineLines } from './partition-text.ts';
import type { InspectedManifest, InspectedPartition } from './report.ts';

/** Options of {@link inspectFile}. */
export interface InspectOptions {
  /**
   * Shows the bytes of a partition, each with its meaning, instead of its contents. No effect on a manifest.
   */
  readonly hex?: boolean | undefined;
}

/**
 * Yields lines of text about a file of a store: a partition, or the manifest, also for the URI of the store's
 * directory.
 *
 * Made for damaged files: a problem with the bytes is a line of the output, not an error, and whatever can
 * still be found is shown. Shows everything of a file up to 4 KiB, and the beginning of each part of a larger
 * one; reads and checks all of it.
 *
 * @param uri A partition file, a `MANIFEST.json`, or the directory of a store.
 * @throws {CairnError} `NOT_FOUND`, `INCOMPLETE` (a directory without manifest), `NOT_A_STORE`,
 * `INVALID_ARGUMENT`, `IO` if the file cannot be opened.
 *
 * @example
 * ```ts
 * import { createStore } from 'cairnkv';
 * import { inspectFile } from 'cairnkv/inspect';
 *
 * await createStore('memory:inspected', { buildId: 'a' }).put('key', 'value').close();
 * for await (const line of inspectFile('memory:inspected/data/part-00000-a.cairn', { hex: true })) {
 *   console.log(line);
 * }
 * ```
 */
export async function* inspectFile(
  uri: string | URL,
  options: InspectOptions = {},
): AsyncIterableIterator<string> {
  const inspected = await inspect(uri);
  const { outline, report, name } = inspected;
  if (outline === undefined) {
    yield* manifestLines(report, name);
    return;
  }
  yield* outlineLines(outline, name);
  yield* options.hex === true ? hexLines(outline) : contentLines(outline);
}

/**
 * Does what {@link inspectFile} does, and returns an object that JSON can hold.
 *
 * @throws {CairnError} as {@link inspectFile} does.
 */
export async function inspectFileJson(uri: string | URL): Promise<InspectedPartition | InspectedManifest> {
  return (await inspect(uri)).report;
}

type Inspected =
  | { readonly name: string; readonly outline: PartitionOutline; readonly report: InspectedPartition }
  | { readonly name: string; readonly outline: undefined; readonly report: InspectedManifest };

async function inspect(uri: string | URL): Promise<Inspected> {
  const location = readWhole(locate(uri));
  const { storage } = location;
  const checksum = await loadChecksum();
  const path = await fileAt(location);
  const source = await storage.open(path);
  try {
    const { name } = storage.split(path);
    if (await isManifest(name, source)) {
      const bytes = new Uint8Array(source.size);
      await source.read(0, bytes);
      return { name, outline: undefined, report: await inspectManifest(storage, path, bytes, checksum) };
    }
    return { name, ...(await partition(source, checksum)) };
  } finally {
    await source.close();
  }
}

async function partition(
  source: ByteSource,
  checksum: Checksum,
): Promise<Omit<Inspected & { outline: object }, 'name'>> {
  const outline = await outlinePartition(source, checksum);
  return { outline, report: outline.report };
}

/** The path of the file: for a store's directory, that of its manifest. */
async function fileAt(location: Location): Promise<string> {
  const { storage, path } = location;
  if ((await storage.kind(path)) !== 'directory') return path;
  const directory = new StoreDirectory(location);
  const state = await directory.state();
  if (state !== 'complete') throw notComplete(location, state);
  return directory.manifest;
}

/** Goes by the name, or else by the first byte, unless that is a partition's: both may be damaged. */
async function isManifest(name: string, source: ByteSource): Promise<boolean> {
  if (name === MANIFEST_NAME) return true;
  const start = new Uint8Array(Math.min(MAGIC.length, source.size));
  await source.read(0, start);
  return !name.endsWith('.cairn') && start[0] === 0x7b;
}
