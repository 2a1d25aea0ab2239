/** Lets so many requests go on at the same time, the others in the order in which they came. */
export class RequestSlots {
  readonly #most: number;
  readonly #waiting = new Set<Slot>();
  #taken = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** A place in the queue, or a turn at once; to be given back in either case. */
  ask(): Slot {
    const slot = new Slot((given) => this.#giveBack(given));
    if (this.#taken < this.#most) {
      this.#taken++;
      slot.grant();
    } else {
      this.#waiting.add(slot);
    }
    return slot;
  }

  #giveBack(slot: Slot): void {
    if (this.#waiting.delete(slot)) return;
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#taken--;
      return;
    }
    this.#waiting.delete(next);
    next.grant();
  }
}

/** One's turn to send requests. */
export class Slot {
  /** Settled when it is one's turn. */
  readonly turn: Promise<void>;
  /** Whether it is. */
  granted = false;
  #resolve: () => void = () => undefined;
  #giveBack: ((slot: Slot) => void) | undefined;

  constructor(giveBack: (slot: Slot) => void) {
    this.#giveBack = giveBack;
    this.turn = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  grant(): void {
    this.granted = true;
    this.#resolve();
  }

  /** Lets another go on. Calling it twice is a no-op. */
  release(): void {
    const giveBack = this.#giveBack;
    this.#giveBack = undefined;
    giveBack?.(this);
  }
}
