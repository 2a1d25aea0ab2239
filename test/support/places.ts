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

/** Prefixes in the bucket of a storage that speaks S3, reached by the `s3:` URIs that `register` makes known. */
export function s3Place(name: string, register: () => Promise<{ stop(): Promise<void> }>): Place {
  let server: Promise<{ stop(): Promise<void> }> | undefined;
  let number = 0;
  return {
    name,
    objects: true,
    async root() {
      server ??= register();
      await server;
      return `s3://bucket/root-${number++}`;
    },
    async cleanUp() {
      await (await server)?.stop();
      server = undefined;
    },
  };
}
