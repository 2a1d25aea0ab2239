import {
  copyStore,
  createStore,
  deleteStore,
  mergeStore,
  mergeStores,
  renameStore,
} from '../../src/node/index.ts';
import { COLLECTION_SCENARIOS } from './collection-scenarios.ts';

/** What children do that are killed, or whose disk fails, by name: each below a directory of its own. */
export const SCENARIOS: Readonly<Record<string, (root: string, buildId?: string) => Promise<unknown>>> = {
  async write(root, buildId) {
    const writer = await createStore(`${root}/s`, {
      valueEncoding: 'utf8',
      partitionBytes: 2048,
      blockBytes: 512,
      ...(buildId === undefined ? {} : { buildId }),
    });
    for (let i = 0; i < 9; i++) await writer.put(`k0000${i}`, `v0000${i}`.padEnd(300, '.'));
    await writer.close();
  },
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
  ...COLLECTION_SCENARIOS,
};
