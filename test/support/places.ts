import { rmSync } from 'node:fs';
import { locate } from '../../src/io/uri.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** Somewhere to put stores: `root()` is the URI of a fresh directory; a child of it is `${root}/name`. */
export interface Place {
  readonly name: string;
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

async function makeRoot(uri: string): Promise<string> {
  const { storage, path } = locate(uri);
  await storage.makeDirectory(path);
  return uri;
}
