// Runs one scenario and kills itself, as `kill -9` would, just before the N-th call that changes the file system.

// First, before the library takes hold of the functions that it replaces.
import '../support/fs-hooks.ts';

import { errno, setFsHook } from '../support/fs-hooks.ts';
import { SCENARIOS } from './scenarios.ts';

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
  return operation === 'link' && process.env.LACKS_LINKS === '1' ? errno('ENOTSUP', 'link') : undefined;
}, root);

await SCENARIOS[scenario](root, buildId);
// The calls that it took: the parent knows then where to stop.
process.stdout.write(`${count}\n`);
