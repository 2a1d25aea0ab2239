import { conditionalCases } from './conditional-cases.ts';
import { directoryCases } from './directory-cases.ts';
import { fileCases } from './file-cases.ts';
import { listCases } from './list-cases.ts';
import { readCases } from './read-cases.ts';
import { type PutFile, StorageBench } from './storage-bench.ts';

/** One promise of a storage, and the test of it. */
export interface StorageCase {
  readonly name: string;
  /**
   * @throws {Error} (as a rejection) if the storage breaks the promise; the message says what was found
   *   instead.
   */
  run(): Promise<void>;
}

/** What a storage can do besides being read: `listable` is a `ListableStorage`, and so on. */
export type StorageCapability = 'listable' | 'writable' | 'conditional';

/** Where and how a storage is tested. */
export interface StorageConformanceOptions {
  /**
   * Returns the URI of an empty directory, a new one for each case; its scheme has been registered. The
   * caller removes what is left in it.
   */
  readonly root: () => string | Promise<string>;
  /**
   * Whether the storage holds objects rather than files: there are no empty directories, and a file exists,
   * and its name is taken, once it is finished. Default: false.
   */
  readonly objects?: boolean | undefined;
  /**
   * What the storage can do besides being read. The cases about writing are for a complete storage, which has
   * all three capabilities. Default: all.
   */
  readonly capabilities?: readonly StorageCapability[] | undefined;
  /** Puts a file at a URI by other means than the storage: for one that cannot be written. */
  readonly put?: PutFile | undefined;
}

const ALL: readonly StorageCapability[] = ['listable', 'writable', 'conditional'];

/**
 * Returns everything that this library expects of a storage, as cases for any test runner. Stores can be kept
 * in a complete storage that passes them all, and opened in one that passes those for reading.
 *
 * @example
 * ```ts
 * import 'cairnkv'; // knows memory:
 * import { storageConformance } from 'cairnkv/storage/conformance';
 *
 * let number = 0;
 * // A test runner takes them as test(name, run).
 * for (const { name, run } of storageConformance({ root: () => `memory:conformance/${number++}` })) {
 *   await run().catch((error) => console.log(name, error));
 * }
 * ```
 */
export function storageConformance({
  root,
  objects = false,
  capabilities = ALL,
  put,
}: StorageConformanceOptions): StorageCase[] {
  const cases: StorageCase[] = [];
  const bench = new StorageBench(root, objects, put);
  const test = (name: string, run: () => Promise<void>): void => void cases.push({ name, run });
  readCases(test, bench);
  if (capabilities.includes('listable')) listCases(test, bench);
  if (capabilities.includes('conditional')) conditionalCases(test, bench);
  if (ALL.every((each) => capabilities.includes(each))) {
    fileCases(test, bench);
    directoryCases(test, bench);
  }
  return cases;
}
