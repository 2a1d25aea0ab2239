/** Lets so many uploads run at once, and the others wait in their order. */
export class UploadGate {
  #free: number;
  readonly #queue: (() => void)[] = [];
  #waiting: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;

  constructor(uploads: number) {
    this.#free = uploads;
  }

  /** A promise for a place to be free, when none is; for those who would fill more memory. */
  get busy(): Promise<void> | undefined {
    if (this.#free > 0) return undefined;
    if (this.#waiting === undefined) {
      let resolve: () => void = () => undefined;
      const promise = new Promise<void>((fulfil) => {
        resolve = fulfil;
      });
      this.#waiting = { promise, resolve };
    }
    return this.#waiting.promise;
  }

  /** Runs an upload when it is its turn. */
  async run<T>(upload: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#queue.push(resolve));
    try {
      return await upload();
    } finally {
      const next = this.#queue.shift();
      if (next === undefined) this.#free++;
      else next();
      this.#waiting?.resolve();
      this.#waiting = undefined;
    }
  }
}
