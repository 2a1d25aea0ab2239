/** What the adapter needs from the world; tests put their own in its place. */
export interface S3Platform {
  /** Milliseconds since 1970. */
  now(): number;
  /** From 0 to less than 1. */
  random(): number;
  /** A name that nobody has used: letters and digits. */
  uniqueName(): string;
  /** Calls back later. What it returns takes that back. */
  setTimer(callback: () => void, milliseconds: number): () => void;
}

/** The clock, the timers and the random numbers of the platform. */
export const S3_PLATFORM: S3Platform = {
  now: Date.now,
  random: Math.random,
  uniqueName() {
    const words = crypto.getRandomValues(new Uint32Array(4));
    return Array.from(words, (word) => word.toString(16).padStart(8, '0')).join('');
  },
  setTimer(callback, milliseconds) {
    const timer = setTimeout(callback, milliseconds);
    return () => clearTimeout(timer);
  },
};
