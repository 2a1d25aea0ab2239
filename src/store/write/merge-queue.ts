import type { DrainObserver, EntrySink } from './entry-sink.ts';

/** Entries in key order, one at a time: the key in `bytes[keyStart…keyEnd)`, the value after it up to `valueEnd`. */
export interface MergeInput {
  readonly bytes: Uint8Array;
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly valueEnd: number;
  /** Goes to the next entry; false at the end. Call it once before the first. */
  next(): boolean | Promise<boolean>;
  /** Compares keys with another input of the same merge: negative if this key comes first, 0 if they are equal. */
  compareKey(other: this): number;
}

/** Entries between two checks of the signal. */
const ENTRIES_PER_CHECK = 4096;

/**
 * Hands the entries of several sorted inputs to `put` in key order; of equal keys the earlier input's comes first.
 * `put` returns a promise if the merge should wait. Two comparisons for each doubling of the inputs.
 */
export async function merge<Input extends MergeInput>(
  inputs: readonly Input[],
  put: (input: Input) => Promise<void> | undefined,
  observer: DrainObserver = {},
): Promise<void> {
  const queue = new MergeQueue<Input>();
  for (const [order, input] of inputs.entries()) {
    if (await input.next()) queue.push(input, order);
  }
  for (let count = 0; queue.length > 0; count++) {
    if (count % ENTRIES_PER_CHECK === 0) {
      observer.signal?.throwIfAborted();
      observer.onProgress?.(count);
    }
    const input = queue.top;
    const waiting = put(input);
    if (waiting !== undefined) await waiting;
    const next = input.next();
    if (typeof next === 'boolean' ? next : await next) queue.settle();
    else queue.pop();
  }
}

/** Returns the function for {@link merge} that puts entries into a sink. */
export function puttingInto(sink: EntrySink): (input: MergeInput) => Promise<void> | undefined {
  return (input) => {
    const { bytes, keyEnd } = input;
    sink.key.setRange(bytes, input.keyStart, keyEnd);
    return sink.add(bytes.subarray(keyEnd, input.valueEnd));
  };
}

/** A binary heap of inputs: the one whose entry goes next is on top. */
class MergeQueue<Input extends MergeInput> {
  readonly #inputs: Input[] = [];
  readonly #orders: number[] = [];

  get length(): number {
    return this.#inputs.length;
  }

  get top(): Input {
    return this.#inputs[0];
  }

  /** Adds an input that stands at an entry. Of equal keys, that of the lowest order goes first. */
  push(input: Input, order: number): void {
    let at = this.#inputs.length;
    this.#inputs.push(input);
    this.#orders.push(order);
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (this.#before(parent, at)) break;
      this.#swap(parent, at);
      at = parent;
    }
  }

  /** Finds the place of the input on top, which stands at another entry now. */
  settle(): void {
    const { length } = this.#inputs;
    for (let at = 0; ; ) {
      let child = at * 2 + 1;
      if (child >= length) return;
      if (child + 1 < length && this.#before(child + 1, child)) child++;
      if (this.#before(at, child)) return;
      this.#swap(at, child);
      at = child;
    }
  }

  /** Removes the input on top. */
  pop(): void {
    this.#swap(0, this.#inputs.length - 1);
    this.#inputs.pop();
    this.#orders.pop();
    this.settle();
  }

  #before(at: number, other: number): boolean {
    const order = this.#inputs[at].compareKey(this.#inputs[other]);
    return order === 0 ? this.#orders[at] < this.#orders[other] : order < 0;
  }

  #swap(at: number, other: number): void {
    const input = this.#inputs[at];
    const order = this.#orders[at];
    this.#inputs[at] = this.#inputs[other];
    this.#orders[at] = this.#orders[other];
    this.#inputs[other] = input;
    this.#orders[other] = order;
  }
}
