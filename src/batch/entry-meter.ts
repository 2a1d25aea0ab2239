import { HOST } from '../io/host.ts';

const INTERVAL_MS = 100;

/** Entries between two looks at the clock. */
const ENTRIES_PER_LOOK = 64;

/** Counts the entries that an attempt takes, and reports them ten times a second at most. */
export class EntryMeter {
  readonly #report: (count: number) => void;
  #count = 0;
  #look = ENTRIES_PER_LOOK;
  #next: number = HOST.now() + INTERVAL_MS;

  constructor(report: (count: number) => void) {
    this.#report = report;
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
    const now = HOST.now();
    if (now < this.#next) return;
    this.#next = now + INTERVAL_MS;
    this.#look = ENTRIES_PER_LOOK;
    this.end();
  }
}
