import { availableParallelism } from 'node:os';
import { type ResourceLimits, Worker } from 'node:worker_threads';
import type { Assignment, AttemptObserver, TaskRunner } from '../batch/assignment.ts';
import type { JobModules, ThreadOptions } from '../batch/job-modules.ts';
import { CairnError } from '../errors.ts';
import { importJob } from './import-job.ts';
import {
  type JobAnswer,
  type JobOrder,
  type JobThreadData,
  receiveError,
  sendError,
} from './job-messages.ts';

/** Schemes that are the same in each thread. */
const SHARED_SCHEMES = new Set(['file', 'http', 'https']);

/** Schemes that each thread registers by the variables of the environment. */
const registered = new Set<string>();

/** Says that this program has registered schemes by the variables of the environment, so that threads do, too. */
export function registerInThreads(scheme: string): void {
  registered.add(scheme);
}

/** Modules of jobs as files, and threads of Node for them. */
export const NODE_JOB_MODULES: JobModules = {
  parallelism: availableParallelism(),
  load: importJob,
  sharesScheme: (scheme) => SHARED_SCHEMES.has(scheme) || registered.has(scheme),
  threads: (options) => JobThreads.start(options),
};

/** Threads of a job. They start when they are needed; one that has ended is replaced by the next attempt. */
class JobThreads implements TaskRunner {
  readonly #start: () => JobThread;
  readonly #free: JobThread[];
  readonly #all = new Set<JobThread>();

  private constructor(start: () => JobThread, first: JobThread) {
    this.#start = start;
    this.#free = [first];
    this.#all.add(first);
  }

  /** Returns undefined if the code of a thread was bundled away, or the process may start none. */
  static start({ module, stores, heapBytes }: ThreadOptions): JobThreads | undefined {
    // In a bundle of CommonJS, modules have no URL; beside the sources there is no code of a thread.
    const { url }: { url?: string } = import.meta;
    if (url === undefined || !url.endsWith('.js')) return undefined;
    const workerData: JobThreadData = { module, stores, schemes: [...registered] };
    const resourceLimits: ResourceLimits =
      heapBytes === undefined ? {} : { maxOldGenerationSizeMb: Math.ceil(heapBytes / 2 ** 20) };
    const start = (): JobThread =>
      new JobThread(new Worker(new URL('./job-worker.js', url), { workerData, resourceLimits }));
    try {
      return new JobThreads(start, start());
    } catch {
      // Node's permission model forbids threads.
      return undefined;
    }
  }

  async run(assignment: Assignment, observer: AttemptObserver): Promise<void> {
    observer.signal.throwIfAborted();
    const thread = this.#take();
    try {
      await thread.run(assignment, observer);
    } finally {
      if (thread.hasEnded) this.#all.delete(thread);
      else this.#free.push(thread);
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#all].map((thread) => thread.terminate()));
  }

  #take(): JobThread {
    for (let thread = this.#free.pop(); thread !== undefined; thread = this.#free.pop()) {
      if (!thread.hasEnded) return thread;
      this.#all.delete(thread);
    }
    const thread = this.#start();
    this.#all.add(thread);
    return thread;
  }
}

/** How long an attempt that is to be given up may take to remove what it wrote, before its thread is ended. */
const GRACE_MS = 2000;

/** One thread. */
class JobThread {
  hasEnded = false;
  readonly #worker: Worker;
  #answer: ((answer: JobAnswer) => void) | undefined;
  #fail: ((error: Error) => void) | undefined;
  /** What nothing in the thread has caught. */
  #uncaught: Error | undefined;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (answer: JobAnswer) => this.#answer?.(answer));
    worker.on('error', (error: Error) => {
      this.#uncaught = error;
    });
    worker.on('exit', (code) => {
      this.hasEnded = true;
      this.#fail?.(this.#uncaught ?? new Error(`it has exited with the code ${code}`));
    });
  }

  async run(assignment: Assignment, { signal, onEntries }: AttemptObserver): Promise<void> {
    let grace: NodeJS.Timeout | undefined;
    const abort = (): void => {
      this.#say({ kind: 'abort', reason: sendError(signal.reason) });
      grace = setTimeout(() => void this.terminate(), GRACE_MS);
    };
    try {
      await new Promise<void>((resolve, reject) => {
        this.#fail = (error) => reject(threadEnded(assignment, error));
        this.#answer = (answer) => {
          try {
            if (answer.kind === 'entries') onEntries(answer.count);
            else if (answer.error === undefined) resolve();
            else reject(receiveError(answer.error));
          } catch (error) {
            // The caller's `onProgress` threw; what the thread does now is for nothing.
            this.hasEnded = true;
            reject(error);
            void this.terminate();
          }
        };
        signal.addEventListener('abort', abort, { once: true });
        if (this.hasEnded) this.#fail(new Error('it has ended before'));
        else this.#say({ kind: 'run', assignment });
      });
    } finally {
      signal.removeEventListener('abort', abort);
      clearTimeout(grace);
      this.#answer = undefined;
      this.#fail = undefined;
    }
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #say(order: JobOrder): void {
    this.#worker.postMessage(order);
  }
}

/** The error for an attempt whose thread has ended. */
function threadEnded({ kind, task }: Assignment, cause: Error): CairnError {
  const what = `the thread of ${kind === 'map' ? 'map task' : 'task'} ${task}`;
  const isMemory = (cause as { code?: string }).code === 'ERR_WORKER_OUT_OF_MEMORY';
  const message = isMemory
    ? `${what} has run out of memory: raise memoryBytes, or keep less between calls of the job's functions`
    : `${what} has ended: ${cause.message}`;
  return new CairnError('INVALID_ARGUMENT', message, { argument: 'job', cause });
}
