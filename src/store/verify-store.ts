import type { Checksum } from '../bytes/checksum.ts';
import { corruption } from '../bytes/corruption.ts';
import { loadChecksum } from '../bytes/xxh64.ts';
import { isCustomName, isKeyEncodingName, isValueEncodingName } from '../codec/encoding-names.ts';
import { isCairnError } from '../errors.ts';
import type { ByteSource } from '../io/byte-source.ts';
import { type Location, locate } from '../io/uri.ts';
import { storeInfo } from './manage.ts';
import {
  DATA_DIRECTORY,
  decodeManifest,
  MANIFEST_NAME,
  type Manifest,
  type PartitionRecord,
} from './manifest.ts';
import { mendManifest } from './mend-manifest.ts';
import { openStore } from './open-store.ts';
import { loadDecompressors } from './partition-file.ts';
import { ReadCounter } from './read-counter.ts';
import { manifestPlace, readWhole } from './store-path.ts';
import { Verifier, type VerifyReport } from './verify.ts';
import { checkVerifyOptions, type VerifyOptions } from './verify-options.ts';
import { keysOf, problemOf } from './verify-problem.ts';

/**
 * Reads every byte of a store and checks everything that can be. Damage is reported, not thrown: all of it, each with its
 * file, section, offset and the keys that it makes unreadable, and where a single bit is wrong, that bit. A broken
 * manifest, too, gives a report with `ok: false`; the partitions are then checked if it could be mended.
 *
 * In Node, stores of more than one partition are checked in several threads.
 *
 * @throws {CairnError} (as a rejection) `NOT_FOUND`, `INCOMPLETE`, `NOT_A_STORE`, `INVALID_ARGUMENT`.
 *
 * @example
 * ```ts
 * import { createStore, verifyStore } from 'cairnkv';
 *
 * await createStore('memory:sound').put('a', 1).close();
 * const { ok, checked, problems } = await verifyStore('memory:sound');
 * console.log(ok, checked.entries, problems); // true 1 []
 * ```
 */
export async function verifyStore(uri: string | URL, options: VerifyOptions = {}): Promise<VerifyReport> {
  checkVerifyOptions(options);
  const location = locate(uri);
  const checksum = await loadChecksum();
  try {
    const reader = await openStore(uri, { cacheBytes: 0, ...(await anyCodecs(location)) });
    try {
      return await reader.verify(options);
    } finally {
      await reader.close();
    }
  } catch (error) {
    if (!isCairnError(error, 'CORRUPTION', 'UNSUPPORTED_FORMAT')) throw error;
    return verifyDamaged(location, error, checksum, options);
  }
}

/** Verifies what no reader opens: finds all that is wrong where opening ends at the first. */
async function verifyDamaged(
  location: Location,
  reason: unknown,
  checksum: Checksum,
  options: VerifyOptions,
): Promise<VerifyReport> {
  const verifier = new Verifier(checksum, options);
  const manifest = await manifestOf(location, reason, checksum, verifier, options.signal);
  if (manifest === undefined) return verifier.report;
  const found = await openThere(location, manifest, verifier);
  try {
    const decompressors = await loadDecompressors(manifest.partitions.map(({ compression }) => compression));
    await verifier.partitions(found, decompressors, new ReadCounter());
  } finally {
    await Promise.all(found.map(({ source }) => source.close()));
  }
  // What kept the store from being opened is wrong, whatever else is.
  if (verifier.report.ok) verifier.problem(problemOf(reason, location.uri));
  return verifier.report;
}

/** The manifest, mended if need be; undefined where there is none to go by. */
async function manifestOf(
  location: Location,
  reason: unknown,
  checksum: Checksum,
  verifier: Verifier,
  signal: AbortSignal | undefined,
): Promise<Manifest | undefined> {
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
  try {
    const manifest = decodeManifest(bytes, storage.uri(file), checksum);
    // The text is what was written; what it says can't be.
    if (isCairnError(reason) && reason.section === 'manifest') verifier.problem(problemOf(reason, uri));
    return manifest;
  } catch (error) {
    const mended = isCairnError(error, 'CORRUPTION')
      ? await mendManifest(bytes, storage.uri(file), checksum, verifier.flips)
      : undefined;
    verifier.problem(problemOf(error, uri, mended === undefined ? {} : { flipped: mended.flipped }));
    return mended?.manifest;
  }
}

/** Opens the partitions that are there, and reports each that isn't. */
async function openThere(
  { storage, path }: Location,
  manifest: Manifest,
  verifier: Verifier,
): Promise<{ source: ByteSource; record: PartitionRecord }[]> {
  const data = storage.join(path, DATA_DIRECTORY);
  const found: { source: ByteSource; record: PartitionRecord }[] = [];
  for (const record of manifest.partitions) {
    const file = storage.join(data, record.name);
    try {
      found.push({ source: await storage.open(file, record), record });
    } catch (error) {
      const missing = isCairnError(error, 'NOT_FOUND')
        ? corruption(
            { file: storage.uri(file), section: 'file', offset: 0 },
            0,
            'a partition is missing',
            undefined,
            undefined,
            error,
          )
        : error;
      verifier.problem(problemOf(missing, storage.uri(file), { keys: keysOf(record) }));
    }
  }
  return found;
}

/** A verification looks at bytes: a codec of the writer's own needs a name only. */
async function anyCodecs(location: Location): Promise<object> {
  const info = await storeInfo(location.uri);
  const stand = (name: string): object => {
    if (!isCustomName(name))
      throw corruption(manifestPlace(location), 0, `no encoding of its kind is named '${name}'`);
    return { name, encode: unused, decode: (bytes: Uint8Array) => bytes.slice() };
  };
  return {
    ...(isKeyEncodingName(info.keyEncoding) ? {} : { keyEncoding: stand(info.keyEncoding) }),
    ...(isValueEncodingName(info.valueEncoding) ? {} : { valueEncoding: stand(info.valueEncoding) }),
  };
}

function unused(): never {
  throw new Error('a verification encodes nothing');
}
