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

/** Verifies a store that cannot be opened: reports all damage, while opening stops at the first. */
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
  // The reason why the store could not be opened is a problem in any case.
  if (verifier.report.ok) verifier.problem(problemOf(reason, directory.uri));
  return verifier.report;
}

/** A manifest with errors, as far as it can be used. */
interface Described {
  /** With those partitions whose records are consistent. */
  readonly manifest: Manifest;
  /** Files of the other partitions. */
  readonly unsure: readonly string[];
}

/**
 * Returns the manifest, repaired if necessary, or undefined if it is unusable. Reports all that is wrong with
 * it.
 */
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
    // A single partition was opened, which has no manifest.
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
    // The checksum is right, so the text was written with these contents.
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

/** The keys of a damaged partition, if enough of its record is right to name them. */
function keysIn(partition: Partial<PartitionRecord> = {}): { keys?: AffectedKeys } {
  const { firstKey, lastKey, count } = partition;
  return firstKey === undefined || lastKey === undefined || count === undefined
    ? {}
    : { keys: { gte: firstKey, lte: lastKey, entries: count } };
}

/** Opens the partitions that exist, and reports each that doesn't. */
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

/** Opens a partition whose record in the manifest is invalid, by the file's own description. */
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
