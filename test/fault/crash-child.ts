// Runs one scenario and kills itself, as `kill -9` would, just before the N-th call that changes the file system.

// First, before the library takes hold of the functions that it replaces.
import '../support/fs-hooks.ts';

import {
  copyStore,
  createStore,
  deleteStore,
  mergeStore,
  mergeStores,
  renameStore,
} from '../../src/node/index.ts';
import { setFsHook } from '../support/fs-hooks.ts';

const [scenario, root, nth, buildId] = process.argv.slice(2);

/** Between calls that only look, nothing changes that a kill could leave behind. */
const LOOKS = new Set([
  'open',
  'read',
  'readSync',
  'fstatSync',
  'stat',
  'lstat',
  'readdir',
  'close',
  'closeSync',
  'handle.close',
]);

let count = 0;
setFsHook(({ operation }) => {
  if (!LOOKS.has(operation) && ++count === Number(nth)) process.kill(process.pid, 'SIGKILL');
  return undefined;
}, root);

switch (scenario) {
  case 'write': {
    const writer = await createStore(`${root}/s`, {
      valueEncoding: 'utf8',
      partitionBytes: 2048,
      blockBytes: 512,
      ...(buildId === undefined ? {} : { buildId }),
    });
    for (let i = 0; i < 9; i++) await writer.put(`k0000${i}`, `v0000${i}`.padEnd(300, '.'));
    await writer.close();
    break;
  }
  case 'sort': {
    const writer = await createStore(`${root}/s`, {
      valueEncoding: 'utf8',
      sort: true,
      sortMemory: 65_536,
      sortDirectory: `${root}/tmp`,
    });
    for (let i = 8; i >= 0; i--) await writer.put(`k0000${i}`, `v0000${i}`.padEnd(20_000, '.'));
    await writer.close();
    break;
  }
  case 'delete':
    await deleteStore(`${root}/s`);
    break;
  case 'copy':
    await copyStore(`${root}/s`, `${root}/t`);
    break;
  case 'rename':
    await renameStore(`${root}/s`, `${root}/below/t`);
    break;
  case 'merge':
    await mergeStore(`${root}/from`, `${root}/to`);
    break;
  case 'merge-new':
    await mergeStores([`${root}/from`, `${root}/to`], `${root}/all`);
    break;
  default:
    throw new Error(`there is no scenario ${scenario}`);
}
// The calls that it took: the parent knows then where to stop.
process.stdout.write(`${count}\n`);
