import type { NetworkHost } from '../../src/io/network-host.ts';

interface Timer {
  readonly due: number;
  readonly run: () => void;
}

/** A clock that stands still until it is told to go on, and timers that go with it. */
export class ManualClock implements NetworkHost {
  /** What `random` gives. */
  chance = 0.5;
  /** How long the timers that were started were to take, in order. */
  readonly started: number[] = [];
  #time = 0;
  readonly #timers = new Set<Timer>();
  #watcher: { readonly milliseconds: number; readonly resolve: () => void } | undefined;

  now(): number {
    return Date.UTC(2030, 0, 1) + this.#time;
  }

  elapsed(): number {
    return this.#time;
  }

  random(): number {
    return this.chance;
  }

  after(milliseconds: number, run: () => void): () => void {
    const timer: Timer = { due: this.#time + milliseconds, run };
    this.#timers.add(timer);
    this.started.push(milliseconds);
    if (this.#watcher?.milliseconds === milliseconds) this.#watcher.resolve();
    return () => this.#timers.delete(timer);
  }

  /** Timers that are running. */
  get running(): number {
    return this.#timers.size;
  }

  /** Runs the timers that are due in the next milliseconds, in order. */
  advance(milliseconds: number): void {
    const end = this.#time + milliseconds;
    for (;;) {
      const due = [...this.#timers].filter((timer) => timer.due <= end).sort((a, b) => a.due - b.due)[0];
      if (due === undefined) break;
      this.#time = due.due;
      this.#timers.delete(due);
      due.run();
    }
    this.#time = end;
  }

  /** Waits until a timer is running that is due in so many milliseconds, and lets those pass. */
  async pass(milliseconds: number): Promise<void> {
    if (![...this.#timers].some(({ due }) => due === this.#time + milliseconds)) {
      await new Promise<void>((resolve) => {
        this.#watcher = { milliseconds, resolve };
      });
      this.#watcher = undefined;
    }
    this.advance(milliseconds);
  }
}
