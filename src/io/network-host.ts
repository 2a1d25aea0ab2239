/** What requests over a network need besides `fetch`: clocks, timers and random numbers. Tests replace it. */
export interface NetworkHost {
  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds since an arbitrary moment. Unlike `now`, it never goes back. */
  elapsed(): number;
  /** A number of at least 0 and less than 1. */
  random(): number;
  /** Calls `run` once after `delayMs` milliseconds, unless the returned function is called before. */
  after(delayMs: number, run: () => void): () => void;
}

/** The host's own clocks, timers and random numbers. */
export const NETWORK_HOST: NetworkHost = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  random: () => Math.random(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};
