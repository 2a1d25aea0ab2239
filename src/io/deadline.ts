import type { NetworkHost } from './network-host.ts';

/**
 * Makes the error for a wait that took too long. `expired`: the deadline has passed, not the wait's own
 * limit.
 */
export type TimeoutError = (waitedMs: number, expired: boolean) => unknown;

/** Waits for promises, one at a time, until a deadline passes or the waiting is interrupted. */
export class Deadline {
  readonly #host: NetworkHost;
  #endMs = Number.POSITIVE_INFINITY;
  #interruption: { readonly reason: unknown } | undefined;
  #reject: ((reason: unknown) => void) | undefined;

  /** There is no deadline until {@link start} is called. */
  constructor(host: NetworkHost) {
    this.#host = host;
  }

  /** Sets the deadline to `durationMs` milliseconds from now. */
  start(durationMs: number): void {
    this.#endMs = this.#host.elapsed() + durationMs;
  }

  /** Milliseconds until the deadline, at least 0. */
  get leftMs(): number {
    return Math.max(0, this.#endMs - this.#host.elapsed());
  }

  /** Waits for a promise, for at most `maxMs` milliseconds and not beyond the deadline. */
  waitWithin<T>(promise: Promise<T>, maxMs: number, timeout: TimeoutError): Promise<T> {
    const { leftMs } = this;
    return this.#wait(promise, (fail) => {
      const waitMs = Math.min(maxMs, leftMs);
      const expires = leftMs <= maxMs;
      return this.#host.after(waitMs, () => {
        // Timers may run a little early by the clock: nothing is left all the same.
        if (expires) this.start(0);
        fail(timeout(waitMs, expires));
      });
    });
  }

  /** Waits for a promise however long it takes, until the waiting is interrupted. */
  wait<T>(promise: Promise<T>): Promise<T> {
    return this.#wait(promise, () => () => undefined);
  }

  /** Waits for `durationMs` milliseconds, until the waiting is interrupted. */
  async pause(durationMs: number): Promise<void> {
    let cancel: (() => void) | undefined;
    const passed = new Promise<void>((resolve) => {
      cancel = this.#host.after(durationMs, resolve);
    });
    try {
      await this.wait(passed);
    } finally {
      cancel?.();
    }
  }

  /** Fails the present wait and all later ones with a reason. */
  interrupt(reason: unknown): void {
    this.#interruption ??= { reason };
    this.#reject?.(this.#interruption.reason);
  }

  #wait<T>(promise: Promise<T>, startTimer: (fail: (reason: unknown) => void) => () => void): Promise<T> {
    return new Promise((resolve, reject) => {
      let waiting = true;
      let stopTimer: () => void = () => undefined;
      const settle = (): boolean => {
        if (!waiting) return false;
        waiting = false;
        stopTimer();
        this.#reject = undefined;
        return true;
      };
      const fail = (reason: unknown): void => {
        if (settle()) reject(reason);
      };
      promise.then((value) => {
        if (settle()) resolve(value);
      }, fail);
      if (this.#interruption !== undefined) {
        fail(this.#interruption.reason);
        return;
      }
      this.#reject = fail;
      stopTimer = startTimer(fail);
    });
  }
}
