import { isCairnError } from '../../errors.ts';
import type { ListableStorage } from '../../io/storage.ts';
import type { Location } from '../../io/uri.ts';

/** Where a store or collection has its files, besides its own directory. */
const DIRECTORIES = ['data', 'versions'] as const;

/** Whether a symbolic link takes a store or collection, or its files, out of the root. @throws {CairnError} `IO`. */
export async function leadsOut({ storage, path }: Location<ListableStorage>, name: string): Promise<boolean> {
  if (storage.realPath === undefined) return false;
  const root = await storage.realPath(path);
  const child = storage.join(path, name);
  for (const place of [child, ...DIRECTORIES.map((each) => storage.join(child, each))]) {
    try {
      if (!isBelow(await storage.realPath(place), root)) return true;
    } catch (error) {
      if (!isCairnError(error, 'NOT_FOUND')) throw error;
    }
  }
  return false;
}

/** Whether a path without links lies below another. */
export function isBelow(path: string, root: string): boolean {
  const start = /[/\\]$/.test(root) ? root : `${root}/`;
  return path.startsWith(start) || path.startsWith(start.replace(/\/$/, '\\'));
}
