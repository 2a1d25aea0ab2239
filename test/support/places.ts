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
  return objectPlace(name, 's3://bucket', register);
}

/** Prefixes in a container of Azure's, reached by the `az:` URIs that `register` makes known. */
export function azurePlace(name: string, register: () => Promise<{ stop(): Promise<void> }>): Place {
  return objectPlace(name, 'az://container', register);
}

function objectPlace(name: string, base: string, register: () => Promise<{ stop(): Promise<void> }>): Place {
  let server: Promise<{ stop(): Promise<void> }> | undefined;
  let number = 0;
  return {
    name,
    objects: true,
    async root() {
      server ??= register();
      await server;
      return `${base}/root-${number++}`;
    },
    async cleanUp() {
      await (await server)?.stop();
      server = undefined;
    },
  };
}
