import { isCairnError } from '../../errors.ts';
import type { IncompleteUpload, ListableStorage, StorageEntry } from '../../io/storage.ts';
import type { Location } from '../../io/uri.ts';
import { DATA_DIRECTORY, MANIFEST_NAME, type Manifest } from './manifest.ts';

// All names by which deletions and sweeps know the files of this library are here. A file with another name is never
// removed, whatever it holds: anyone may keep a partition as `data/words.cairn` and open it alone.

/** Part of the name of every file of one attempt: 16 random hex digits, or a `buildId`. */
const ATTEMPT_ID = '[A-Za-z0-9][A-Za-z0-9._-]{0,63}';

/** The names that writers of this library choose in a data directory: of partitions, and of runs of a sorting. */
export const WRITTEN_FILE: RegExp = new RegExp(`^(?:part|run)-\\d{5,}-${ATTEMPT_ID}\\.cairn$`);

const WRITTEN_PARTITION = new RegExp(`^part-\\d{5,}-(${ATTEMPT_ID})\\.cairn$`);

/**
 * Returns the pattern of the names that storages choose for what becomes, or guards, a file that is put into place in one
 * step: `name.<unique>.tmp`, where the unique part is 16 or 32 hex digits, or `claim`.
 */
export function temporariesOf(name: string): RegExp {
  const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped}\\.(?:[0-9a-f]{16}|[0-9a-f]{32}|claim)\\.tmp$`);
}

/** The directory of the batch jobs that write a store: it holds one directory for each. */
export const JOBS_DIRECTORY: string = '_jobs';

/** The name of a job, which is that of its directory. */
export const JOB_NAME: RegExp = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** The file whose presence makes a directory that of a job. */
export const JOB_PLAN_NAME: string = 'plan.json';

/** Says for good whether a job is committed or aborted. */
export const JOB_DECISION_NAME: string = 'decision.json';

/** The names of files in the directory of a job. */
const JOB_FILE =
  /^(?:plan|splitters|decision|(?:map|task)-\d{5,})\.json(?:\.(?:[0-9a-f]{16}|[0-9a-f]{32}|claim)\.tmp)?$/;

/** The names of temporary manifests. */
export const TEMPORARY_MANIFEST: RegExp = temporariesOf(MANIFEST_NAME);

// What operating systems and network file systems put into any directory.
const BYSTANDER = /^(?:\.nfs.*|\.DS_Store|\._.*|lost\+found|Thumbs\.db|desktop\.ini)$/i;

/** Whether a name is that of a file which an operating system leaves in any directory: no one keeps data in it. */
export function isBystander(name: string): boolean {
  return BYSTANDER.test(name);
}

/** A file in a store's directory, and its path. */
export interface FoundFile extends StorageEntry {
  readonly path: string;
}

/**
 * Yields the files in a store's directory that writers of this library made and its manifest does not name: partitions, runs
 * of a sorting, temporary manifests; all of them if it has no manifest. A reader never sees them; a writer may be at work on
 * them.
 *
 * @throws {CairnError} `IO`.
 */
export async function* orphanFiles(
  { storage, path, data }: Location<ListableStorage> & { readonly data: string },
  manifest?: Manifest,
): AsyncIterable<FoundFile> {
  const named = new Set(manifest?.partitions.map((partition) => partition.name));
  for await (const entry of storage.list(path)) {
    if (entry.kind === 'file' && TEMPORARY_MANIFEST.test(entry.name)) {
      yield { ...entry, path: storage.join(path, entry.name) };
    }
  }
  for await (const entry of storage.list(data)) {
    if (entry.kind === 'file' && WRITTEN_FILE.test(entry.name) && !named.has(entry.name)) {
      yield { ...entry, path: storage.join(data, entry.name) };
    }
  }
}

/**
 * Returns the uploads of a store's partitions that were started but never completed. Empty if the credentials do not allow
 * listing them.
 *
 * @throws {CairnError} `IO`.
 */
export async function incompleteUploads(directory: Location<ListableStorage>): Promise<IncompleteUpload[]> {
  try {
    return await uploadsOf(directory, (store) => store === directory.path);
  } catch (error) {
    // A writer does not need the permission to list uploads.
    if (isCairnError(error, 'IO') && error.transient === false) return [];
    throw error;
  }
}

/** The same of a store, and of the stores directly below it. @throws {CairnError} `IO`, also without the permission. */
export async function incompleteUploadsBelow(root: Location<ListableStorage>): Promise<IncompleteUpload[]> {
  const { storage, path } = root;
  return uploadsOf(root, (store) => store === path || storage.split(store).directory === path);
}

async function uploadsOf(
  { storage, path }: Location<ListableStorage>,
  accept: (store: string) => boolean,
): Promise<IncompleteUpload[]> {
  const found: IncompleteUpload[] = [];
  for await (const file of storage.listIncompleteUploads?.(path) ?? []) {
    const { directory: data, name } = storage.split(file.path);
    const { directory: store, name: last } = storage.split(data);
    if (last === DATA_DIRECTORY && WRITTEN_FILE.test(name) && accept(store)) found.push(file);
  }
  return found;
}

/** Returns the part of a partition's file name that is unique to the attempt that made it. */
export function attemptIdOf(name: string): string | undefined {
  return WRITTEN_PARTITION.exec(name)?.[1];
}

/** Yields the directories of the batch jobs in a store's directory. @throws {CairnError} `IO`. */
export async function* jobDirectories({ storage, path }: Location<ListableStorage>): AsyncIterable<string> {
  const jobs = storage.join(path, JOBS_DIRECTORY);
  for await (const { kind, name } of storage.list(jobs)) {
    if (kind === 'directory' && JOB_NAME.test(name)) yield storage.join(jobs, name);
  }
}

/** Yields the files of a batch job, the plan and the decision last. @throws {CairnError} `IO`. */
export async function* jobFiles(storage: ListableStorage, job: string): AsyncIterable<FoundFile> {
  const last: FoundFile[] = [];
  for await (const entry of storage.list(job)) {
    if (entry.kind !== 'file' || !JOB_FILE.test(entry.name)) continue;
    const file = { ...entry, path: storage.join(job, entry.name) };
    if (entry.name === JOB_PLAN_NAME) last.unshift(file);
    else if (entry.name === JOB_DECISION_NAME) last.push(file);
    else yield file;
  }
  yield* last;
}

/** A batch job that has been planned and not aborted: its partitions are no orphans of a store without a manifest. */
export interface OpenJob {
  readonly path: string;
  /** Whether it is committed, and only its store is missing. */
  readonly isCommitted: boolean;
  /** When its files last changed, in milliseconds since 1970. */
  readonly modifiedMs: number;
}

/** Returns the batch jobs of a store that are not aborted. @throws {CairnError} `IO`. */
export async function openJobs(directory: Location<ListableStorage>): Promise<OpenJob[]> {
  const { storage } = directory;
  const found: OpenJob[] = [];
  for await (const path of jobDirectories(directory)) {
    let isPlanned = false;
    let decision: string | undefined;
    let modifiedMs = 0;
    for await (const file of jobFiles(storage, path)) {
      modifiedMs = Math.max(modifiedMs, file.modifiedMs);
      if (file.name === JOB_PLAN_NAME) isPlanned = true;
      if (file.name === JOB_DECISION_NAME) decision = file.path;
    }
    if (!isPlanned || (decision !== undefined && (await isAbort(storage, decision)))) continue;
    found.push({ path, isCommitted: decision !== undefined, modifiedMs });
  }
  return found;
}

async function isAbort(storage: ListableStorage, path: string): Promise<boolean> {
  const source = await storage.open(path);
  try {
    // A commit lists partitions; an abort is a few lines.
    if (source.size > 4096) return false;
    const bytes = new Uint8Array(source.size);
    await source.read(0, bytes);
    return ABORT_DECISION.test(new TextDecoder().decode(bytes));
  } finally {
    await source.close();
  }
}

const ABORT_DECISION = /^ {2}"decision": "abort",?$/m;
