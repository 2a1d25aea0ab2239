import '../io/register-memory.ts';
import type { Checksum } from '../bytes/checksum.ts';
import { compareKeys } from '../bytes/compare.ts';
import { isCairnError } from '../errors.ts';
import type { Location } from '../io/uri.ts';
import { contentId, encodeManifest, MANIFEST_NAME, type Manifest } from './manifest.ts';
import { readWhole } from './store-path.ts';

/** What came of writing a manifest. */
export interface CommitOutcome {
  /**
   * `done`: the manifest is there. `lost`: another one is, or the old one still is. `unclear`: the storage failed,
   * and it could not be found out; every file must stay, because the manifest may name it.
   */
  readonly state: 'done' | 'lost' | 'unclear';
  /** Why it is not done, where the storage failed. */
  readonly error?: unknown;
}

/** Makes a store complete whose partitions are durable, if nobody else did. */
export async function commitManifest(
  location: Location,
  manifest: Omit<Manifest, 'id'>,
  checksum: Checksum,
): Promise<CommitOutcome> {
  const { storage, path } = location;
  const bytes = encodeManifest({ ...manifest, id: contentId(manifest, checksum) }, checksum);
  const file = storage.join(path, MANIFEST_NAME);
  try {
    return { state: (await storage.putIfAbsent(file, bytes)) ? 'done' : 'lost' };
  } catch (error) {
    // Did it happen or not? If ours is there it may not be durable: it is taken back, so that the store is absent
    // before its partitions are removed.
    const found = await sameBytes(location, bytes);
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

/** Puts another manifest in the place of a complete store's, in one step. */
export async function replaceManifest(
  location: Location,
  manifest: Omit<Manifest, 'id'>,
  checksum: Checksum,
): Promise<CommitOutcome> {
  const { storage, path } = location;
  const bytes = encodeManifest({ ...manifest, id: contentId(manifest, checksum) }, checksum);
  try {
    await storage.replace(storage.join(path, MANIFEST_NAME), bytes);
    return { state: 'done' };
  } catch (error) {
    // Where the new one is visible it may not be durable: both must find their files.
    return { state: (await sameBytes(location, bytes)) === false ? 'lost' : 'unclear', error };
  }
}

/** Whether the manifest of a location has these bytes; undefined when that can't be found out. */
async function sameBytes({ storage, path }: Location, bytes: Uint8Array): Promise<boolean | undefined> {
  try {
    return compareKeys(await readWhole(storage, storage.join(path, MANIFEST_NAME)), bytes) === 0;
  } catch (error) {
    return isCairnError(error, 'NOT_FOUND') ? false : undefined;
  }
}
