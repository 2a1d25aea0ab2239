import { OBJECT_HOST, type ObjectHost } from '../../src/io/objects/object-host.ts';

/** Longer timers are limits of time, shorter ones waits between tries. */
const LIMIT_MS = 5_000;

/** A platform whose waits are over at once, and whose time is up when a test says so. */
export class QuickHost implements ObjectHost {
  /** How long each wait would have been, in milliseconds. */
  readonly waits: number[] = [];
  /** What `random` gives. */
  chance = 0.5;
  readonly #limits = new Set<() => void>();
  #skipped = 0;

  now(): number {
    return Date.now();
  }

  elapsed(): number {
    return performance.now() + this.#skipped;
  }

  random(): number {
    return this.chance;
  }

  uniqueName(): string {
    return OBJECT_HOST.uniqueName();
  }

  after(milliseconds: number, run: () => void): () => void {
    if (milliseconds >= LIMIT_MS) {
      this.#limits.add(run);
      return () => this.#limits.delete(run);
    }
    this.waits.push(milliseconds);
    this.#skipped += milliseconds;
    const soon = setImmediate(run);
    return () => clearImmediate(soon);
  }

  /** Lets so much time go by for those who measure it. */
  skip(milliseconds: number): void {
    this.#skipped += milliseconds;
  }

  /** The requests that have a limit of time now. */
  get limits(): number {
    return this.#limits.size;
  }

  /** The time of all requests at work is up. */
  expire(): void {
    for (const run of [...this.#limits]) {
      this.#limits.delete(run);
      run();
    }
  }
}
