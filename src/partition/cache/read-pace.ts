/** A read of at most 64 KiB that takes longer came from a disk: the system's memory answers in 1 to 20 µs. */
const MAX_MEMORY_READ_MS = 0.05;
/** Reads that wait after a slow one, until another is tried: at first, and at most. */
const MIN_WAITING_READS = 16;
const MAX_WAITING_READS = 1024;

let clock = (): number => performance.now();

/** Sets the clock of the host, in milliseconds: Node loads a module for `performance`. */
export function registerReadClock(ofHost: () => number): void {
  clock = ofHost;
}

/**
 * Decides whether calls that can wait read a few bytes of a local file without waiting: that takes
 * microseconds while the system has them in memory, and a turn through the thread pool takes 30 to 40. A slow
 * read shows that the system doesn't have them: the next ones wait, so that the event loop is blocked for one
 * read in sixteen at first, and at last for one in a thousand.
 */
export class ReadPace {
  readonly #now: () => number;
  #waiting = 0;
  #next = MIN_WAITING_READS;

  constructor(now: () => number = clock) {
    this.#now = now;
  }

  /** Whether the next read should not wait. Each answer counts as a read. */
  readsNow(): boolean {
    if (this.#waiting === 0) return true;
    this.#waiting--;
    return false;
  }

  /** Runs a read that doesn't wait, and measures how long it takes. */
  time<T>(read: () => T): T {
    const started = this.#now();
    const result = read();
    if (this.#now() - started > MAX_MEMORY_READ_MS) {
      this.#waiting = this.#next;
      this.#next = Math.min(this.#next * 2, MAX_WAITING_READS);
    } else {
      this.#next = MIN_WAITING_READS;
    }
    return result;
  }
}
