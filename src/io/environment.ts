/** What a store needs from the world besides its storage; tests put their own in its place. */
export interface Environment {
  /** A name that nobody has used: 16 characters of [0-9a-f]. */
  uniqueName(): string;
  /** Milliseconds since 1970. */
  now(): number;
}

/** The random numbers and the clock of the platform. */
export const PLATFORM: Environment = {
  uniqueName() {
    const words = crypto.getRandomValues(new Uint32Array(2));
    return words[0].toString(16).padStart(8, '0') + words[1].toString(16).padStart(8, '0');
  },
  now: Date.now,
};
