import { rmSync } from 'node:fs';
import { locate } from '../../src/io/uri.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** Somewhere to put stores: `root()` is the URI of a fresh directory; a child of it is `${root}/name`. */
export interface Place {
  readonly name: string;
  /**
   * Whether objects lie there rather than files: there are no empty directories, a file is there and its name taken
   * when it is finished, nothing is read without waiting, and what is removed is gone for those who opened it, too.
   */
  readonly objects?: boolean;
  root(): Promise<string>;
  cleanUp(): Promise<void>;
}

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

/** Directories of a storage that has no disk, under a scheme such as `memory:`. */
export function schemePlace(scheme: string): Place {
  let number = 0;
  return {
    name: scheme,
    root: () => makeRoot(`${scheme}root-${number++}`),
    async cleanUp() {},
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

async function makeRoot(uri: string): Promise<string> {
  const { storage, path } = locate(uri);
  await storage.makeDirectory(path);
  return uri;
}
