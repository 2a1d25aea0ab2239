import type {
  InputDescription,
  OpenSplitOptions,
  SplitInput,
  SplitSource,
  SplitWish,
} from '../batch/input-kinds.ts';
import type { CollectionSplit } from '../batch/split.ts';
import { fromHex, toHex } from '../bytes/hex.ts';
import { keyCodecFor } from '../codec/keys/key-codecs.ts';
import type { Collection } from '../collection/collection.ts';
import { openCollection } from '../collection/open-collection.ts';
import { splitKeys } from '../collection/split-keys.ts';
import { CairnError } from '../errors.ts';

/** What is read once needs no cache. */
const CACHE_BYTES = 0;

/**
 * Divides the keys of a collection's newest version into ranges that are about even: those of its largest generation are.
 *
 * @throws {CairnError} (as a rejection) `NOT_FOUND`, `NOT_A_STORE`, `CORRUPTION`, `IO`.
 */
export async function splitCollection(
  uri: string,
  { splits, bytes, signal }: SplitWish,
): Promise<SplitInput<CollectionSplit>> {
  await using collection = await openReadOnly(uri, signal);
  await using snapshot = await collection.snapshot();
  const { info } = collection;
  const bySize = bytes === undefined ? undefined : Math.ceil(info.bytes / bytes);
  const keys = await splitKeys(snapshot, (partitions) => splits ?? bySize ?? partitions);
  const bounds = [undefined, ...keys.map(toHex)];
  const number = bounds.length;
  const count = Math.ceil(info.storedEntries / number);
  const ranges = bounds.map(
    (gte, i): CollectionSplit => ({
      version: 1,
      kind: 'collection',
      uri,
      id: info.id,
      from: i * count,
      count: info.storedEntries === 0 ? 0 : count,
      at: snapshot.version,
      gte,
      lt: bounds[i + 1],
    }),
  );
  return { ...(info as unknown as InputDescription), splits: ranges };
}

/**
 * Opens a range of a collection at the version of its split.
 *
 * @throws {CairnError} (as a rejection) `CONFLICT` if another collection is there, `NOT_FOUND` also if the version is not kept.
 */
export async function openCollectionSplit(
  { uri, id, at, gte, lt }: CollectionSplit,
  { signal }: OpenSplitOptions,
): Promise<SplitSource> {
  const collection = await openReadOnly(uri, signal);
  try {
    if (collection.info.id !== id) {
      throw new CairnError(
        'CONFLICT',
        `${uri} is another collection than the one that was split. Plan the splits again`,
        {
          uri,
        },
      );
    }
    const snapshot = await collection.snapshot(at);
    const keys = keyCodecFor(collection.info.keyEncoding as 'utf8');
    const boundOf = (hex: string | undefined): unknown => {
      const bytes = hex === undefined ? undefined : (fromHex(hex) as Uint8Array);
      return bytes && keys.decode(bytes, 0, bytes.length);
    };
    const range = { gte: boundOf(gte), lt: boundOf(lt), signal };
    return {
      info: collection.info,
      async *batches(size) {
        for await (const entries of snapshot.batches(range, { size })) yield { entries };
      },
      async close() {
        await snapshot.close();
        await collection.close();
      },
    };
  } catch (error) {
    await collection.close();
    throw error;
  }
}

async function openReadOnly(
  uri: string,
  signal: AbortSignal | undefined,
): Promise<Collection<unknown, unknown>> {
  return openCollection<unknown, unknown>(uri, { readOnly: true, cacheBytes: CACHE_BYTES, signal });
}
