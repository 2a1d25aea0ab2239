import type { StoreHandle } from '../store/read/store-sharing.ts';
import type { TaskRunner } from './assignment.ts';
import type { JobDefinition } from './define-job.ts';

/** What threads of a job are started with. */
export interface ThreadOptions {
  /** The URL of the job's module. */
  readonly module: string;
  /** Stores that are open here and shared, by their URIs. */
  readonly stores: ReadonlyMap<string, StoreHandle>;
  /** The most memory of a thread's heap, in bytes; undefined for the platform's limit. */
  readonly heapBytes: number | undefined;
}

/** What a platform can do with the modules of jobs. */
export interface JobModules {
  /** How many threads the machine runs at once. */
  readonly parallelism: number;
  /**
   * Imports a module.
   *
   * @throws {CairnError} `INVALID_ARGUMENT` if it can't be imported, or exports no job by default.
   */
  load(module: string | URL): Promise<{ readonly definition: JobDefinition; readonly url: string }>;
  /** Whether a storage is the same in threads: `memory:` is not, nor is what only this thread has registered. */
  sharesScheme(scheme: string): boolean;
  /** Returns what makes attempts in threads, each of which imports the module; undefined if there are none to be had. */
  threads(options: ThreadOptions): TaskRunner | undefined;
}

let modules: JobModules | undefined;

/** Registers what the platform can do with modules. */
export function registerJobModules(ofPlatform: JobModules): void {
  modules = ofPlatform;
}

/** What the platform can do with modules; undefined if it can't import them. */
export function jobModules(): JobModules | undefined {
  return modules;
}

/** What a thread's heap holds besides entries. */
const LEAST_HEAP_BYTES = 1 << 26;

/** The most memory of a thread's heap, by that for its entries. */
export function heapBytesFor(memoryBytes: number | undefined): number | undefined {
  return memoryBytes === undefined ? undefined : 2 * memoryBytes + LEAST_HEAP_BYTES;
}
