import { setTimeout as wait } from 'node:timers/promises';
import type { FlowProducer, Job, Queue } from 'bullmq';
import { engineError, type JobEngine, type JobLaunch } from '../../batch/job-engine.ts';
import { checkOptions } from '../../check-options.ts';
import { CairnError } from '../../errors.ts';
import { HOST } from '../../io/host.ts';
import { type BullmqConnection, loadBullmq, redisError, redisUrl } from './bullmq-package.ts';
import { flowOf, type LaunchData, queueOf, rootIds, type StepData } from './bullmq-tasks.ts';
import { checkPoll } from './check-poll.ts';
import { clientOptions } from './redis-client.ts';
import { failureInWords } from './task-failure.ts';

/** How jobs are run by BullMQ. */
export interface BullmqOptions extends BullmqConnection {
  /** Milliseconds between two looks at the queue; default: 500. */
  readonly pollMs?: number | undefined;
  /** Called with a sentence if no worker takes jobs from the queue. */
  readonly onIdle?: ((message: string) => void) | undefined;
}

const KNOWN = ['redis', 'queue', 'prefix', 'pollMs', 'onIdle'] as const;

/** How often in a row Redis may not answer. */
const MAX_SILENCES = 30;

/**
 * Runs the tasks of a job as a flow of BullMQ, in the processes that `bullmqWorker` or `cairn run --engine bullmq --worker` has
 * started. When it is submitted, it needs no one who watches. The store and its input must be found by all workers under the same
 * paths.
 *
 * @throws {CairnError} `INVALID_ARGUMENT`. Running rejects with `UNSUPPORTED` if the package `bullmq` is missing or has another
 *   version, `IO` if there is no Redis, and with what a task has failed with.
 */
export function bullmqEngine(options: BullmqOptions = {}): JobEngine {
  const given = checkOptions(options, KNOWN);
  checkPoll(given.pollMs);
  redisUrl(given.redis);
  return { name: 'bullmq', run: (launch) => runLaunch(launch, given) };
}

async function runLaunch(launch: JobLaunch, options: BullmqOptions): Promise<void> {
  const { FlowProducer, Queue } = await loadBullmq();
  const url = redisUrl(options.redis);
  const client = clientOptions(url);
  const name = options.queue ?? queueOf(launch.module);
  const shared = { connection: client.options, prefix: options.prefix ?? 'bull' };
  const queue: Queue = new Queue(name, shared);
  // Commands reject, too; without a listener this would end the process.
  queue.on('error', () => undefined);
  try {
    try {
      await queue.waitUntilReady();
    } catch (error) {
      throw redisError(url, error);
    }
    client.keepTrying();
    const flows: FlowProducer = new FlowProducer(shared);
    flows.on('error', () => undefined);
    try {
      await new BullmqRun(launch, options, queue, flows).run();
    } finally {
      await flows.close().catch(() => undefined);
    }
  } finally {
    await queue.close().catch(() => undefined);
  }
}

/** Failed jobs that are looked at, the latest ones. */
const MAX_FAILED = 1000;

/** One launch of a job. */
class BullmqRun {
  readonly #launch: JobLaunch;
  readonly #options: BullmqOptions;
  readonly #queue: Queue;
  readonly #flows: FlowProducer;
  readonly #data: LaunchData;
  #failedCount = 0;

  constructor(launch: JobLaunch, options: BullmqOptions, queue: Queue, flows: FlowProducer) {
    this.#launch = launch;
    this.#options = options;
    this.#queue = queue;
    this.#flows = flows;
    const { output, job, arguments: words, retries, maxSkips, memoryBytes } = launch;
    this.#data = { output, job, arguments: words, retries, maxSkips, memoryBytes, launch: HOST.uniqueName() };
  }

  async run(): Promise<void> {
    const { signal, stages } = this.#launch;
    try {
      await this.#flows.add(flowOf(this.#queue.name, this.#data, stages));
      await this.#reportIdle();
      await this.#follow();
    } catch (error) {
      await this.#cancel();
      signal.throwIfAborted();
      throw error;
    }
  }

  async #reportIdle(): Promise<void> {
    const { onIdle } = this.#options;
    if (onIdle === undefined || (await this.#queue.getWorkersCount()) > 0) return;
    onIdle(
      `no worker takes jobs from the queue ${this.#queue.name}: start some with cairn run <job> --engine bullmq --worker`,
    );
  }

  /** Waits until the job is committed, or a task has failed. */
  async #follow(): Promise<void> {
    const { signal, look, job, output } = this.#launch;
    const { pollMs = 500 } = this.#options;
    let silences = 0;
    for (;;) {
      const { decision } = await look();
      if (decision === 'commit') return;
      if (decision === 'abort') throw new CairnError('CONFLICT', `the job ${job} at ${output} is aborted`);
      let failure: Error | undefined;
      try {
        failure = await this.#failure();
        silences = 0;
      } catch {
        silences++;
      }
      if (failure !== undefined) throw failure;
      if (silences >= MAX_SILENCES)
        throw engineError('redis', `Redis has not answered ${MAX_SILENCES} times. Resume the job`);
      await wait(pollMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }

  /** The error of the step that has failed for good, if one has, or of a queue that has lost the job. */
  async #failure(): Promise<Error | undefined> {
    const roots = await Promise.all(rootIds(this.#data).map((id) => this.#queue.getJob(id)));
    // Finished jobs stay for a day: a Redis without a disk was started again, or the queue was emptied.
    if (roots.every((root) => root === undefined)) {
      const { job, output } = this.#launch;
      const message = `the queue ${this.#queue.name} has lost the job ${job} at ${output}. Resume the job`;
      return engineError('bullmq', message);
    }
    // Read only if there are others than the last time: most jobs of a queue are of other launches, or have succeeded.
    const count = await this.#queue.getFailedCount();
    if (count === this.#failedCount) return undefined;
    const jobs: Job<Partial<StepData> | null>[] = await this.#queue.getFailed(0, MAX_FAILED);
    this.#failedCount = count;
    const own = jobs.filter(({ data }) => data?.launch === this.#data.launch);
    // What waits for a step that has failed fails with it, and does not say why.
    const failed = own.find(({ failedReason }) => !/^child \S+ failed$/.test(failedReason)) ?? own[0];
    if (failed === undefined) return undefined;
    const error = failureInWords(failed.failedReason);
    if (error instanceof CairnError) return error;
    return engineError('bullmq', `BullMQ has ended ${failed.name}: ${failed.failedReason}. Resume the job`);
  }

  /** Takes back what no worker has begun. Tasks that are at work end on their own, and are harmless. */
  async #cancel(): Promise<void> {
    for (const id of rootIds(this.#data)) {
      try {
        const root: Job | undefined = await this.#queue.getJob(id);
        await root?.remove({ removeChildren: true });
      } catch {
        // A worker is at it.
      }
    }
  }
}
