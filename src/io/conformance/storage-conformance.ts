import { directoryCases } from './directory-cases.ts';
import { fileCases } from './file-cases.ts';
import { StorageBench } from './storage-bench.ts';

/** One promise of a storage, and the test of it. */
export interface StorageCase {
  readonly name: string;
  /** @throws {Error} (as a rejection) that says what was found instead. */
  run(): Promise<void>;
}

/** Where and how a storage is tested. */
export interface StorageConformanceOptions {
  /**
   * The URI of an empty directory that no case before has had; its scheme has been registered. What is left in it is the
   * caller's to remove.
   */
  readonly root: () => string | Promise<string>;
  /**
   * Whether objects lie there rather than files: there are no empty directories, and a file is there and its name taken
   * when it is finished. Default false.
   */
  readonly objects?: boolean;
}

/**
 * Everything that this library expects of a storage, as cases for any test runner. A storage that passes them all can
 * hold stores.
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
export function storageConformance({ root, objects = false }: StorageConformanceOptions): StorageCase[] {
  const cases: StorageCase[] = [];
  const bench = new StorageBench(root, objects);
  const test = (name: string, run: () => Promise<void>): void => void cases.push({ name, run });
  fileCases(test, bench);
  directoryCases(test, bench);
  return cases;
}
