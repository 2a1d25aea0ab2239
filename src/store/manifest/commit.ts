import '../../io/register-memory.ts';
import type { Checksum } from '../../bytes/checksum.ts';
import { compareBytes } from '../../bytes/compare.ts';
import { isCairnError } from '../../errors.ts';
import type { ConditionalStorage, WritableStorage } from '../../io/storage.ts';
import type { Location } from '../../io/uri.ts';
import { decodeManifest } from './decode-manifest.ts';
import { contentId, encodeManifest, MANIFEST_NAME, type Manifest } from './manifest.ts';
import { readManifest, readWhole } from './store-directory.ts';

/** What came of writing a manifest. */
export interface CommitOutcome {
  /**
   * `done`: the manifest is there. `lost`: another one is, or the old one still is. `unclear`: the storage failed,
   * and it could not be found out; every file must stay, because the manifest may name it.
   */
  readonly state: 'done' | 'lost' | 'unclear';
  /** True when it is lost to a manifest that names files of the same names: these must stay, whoever made them. */
  readonly shared?: boolean;
  /** Why it is not done, where the storage failed. */
  readonly error?: unknown;
}

/** Makes a store complete whose partitions are durable, if nobody else did. */
export async function commitManifest(
  location: Location<ConditionalStorage & WritableStorage>,
  manifest: Omit<Manifest, 'id'>,
  checksum: Checksum,
): Promise<CommitOutcome> {
  const { storage, path } = location;
  const bytes = encodeManifest({ ...manifest, id: contentId(manifest, checksum) }, checksum);
  const file = storage.join(path, MANIFEST_NAME);
  try {
    if (await storage.putIfAbsent(file, bytes)) return { state: 'done' };
    return { state: 'lost', shared: await namesAnyOf(location, manifest, checksum) };
  } catch (error) {
    // Did it happen or not? If ours is there it may not be durable: it is taken back, so that the store is absent
    // before its partitions are removed.
    const found = await sameBytes(location, bytes);
    // What comes over a network is durable when it can be seen, and may be seen later.
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
 * Puts another manifest in the place of a complete store's, in one step.
 *
 * @param check throws unless the manifest that is there is the one to be replaced.
 */
export async function replaceManifest(
  location: Location<ConditionalStorage>,
  manifest: Omit<Manifest, 'id'>,
  checksum: Checksum,
  check: (current: Manifest) => void,
): Promise<CommitOutcome> {
  const { storage, path } = location;
  const bytes = encodeManifest({ ...manifest, id: contentId(manifest, checksum) }, checksum);
  const file = storage.join(path, MANIFEST_NAME);
  try {
    await storage.replace(file, bytes, (current) =>
      check(decodeManifest(current, storage.uri(file), checksum)),
    );
    return { state: 'done' };
  } catch (error) {
    // Where the new one is visible it may not be durable: both must find their files.
    const lost = (await sameBytes(location, bytes)) === false && !mayStillHappen(error);
    return { state: lost ? 'lost' : 'unclear', error };
  }
}

/** Whether the manifest that is there names files that this one names; true when that can't be found out. */
async function namesAnyOf(
  location: Location,
  { partitions }: Pick<Manifest, 'partitions'>,
  checksum: Checksum,
): Promise<boolean> {
  const names = new Set(partitions.map(({ name }) => name));
  try {
    return (await readManifest(location, checksum)).partitions.some(({ name }) => names.has(name));
  } catch {
    return true;
  }
}

/** Whether what failed may take effect later: a request that is still on its way somewhere. */
function mayStillHappen(error: unknown): boolean {
  return isCairnError(error, 'IO') && error.unanswered === true;
}

/** Whether the manifest of a location has these bytes; undefined when that can't be found out. */
async function sameBytes({ storage, path }: Location, bytes: Uint8Array): Promise<boolean | undefined> {
  try {
    return compareBytes(await readWhole(storage, storage.join(path, MANIFEST_NAME)), bytes) === 0;
  } catch (error) {
    return isCairnError(error, 'NOT_FOUND') ? false : undefined;
  }
}
