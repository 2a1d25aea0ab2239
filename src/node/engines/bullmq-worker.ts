import type { FlowProducer, Job, Worker } from 'bullmq';
import type { TaskRunner } from '../../batch/assignment.ts';
import type { JobDefinition } from '../../batch/define-job.ts';
import { heapBytesFor } from '../../batch/job-modules.ts';
import { LocalRunner } from '../../batch/local-runner.ts';
import { runTaskBy } from '../../batch/run-job-task.ts';
import { SplitInputs } from '../../batch/split-inputs.ts';
import { checkOptions } from '../../check-options.ts';
import { asText, invalidArgument, isCairnError } from '../../errors.ts';
import { importJob } from '../import-job.ts';
import { NODE_JOB_MODULES } from '../job-threads.ts';
import { type BullmqConnection, loadBullmq, redisError, redisUrl } from './bullmq-package.ts';
import { checkStep, flowOf, queueOf, type StepData } from './bullmq-tasks.ts';
import { clientOptions } from './redis-client.ts';
import { failureWords } from './task-failure.ts';

/** How a worker takes tasks from the queue. */
export interface BullmqWorkerOptions extends BullmqConnection {
  /** Tasks that are run at once, each in a thread; default: 1. */
  readonly workers?: number | undefined;
  /** Milliseconds after which a worker that gives no sign of life loses its task to another one; default: 30,000. */
  readonly lockMs?: number | undefined;
  /** Called before and after each task with what BullMQ calls it, and with the error of one that has failed. */
  readonly onTask?: ((event: 'begun' | 'ended' | 'failed', name: string, error?: Error) => void) | undefined;
  /** Ends the worker: tasks at work are given up, and run again by others. */
  readonly signal?: AbortSignal | undefined;
}

const KNOWN = ['redis', 'queue', 'prefix', 'workers', 'lockMs', 'onTask', 'signal'] as const;

/**
 * Runs tasks of a job that others have submitted by {@link bullmqEngine}, until the signal ends it. Only the module that is given
 * here is run, whatever the queue says.
 *
 * @throws {CairnError} (as a rejection) `INVALID_ARGUMENT`, `UNSUPPORTED` if the package `bullmq` is missing or has another version,
 *   `IO` if there is no Redis; the signal's reason.
 */
export async function bullmqWorker(module: string | URL, options: BullmqWorkerOptions = {}): Promise<never> {
  const {
    workers = 1,
    lockMs = 30_000,
    signal = new AbortController().signal,
    onTask,
    ...connection
  } = checkOptions(options, KNOWN);
  if (!Number.isSafeInteger(workers) || workers < 1)
    throw invalidArgument('workers', `workers must be a positive integer, not ${asText(workers)}`);
  if (!Number.isSafeInteger(lockMs) || lockMs < 100)
    throw invalidArgument('lockMs', `lockMs must be an integer of at least 100, not ${asText(lockMs)}`);
  const url = redisUrl(connection.redis);
  signal.throwIfAborted();
  const { definition, url: moduleUrl } = await importJob(module);
  const { FlowProducer, UnrecoverableError, WaitingError, Worker } = await loadBullmq();
  const client = clientOptions(url, true);
  const shared = { connection: client.options, prefix: connection.prefix ?? 'bull' };
  const name = connection.queue ?? queueOf(moduleUrl);
  const flows: FlowProducer = new FlowProducer(shared);
  flows.on('error', () => undefined);

  const runner = runnerFor(definition, moduleUrl);
  const run = async (job: Job, token?: string): Promise<unknown> => {
    let step: StepData | undefined;
    try {
      step = checkStep(job.data);
      if (step.step === 'barrier') {
        await flows.add(flowOf(name, step, [step.next]));
        return { submitted: step.next.tasks.length };
      }
      const { output, job: jobName, task, arguments: words, maxSkips, memoryBytes } = step;
      const result = await runTaskBy(runner, definition, {
        output,
        job: jobName,
        task,
        arguments: words,
        maxSkips,
        memoryBytes: memoryBytes ?? undefined,
        // BullMQ makes the attempts, perhaps elsewhere.
        retries: 1,
        attempt: job.attemptsMade + 1,
        signal,
      });
      return result.stage === 'commit'
        ? { entries: result.info.count }
        : { ran: result.ran, ...result.record };
    } catch (error) {
      if (signal.aborted) {
        // It has not failed: another worker runs it.
        await job.moveToWait(token);
        throw new WaitingError();
      }
      const isFinal =
        isCairnError(error, 'CONFLICT', 'NOT_FOUND') || step === undefined || isFailedCommit(step, error);
      throw isFinal
        ? new UnrecoverableError(failureWords(error))
        : new Error(failureWords(error), { cause: error });
    }
  };
  const worker: Worker = new Worker(name, run, {
    ...shared,
    concurrency: workers,
    lockDuration: lockMs,
    stalledInterval: lockMs,
    // As often as a process may be killed that is at work on a task.
    maxStalledCount: MAX_STALLS,
    autorun: false,
  });
  worker.on('error', () => undefined);
  worker.on('active', (job) => onTask?.('begun', job.name));
  worker.on('completed', (job) => onTask?.('ended', job.name));
  worker.on('failed', (job, error) => onTask?.('failed', job?.name ?? '', error));
  try {
    try {
      await worker.waitUntilReady();
    } catch (error) {
      throw redisError(url, error);
    }
    client.keepTrying();
    await Promise.race([worker.run(), whenAborted(signal)]);
  } finally {
    await worker.close().catch(() => undefined);
    await runner.close();
    await flows.close().catch(() => undefined);
  }
  throw signal.reason;
}

const MAX_STALLS = 2;

/** A commit that is refused would be refused again. */
function isFailedCommit(step: StepData, error: unknown): boolean {
  return step.step === 'task' && step.task === 'commit' && !isCairnError(error, 'IO');
}

function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** Threads, so that locks are renewed while a task computes; this thread where there are none to be had. */
function runnerFor(definition: JobDefinition, module: string): TaskRunner {
  const { memoryBytes } = definition;
  return (
    NODE_JOB_MODULES.threads({ module, stores: new Map(), heapBytes: heapBytesFor(memoryBytes) }) ??
    new LocalRunner(definition, new SplitInputs())
  );
}
