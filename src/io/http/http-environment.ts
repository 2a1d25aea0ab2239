/** What reading over HTTP needs from the world besides `fetch`; tests put their own in its place. */
export interface HttpEnvironment {
  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds since any moment, which nobody sets back. */
  elapsed(): number;
  /** At least 0, less than 1. */
  random(): number;
  /** Calls `run` once after that many milliseconds, unless the function it returns is called before. */
  after(milliseconds: number, run: () => void): () => void;
}

/** The clocks, the timers and the random numbers of the platform. */
export const HTTP_PLATFORM: HttpEnvironment = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  random: () => Math.random(),
  after(milliseconds, run) {
    const timer = setTimeout(run, milliseconds);
    return () => clearTimeout(timer);
  },
};
