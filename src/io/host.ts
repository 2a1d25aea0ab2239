/** What a store needs besides its storage: random names and a clock. Tests replace it. */
export interface Host {
  /** Returns a name that has not been used before: 16 characters of [0-9a-f]. */
  uniqueName(): string;
  /** Milliseconds since 1970. */
  now(): number;
}

/** Random words are asked for together: a call for two of them takes as long as one for many. */
const words = new Uint32Array(128);
let used = words.length;

function randomWord(): string {
  if (used === words.length) {
    crypto.getRandomValues(words);
    used = 0;
  }
  return words[used++].toString(16).padStart(8, '0');
}

/** The host's own random numbers and clock. */
export const HOST: Host = {
  uniqueName: () => randomWord() + randomWord(),
  now: Date.now,
};
