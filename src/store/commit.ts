import type { Checksum } from '../bytes/checksum.ts';
import { compareKeys } from '../bytes/compare.ts';
import type { Location } from '../io/uri.ts';
import { contentId, encodeManifest, MANIFEST_NAME, type Manifest } from './manifest.ts';
import { readWhole } from './store-path.ts';

/**
 * Makes a store complete whose partitions are durable, if nobody else did: undefined when somebody was first.
 *
 * @throws {CairnError} `IO`.
 */
export async function commitManifest(
  { storage, path }: Location,
  manifest: Omit<Manifest, 'id'>,
  checksum: Checksum,
): Promise<Manifest | undefined> {
  const committed: Manifest = { ...manifest, id: contentId(manifest, checksum) };
  const bytes = encodeManifest(committed, checksum);
  const file = storage.join(path, MANIFEST_NAME);
  try {
    return (await storage.putIfAbsent(file, bytes)) ? committed : undefined;
  } catch (error) {
    // Did it happen or not? If ours is there it may not be durable: take it back, so that the store is absent
    // before its partitions are removed. Where even that fails, the partitions must stay.
    const found = await readWhole(storage, file).catch(() => undefined);
    if (found !== undefined && compareKeys(found, bytes) === 0) await storage.remove(file);
    throw error;
  }
}

/** Puts another manifest in the place of a complete store's, in one step. @throws {CairnError} `IO`. */
export async function replaceManifest(
  { storage, path }: Location,
  manifest: Omit<Manifest, 'id'>,
  checksum: Checksum,
): Promise<Manifest> {
  const committed: Manifest = { ...manifest, id: contentId(manifest, checksum) };
  await storage.replace(storage.join(path, MANIFEST_NAME), encodeManifest(committed, checksum));
  return committed;
}
