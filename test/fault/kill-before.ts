import { type FsHook, setFsHook } from '../support/fs-hooks.ts';

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

/**
 * Kills this process, as `kill -9` would, just before the N-th call that changes the file system below a directory; `hook` sees
 * the calls before it. Returns what counts these calls.
 */
export function killBefore(nth: number, directory: string, hook: FsHook = () => undefined): () => number {
  let count = 0;
  setFsHook((call) => {
    if (!LOOKS.has(call.operation) && ++count === nth) process.kill(process.pid, 'SIGKILL');
    return hook(call);
  }, directory);
  return () => count;
}
