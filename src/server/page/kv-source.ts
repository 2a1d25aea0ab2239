import { apiPath, askJson, type KvSummary } from './api.ts';
import { type EntrySource, PAGE_ENTRIES, PagedSource } from './entry-source.ts';

/** Returns the keys of a namespace. What stands for a value is the key's {@link KvSummary}. */
export function kvSource(namespace: string, prefix: string): EntrySource {
  return new PagedSource(async (after, signal) => {
    const query = { limit: PAGE_ENTRIES, prefix: prefix === '' ? undefined : prefix, after };
    const path = apiPath(['namespaces', namespace, 'kv'], query);
    const listed = await askJson<readonly KvSummary[]>(path, { signal });
    return {
      entries: listed.map((value) => ({ key: value.key, value })),
      // A page that is not full is the last one.
      next: listed[PAGE_ENTRIES - 1]?.key ?? null,
    };
  });
}
