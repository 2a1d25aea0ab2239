import type { KvChanges } from './kv-changes.ts';
import type { KvReader } from './kv-reader.ts';
import { isLive, type KvHead } from './kv-records.ts';
import type { SharedWriter } from './shared-writer.ts';
import { wildcards } from './wildcards.ts';

/** Keys of one commit: others' writes wait for so many at most. */
const KEYS_PER_COMMIT = 1000;

/** What is purged. */
export interface Purge {
  readonly expiredOnly: boolean;
  readonly keyPattern: string;
  readonly beforeMs: number | undefined;
  readonly keepVersions: number | undefined;
}

interface PurgedKey {
  readonly key: string;
  readonly head: KvHead;
  /** Revisions before this one go; undefined: the whole key. */
  readonly oldest: number | undefined;
  /** How much of it counts. */
  readonly size: number;
}

/** Purges a namespace. Returns how many keys, or revisions, were removed. */
export async function purge(
  name: string,
  what: Purge,
  parts: { readonly reader: KvReader; readonly writer: SharedWriter; readonly clock: () => number },
): Promise<number> {
  const { reader, writer } = parts;
  const matches = wildcards(what.keyPattern);
  const nowMs = parts.clock();
  let size = 0;
  let found: PurgedKey[] = [];
  const remove = async (): Promise<void> => {
    const keys = found;
    found = [];
    size += await writer.run((changes) => removeAll(name, keys, changes), false);
  };
  for await (const [key, head] of reader.allHeads(name)) {
    if (!matches(key) || (what.expiredOnly && isLive(head, nowMs))) continue;
    const purged = await purgedKey(name, key, head, what, reader);
    if (purged === undefined) continue;
    found.push(purged);
    if (found.length >= KEYS_PER_COMMIT) await remove();
  }
  if (found.length > 0) await remove();
  return size;
}

async function purgedKey(
  name: string,
  key: string,
  head: KvHead,
  { beforeMs, keepVersions }: Purge,
  reader: KvReader,
): Promise<PurgedKey | undefined> {
  if (beforeMs === undefined && keepVersions === undefined) return { key, head, oldest: undefined, size: 1 };
  // The newest revision stays in any case.
  if (head.oldest === head.revision) return undefined;
  let size = 0;
  let oldest = head.revision;
  if (keepVersions !== undefined) {
    oldest = Math.max(head.oldest, head.revision - keepVersions + 1);
    size = oldest - head.oldest;
  } else {
    for await (const [revision, record] of reader.records(name, key, false)) {
      if (revision === head.revision || record.updatedMs >= (beforeMs as number)) {
        oldest = revision;
        break;
      }
      size++;
    }
  }
  return size === 0 ? undefined : { key, head, oldest, size };
}

/** Removes what was found, unless it was changed since then. */
async function removeAll(name: string, keys: readonly PurgedKey[], changes: KvChanges): Promise<number> {
  let removed = 0;
  for (const { key, head, oldest, size } of keys) {
    const now = await changes.head(name, key);
    if (now === undefined || !isSame(now, head)) continue;
    if (oldest === undefined) await changes.remove(name, key, head);
    else await changes.removeOlder(name, key, head, oldest);
    removed += size;
  }
  return removed;
}

function isSame(a: KvHead, b: KvHead): boolean {
  return (
    a.revision === b.revision &&
    a.oldest === b.oldest &&
    a.isDeleted === b.isDeleted &&
    a.updatedMs === b.updatedMs
  );
}
