import { corruption } from '../bytes/corruption.ts';
import { loadChecksum } from '../bytes/xxh64.ts';
import { isCustomName, isKeyEncodingName, isValueEncodingName } from '../codec/encoding-names.ts';
import { isCairnError } from '../errors.ts';
import { ReadCounter } from '../partition/read-counter.ts';
import { describeStoreAt } from './manifest/describe-store-at.ts';
import type { Manifest } from './manifest/manifest.ts';
import { openFiles } from './manifest/open-files.ts';
import { StoreDirectory } from './manifest/store-directory.ts';
import { refuseReplaced } from './verify/refuse-replaced.ts';
import { Verifier, type VerifyReport } from './verify/verifier.ts';
import { verifyDamaged } from './verify/verify-damaged.ts';
import { checkVerifyOptions, type VerifyOptions } from './verify/verify-options.ts';

/**
 * Reads every byte of a store and checks everything that can be. Damage is reported, not thrown: all of it, each with its
 * file, section, offset and the keys that it makes unreadable, and where a single bit is wrong, that bit. A broken
 * manifest, too, gives a report with `ok: false`; the partitions are then checked if it could be mended. Of one whose
 * checksum is right and whose contents are not, every member that is wrong is reported, and partitions are checked by what
 * their files say of themselves.
 *
 * In Node, stores of more than one partition are checked in several threads.
 *
 * @throws {CairnError} (as a rejection) `NOT_FOUND`, `INCOMPLETE`, `NOT_A_STORE`, `INVALID_ARGUMENT`, `REPLACED`.
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
export async function verifyStore(uri: string | URL, given: VerifyOptions = {}): Promise<VerifyReport> {
  const options = checkVerifyOptions(given);
  const directory = StoreDirectory.readWhole(uri);
  const checksum = await loadChecksum();
  const counter = new ReadCounter();
  try {
    const { manifest, files } = await openFiles(directory, { checksum, counter, signal: options.signal });
    try {
      checkContents(directory, manifest);
      const verifier = new Verifier(checksum, options);
      await verifier.partitions(files, manifest, counter);
      await refuseReplaced(verifier.report, directory, { manifest, files }, checksum, options.signal);
      return verifier.report;
    } finally {
      await Promise.all(files.map(({ source }) => source.close()));
    }
  } catch (error) {
    if (!isCairnError(error, 'CORRUPTION', 'UNSUPPORTED_FORMAT')) throw error;
    return verifyDamaged(directory, error, checksum, options);
  }
}

/** @throws {CairnError} `CORRUPTION` if a sound manifest names encodings that cannot exist, or keys that are none. */
function checkContents(directory: StoreDirectory, manifest: Manifest): void {
  const { keyEncoding, valueEncoding } = manifest;
  for (const [name, isBuiltIn] of [
    [keyEncoding, isKeyEncodingName(keyEncoding)],
    [valueEncoding, isValueEncodingName(valueEncoding)],
  ] as const) {
    if (!isBuiltIn && !isCustomName(name))
      throw corruption(directory.manifestRegion, `no encoding of its kind is named '${name}'`);
  }
  describeStoreAt(directory, manifest);
}
