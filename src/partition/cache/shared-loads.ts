import { whenAborted } from '../../when-aborted.ts';

/**
 * Loads that are under way, by number: each is done once, however many wait for it.
 *
 * An operation that is aborted leaves its load to the others. A load that all have left is aborted, too.
 */
export class SharedLoads<T> {
  readonly #loads = new Map<number, Load<T>>();

  /**
   * Waits for a load, which `begin` starts unless it is under way. If the signal is aborted, rejects with its reason at once.
   */
  wait(
    number: number,
    signal: AbortSignal | undefined,
    begin: (signal: AbortSignal | undefined) => Promise<T>,
  ): Promise<T> {
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    const load = this.#loads.get(number) ?? this.#begin(number, signal && new AbortController(), begin);
    if (signal === undefined) {
      load.waiting = Number.POSITIVE_INFINITY;
      return load.result;
    }
    load.waiting++;
    return new Promise<T>((resolve, reject) => {
      const forget = whenAborted(signal, () => {
        forget();
        reject(signal.reason);
        if (--load.waiting > 0) return;
        // Whoever needs it from now on begins anew.
        this.#remove(number, load);
        load.controller?.abort(signal.reason);
      });
      load.result.finally(forget).then(resolve, reject);
    });
  }

  #begin(
    number: number,
    controller: AbortController | undefined,
    begin: (signal: AbortSignal | undefined) => Promise<T>,
  ): Load<T> {
    const result = begin(controller?.signal).finally(() => this.#remove(number, load));
    const load: Load<T> = { result, controller, waiting: 0 };
    this.#loads.set(number, load);
    return load;
  }

  #remove(number: number, load: Load<T>): void {
    if (this.#loads.get(number) === load) this.#loads.delete(number);
  }
}

interface Load<T> {
  readonly result: Promise<T>;
  /** Absent if the operation that began it has no signal, so that it stays. */
  readonly controller: AbortController | undefined;
  /** Operations that wait for it; infinite as soon as one of them cannot be aborted. */
  waiting: number;
}
