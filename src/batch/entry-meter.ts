import { HOST } from '../io/host.ts';

const INTERVAL_MS = 100;

/** Entries between two looks at the clock. */
const ENTRIES_PER_LOOK = 64;

/** Counts the entries that an attempt takes, and reports them ten times a second at most. */
export class EntryMeter {
  readonly #report: (count: number) => void;
  readonly #now: () => number;
  #count = 0;
  #look = ENTRIES_PER_LOOK;
  #next: number;

  constructor(report: (count: number) => void, now: () => number = HOST.now) {
    this.#report = report;
    this.#now = now;
    this.#next = now() + INTERVAL_MS;
  }

  /** Counts entries. */
  add(count: number): void {
    this.#count += count;
    if (this.#count >= this.#look) this.#lookAtClock();
  }

  /** Reports what has not been reported. */
  end(): void {
    if (this.#count > 0) this.#report(this.#count);
    this.#count = 0;
  }

  #lookAtClock(): void {
    this.#look = this.#count + ENTRIES_PER_LOOK;
    const now = this.#now();
    if (now < this.#next) return;
    this.#next = now + INTERVAL_MS;
    this.#look = ENTRIES_PER_LOOK;
    this.end();
  }
}
