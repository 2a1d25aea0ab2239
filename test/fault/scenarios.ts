import {
  type CreateStoreOptions,
  copyStore,
  createStore,
  deleteStore,
  mergeStore,
  mergeStores,
  renameStore,
} from '../../src/node/index.ts';
import { COLLECTION_SCENARIOS } from './collection-scenarios.ts';
import { TABLE_SCENARIOS } from './table-scenarios.ts';

/** What children do that are killed, or whose disk fails, by name: each below a directory of its own. */
export const SCENARIOS: Readonly<Record<string, (root: string, buildId?: string) => Promise<unknown>>> = {
  write: (root, buildId) => write(`${root}/s`, buildId === undefined ? {} : { buildId }),
  async sort(root) {
    const writer = await createStore(`${root}/s`, {
      valueEncoding: 'utf8',
      sort: true,
      sortBytes: 65_536,
      sortDirectory: `${root}/tmp`,
    });
    for (let i = 8; i >= 0; i--) await writer.put(`k0000${i}`, `v0000${i}`.padEnd(20_000, '.'));
    await writer.close();
  },
  delete: (root) => deleteStore(`${root}/s`),
  copy: (root) => copyStore(`${root}/s`, `${root}/t`),
  rename: (root) => renameStore(`${root}/s`, `${root}/below/t`),
  merge: (root) => mergeStore(`${root}/from`, `${root}/to`),
  'merge-new': (root) => mergeStores([`${root}/from`, `${root}/to`], `${root}/all`),
  'write-over': (root) => write(`${root}/t`, { replace: true }),
  'copy-over': (root) => copyStore(`${root}/s`, `${root}/t`, { replace: true }),
  'rename-over': (root) => renameStore(`${root}/s`, `${root}/t`, { replace: true }),
  'merge-over': (root) => mergeStores([`${root}/s`, `${root}/t`], `${root}/t`, { replace: true }),
  ...COLLECTION_SCENARIOS,
  ...TABLE_SCENARIOS,
};

/** Writes a store of three partitions: the pairs that the checks expect. */
async function write(uri: string, options: Pick<CreateStoreOptions, 'buildId' | 'replace'>): Promise<void> {
  const writer = await createStore(uri, {
    valueEncoding: 'utf8',
    partitionBytes: 2048,
    blockBytes: 512,
    ...options,
  });
  for (let i = 0; i < 9; i++) await writer.put(`k0000${i}`, `v0000${i}`.padEnd(300, '.'));
  await writer.close();
}
