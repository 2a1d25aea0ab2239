import * as fs from 'node:fs';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { VerifyWork } from '../store/verify/verify-threads.ts';
import { FileSource } from './file-source.ts';
import type { VerifyJob, VerifyMessage, VerifyProbe } from './verify-messages.ts';

/** A thread takes about 50 ms to start: smaller stores are checked faster without. */
const MIN_BYTES = 1 << 26;
const MAX_THREADS = 8;

/** Checks the partitions of a store of files in several threads; see {@link VerifyThreads}. */
export async function verifyInWorkers(work: VerifyWork): Promise<boolean> {
  const { partitions } = work;
  const threads = Math.min(availableParallelism(), partitions.length, MAX_THREADS);
  const total = partitions.reduce((sum, { record }) => sum + record.bytes, 0);
  const sources = partitions.map(({ source }) => source);
  if (threads < 2 || total < MIN_BYTES || !sources.every((source) => source instanceof FileSource))
    return false;
  work.signal?.throwIfAborted();
  return withDescriptors(sources, [], (fds) => {
    const jobs = partitions.map(
      ({ source: { name, size }, record }, partition): VerifyJob => ({
        partition,
        fd: fds[partition],
        name,
        size,
        record,
        encodings: work.encodings,
        locateBits: work.locateBits,
      }),
    );
    return new Crew(jobs, work).run(threads);
  });
}

/** Lends all descriptors for as long as they are used. */
function withDescriptors<T>(
  [first, ...others]: readonly FileSource[],
  fds: readonly number[],
  use: (fds: readonly number[]) => Promise<T>,
): Promise<T> {
  return first === undefined ? use(fds) : first.lend((fd) => withDescriptors(others, [...fds, fd], use));
}

/** Threads that share some jobs. */
class Crew {
  readonly #jobs: VerifyJob[];
  readonly #work: VerifyWork;
  readonly #workers = new Set<Worker>();

  constructor(jobs: VerifyJob[], work: VerifyWork) {
    this.#jobs = jobs;
    this.#work = work;
  }

  /**
   * False if there are no threads: their module was bundled away, or the process may start none, or they can't use its
   * descriptors.
   */
  async run(threads: number): Promise<boolean> {
    const { signal } = this.#work;
    let abort = (): void => undefined;
    try {
      return await new Promise<boolean>((resolve, reject) => {
        abort = () => reject(signal?.reason);
        signal?.addEventListener('abort', abort);
        const { dev, ino } = fs.fstatSync(this.#jobs[0].fd, { bigint: true });
        const probe: VerifyProbe = { fd: this.#jobs[0].fd, dev, ino };
        for (let i = 0; i < threads; i++) this.#start(probe, resolve, reject);
      });
    } finally {
      signal?.removeEventListener('abort', abort);
      await Promise.all([...this.#workers].map((worker) => worker.terminate()));
    }
  }

  #start(probe: VerifyProbe, resolve: (done: boolean) => void, reject: (error: unknown) => void): void {
    const worker = startWorker(probe);
    if (worker === undefined) {
      resolve(false);
      return;
    }
    this.#workers.add(worker);
    let isReady = false;
    worker.on('message', (message: VerifyMessage) => {
      try {
        if (message.kind === 'failed') reject(message.error);
        else if (message.kind === 'problem') this.#work.problem(message.partition, message.problem);
        else if (message.kind === 'advance')
          this.#work.advance(message.bytes, message.blocks, message.entries);
        else if (message.kind === 'useless') this.#dismiss(worker, resolve);
        else {
          isReady = true;
          if (this.#next(worker)) resolve(true);
        }
      } catch (error) {
        // The caller's `onProgress` threw.
        reject(error);
      }
    });
    worker.on('error', (error) => {
      if (isReady) reject(error);
      else this.#dismiss(worker, resolve);
    });
    // Does nothing when the threads were ended after everything was done.
    worker.on('exit', () => {
      if (this.#workers.has(worker)) reject(new Error('a thread of the verification ended before its work'));
    });
  }

  /** Goes on without a thread that has done nothing yet. */
  #dismiss(worker: Worker, resolve: (done: boolean) => void): void {
    this.#workers.delete(worker);
    void worker.terminate();
    // Others that have left since did all there was.
    if (this.#workers.size === 0) resolve(this.#jobs.length === 0);
  }

  /** Gives a thread its next job, or sends it home; true when it was the last. */
  #next(worker: Worker): boolean {
    const job = this.#jobs.shift();
    if (job === undefined) {
      this.#workers.delete(worker);
      void worker.terminate();
      return this.#workers.size === 0;
    }
    worker.postMessage(job);
    return false;
  }
}

/** Returns undefined where there is no thread to be had. */
function startWorker(probe: VerifyProbe): Worker | undefined {
  // In a bundle of CommonJS, modules have no URL.
  const { url }: { url?: string } = import.meta;
  if (url === undefined) return undefined;
  try {
    return new Worker(new URL('./verify-worker.js', url), { workerData: probe });
  } catch {
    // Node's permission model forbids threads.
    return undefined;
  }
}
