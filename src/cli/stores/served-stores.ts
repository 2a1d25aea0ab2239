import { isCairnError } from '../../errors.ts';
import { isListable } from '../../io/narrow-storage.ts';
import { locate } from '../../io/uri.ts';

/** The stores and collections that another `cairn serve` has, as URIs. */
export interface ServedStores {
  readonly stores: readonly string[];
  readonly collections: readonly string[];
}

/** No listing is longer. */
const MAX_LISTING_BYTES = 64 * 1024 * 1024;

/**
 * Returns what a URL lists: that of a `cairn serve`, or of its `/files`. Undefined if the storage lists by itself, or if what
 * is at the URL lists nothing.
 *
 * @throws {CairnError} (as a rejection) `IO`.
 */
export async function servedStores(root: string): Promise<ServedStores | undefined> {
  const { storage, path } = locate(root, 'root');
  if (isListable(storage) || !/^https?$/.test(storage.scheme)) return undefined;
  for (const place of [path, storage.join(path, 'files')]) {
    const names = await listingAt(place);
    if (names === undefined) continue;
    const urisOf = (kind: string): string[] =>
      names.filter((one) => one.kind === kind).map(({ name }) => storage.join(place, name));
    return { stores: urisOf('store'), collections: urisOf('collection') };
  }
  return undefined;
}

async function listingAt(place: string): Promise<{ name: string; kind: string }[] | undefined> {
  const { storage } = locate(place, 'root');
  try {
    const source = await storage.open(place);
    try {
      if (source.size > MAX_LISTING_BYTES) return undefined;
      const bytes = new Uint8Array(source.size);
      await source.read(0, bytes);
      return listed(JSON.parse(new TextDecoder().decode(bytes)));
    } finally {
      await source.close();
    }
  } catch (error) {
    // A page, or something else: the next place may be the right one.
    if (isCairnError(error, 'NOT_FOUND', 'NOT_A_STORE') || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function listed(json: unknown): { name: string; kind: string }[] | undefined {
  const stores = (json as { readonly stores?: unknown } | null)?.stores;
  if (!Array.isArray(stores)) return undefined;
  return stores.filter((one) => typeof one?.name === 'string' && typeof one?.kind === 'string');
}
