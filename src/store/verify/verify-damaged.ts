import type { Checksum } from '../../bytes/checksum.ts';
import { corruption } from '../../bytes/corruption.ts';
import { type CairnError, isCairnError } from '../../errors.ts';
import type { ByteSource } from '../../io/byte-source.ts';
import { type AffectedKeys, problemOf } from '../../partition/check/verify-problem.ts';
import type { PartitionRecord } from '../../partition/partition-record.ts';
import { ReadCounter } from '../../partition/read-counter.ts';
import { decodeManifest } from '../manifest/decode-manifest.ts';
import type { Manifest } from '../manifest/manifest.ts';
import { openAlone } from '../manifest/open-alone.ts';
import type { StoreDirectory } from '../manifest/store-directory.ts';
import { repairManifest } from './repair-manifest.ts';
import { Verifier, type VerifyReport } from './verifier.ts';
import type { VerifyOptions } from './verify-options.ts';

/** Verifies what no reader opens: finds all that is wrong where opening ends at the first. */
export async function verifyDamaged(
  directory: StoreDirectory,
  reason: unknown,
  checksum: Checksum,
  options: VerifyOptions,
): Promise<VerifyReport> {
  const verifier = new Verifier(checksum, options);
  const described = await manifestOf(directory, reason, checksum, verifier, options.signal);
  if (described === undefined) return verifier.report;
  const { manifest, unsure } = described;
  const found: { source: ByteSource; record: PartitionRecord }[] = [];
  try {
    await openThere(directory, manifest.partitions, verifier, found);
    for (const name of unsure) {
      const one = await openByItself(directory, name, checksum, verifier, options.signal);
      if (one !== undefined) found.push(one);
    }
    await verifier.partitions(found, manifest, new ReadCounter());
  } finally {
    await Promise.all(found.map(({ source }) => source.close()));
  }
  // What kept the store from being opened is wrong, whatever else is.
  if (verifier.report.ok) verifier.problem(problemOf(reason, directory.uri));
  return verifier.report;
}

/** What a manifest says that is not quite right. */
interface Described {
  /** With the partitions of which nothing is wrong in itself. */
  readonly manifest: Manifest;
  /** Files of the other partitions. */
  readonly unsure: readonly string[];
}

/** The manifest, repaired if need be; undefined where there is none to go by. All that is wrong with it is reported. */
async function manifestOf(
  directory: StoreDirectory,
  reason: unknown,
  checksum: Checksum,
  verifier: Verifier,
  signal: AbortSignal | undefined,
): Promise<Described | undefined> {
  const { uri, manifestRegion } = directory;
  const { file } = manifestRegion;
  let bytes: Uint8Array;
  try {
    bytes = await directory.readManifestBytes(signal);
  } catch (error) {
    // It is a single partition that was opened.
    if (!isCairnError(error)) throw error;
    verifier.problem(problemOf(reason, uri));
    return undefined;
  }
  const wrong: { error: CairnError; partition?: Partial<PartitionRecord> }[] = [];
  try {
    const manifest = decodeManifest(bytes, file, checksum, (error, partition) => {
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
    const repaired = isCairnError(error, 'CORRUPTION')
      ? await repairManifest(bytes, file, checksum, verifier.flips)
      : undefined;
    verifier.problem(problemOf(error, uri, repaired === undefined ? {} : { flipped: repaired.flipped }));
    return repaired && { manifest: repaired.manifest, unsure: [] };
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
  directory: StoreDirectory,
  partitions: readonly PartitionRecord[],
  verifier: Verifier,
  found: { source: ByteSource; record: PartitionRecord }[],
): Promise<void> {
  const { storage } = directory;
  for (const record of partitions) {
    const file = directory.partition(record.name);
    try {
      found.push({ source: await storage.open(file, record), record });
    } catch (error) {
      verifier.problem(problemOf(asMissing(error, storage.uri(file)), storage.uri(file), keysIn(record)));
    }
  }
}

/** Opens a partition of which the manifest says what can't be: by what the file says of itself. */
async function openByItself(
  directory: StoreDirectory,
  name: string,
  checksum: Checksum,
  verifier: Verifier,
  signal: AbortSignal | undefined,
): Promise<{ source: ByteSource; record: PartitionRecord } | undefined> {
  const { storage } = directory;
  const file = directory.partition(name);
  const uri = storage.uri(file);
  try {
    const source = await storage.open(file, undefined, signal);
    const { files } = await openAlone(
      { uri, name, source },
      { checksum, counter: new ReadCounter(), signal },
    );
    return files[0];
  } catch (error) {
    verifier.problem(problemOf(asMissing(error, uri), uri));
    return undefined;
  }
}

function asMissing(error: unknown, file: string): unknown {
  if (!isCairnError(error, 'NOT_FOUND')) return error;
  const region = { file, section: 'file', offset: 0 };
  return corruption(region, 'a partition is missing', { cause: error });
}
