import type { Checksum } from '../../bytes/checksum.ts';
import { corruption } from '../../bytes/corruption.ts';
import { loadDecompressors } from '../../compression/compressions.ts';
import { type CairnError, isCairnError } from '../../errors.ts';
import type { ByteSource } from '../../io/byte-source.ts';
import type { Location } from '../../io/uri.ts';
import { type AffectedKeys, problemOf } from '../../partition/check/verify-problem.ts';
import type { PartitionRecord } from '../../partition/partition-record.ts';
import { ReadCounter } from '../../partition/read-counter.ts';
import { decodeManifest } from '../manifest/decode-manifest.ts';
import { DATA_DIRECTORY, MANIFEST_NAME, type Manifest } from '../manifest/manifest.ts';
import { openAlone } from '../manifest/open-files.ts';
import { readWhole } from '../manifest/store-directory.ts';
import { mendManifest } from './repair-manifest.ts';
import { Verifier, type VerifyReport } from './verifier.ts';
import type { VerifyOptions } from './verify-options.ts';

/** Verifies what no reader opens: finds all that is wrong where opening ends at the first. */
export async function verifyDamaged(
  location: Location,
  reason: unknown,
  checksum: Checksum,
  options: VerifyOptions,
): Promise<VerifyReport> {
  const verifier = new Verifier(checksum, options);
  const described = await manifestOf(location, reason, checksum, verifier, options.signal);
  if (described === undefined) return verifier.report;
  const { manifest, unsure } = described;
  const found: { source: ByteSource; record: PartitionRecord }[] = [];
  try {
    await openThere(location, manifest.partitions, verifier, found);
    for (const name of unsure) {
      const one = await openByItself(location, name, checksum, verifier, options.signal);
      if (one !== undefined) found.push(one);
    }
    const decompressors = await loadDecompressors(found.map(({ record }) => record.compression));
    await verifier.partitions(found, manifest, decompressors, new ReadCounter());
  } finally {
    await Promise.all(found.map(({ source }) => source.close()));
  }
  // What kept the store from being opened is wrong, whatever else is.
  if (verifier.report.ok) verifier.problem(problemOf(reason, location.uri));
  return verifier.report;
}

/** What a manifest says that is not quite right. */
interface Described {
  /** With the partitions of which nothing is wrong in itself. */
  readonly manifest: Manifest;
  /** Files of the other partitions. */
  readonly unsure: readonly string[];
}

/** The manifest, mended if need be; undefined where there is none to go by. All that is wrong with it is reported. */
async function manifestOf(
  location: Location,
  reason: unknown,
  checksum: Checksum,
  verifier: Verifier,
  signal: AbortSignal | undefined,
): Promise<Described | undefined> {
  const { storage, path, uri } = location;
  const file = storage.join(path, MANIFEST_NAME);
  let bytes: Uint8Array;
  try {
    bytes = await readWhole(storage, file, signal);
  } catch (error) {
    // It is a single partition that was opened.
    if (!isCairnError(error)) throw error;
    verifier.problem(problemOf(reason, uri));
    return undefined;
  }
  const wrong: { error: CairnError; partition?: Partial<PartitionRecord> }[] = [];
  try {
    const manifest = decodeManifest(bytes, storage.uri(file), checksum, (error, partition) => {
      wrong.push(partition === undefined ? { error } : { error, partition });
    });
    for (const { error, partition } of wrong) verifier.problem(problemOf(error, uri, keysIn(partition)));
    // The text is what was written; what it says can't be.
    if (wrong.length === 0 && isCairnError(reason) && reason.section === 'manifest')
      verifier.problem(problemOf(reason, uri));
    const known = new Set(manifest.partitions.map(({ name }) => name));
    const names = wrong.flatMap(({ partition }) => partition?.name ?? []);
    return { manifest, unsure: [...new Set(names)].filter((name) => !known.has(name)) };
  } catch (error) {
    const mended = isCairnError(error, 'CORRUPTION')
      ? await mendManifest(bytes, storage.uri(file), checksum, verifier.flips)
      : undefined;
    verifier.problem(problemOf(error, uri, mended === undefined ? {} : { flipped: mended.flipped }));
    return mended && { manifest: mended.manifest, unsure: [] };
  }
}

/** The keys that something wrong with a partition makes unreadable, if enough of its record is right to say which. */
function keysIn(partition: Partial<PartitionRecord> = {}): { keys?: AffectedKeys } {
  const { firstKey, lastKey, count } = partition;
  return firstKey === undefined || lastKey === undefined || count === undefined
    ? {}
    : { keys: { gte: firstKey, lte: lastKey, entries: count } };
}

/** Opens the partitions that are there, and reports each that isn't. */
async function openThere(
  { storage, path }: Location,
  partitions: readonly PartitionRecord[],
  verifier: Verifier,
  found: { source: ByteSource; record: PartitionRecord }[],
): Promise<void> {
  const data = storage.join(path, DATA_DIRECTORY);
  for (const record of partitions) {
    const file = storage.join(data, record.name);
    try {
      found.push({ source: await storage.open(file, record), record });
    } catch (error) {
      verifier.problem(problemOf(asMissing(error, storage.uri(file)), storage.uri(file), keysIn(record)));
    }
  }
}

/** Opens a partition of which the manifest says what can't be: by what the file says of itself. */
async function openByItself(
  { storage, path }: Location,
  name: string,
  checksum: Checksum,
  verifier: Verifier,
  signal: AbortSignal | undefined,
): Promise<{ source: ByteSource; record: PartitionRecord } | undefined> {
  const file = storage.join(storage.join(path, DATA_DIRECTORY), name);
  const uri = storage.uri(file);
  try {
    const source = await storage.open(file, undefined, signal);
    const { manifest } = await openAlone({ uri, name, source }, checksum, signal);
    return { source, record: manifest.partitions[0] };
  } catch (error) {
    verifier.problem(problemOf(asMissing(error, uri), uri));
    return undefined;
  }
}

function asMissing(error: unknown, file: string): unknown {
  if (!isCairnError(error, 'NOT_FOUND')) return error;
  const place = { file, section: 'file', offset: 0 };
  return corruption(place, 0, 'a partition is missing', undefined, undefined, error);
}
