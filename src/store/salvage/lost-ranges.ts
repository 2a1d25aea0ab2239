/** A range of keys between two saved entries in which entries were lost. */
export interface LostRange {
  /** The key of the entry before, as it is stored; absent if the first entries are lost. */
  readonly after?: Uint8Array;
  /** The key of the entry after; absent if the last entries are lost. */
  readonly before?: Uint8Array;
  /** Number of lost entries, if known. Unknown includes zero. */
  readonly entries?: number;
}

/** Notes what is lost between the entries that are saved. */
export class LostRanges {
  readonly ranges: LostRange[] = [];
  #after: Uint8Array | undefined;
  /** Entries lost since the last saved one; undefined if their number is unknown. */
  #entries: number | undefined = 0;
  #open = false;

  /** Notes that this many entries are lost; undefined if their number is unknown. */
  lose(entries: number | undefined): void {
    this.#open = true;
    this.#entries =
      entries === undefined || this.#entries === undefined ? undefined : this.#entries + entries;
  }

  /** Notes that the entries from one key to another are saved. The keys must not be changed afterwards. */
  save(first: Uint8Array, last: Uint8Array): void {
    this.#close(first);
    this.#after = last;
  }

  /** Notes that no entry follows. */
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
