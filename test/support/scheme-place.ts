import { locateComplete } from './locate-complete.ts';

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

/** Directories of a storage that has no disk, under a scheme such as `memory:`. */
export function schemePlace(scheme: string): Place {
  let number = 0;
  return {
    name: scheme,
    root: () => makeRoot(`${scheme}root-${number++}`),
    async cleanUp() {},
  };
}

/** A fresh directory. */
export async function makeRoot(uri: string): Promise<string> {
  const { storage, path } = locateComplete(uri);
  await storage.makeDirectory(path);
  return uri;
}
