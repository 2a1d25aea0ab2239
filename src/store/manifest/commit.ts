import '../../io/register-memory.ts';
import type { Checksum } from '../../bytes/checksum.ts';
import { compareBytes } from '../../bytes/compare.ts';
import { isCairnError } from '../../errors.ts';
import type { ConditionalStorage, WritableStorage } from '../../io/storage.ts';
import { encodeManifest, type Manifest } from './manifest.ts';
import type { StoreDirectory } from './store-directory.ts';

/** The result of writing a manifest. */
export interface CommitOutcome {
  /**
   * `done`: the manifest is there. `lost`: another one is, or the old one still is. `unclear`: the storage failed, and it
   * cannot be found out; every file must stay, because the manifest may name it.
   */
  readonly state: 'done' | 'lost' | 'unclear';
  /** True if the manifest that is there names files of the same names: these must stay, whoever made them. */
  readonly shared?: boolean;
  /** Why it is not done, if the storage failed. */
  readonly error?: unknown;
}

/** Makes a store complete whose partitions are durable, unless it is complete. */
export async function commitManifest(
  directory: StoreDirectory<ConditionalStorage & WritableStorage>,
  manifest: Manifest,
  checksum: Checksum,
): Promise<CommitOutcome> {
  const { storage, manifest: file } = directory;
  const bytes = encodeManifest(manifest, checksum);
  try {
    if (await storage.putIfAbsent(file, bytes)) return { state: 'done' };
    return { state: 'lost', shared: await namesAnyOf(directory, manifest, checksum) };
  } catch (error) {
    // The write may or may not have happened. If our manifest is visible it may still not be durable, so remove it first:
    // the store is absent then before its partitions are removed.
    const found = await sameBytes(directory, bytes);
    // What comes over a network is durable when it is visible, and may become visible later.
    if (mayStillHappen(error)) return found === true ? { state: 'done' } : { state: 'unclear', error };
    if (found === false) return { state: 'lost', error };
    try {
      if (found === undefined) return { state: 'unclear', error };
      await storage.remove(file);
      return { state: 'lost', error };
    } catch {
      return { state: 'unclear', error };
    }
  }
}

/**
 * Replaces the manifest of a complete store, in one step.
 *
 * @param check is called with the manifest that is there, and throws unless it is the one to be replaced.
 */
export async function replaceManifest(
  directory: StoreDirectory<ConditionalStorage>,
  manifest: Manifest,
  checksum: Checksum,
  check: (current: Uint8Array) => void,
): Promise<CommitOutcome> {
  const { storage, manifest: file } = directory;
  const bytes = encodeManifest(manifest, checksum);
  try {
    await storage.replace(file, bytes, check);
    return { state: 'done' };
  } catch (error) {
    // If the new one is visible it may not be durable: both must find their files.
    const lost = (await sameBytes(directory, bytes)) === false && !mayStillHappen(error);
    return { state: lost ? 'lost' : 'unclear', error };
  }
}

/** Whether the manifest that is there names files that this one names; true if that cannot be found out. */
async function namesAnyOf(
  directory: StoreDirectory,
  { partitions }: Manifest,
  checksum: Checksum,
): Promise<boolean> {
  const names = new Set(partitions.map(({ name }) => name));
  try {
    return (await directory.readManifest(checksum)).partitions.some(({ name }) => names.has(name));
  } catch {
    return true;
  }
}

/** Whether a failed request may take effect later, because it is still on its way. */
function mayStillHappen(error: unknown): boolean {
  return isCairnError(error, 'IO') && error.unanswered === true;
}

/** Whether the manifest of a store has these bytes; undefined if that cannot be found out. */
async function sameBytes(directory: StoreDirectory, bytes: Uint8Array): Promise<boolean | undefined> {
  try {
    return compareBytes(await directory.readManifestBytes(), bytes) === 0;
  } catch (error) {
    return isCairnError(error, 'NOT_FOUND') ? false : undefined;
  }
}
