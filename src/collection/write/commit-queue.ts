/** Runs jobs one after the other, in the order in which they were added. */
export class CommitQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** Adds a job. A job that fails does not concern the next. */
  add<T>(job: () => Promise<T>): Promise<T> {
    const result = this.#last.then(job, job);
    this.#last = result;
    return result;
  }

  /** Resolves when all jobs have ended that were added so far. */
  async idle(): Promise<void> {
    await this.#last.catch(() => undefined);
  }
}
