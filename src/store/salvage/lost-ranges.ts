/** A stretch of keys of which entries were lost: those between two entries that were saved. */
export interface LostRange {
  /** The key of the entry before, as it is stored; absent when the first entries are lost. */
  readonly after?: Uint8Array;
  /** The key of the entry behind; absent when the last entries are lost. */
  readonly before?: Uint8Array;
  /** Number of lost entries, if known. Unknown includes zero. */
  readonly entries?: number;
}

/** Notes what is lost between the entries that are saved. */
export class LostRanges {
  readonly ranges: LostRange[] = [];
  #after: Uint8Array | undefined;
  /** What was lost since the last entry that was saved; undefined when nobody knows how much. */
  #entries: number | undefined = 0;
  #open = false;

  /** So many entries are lost, or nobody knows how many. */
  lose(entries: number | undefined): void {
    this.#open = true;
    this.#entries =
      entries === undefined || this.#entries === undefined ? undefined : this.#entries + entries;
  }

  /** A run of entries is saved, from one key to another. Neither is to be changed. */
  save(first: Uint8Array, last: Uint8Array): void {
    this.#close(first);
    this.#after = last;
  }

  /** No entry follows. */
  end(): void {
    this.#close(undefined);
  }

  #close(before: Uint8Array | undefined): void {
    if (!this.#open) return;
    this.ranges.push({
      ...(this.#after === undefined ? {} : { after: this.#after }),
      ...(before === undefined ? {} : { before }),
      ...(this.#entries === undefined ? {} : { entries: this.#entries }),
    });
    this.#open = false;
    this.#entries = 0;
  }
}
