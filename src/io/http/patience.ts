import type { NetworkHost } from '../network-host.ts';

/** What is thrown when something took too long: after how many milliseconds, and whether that was the deadline. */
export type Lateness = (milliseconds: number, deadline: boolean) => unknown;

/** Waits for one thing after another: for no longer than is allowed, and only until somebody interrupts it. */
export class Patience {
  readonly #host: NetworkHost;
  #deadline = Number.POSITIVE_INFINITY;
  #interruption: { readonly reason: unknown } | undefined;
  #reject: ((reason: unknown) => void) | undefined;

  constructor(host: NetworkHost) {
    this.#host = host;
  }

  /** All that follows may take so many milliseconds together. */
  allow(milliseconds: number): void {
    this.#deadline = this.#host.elapsed() + milliseconds;
  }

  /** Milliseconds up to the deadline. */
  get left(): number {
    return Math.max(0, this.#deadline - this.#host.elapsed());
  }

  /** What the promise gives, if that takes at most so many milliseconds and comes before the deadline. */
  waitFor<T>(promise: Promise<T>, most: number, late: Lateness): Promise<T> {
    const { left } = this;
    return this.#wait(promise, (fail) => {
      const milliseconds = Math.min(most, left);
      return this.#host.after(milliseconds, () => fail(late(milliseconds, left <= most)));
    });
  }

  /** What the promise gives, whenever that is. */
  waitLong<T>(promise: Promise<T>): Promise<T> {
    return this.#wait(promise, () => () => undefined);
  }

  /** Lets time pass. */
  async pause(milliseconds: number): Promise<void> {
    let cancel: (() => void) | undefined;
    const passed = new Promise<void>((resolve) => {
      cancel = this.#host.after(milliseconds, resolve);
    });
    try {
      await this.waitLong(passed);
    } finally {
      cancel?.();
    }
  }

  /** Whatever is waited for, now or later, fails with this reason. */
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
