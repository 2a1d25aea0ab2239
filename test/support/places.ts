import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeRoot, type Place } from './scheme-place.ts';
import { quickWriters } from './storage-tools.ts';
import { temporaryDirectory } from './temporary-directory.ts';

export { type Place, schemePlace } from './scheme-place.ts';

quickWriters.set('file', (path, bytes) => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
});

/** Temporary directories on disk. */
export function filePlace(): Place {
  let base: string | undefined;
  let number = 0;
  return {
    name: 'file:',
    async root() {
      base ??= temporaryDirectory();
      return makeRoot(`${base}/${number++}`);
    },
    async cleanUp() {
      if (base !== undefined) rmSync(base, { recursive: true, force: true });
      base = undefined;
    },
  };
}
