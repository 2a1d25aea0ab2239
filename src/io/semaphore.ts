/** Grants a number of permits at the same time; further ones in the order in which they were requested. */
export class Semaphore {
  readonly #permits: number;
  readonly #waiting = new Set<Permit>();
  #taken = 0;

  constructor(permits: number) {
    this.#permits = permits;
  }

  /** Requests a permit, which is granted now or later; the caller releases it in either case. */
  request(): Permit {
    const permit = new Permit((released) => this.#release(released));
    if (this.#taken < this.#permits) {
      this.#taken++;
      permit.grant();
    } else {
      this.#waiting.add(permit);
    }
    return permit;
  }

  /** Calls a function while holding a permit. */
  async run<T>(act: () => Promise<T>): Promise<T> {
    const permit = this.request();
    try {
      await permit.granted;
      return await act();
    } finally {
      permit.release();
    }
  }

  /**
   * Calls a function for each item while holding a permit each. After a failure no further call is begun; the
   * promise rejects once all calls that were begun have settled.
   */
  async runEach<T>(items: readonly T[], act: (item: T) => Promise<unknown>): Promise<void> {
    let failed = false;
    const outcomes = await Promise.allSettled(
      items.map((item) =>
        this.run(async () => {
          try {
            if (!failed) await act(item);
          } catch (error) {
            failed = true;
            throw error;
          }
        }),
      ),
    );
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }

  #release(permit: Permit): void {
    if (this.#waiting.delete(permit)) return;
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#taken--;
      return;
    }
    this.#waiting.delete(next);
    next.grant();
  }
}

/** The permission to go on, once it is granted. */
export class Permit {
  /** Resolves when the permit is granted. */
  readonly granted: Promise<void>;
  isGranted = false;
  #resolve: () => void = () => undefined;
  #release: ((permit: Permit) => void) | undefined;

  constructor(release: (permit: Permit) => void) {
    this.#release = release;
    this.granted = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  grant(): void {
    this.isGranted = true;
    this.#resolve();
  }

  /** Returns the permit to its semaphore, granted or not. Calling it again does nothing. */
  release(): void {
    const release = this.#release;
    this.#release = undefined;
    release?.(this);
  }
}
