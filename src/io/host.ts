/** What a store needs besides its storage: random names and a clock. Tests replace it. */
export interface Host {
  /** Returns a name that has not been used before: 16 characters of [0-9a-f]. */
  uniqueName(): string;
  /** Milliseconds since 1970. */
  now(): number;
}

/** The host's own random numbers and clock. */
export const HOST: Host = {
  uniqueName() {
    const words = crypto.getRandomValues(new Uint32Array(2));
    return words[0].toString(16).padStart(8, '0') + words[1].toString(16).padStart(8, '0');
  },
  now: Date.now,
};
