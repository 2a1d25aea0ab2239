import { type Checksum, hex64 } from '../bytes/checksum.ts';
import type { Region } from '../bytes/corruption.ts';
import { loadChecksum } from '../bytes/xxh64.ts';
import { CairnError, invalidArgument, isCairnError } from '../errors.ts';
import type { Storage } from '../io/storage.ts';
import type { PartitionRecord } from '../partition/partition-record.ts';
import { decodeRecords } from '../store/manifest/decode-manifest.ts';
import { decodeDocument, encodeDocument, type Fields } from '../store/manifest/job-document.ts';
import { recordDocument } from '../store/manifest/manifest.ts';
import {
  JOB_DECISION_NAME,
  JOB_NAME,
  JOB_PLAN_NAME,
  JOBS_DIRECTORY,
  jobDirectories,
} from '../store/manifest/orphan-files.ts';
import type { StoreDirectory } from '../store/manifest/store-directory.ts';
import { targetDirectory } from '../store/manifest/store-draft.ts';
import type { JobPlan } from './job-plan.ts';

/** The two kinds of tasks: those of `map` write runs for others, the others write the output. */
export type TaskKind = 'map' | 'task';

/** What the first attempt of a task to end has written. */
export interface AttemptRecord {
  /** The random id of the attempt. */
  readonly attempt: string;
  /** What the engine that made it calls it. */
  readonly engineAttempt?: string | number | undefined;
  readonly counters: Readonly<Record<string, number>>;
  readonly partitions: readonly PartitionRecord[];
}

/** Whether a job is committed, and with which partitions. */
export type Decision =
  | { readonly decision: 'abort' }
  | { readonly decision: 'commit'; readonly partitions: readonly PartitionRecord[] };

/**
 * The directory of a job in the store that it writes. Its files are put if they are absent, and never change: so whatever
 * runs twice, at once or late, the first one decides.
 */
export class JobDirectory {
  readonly store: StoreDirectory<Storage>;
  readonly job: string;
  readonly checksum: Checksum;

  private constructor(store: StoreDirectory<Storage>, job: string, checksum: Checksum) {
    this.store = store;
    this.job = job;
    this.checksum = checksum;
  }

  /** @throws {CairnError} `INVALID_ARGUMENT`, `UNSUPPORTED`. */
  static async at(output: string | URL, job: string): Promise<JobDirectory> {
    const store = targetDirectory(output, 'output');
    if (typeof job !== 'string' || !JOB_NAME.test(job)) {
      throw invalidArgument(
        'job',
        'job must be 1 to 64 characters of A-Z a-z 0-9 . _ - that begin with a letter or digit',
      );
    }
    return new JobDirectory(store, job, await loadChecksum());
  }

  get path(): string {
    const { storage, path } = this.store;
    return storage.join(storage.join(path, JOBS_DIRECTORY), this.job);
  }

  /** Makes the directory. @throws {CairnError} `UNSUPPORTED` if the storage does not keep writers apart, `IO`. */
  async make(): Promise<void> {
    const { storage } = this.store;
    await storage.prepareCommit?.(this.store.manifest);
    await storage.makeDirectory(this.path);
  }

  /** @throws {CairnError} `NOT_FOUND` if there is no such job. */
  async plan(): Promise<JobPlan> {
    const plan = await this.findPlan();
    if (plan !== undefined) return plan;
    const { uri } = this.store;
    throw new CairnError('NOT_FOUND', `there is no job ${this.job} at ${uri}; plan it first`, { uri });
  }

  async findPlan(): Promise<JobPlan | undefined> {
    return (await this.read(JOB_PLAN_NAME))?.plan as JobPlan | undefined;
  }

  /** Returns what a plan is known by. */
  planId(plan: JobPlan): string {
    return hex64(this.checksum.hash(new TextEncoder().encode(JSON.stringify(plan))));
  }

  /** Puts the plan if there is none. Returns false if there is one. */
  putPlan(plan: JobPlan): Promise<boolean> {
    return this.put(JOB_PLAN_NAME, { plan });
  }

  async decision(): Promise<Decision | undefined> {
    const fields = await this.read(JOB_DECISION_NAME);
    if (fields === undefined) return undefined;
    if (fields.decision === 'abort') return { decision: 'abort' };
    return { decision: 'commit', partitions: this.#partitions(fields, JOB_DECISION_NAME) };
  }

  /** Puts the decision if there is none. Returns the one that counts. */
  async decide(decision: Decision): Promise<Decision> {
    const document =
      decision.decision === 'abort'
        ? decision
        : { ...decision, partitions: decision.partitions.map(recordDocument) };
    await this.put(JOB_DECISION_NAME, document);
    return (await this.decision()) as Decision;
  }

  async record(kind: TaskKind, task: number): Promise<AttemptRecord | undefined> {
    const name = recordName(kind, task);
    const fields = await this.read(name);
    if (fields === undefined) return undefined;
    const { attempt, engineAttempt, counters } = fields as unknown as AttemptRecord;
    return { attempt, engineAttempt, counters, partitions: this.#partitions(fields, name) };
  }

  /** The records of all tasks of a kind, by their numbers; undefined for those that have not ended. */
  async records(kind: TaskKind, tasks: number): Promise<(AttemptRecord | undefined)[]> {
    const records: (AttemptRecord | undefined)[] = [];
    for (let from = 0; from < tasks; from += READS_AT_ONCE) {
      const numbers = Array.from({ length: Math.min(READS_AT_ONCE, tasks - from) }, (_, i) => from + i);
      records.push(...(await Promise.all(numbers.map((task) => this.record(kind, task)))));
    }
    return records;
  }

  /** The records of the tasks of a kind that have ended, in their order; none of a kind that the job does not have. */
  async endedRecords(kind: TaskKind, { splits, tasks }: JobPlan): Promise<AttemptRecord[]> {
    const records = await this.records(kind, kind === 'map' ? splits.length : tasks);
    return records.flatMap((record) => record ?? []);
  }

  /** Puts a record if the task has none. Returns false if it has one. */
  putRecord(kind: TaskKind, task: number, record: AttemptRecord): Promise<boolean> {
    const partitions = record.partitions.map(recordDocument);
    return this.put(recordName(kind, task), { ...record, partitions });
  }

  removeRecord(kind: TaskKind, task: number): Promise<void> {
    const { storage } = this.store;
    return storage.remove(storage.join(this.path, recordName(kind, task)));
  }

  /** Returns the members of a file; undefined if it does not exist. @throws {CairnError} `CORRUPTION`, `IO`. */
  async read(name: string): Promise<Fields | undefined> {
    const { storage } = this.store;
    const path = storage.join(this.path, name);
    let source: Awaited<ReturnType<Storage['open']>>;
    try {
      source = await storage.open(path);
    } catch (error) {
      if (isCairnError(error, 'NOT_FOUND')) return undefined;
      throw error;
    }
    try {
      const bytes = new Uint8Array(source.size);
      await source.read(0, bytes);
      return decodeDocument(bytes, this.#region(name), this.checksum);
    } finally {
      await source.close();
    }
  }

  /** Puts a file if it is absent. Returns false if there is one. @throws {CairnError} `IO`. */
  put(name: string, document: object): Promise<boolean> {
    const { storage } = this.store;
    return storage.putIfAbsent(storage.join(this.path, name), encodeDocument(document, this.checksum));
  }

  #partitions(fields: Fields, name: string): PartitionRecord[] {
    return decodeRecords(fields.partitions, this.#region(name), 'partitions');
  }

  #region(name: string): Region {
    const { storage } = this.store;
    return { file: storage.uri(storage.join(this.path, name)), section: 'job', offset: 0 };
  }
}

/** The names of the jobs that are planned at an output, in any order. @throws {CairnError} `INVALID_ARGUMENT`, `IO`. */
export async function jobNames(output: string | URL): Promise<string[]> {
  const store = targetDirectory(output, 'output');
  const names: string[] = [];
  for await (const path of jobDirectories(store)) {
    const { name } = store.storage.split(path);
    if ((await (await JobDirectory.at(output, name)).findPlan()) !== undefined) names.push(name);
  }
  return names;
}

/** Small files that are read together: over a network, each takes a while. */
const READS_AT_ONCE = 16;

function recordName(kind: TaskKind, task: number): string {
  return `${kind}-${String(task).padStart(5, '0')}.json`;
}

/** Returns the task that a file of a job is the record of; undefined for its other files. */
export function recordedTask(name: string): { readonly kind: TaskKind; readonly task: number } | undefined {
  const [, kind, task] = /^(map|task)-(\d+)\.json$/.exec(name) ?? [];
  return kind === undefined ? undefined : { kind: kind as TaskKind, task: Number(task) };
}
