import type { Checksum } from '../../bytes/checksum.ts';
import { compareBytes } from '../../bytes/compare.ts';
import { isCairnError } from '../../errors.ts';
import { ReadCounter } from '../../partition/read-counter.ts';
import { encodeManifest, type Manifest } from './manifest.ts';
import { openFiles } from './open-files.ts';
import type { StoreDirectory } from './store-directory.ts';

/**
 * Returns the manifest of what is at a path now: of a store, or of a partition file alone. Keeps nothing open.
 *
 * @throws {CairnError} (as a rejection) what `openStore` throws.
 */
export async function currentManifest(
  directory: StoreDirectory,
  checksum: Checksum,
  signal?: AbortSignal,
): Promise<Manifest> {
  try {
    return await directory.readManifest(checksum, signal);
  } catch (error) {
    if (!isCairnError(error, 'NOT_A_STORE') || (await directory.storage.kind(directory.path)) !== 'file')
      throw error;
    const { manifest, files } = await openFiles(directory, { checksum, counter: new ReadCounter(), signal });
    await Promise.all(files.map(({ source }) => source.close()));
    return manifest;
  }
}

/** Whether a path still holds the store of a manifest. @throws {CairnError} `CORRUPTION`, `UNSUPPORTED_FORMAT`, `IO`. */
export async function isCurrent(
  directory: StoreDirectory,
  manifest: Manifest,
  checksum: Checksum,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  try {
    const current = await currentManifest(directory, checksum, signal);
    return compareBytes(encodeManifest(current, checksum), encodeManifest(manifest, checksum)) === 0;
  } catch (error) {
    if (isCairnError(error, 'NOT_FOUND', 'INCOMPLETE', 'NOT_A_STORE')) return false;
    throw error;
  }
}
